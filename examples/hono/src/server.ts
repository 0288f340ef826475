/** Serves the demo: `PORT` (3000; 0 picks a free one) and `HOST` (127.0.0.1) say where. */
import { createServer } from "node:http"
import { getRequestListener } from "@hono/node-server"
import { createApp } from "./app.ts"
import { createDemoJobs } from "./jobs.ts"

const DEFAULT_PORT = 3000
/** How long running jobs may go on after the signal to stop. */
const GRACE_MS = 2_000
/** How long connections get to take the last events after that. */
const CLOSE_MS = 1_000

const fail = (message: string): never => {
  console.error(message)
  process.exit(1)
}

const portFrom = (text: string | undefined): number => {
  if (text === undefined || text === "") return DEFAULT_PORT
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  return fail(`PORT must be a whole number from 0 to 65535; got ${JSON.stringify(text)}.`)
}

const port = portFrom(process.env["PORT"])
const host = process.env["HOST"] || "127.0.0.1"
const jobs = createDemoJobs()
const server = createServer(getRequestListener(createApp(jobs).fetch))

server.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EADDRINUSE") {
    fail(
      `Port ${port} is taken, perhaps by another copy of this demo. Choose another: PORT=${port + 1} npm start`,
    )
  }
  if (error.code === "EACCES")
    fail(`This user may not listen on port ${port}. Choose one above 1023, with PORT=…`)
  fail(`The server can't listen on ${host}:${port}: ${error.message}`)
})

server.listen(port, host, () => {
  const address = server.address()
  const actual = typeof address === "object" && address !== null ? address.port : port
  console.log(`Simstream demo on http://${host.includes(":") ? `[${host}]` : host}:${actual}`)
})

const stop = async () => {
  // A second signal is a wish to stop now.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(1))
  const closed = new Promise((resolve) => server.close(resolve))
  await jobs.shutdown({ graceMs: GRACE_MS })
  setTimeout(() => server.closeAllConnections(), CLOSE_MS).unref()
  await closed
  process.exit(0)
}
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop())
