// What toNodeHandler makes of a request of node:http, and of an answer; seen by a function from one to the other.
import { once } from "node:events"
import type { ServerResponse } from "node:http"
import { connect as connectByHttp2, createServer as createHttp2Server } from "node:http2"
import { connect } from "node:net"
import { getRequestListener, type HttpBindings } from "@hono/node-server"
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response"
import { createFeed, createJobs, type Jobs } from "@simstream/core"
import type { JobEvent } from "@simstream/protocol"
import { createHandler, toNodeHandler } from "@simstream/server"
import { Hono } from "hono"
import { afterEach, describe, expect, it, vi } from "vitest"
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

describe("HEAD", () => {
  const HEAD = ["HEAD / HTTP/1.1", "Host: x"]
  const CLOSE = ["GET /next HTTP/1.1", "Host: x", "Connection: close"]

  it("is answered without a body, whatever the answer has, and the connection is good for the next request", async () => {
    let isCancelled = false
    const answer = await exchange([...HEAD, "", ...CLOSE], async ({ method, url }) => {
      if (method === "GET") return new Response(new URL(url).pathname)
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new TextEncoder().encode("endless")),
        cancel: () => {
          isCancelled = true
        },
      })
      return new Response(body, { headers: { "x-kind": "endless", "content-length": "7" } })
    })
    const [head = "", next = ""] = answer.split("\r\n\r\n")
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(head).toContain("content-length: 7\r\nx-kind: endless\r\n")
    expect(head).not.toMatch(/transfer-encoding|connection: close/i)
    expect(next).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer).toMatch(/\/next\r\n0\r\n\r\n$/)
    expect(next).not.toContain("endless")
    expect(isCancelled).toBe(true)
  })

  it("of a stream has its head, says nothing of a length, and opens none", async () => {
    const feed = createFeed<JobEvent>()
    const jobs = {
      subscribe: async (jobId: string) => ({
        jobId,
        status: () => "running" as const,
        reached: feed.revision,
        feed,
      }),
    } as unknown as Jobs
    const handler = createHandler({ jobs, basePath: "/jobs" })
    const answer = await exchange(["HEAD /jobs/job_1/stream HTTP/1.1", "Host: x", "", ...CLOSE], handler)
    const [head = "", next = ""] = answer.toLowerCase().split("\r\n\r\n")
    expect(head).toContain("content-type: text/event-stream; charset=utf-8\r\n")
    expect(head).not.toMatch(/content-length|transfer-encoding|connection: close/)
    expect(next).toMatch(/^http\/1\.1 404 /)
    expect([handler.streams(), feed.subscribers()]).toEqual([0, 0])
  })
})

it.each([
  ["a method that no Request may have", "TRACE /a"],
  ["an address with a password in it", "GET http://ada:secret@shop.example/a"],
])("%s is refused in words, and not by hanging up", async (_, line) => {
  const answer = await exchange(
    [`${line} HTTP/1.1`, "Host: x", "Connection: close"],
    async () => new Response(),
  )
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  expect(answer).toContain('"code":"malformed_request"')
  expect(answer).not.toContain("secret")
})

