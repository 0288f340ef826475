/**
 * A server that can be asked what it holds: `GET /_test/process`. It listens on a port, and on the Unix socket that its
 * first argument names, whose buffers are small enough for a thousand clients that never read. The second says how.
 */
import { createServer } from "node:http"
import { promisify } from "node:util"
import { listenerOf } from "../listeners.ts"
import { createTestApp } from "../testApp.ts"

/** What `GET /_test/process` answers. */
export interface Measured {
  /** Bytes in use after a collection. */
  readonly heap: number
  /** Timers that keep the process alive. */
  readonly timers: number
  /** Open sockets of the port. */
  readonly connections: number
}

const app = createTestApp({
  limits: { streamsPerJob: 5_000 },
  stream: { heartbeatMs: 200, writeTimeoutMs: 1_000 },
})
process.on("unhandledRejection", (error) => app.note(error))
process.on("uncaughtException", (error) => app.note(error))

const measure = async (): Promise<Measured> => {
  globalThis.gc?.()
  return {
    connections: await promisify(tcp.getConnections.bind(tcp))(),
    heap: process.memoryUsage().heapUsed,
    timers: process.getActiveResourcesInfo().filter((name) => name === "Timeout").length,
  }
}

const [, , path, name] = process.argv
const listener = listenerOf(name, {
  ...app,
  fetch: async (request) =>
    new URL(request.url).pathname === "/_test/process" ? Response.json(await measure()) : app.fetch(request),
})
const tcp = createServer(listener)
createServer(listener).listen(path)
tcp.listen(0, "127.0.0.1", () => {
  const address = tcp.address()
  if (address !== null && typeof address !== "string") console.log(`http://127.0.0.1:${address.port}`)
})
