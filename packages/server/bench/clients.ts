/** Clients that open streams and read them as fast as they can, in a process of their own. */
import { connect } from "node:net"

const [port = 0, streams = 0] = process.argv.slice(2, 4).map(Number)
const path = process.argv[4] ?? "/job_x/stream"

const open = () =>
  new Promise<void>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n`)
    })
    socket.once("data", () => resolve())
    socket.on("data", () => {})
    socket.on("error", reject)
  })

for (let opened = 0; opened < streams; opened += 100) {
  await Promise.all(Array.from({ length: Math.min(100, streams - opened) }, open))
}
process.send?.("open")
process.on("disconnect", () => process.exit(0))
