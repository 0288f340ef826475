// Bun.serve, with the shortest idle time that it has.
import { createApp } from "../.build/app.mjs"
import { reportUncaught } from "./listen.mjs"

const app = createApp()
reportUncaught(app)
const { port } = Bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 1, fetch: app.fetch })
console.log(`http://127.0.0.1:${port}`)
