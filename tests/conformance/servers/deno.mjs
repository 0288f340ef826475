// Deno.serve
import { createApp } from "../.build/app.mjs"

const app = createApp()
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault()
  app.note(event.reason)
})
Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`) },
  (request) => app.fetch(request),
)
