/** The cable between a browser and a server, which a test can pull out and put back. */
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"

export interface Cable extends AsyncDisposable {
  /** The server, by way of the cable. */
  readonly url: string
  /** Ends every connection in the middle of whatever it carries, and takes no new ones. */
  readonly pull: () => void
  readonly plugIn: () => void
}

/** Lays a cable to a port of this machine. */
export const layCable = async (port: number): Promise<Cable> => {
  const sockets = new Set<Socket>()
  let isPulled = false

  const keep = (socket: Socket) => {
    sockets.add(socket)
    // A connection that breaks off is what this is for
    socket.on("error", () => undefined)
    socket.on("close", () => sockets.delete(socket))
  }
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }

  const server = createServer((near) => {
    keep(near)
    if (isPulled) {
      near.resetAndDestroy()
      return
    }
    const far = connect(port, "127.0.0.1")
    keep(far)
    near.pipe(far).pipe(near)
    near.on("close", () => far.destroy())
    far.on("close", () => near.destroy())
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("The cable has no port.")

  return {
    url: `http://127.0.0.1:${address.port}`,
    pull: () => {
      isPulled = true
      cut()
    },
    plugIn: () => {
      isPulled = false
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close")
      server.close()
      cut()
      await closed
    },
  }
}
