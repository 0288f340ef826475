/** A server to be measured, in a process of its own: told over IPC what to publish, it answers with what that cost. */
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { getRequestListener, type HttpBindings } from "@hono/node-server"
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response"
import type { JobEvent } from "@simstream/protocol"
import { createFeed, type Feed, type Jobs } from "@simstream/core"
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
  /** To whoever watches this job; the contenders that know no jobs have one. */
  readonly publish: (count: number, jobId: string) => void
  readonly streams: () => number
}

/** Who watches what. */
const createRooms = <Member>() => {
  const rooms = new Map<string, Set<Member>>()
  const room = (jobId: string) => {
    const members = rooms.get(jobId) ?? new Set()
    rooms.set(jobId, members)
    return members
  }
  return { room, size: () => [...rooms.values()].reduce((sum, { size }) => sum + size, 0) }
}

/** As it goes over the wire, made once for everybody. */
const shared = (count: number): Buffer<ArrayBuffer> =>
  Buffer.from(`event: partial\nid: ${count}\ndata: ${JSON.stringify(eventOf(count))}\n\n`)

const jobOf = (url = ""): string => url.split("/")[1] ?? ""

const bare = (): Contender => {
  const { room, size } = createRooms<Parameters<RequestListener>[1]>()
  return {
    listener: ({ url }, response) => {
      const members = room(jobOf(url))
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.write(": hello\n\n")
      members.add(response)
      response.on("close", () => members.delete(response))
    },
    publish: (count, jobId) => {
      const bytes = shared(count)
      for (const response of room(jobId)) response.write(bytes)
    },
    streams: size,
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
      const bytes = shared(count)
      for (const controller of controllers) controller.enqueue(bytes)
    },
    streams: () => controllers.size,
  }
}

const simstream = (
  adapt: (handler: (request: Request) => Promise<Response>) => RequestListener,
): Contender => {
  const feeds = new Map<string, Feed<JobEvent>>()
  const feedOf = (jobId: string) => {
    const feed = feeds.get(jobId) ?? createFeed<JobEvent>()
    feeds.set(jobId, feed)
    return feed
  }
  const jobs: Pick<Jobs, "subscribe"> = {
    subscribe: async (jobId) => {
      const feed = feedOf(jobId)
      return { jobId, status: () => "running", reached: feed.revision, feed }
    },
  }
  const handler = createHandler({ jobs: jobs as Jobs, basePath: "/" })
  return {
    listener: adapt(handler),
    publish: (count, jobId) => void feedOf(jobId).publish(eventOf(count)),
    streams: handler.streams,
  }
}

/** Hono routes, and the stream is written to its socket past it. */
const pastHono = (handler: (request: Request) => Promise<Response>): RequestListener => {
  const answer = toNodeHandler(handler)
  const app = new Hono<{ Bindings: HttpBindings }>().all("*", ({ env }) => {
    answer(env.incoming, env.outgoing)
    return RESPONSE_ALREADY_SENT
  })
  return getRequestListener(app.fetch)
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
  "Simstream, past Hono": () => simstream(pastHono),
  "better-sse": betterSse,
  "Hono streamSSE": honoStreamSSE,
  tRPC: trpc,
}

/** What the parent asks for. */
export type Ask =
  | { readonly publish: number; readonly jobId: string }
  | { readonly memory: true }
  | { readonly hold: number; readonly jobIds: ReadonlyArray<string> }

const make = CONTENDERS[process.argv[2] ?? ""]
if (make === undefined) throw new Error(`There is no contender ${process.argv[2]}.`)
const contender = make()
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** What a stretch of time has cost the processor, in microseconds. */
const measureCpu = async (during: () => Promise<void>): Promise<number> => {
  const before = process.cpuUsage()
  await during()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

const publish = async (rounds: number, jobId: string) => {
  const cpuUs = await measureCpu(async () => {
    for (let round = 0; round < rounds; round++) {
      contender.publish(round, jobId)
      await pause(2)
    }
  })
  return { cpuUs, streams: contender.streams() }
}

const memory = async () => {
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.()
    await pause(2)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed + external, rss, streams: contender.streams() }
}

/** How often the loop is looked at, in milliseconds. What comes later than that is late. */
const RESOLUTION_MS = 5

/** Publishes an event a second to each job, one job after the other, and watches how late the event loop is. */
const hold = async (ms: number, jobIds: ReadonlyArray<string>) => {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  const stepMs = 1000 / jobIds.length
  const cpuUs = await measureCpu(async () => {
    const startedAt = performance.now()
    for (let step = 0; performance.now() - startedAt < ms; step++) {
      contender.publish(step, jobIds[step % jobIds.length] ?? "")
      await pause(Math.max(0, startedAt + (step + 1) * stepMs - performance.now()))
    }
  })
  delay.disable()
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)
  const [p50, p99] = [50, 99].map((percentile) => late(delay.percentile(percentile)))
  return { p50, p99, max: late(delay.max), cpu: cpuUs / 1000 / ms, streams: contender.streams() }
}

const answer = (ask: Ask): Promise<unknown> => {
  if ("publish" in ask) return publish(ask.publish, ask.jobId)
  return "hold" in ask ? hold(ask.hold, ask.jobIds) : memory()
}

const server = createServer(contender.listener)
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
process.on("message", (ask: Ask) => {
  void answer(ask).then((said) => process.send?.(said))
})
process.on("disconnect", () => process.exit(0))
