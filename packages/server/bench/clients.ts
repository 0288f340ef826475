/** Clients that open streams and read them as fast as they can, in a process of their own. */
import { connect } from "node:net"

const [port = 0, streams = 0] = process.argv.slice(2, 4).map(Number)
const paths = process.argv.slice(4)

const open = (index: number) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      const path = paths[index % paths.length] ?? "/"
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n`)
    })
    socket.once("data", () => resolve())
    socket.on("data", () => {})
    socket.on("error", reject)
  })

for (let opened = 0; opened < streams; opened += 100) {
  const some = Array.from({ length: Math.min(100, streams - opened) }, (_, index) => open(opened + index))
  await Promise.all(some)
}
process.send?.("open")
process.on("disconnect", () => process.exit(0))
