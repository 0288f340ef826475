import { createJobs, defineSimulation } from "@simstream/core"
import * as Context from "effect/Context"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { expect, it } from "vitest"
import { simulationRoutes } from "./effect.ts"
import { readMetrics } from "./observability/readMetrics.ts"

const constant = defineSimulation({
  name: "constant",
  config: Schema.Struct({}),
  metrics: { one: {} },
  prepare: () => () => ({ one: 1 }),
})

it("serves every route from a router, and streams", async () => {
  const jobs = createJobs({ simulations: [constant] })
  const { handler, dispose } = HttpRouter.toWebHandler(simulationRoutes({ jobs, basePath: "/jobs" }), {
    disableLogger: true,
  })
  const started = await handler(
    new Request("http://x/jobs", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ simulation: "constant", iterations: 100 }),
    }),
  )
  expect(started.status).toBe(202)
  const { jobId } = (await started.json()) as { jobId: string }
  const head = await handler(new Request(`http://x/jobs/${jobId}/stream`, { method: "HEAD" }))
  expect(head.headers.get("content-type")).toBe("text/event-stream; charset=utf-8")
  expect([head.status, await head.text()]).toEqual([200, ""])
  const stream = await handler(new Request(`http://x/jobs/${jobId}/stream`))
  expect(stream.headers.get("content-type")).toBe("text/event-stream; charset=utf-8")
  expect(await stream.text()).toContain("event: complete\nid: ")
  expect((await handler(new Request("http://x/jobs/none"))).status).toBe(404)
  expect((await handler(new Request("http://x/other"))).status).toBe(404)
  await dispose()
  await jobs.shutdown()
})

it("traces inside of the router's own span, and counts in the registry of the layer", async () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    },
  })
  const registry: Metric.MetricRegistry = new Map()
  const observability = Layer.mergeAll(
    Layer.succeed(Tracer.Tracer, tracer),
    Layer.succeed(Metric.MetricRegistry, registry),
  )
  const jobs = createJobs({ simulations: [constant] })
  const { handler, dispose } = HttpRouter.toWebHandler(
    simulationRoutes({ jobs, basePath: "/jobs" }).pipe(Layer.provideMerge(observability)),
    { disableLogger: true },
  )
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
  const response = await handler(
    new Request("http://x/jobs/none", { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } }),
  )
  expect(response.status).toBe(404)
  await dispose()
  await jobs.shutdown()
  const [outer, inner] = spans
  expect(inner).toMatchObject({ name: "GET /jobs/:id", traceId })
  expect(Option.getOrUndefined(inner?.parent ?? Option.none())?.spanId).toBe(outer?.spanId)
  const counted = readMetrics(Context.make(Metric.MetricRegistry, registry))
  expect(counted).toContainEqual(
    expect.objectContaining({
      name: "simstream_requests_refused_total",
      labels: { code: "job_not_found" },
      value: 1,
    }),
  )
})
