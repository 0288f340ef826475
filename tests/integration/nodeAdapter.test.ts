// What toNodeHandler makes of a request of node:http, and of an answer; seen by a function from one to the other.
import { once } from "node:events"
import { connect } from "node:net"
import { getRequestListener, type HttpBindings } from "@hono/node-server"
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response"
import { createJobs } from "@simstream/core"
import { createHandler, toNodeHandler } from "@simstream/server"
import { Hono } from "hono"
import { expect, it } from "vitest"
import { listenWith } from "../support/server.ts"
import { craps, createGated } from "../support/simulations.ts"
import { testClient } from "../support/testClient.ts"

/** Sends a head as it is written, and answers with all that comes back. */
const exchange = async (
  head: ReadonlyArray<string>,
  handler: (request: Request) => Promise<Response>,
): Promise<string> => {
  await using server = await listenWith(toNodeHandler(handler))
  const socket = connect(server.port, "127.0.0.1")
  socket.setEncoding("latin1")
  let text = ""
  socket.on("data", (chunk) => (text += String(chunk)))
  socket.end(`${head.join("\r\n")}\r\n\r\n`)
  await once(socket, "close")
  return text
}

it.each([
  ["a path", "/a/b?c=d", "shop.example", "http://shop.example/a/b?c=d"],
  [
    "a path that looks like another host",
    "//evil.example/a",
    "shop.example",
    "http://shop.example//evil.example/a",
  ],
  [
    "an absolute address, as proxies send it",
    "http://shop.example/a",
    "shop.example",
    "http://shop.example/a",
  ],
  ["a host that is none", "/a", "[", "http://localhost/a"],
])("%s becomes the address of the request", async (_, target, host, url) => {
  const answer = await exchange(
    [`GET ${target} HTTP/1.1`, `Host: ${host}`, "Connection: close"],
    async (request) => new Response(request.url),
  )
  expect(answer).toContain(url)
})

it("headers that come twice are kept, and cookies are sent one by one", async () => {
  const answer = await exchange(
    ["GET / HTTP/1.1", "Host: x", "X-Twice: 1", "X-Twice: 2", "Connection: close"],
    async ({ headers }) =>
      new Response(headers.get("x-twice"), {
        headers: [
          ["set-cookie", "a=1; Path=/"],
          ["set-cookie", "b=2"],
        ],
      }),
  )
  expect(answer).toContain("1, 2")
  expect(answer.toLowerCase()).toContain("set-cookie: a=1; path=/\r\nset-cookie: b=2\r\n")
})

it("an answer replaces headers of its name that a framework has set, and keeps the others", async () => {
  const handle = toNodeHandler(async () => new Response("", { headers: { "content-type": "text/csv" } }))
  await using server = await listenWith((incoming, outgoing) => {
    outgoing.setHeader("x-powered-by", "a framework")
    outgoing.setHeader("content-type", "text/html")
    handle(incoming, outgoing)
  })
  const { headers } = await fetch(server.origin)
  expect(headers.get("x-powered-by")).toBe("a framework")
  expect(headers.get("content-type")).toBe("text/csv")
})

it("inside of Hono on Node streams go past it to their sockets, and are let go of", async () => {
  const gated = createGated()
  gated.shut()
  const jobs = createJobs({ simulations: [craps, gated.simulation] })
  const handler = createHandler({ jobs })
  const answer = toNodeHandler(handler)
  const app = new Hono<{ Bindings: HttpBindings }>().all("/api/simulations/*", ({ env }) => {
    answer(env.incoming, env.outgoing)
    return RESPONSE_ALREADY_SENT
  })
  await using server = await listenWith(getRequestListener(app.fetch))
  const client = testClient(server.origin)

  const jobId = await client.start({ simulation: "craps", iterations: 1_000 })
  expect(await (await client.stream(jobId)).text()).toContain("event: complete")

  const held = await client.start({ simulation: "gated", config: { holdAt: 1 }, iterations: 10 })
  const controller = new AbortController()
  await client.stream(held, { signal: controller.signal })
  expect(handler.streams()).toBe(1)
  controller.abort()
  while (handler.streams() > 0) await new Promise((turn) => setImmediate(turn))
  expect(await client.get("none")).toMatchObject({ code: "job_not_found" })
  gated.open()
  await jobs.shutdown()
})
