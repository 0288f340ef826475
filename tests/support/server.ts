/** A real server on a free port of the loopback interface, for tests. */
import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import type { Socket } from "node:net"
import { getRequestListener } from "@hono/node-server"
import { toNodeHandler } from "@simstream/server"

/** A server that is listening. */
export interface TestServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string
  readonly port: number
  /** Bytes that the server keeps for its clients because they don't read. */
  readonly kept: () => number
}

/** How a handler is put behind a socket. */
export type Adapter = "@hono/node-server" | "toNodeHandler"

/** All of them. */
export const ADAPTERS: ReadonlyArray<Adapter> = ["@hono/node-server", "toNodeHandler"]

/** Serves a handler until it is disposed of. */
export const listen = (
  handler: (request: Request) => Promise<Response>,
  adapter: Adapter = "toNodeHandler",
): Promise<TestServer> =>
  listenWith(adapter === "toNodeHandler" ? toNodeHandler(handler) : getRequestListener(handler))

/** Serves with a listener of `node:http`. */
export const listenWith = async (listener: RequestListener): Promise<TestServer> => {
  const server = createServer(listener)
  const sockets = new Set<Socket>()
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("The server has no port.")
  return {
    origin: `http://127.0.0.1:${address.port}`,
    port: address.port,
    kept: () => [...sockets].reduce((sum, { writableLength }) => sum + writableLength, 0),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close")
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
