/**
 * The server: `npm start -w @simstream/example-express`, then http://127.0.0.1:3000. `PORT` (3000; 0 picks a free one) and
 * `HOST` (127.0.0.1) say where it listens, `WORKERS` (one a processor; 0 for none) how many threads run the simulations.
 */
import { createServer } from "node:http"
import { availableParallelism } from "node:os"
import { createApp } from "./app.ts"
import { createServerJobs } from "./jobs.ts"

const DEFAULT_PORT = 3000
const MOST_WORKERS = 256
/** How long running jobs may go on after the signal to stop. */
const GRACE_MS = 2_000
/** How long connections get to take the last events after that. */
const CLOSE_MS = 1_000

const fail = (message: string): never => {
  console.error(message)
  process.exit(1)
}

const wholeNumberFrom = (name: string, byDefault: number, most: number): number => {
  const text = process.env[name]
  if (text === undefined || text === "") return byDefault
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0 && value <= most) return value
  return fail(`${name} must be a whole number from 0 to ${most}; got ${JSON.stringify(text)}.`)
}

const port = wholeNumberFrom("PORT", DEFAULT_PORT, 65_535)
const workers = wholeNumberFrom("WORKERS", availableParallelism(), MOST_WORKERS)
const host = process.env["HOST"] || "127.0.0.1"
const jobs = createServerJobs({ workers })
const server = createServer(createApp(jobs))

server.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EADDRINUSE") fail(`Port ${port} is taken. Choose another: PORT=${port + 1} npm start …`)
  fail(`The server can't listen on ${host}:${port}: ${error.message}`)
})

server.listen(port, host, () => {
  const address = server.address()
  const actual = typeof address === "object" && address !== null ? address.port : port
  console.log(`Simstream on Express: http://${host.includes(":") ? `[${host}]` : host}:${actual}`)
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
