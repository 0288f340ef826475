/** A server to be measured, in a process of its own: told over IPC what to publish, it answers with what that cost. */
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { getRequestListener } from "@hono/node-server"
import type { JobEvent } from "@simstream/protocol"
import { createFeed, type Jobs } from "@simstream/core"
import { createHandler, toNodeHandler } from "@simstream/server"
import { initTRPC } from "@trpc/server"
import { createHTTPHandler } from "@trpc/server/adapters/standalone"
import { createChannel, createSession } from "better-sse"
import { Hono } from "hono"
import { streamSSE, type SSEStreamingApi } from "hono/streaming"
import { eventOf } from "./event.ts"

/** How a contender is asked and what it publishes. */
interface Contender {
  readonly listener: RequestListener
  readonly publish: (count: number) => void
  readonly streams: () => number
}

const bare = (): Contender => {
  const responses = new Set<Parameters<RequestListener>[1]>()
  return {
    listener: (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.write(": hello\n\n")
      responses.add(response)
      response.on("close", () => responses.delete(response))
    },
    publish: (count) => {
      const shared = Buffer.from(`event: partial\nid: ${count}\ndata: ${JSON.stringify(eventOf(count))}\n\n`)
      for (const response of responses) response.write(shared)
    },
    streams: () => responses.size,
  }
}

/** The least that a body can be, behind Hono's adapter: what any handler of `Request` and `Response` starts from. */
const bareBody = (): Contender => {
  const controllers = new Set<ReadableStreamDefaultController<Uint8Array>>()
  const headers = { "content-type": "text/event-stream" }
  return {
    listener: getRequestListener(() => {
      let own: ReadableStreamDefaultController<Uint8Array> | undefined = undefined
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          own = controller
          controllers.add(controller)
          controller.enqueue(Buffer.from(": hello\n\n"))
        },
        cancel: () => {
          if (own !== undefined) controllers.delete(own)
        },
      })
      return new Response(body, { headers })
    }),
    publish: (count) => {
      const shared = Buffer.from(`event: partial\nid: ${count}\ndata: ${JSON.stringify(eventOf(count))}\n\n`)
      for (const controller of controllers) controller.enqueue(shared)
    },
    streams: () => controllers.size,
  }
}

const simstream = (
  adapt: (handler: (request: Request) => Promise<Response>) => RequestListener,
): Contender => {
  const feed = createFeed<JobEvent>()
  const jobs: Pick<Jobs, "subscribe"> = {
    subscribe: async (jobId) => ({ jobId, status: () => "running", reached: feed.revision, feed }),
  }
  const handler = createHandler({
    jobs: jobs as Jobs,
    basePath: "/",
    limits: { streamsPerJob: 100_000, streams: 100_000 },
  })
  return {
    listener: adapt(handler),
    publish: (count) => void feed.publish(eventOf(count)),
    streams: handler.streams,
  }
}

const betterSse = (): Contender => {
  const channel = createChannel()
  return {
    listener: (request, response) => {
      void createSession(request, response).then((session) => {
        channel.register(session)
        session.push("hello")
      })
    },
    publish: (count) => void channel.broadcast(eventOf(count), "partial"),
    streams: () => channel.sessionCount,
  }
}

const honoStreamSSE = (): Contender => {
  const streams = new Set<SSEStreamingApi>()
  const app = new Hono().get("*", (context) =>
    streamSSE(context, async (stream) => {
      streams.add(stream)
      await stream.writeSSE({ data: "hello" })
      await new Promise<void>((gone) => stream.onAbort(gone))
      streams.delete(stream)
    }),
  )
  return {
    listener: getRequestListener(app.fetch),
    publish: (count) => {
      const data = JSON.stringify(eventOf(count))
      for (const stream of streams) void stream.writeSSE({ event: "partial", id: String(count), data })
    },
    streams: () => streams.size,
  }
}

const trpc = (): Contender => {
  const t = initTRPC.create()
  const wakers = new Set<(event: unknown) => void>()
  const router = t.router({
    stream: t.procedure.subscription(async function* () {
      yield "hello"
      // It ends with the request: tRPC calls `return` on it.
      for (;;) yield await new Promise<unknown>((resolve) => wakers.add(resolve))
    }),
  })
  return {
    listener: createHTTPHandler({ router }),
    publish: (count) => {
      const waiting = [...wakers]
      wakers.clear()
      const event = eventOf(count)
      for (const wake of waiting) wake(event)
    },
    streams: () => wakers.size,
  }
}

const CONTENDERS: Readonly<Record<string, () => Contender>> = {
  "bare res.write": bare,
  "bare body, Hono on Node": bareBody,
  "Simstream, toNodeHandler": () => simstream(toNodeHandler),
  "Simstream, Hono on Node": () => simstream(getRequestListener),
  "better-sse": betterSse,
  "Hono streamSSE": honoStreamSSE,
  tRPC: trpc,
}

/** What the parent asks for. */
export type Ask = { readonly publish: number } | { readonly memory: true } | { readonly hold: number }

const make = CONTENDERS[process.argv[2] ?? ""]
if (make === undefined) throw new Error(`There is no contender ${process.argv[2]}.`)
const contender = make()
const turn = () => new Promise((resolve) => setTimeout(resolve, 2))

const publish = async (rounds: number) => {
  const before = process.cpuUsage()
  for (let round = 0; round < rounds; round++) {
    contender.publish(round)
    await turn()
  }
  const { user, system } = process.cpuUsage(before)
  return { cpuUs: user + system, streams: contender.streams() }
}

const memory = async () => {
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.()
    await turn()
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { bytes: heapUsed + external, rss, streams: contender.streams() }
}

/** Publishes ten times a second, and watches how late a timer is. */
const hold = async (ms: number) => {
  const late: Array<number> = []
  const until = performance.now() + ms
  let count = 0
  let publishAt = performance.now()
  while (performance.now() < until) {
    const asked = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 10))
    late.push(performance.now() - asked - 10)
    if (performance.now() >= publishAt) {
      publishAt += 1000
      contender.publish(count++)
    }
  }
  late.sort((left, right) => left - right)
  return { lateMs: late[Math.floor(late.length * 0.99)] ?? NaN, streams: contender.streams() }
}

const server = createServer(contender.listener)
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
process.on("message", (ask: Ask) => {
  const answer = "publish" in ask ? publish(ask.publish) : "hold" in ask ? hold(ask.hold) : memory()
  void answer.then((said) => process.send?.(said))
})
process.on("disconnect", () => process.exit(0))
