// What toNodeHandler makes of a request of node:http, and of an answer; seen by a function from one to the other.
import { once } from "node:events"
import { connect } from "node:net"
import { toNodeHandler } from "@simstream/server"
import { expect, it } from "vitest"
import { listenWith } from "../support/server.ts"

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
