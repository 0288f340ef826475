// Fastify 5
import fastify from "fastify"
import { createApp, toNodeHandler } from "../.build/app.mjs"
import { reportUncaught } from "./listen.mjs"

const app = createApp()
reportUncaught(app)
const handle = toNodeHandler(app.fetch)
const server = fastify()
server.all("/*", (request, reply) => {
  reply.hijack()
  handle(request.raw, reply.raw)
})
console.log(await server.listen({ port: 0, host: "127.0.0.1" }))
