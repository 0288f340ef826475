// Bun.serve. It looks for idle connections every 4 seconds, so an idle time of 5 is the shortest that means anything.
import { createApp } from "../.build/app.mjs"
import { reportUncaught } from "./listen.mjs"

const app = createApp()
reportUncaught(app)
const { port } = Bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 5, fetch: app.fetch })
console.log(`http://127.0.0.1:${port}`)
