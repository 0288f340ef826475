/**
 * A server that ends as docs/ tells servers to, on SIGTERM. Its last line is the state of its job. With the argument
 * "finish" the job ends by itself within its time of grace; otherwise it would go on for ever.
 */
import { createServer } from "node:http"
import { toNodeHandler } from "@simstream/server"
import { createTestApp } from "../testApp.ts"

const FINISHES = process.argv[2] === "finish"

const app = createTestApp()
const { jobId } = await app.jobs.start({ simulation: "gated", config: { holdAt: 40 }, iterations: 100 })
const server = createServer(toNodeHandler(app.fetch))

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