it.each<[who: string, type: string, path: string]>([
  ["of the wrong type", "text/plain", "/api/simulations"],
  ["for a path that has no such method", "application/json", "/api/simulations/job_1"],
  ["for a path that there isn't", "application/json", "/elsewhere"],
  ["that is too large", "application/json", "/api/simulations"],
])(
  "a large body %s does not keep the next request on its connection from being answered",
  async (_, type, path) => {
    const jobs = createJobs({ simulations: [craps] })
    await using server = await listenWith(toNodeHandler(createHandler({ jobs })))
    const body = "x".repeat(4_000_000)
    const socket = connect(server.port, "127.0.0.1")
    socket.setEncoding("latin1")
    let text = ""
    socket.on("data", (chunk) => (text += String(chunk)))
    socket.write(
      [
        `POST ${path} HTTP/1.1`,
        "Host: x",
        `Content-Type: ${type}`,
        `Content-Length: ${body.length}`,
        "",
        body,
      ].join("\r\n"),
    )
    socket.write("GET /api/simulations/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    await once(socket, "close")
    expect(text.match(/^HTTP\/1\.1 \d+/gm)).toEqual([expect.stringMatching(/ 4\d\d$/), "HTTP/1.1 404"])
    await jobs.shutdown()
  },
)

it.each<[what: string, parsed: unknown]>([
  ["an object", { simulation: "craps", iterations: 10 }],
  ["text", '{"simulation":"craps","iterations":10}'],
  ["bytes", Buffer.from('{"simulation":"craps","iterations":10}')],
])("a body that a framework has made %s of is taken as it was sent", async (_, parsed) => {
  const jobs = createJobs({ simulations: [craps] })
  const handle = toNodeHandler(createHandler({ jobs }))
  await using server = await listenWith(async (incoming, outgoing) => {
    await incoming.toArray()
    handle(Object.assign(incoming, { body: parsed }), outgoing)
  })
  expect((await testClient(server.origin).post({})).status).toBe(202)
  await jobs.shutdown()
})

it("a stream over HTTP/1.0, which knows no chunks, is read to its end", async () => {
  const jobs = createJobs({ simulations: [craps] })
  const handler = createHandler({ jobs })
  await using server = await listenWith(toNodeHandler(handler))
  const jobId = await testClient(server.origin).start({ simulation: "craps", iterations: 1_000 })
  const socket = connect(server.port, "127.0.0.1").setEncoding("utf8")
  socket.write(`GET /api/simulations/${jobId}/stream HTTP/1.0\r\n\r\n`)
  const text = (await socket.toArray()).join("")
  expect(text).toContain("Connection: close")
  expect(text).not.toContain("Transfer-Encoding")
  expect(text).toMatch(/event: complete\n.*\n.*\n\n$/)
  expect(handler.streams()).toBe(0)
  await jobs.shutdown()
})

it("a stream over HTTP/2 is read to its end, and let go of when its reader leaves", async () => {
  const gated = createGated()
  gated.shut()
  const jobs = createJobs({ simulations: [craps, gated.simulation] })
  const handler = createHandler({ jobs })
  // Its requests and responses are made to be like those of node:http, and are of other types.
  const server = createHttp2Server(toNodeHandler(handler) as never)
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const session = connectByHttp2(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`)
  const pathOf = (jobId: string) => ({ ":path": `/api/simulations/${jobId}/stream` })

  const { jobId } = await jobs.start({ simulation: "craps", config: {}, iterations: 1_000 })
  const whole = session.request(pathOf(jobId)).setEncoding("utf8")
  expect((await whole.toArray()).join("")).toMatch(/event: complete\n.*\n.*\n\n$/)

  const held = await jobs.start({ simulation: "gated", config: { holdAt: 1 }, iterations: 10 })
  const left = session.request(pathOf(held.jobId))
  await once(left, "data")
  expect(handler.streams()).toBe(1)
  left.close()
  while (handler.streams() > 0) await new Promise((turn) => setImmediate(turn))
  gated.open()
  session.close()
  server.close()
  await jobs.shutdown()
})

describe("a response that a middleware has ended by itself", () => {
  const setUp = async (handler: (request: Request) => Promise<Response>) => {
    const handle = toNodeHandler(handler)
    const answers: Array<ServerResponse> = []
    const server = await listenWith((incoming, outgoing) => {
      answers.push(outgoing)
      handle(incoming, outgoing)
    })
    return { server, end: () => answers.forEach((outgoing) => outgoing.end("that took too long")) }
  }

  it("ends a stream, and is no error to whoever publishes behind it", async () => {
    const feed = createFeed<JobEvent>()
    const jobs = {
      subscribe: async (jobId: string) => ({
        jobId,
        status: () => "running" as const,
        reached: feed.revision,
        feed,
      }),
    } as unknown as Jobs
    const handler = createHandler({ jobs })
    const { server, end } = await setUp(handler)
    await using _ = server
    const stream = await fetch(`${server.origin}/api/simulations/job_1/stream`)
    end()
    feed.publish({ type: "partial", stats: { count: 1 } })
    expect(await stream.text()).toMatch(/that took too long$/)
    expect(handler.streams()).toBe(0)
    expect(feed.subscribers()).toBe(0)
  })

  it("is left as it is when the answer comes too late", async () => {
    const settlers: Array<(response: Response) => void> = []
    const { server, end } = await setUp(() => new Promise((resolve) => settlers.push(resolve)))
    await using _ = server
    const answer = fetch(server.origin)
    while (settlers.length === 0) await new Promise((turn) => setImmediate(turn))
    end()
    let cancelled = false
    const late = new ReadableStream({
      cancel: () => {
        cancelled = true
      },
    })
    for (const settle of settlers) settle(new Response(late))
    expect(await (await answer).text()).toBe("that took too long")
    expect(cancelled).toBe(true)
  })

  it("cuts off an answer that is under way", async () => {
    const controllers: Array<ReadableStreamDefaultController<Uint8Array>> = []
    let cancelled = false
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controllers.push(controller)
        controller.enqueue(new TextEncoder().encode("beginning "))
      },
      cancel: () => {
        cancelled = true
      },
    })
    const { server, end } = await setUp(async () => new Response(body))
    await using _ = server
    const answer = await fetch(server.origin)
    end()
    for (const controller of controllers) controller.enqueue(new TextEncoder().encode("and more"))
    expect(await answer.text()).toBe("beginning that took too long")
    await vi.waitUntil(() => cancelled)
  })
})

describe("a client that asks for a large answer", () => {
  // More than the system takes for the two of them
  const LARGE = 60_000_000
  const setUp = async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const server = await listenWith(toNodeHandler(async () => new Response("x".repeat(LARGE))))
    const socket = connect(server.port, "127.0.0.1")
    socket.on("error", () => undefined)
    socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    /** Until the server waits for the client: what it keeps has not changed for some turns of the event loop. */
    const full = async () => {
      for (let turns = 0, kept = 0; turns < 50; turns++) {
        await new Promise((turn) => setImmediate(turn))
        if (server.kept() !== kept || kept === 0) turns = 0
        kept = server.kept()
      }
    }
    return { server, socket, full }
  }

  afterEach(() => {
    vi.useRealTimers()
  })

  it("and does not read it is dropped", async () => {
    const { server, socket, full } = await setUp()
    await using _ = server
    await full()
    expect(server.kept()).toBeGreaterThan(0)
    expect(server.kept()).toBeLessThan(1_000_000)
    await vi.advanceTimersByTimeAsync(30_000)
    while (server.kept() > 0) await new Promise((turn) => setImmediate(turn))
    socket.destroy()
  })

  it("and reads some of it now and then gets all of it", async () => {
    const { server, socket, full } = await setUp()
    await using _ = server
    let read = 0
    const hasRead = (bytes: number) => read >= bytes
    socket.on("data", (chunk) => {
      read += chunk.length
      socket.pause()
    })
    const closed = once(socket, "close")
    for (let pause = 0; pause < 3; pause++) {
      socket.pause()
      await full()
      await vi.advanceTimersByTimeAsync(29_000)
      const enough = read + 6_000_000
      while (!hasRead(enough)) {
        socket.resume()
        await new Promise((turn) => setImmediate(turn))
      }
    }
    socket.removeAllListeners("data")
    socket.on("data", (chunk) => (read += chunk.length))
    socket.resume()
    await closed
    expect(read).toBeGreaterThanOrEqual(LARGE)
  })
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
