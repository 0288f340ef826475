// edge-runtime, in which Vercel's edge functions are run on a developer's machine.
import { readFile } from "node:fs/promises"
import { EdgeRuntime, runServer } from "edge-runtime"

const app = await readFile(new URL("../.build/app.iife.js", import.meta.url), "utf8")
const initialCode = `${app}
const app = Simstream.createApp()
addEventListener("unhandledrejection", ({ reason }) => app.note(reason))
addEventListener("fetch", (event) => event.respondWith(app.fetch(event.request)))`
const { url } = await runServer({ runtime: new EdgeRuntime({ initialCode }), host: "127.0.0.1", port: 0 })
console.log(url)
