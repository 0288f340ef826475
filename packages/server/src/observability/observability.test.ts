// What a handler tells whoever watches the server: figures and spans. It is called by itself, without a socket.
import { createFeed, createJobs, defineSimulation, type Jobs, QueueFull } from "@simstream/core"
import type { JobEvent } from "@simstream/protocol"
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { afterEach, describe, expect, it, vi } from "vitest"
import { createHandler, type HandlerOptions } from "../createHandler.ts"
import { readMetrics } from "./readMetrics.ts"

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`

/** A context with a registry of its own, and a tracer that remembers. */
const observed = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    },
  })
  const context = Context.make(Metric.MetricRegistry, new Map()).pipe(Context.add(Tracer.Tracer, tracer))
  const figure = (name: string, label?: string) =>
    readMetrics(context).find(
      (reading) =>
        reading.name === `simstream_${name}` &&
        (label === undefined || Object.values(reading.labels).includes(label)),
    )?.value ?? 0
  return { context, spans, figure }
}

/** A handler of one job, which says what the test says. */
const setUp = (options: Partial<HandlerOptions> = {}) => {
  const { context, spans, figure } = observed()
  const feed = createFeed<JobEvent>()
  const jobs = {
    subscribe: async (jobId: string) => ({
      jobId,
      status: () => "running" as const,
      reached: feed.revision,
      feed,
    }),
  } as unknown as Jobs
  const handler = createHandler({ jobs, basePath: "/jobs", context, ...options })
  const stream = () => handler(new Request("http://x/jobs/job_1/stream"))
  const publish = (current: number) =>
    feed.publish({
      type: "progress",
      current,
      total: null,
      percentage: null,
      elapsedMs: 0,
      ratePerSecond: 0,
      etaMs: null,
    })
  return { handler, feed, stream, publish, spans, figure }
}

const readerOf = ({ body }: Response) => {
  if (body === null) throw new Error("The response has no body.")
  return body.getReader()
}

afterEach(() => void vi.useRealTimers())

describe("the figures of a handler", () => {
  it("count streams that open, and why each one ended", async () => {
    vi.useFakeTimers()
    const { handler, feed, stream, figure } = setUp({
      stream: { heartbeatMs: 1_000, writeTimeoutMs: 2_000, maxDurationMs: 100_000 },
    })
    const open = async () => {
      const reader = readerOf(await stream())
      await reader.read()
      return reader
    }
    const left = await open()
    expect([figure("streams_opened_total"), figure("streams_open")]).toEqual([1, 1])
    await left.cancel()
    expect([figure("streams_ended_total", "left"), figure("streams_open")]).toEqual([1, 0])

    await open()
    vi.advanceTimersByTime(3_000)
    expect(figure("streams_ended_total", "stalled")).toBe(1)

    const expiring = await open()
    const whole = (async () => {
      while (!(await expiring.read()).done);
    })()
    await vi.advanceTimersByTimeAsync(101_000)
    await whole
    expect(figure("streams_ended_total", "expired")).toBe(1)

    const drained = await open()
    const farewell = drained.read()
    handler.drain()
    expect(new TextDecoder().decode((await farewell).value)).toContain("retry: ")
    expect(figure("streams_ended_total", "drained")).toBe(1)

    const rest = setUp()
    const ending = readerOf(await rest.stream())
    rest.feed.end({ type: "cancelled" })
    await ending.read()
    expect(await ending.read()).toMatchObject({ done: true })
    expect(rest.figure("streams_ended_total", "ended")).toBe(1)
    expect([figure("streams_opened_total"), figure("streams_open")]).toEqual([4, 0])
    feed.end()
  })

  it("count events that were delivered, and such as a slow client skipped; not those before it came", async () => {
    const { stream, publish, figure } = setUp()
    for (let current = 0; current < 5; current++) publish(current)
    const slow = readerOf(await stream())
    await slow.read()
    expect([figure("events_delivered_total"), figure("events_conflated_total")]).toEqual([1, 0])
    for (let current = 5; current < 9; current++) publish(current)
    expect(new TextDecoder().decode((await slow.read()).value)).toContain('"current":8')
    expect([figure("events_delivered_total"), figure("events_conflated_total")]).toEqual([2, 3])
    await slow.cancel()
  })

  it("count refusals by their code, and errors that are the server's own", async () => {
    const { handler, stream, figure } = setUp({
      limits: { streams: 1 },
      onError: () => undefined,
      clientKey: () => {
        throw new Error("the session store is down")
      },
    })
    await handler(new Request("http://x/jobs/job_1/what"))
    await handler(new Request("http://x/jobs", { method: "PUT" }))
    expect((await stream()).status).toBe(500)
    expect([
      figure("requests_refused_total", "not_found"),
      figure("requests_refused_total", "method_not_allowed"),
      figure("requests_refused_total", "internal_error"),
    ]).toEqual([1, 1, 1])
    expect(figure("streams_opened_total")).toBe(0)
  })
})

describe("the spans of a handler", () => {
  const attributesOf = (span: Tracer.NativeSpan | undefined) => Object.fromEntries(span?.attributes ?? [])

  it("are of the request's trace, and named by the route; what may be secret is not in them", async () => {
    const { handler, spans } = setUp()
    const response = await handler(
      new Request("http://x/jobs/job_1/stream?token=secret", { headers: { traceparent: TRACEPARENT } }),
    )
    const [span] = spans
    expect(span).toMatchObject({ name: "GET /jobs/:id/stream", kind: "server", traceId: TRACE })
    expect(Option.getOrUndefined(span?.parent ?? Option.none())?.spanId).toBe("00f067aa0ba902b7")
    expect(attributesOf(span)).toEqual({
      "http.request.method": "GET",
      "http.route": "/jobs/:id/stream",
      "http.response.status_code": 200,
      "simstream.job_id": "job_1",
    })
    // It has ended, though the stream goes on.
    expect(span?.status._tag).toBe("Ended")
    await response.body?.cancel()
  })

  it("begin a trace without one, each its own", async () => {
    const { handler, spans } = setUp()
    await handler(new Request("http://x/jobs/a/what"))
    await handler(new Request("http://x/elsewhere", { headers: { traceparent: "garbage" } }))
    expect(spans.map(({ name }) => name)).toEqual(["GET /jobs/*", "GET /jobs/*"])
    expect(spans.every(({ parent }) => Option.isNone(parent))).toBe(true)
    expect(spans[0]?.traceId).not.toBe(spans[1]?.traceId)
  })

  it("fail when the server does, and not when the client does", async () => {
    const { handler, spans } = setUp({
      onError: () => undefined,
      authorize: () => {
        throw new Error("no database")
      },
    })
    expect((await handler(new Request("http://x/jobs/a"))).status).toBe(500)
    expect((await handler(new Request("http://x/none"))).status).toBe(404)
    expect(spans.map(({ status }) => status._tag === "Ended" && status.exit._tag)).toEqual([
      "Failure",
      "Success",
    ])
  })

  const constant = defineSimulation({
    name: "constant",
    config: Schema.Struct({}),
    metrics: { one: {} },
    prepare: () => () => ({ one: 1 }),
  })
  const startRequest = (headers: Readonly<Record<string, string>> = {}) =>
    new Request("http://x/jobs", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ simulation: "constant", iterations: 100 }),
    })
  const ended = async (jobs: Jobs, jobId: string) => {
    const { feed } = await jobs.subscribe(jobId)
    while (!feed.ended()) await new Promise((turn) => setImmediate(turn))
  }

  it("reach from a request through the start to the run of the job", async () => {
    const { context, spans } = observed()
    const jobs = createJobs({ simulations: [constant], context })
    const handler = createHandler({ jobs, basePath: "/jobs", context })
    const { jobId } = (await (await handler(startRequest({ traceparent: TRACEPARENT }))).json()) as {
      jobId: string
    }
    await ended(jobs, jobId)
    await jobs.shutdown()
    expect(spans.map(({ name }) => name)).toEqual(["POST /jobs", "simstream.start", "simstream.job"])
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]))
    const [request, start, run] = spans
    expect(Option.getOrUndefined(start?.parent ?? Option.none())?.spanId).toBe(request?.spanId)
    expect(Option.getOrUndefined(run?.parent ?? Option.none())?.spanId).toBe(start?.spanId)
    expect(attributesOf(request)).toMatchObject({
      "simstream.simulation": "constant",
      "simstream.job_id": jobId,
    })
  })

  it("are none without a context, and the trace goes on to the job all the same", async () => {
    const { context, spans } = observed()
    const jobs = createJobs({ simulations: [constant], context })
    const handler = createHandler({ jobs, basePath: "/jobs" })
    await handler(startRequest({ traceparent: TRACEPARENT }))
    await jobs.shutdown()
    expect(spans[0]).toMatchObject({ name: "simstream.start", traceId: TRACE })
  })

  it("of a refused start say so", async () => {
    const { context, spans } = observed()
    const jobs = {
      start: () => Promise.reject(new QueueFull({ limit: 1, message: "1 job is waiting." })),
    } as unknown as Jobs
    const handler = createHandler({ jobs, basePath: "/jobs", context })
    expect((await handler(startRequest())).status).toBe(503)
    expect(attributesOf(spans[0])).toMatchObject({ "http.response.status_code": 503 })
  })
})
