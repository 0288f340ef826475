/**
 * A server that ends as docs/ tells servers to, on SIGTERM. Its last line is the state of its job. The first argument says
 * how it listens; with the second, "finish", the job ends by itself within its time of grace, and without it never.
 */
import { createServer } from "node:http"
import { listenerOf } from "../listeners.ts"
import { createTestApp } from "../testApp.ts"

const [, , name, argument] = process.argv
const FINISHES = argument === "finish"

const app = createTestApp()
const { jobId } = await app.jobs.start({ simulation: "gated", config: { holdAt: 40 }, iterations: 100 })
const server = createServer(listenerOf(name, app))

process.once("SIGTERM", async () => {
  app.handler.drain({ windowMs: 1_000 })
  server.close()
  if (FINISHES) app.gated.open()
  await app.jobs.shutdown({ graceMs: FINISHES ? 60_000 : 100 })
  // Those that had a stream until now, which `close` has therefore left open.
  server.closeIdleConnections()
  const { status, partial, result } = await app.jobs.get(jobId)
  console.log(JSON.stringify({ status, partial, result }))
})

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (address !== null && typeof address !== "string")
    console.log(`http://127.0.0.1:${address.port} ${jobId}`)
})
