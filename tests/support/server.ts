/** A real server on a free port of the loopback interface, for tests. */
import { serve } from "@hono/node-server"
import type { AddressInfo } from "node:net"

/** A server that is listening. */
export interface TestServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string
  readonly port: number
}

/** Serves a handler until it is disposed of. */
export const listen = (handler: (request: Request) => Response | Promise<Response>): Promise<TestServer> =>
  new Promise((resolve) => {
    const server = serve({ fetch: handler, port: 0, hostname: "127.0.0.1" }, ({ port }: AddressInfo) => {
      resolve({
        origin: `http://127.0.0.1:${port}`,
        port,
        [Symbol.asyncDispose]: () =>
          new Promise<void>((closed) => {
            server.close(() => closed())
            if ("closeAllConnections" in server) server.closeAllConnections()
          }),
      })
    })
  })
