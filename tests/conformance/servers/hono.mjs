// Hono on Node, with a middleware that adds a header and one that compresses.
import { serve } from "@hono/node-server"
import { Hono } from "hono"
import { compress } from "hono/compress"
import { cors } from "hono/cors"
import { createApp } from "../.build/app.mjs"
import { reportUncaught } from "./listen.mjs"

const app = createApp()
reportUncaught(app)
const server = new Hono()
server.use(cors(), compress())
server.all("*", (context) => app.fetch(context.req.raw))
serve({ fetch: server.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
  console.log(`http://127.0.0.1:${port}`),
)
