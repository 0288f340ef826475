// Fastify 5, which parses bodies before anybody else sees them.
import fastify from "fastify"
import { createApp, toNodeHandler } from "../.build/app.mjs"
import { reportUncaught } from "./listen.mjs"

const app = createApp()
reportUncaught(app)
const handle = toNodeHandler(app.fetch)
const server = fastify()
server.all("/*", (request, reply) => {
  reply.hijack()
  handle(Object.assign(request.raw, { body: request.body }), reply.raw)
})
console.log(await server.listen({ port: 0, host: "127.0.0.1" }))
