// Figures and spans on their way out, by Effect's own exporters, as docs/guides/observability.md has them.
import { once } from "node:events"
import { createServer } from "node:http"
import { createJobs } from "@simstream/core"
import { createHandler } from "@simstream/server"
import * as Context from "effect/Context"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Metric from "effect/Metric"
import * as Otlp from "effect/observability/Otlp"
import { formatUnsafe } from "effect/observability/PrometheusMetrics"
import { expect, it } from "vitest"
import { ADAPTERS, listen } from "../support/server.ts"
import { craps } from "../support/simulations.ts"
import { testClient } from "../support/testClient.ts"

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

/** A server with one job, which was started in a trace, streamed to its end and asked for in vain. */
const serveOneJob = async (
  context: Context.Context<never>,
  adapter: (typeof ADAPTERS)[number] = "toNodeHandler",
): Promise<void> => {
  const jobs = createJobs({ simulations: [craps], context })
  const handler = createHandler({ jobs, context })
  await using server = await listen(handler, adapter)
  const client = testClient(server.origin)
  const started = await client.post(
    { simulation: "craps", iterations: 1_000 },
    { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` },
  )
  const { jobId } = (await started.json()) as { readonly jobId: string }
  await (await client.stream(jobId)).text()
  expect((await fetch(`${client.base}/none`)).status).toBe(404)
  await jobs.shutdown()
}

it.each(ADAPTERS)("Prometheus reads the figures of a server behind %s", async (adapter) => {
  const context = Context.make(Metric.MetricRegistry, new Map())
  await serveOneJob(context, adapter)
  const text = formatUnsafe(context)
  for (const line of [
    'simstream_jobs_started_total{simulation="craps"} 1',
    'simstream_jobs_ended_total{status="completed"} 1',
    "simstream_jobs_queued 0",
    "simstream_jobs_running 0",
    'simstream_job_duration_seconds_bucket{simulation="craps",status="completed",le="+Inf"} 1',
    'simstream_job_wait_seconds_count{simulation="craps"} 1',
    "simstream_streams_opened_total 1",
    "simstream_streams_open 0",
    'simstream_streams_ended_total{reason="ended"} 1',
    "simstream_events_conflated_total 0",
    'simstream_requests_refused_total{code="job_not_found"} 1',
    "# TYPE simstream_event_loop_delay_seconds summary",
  ]) {
    expect(text.split("\n")).toContain(line)
  }
  expect(Number(/^simstream_events_delivered_total (\d+)$/m.exec(text)?.[1])).toBeGreaterThanOrEqual(1)
})

interface Received {
  readonly path: string
  readonly body: string
}

/** What a collector of OpenTelemetry is sent. */
const collect = async () => {
  const received: Array<Received> = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    received.push({ path: request.url ?? "", body })
    response.end("{}")
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("The collector has no port.")
  return {
    received,
    baseUrl: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

it("OpenTelemetry is sent one trace from the request to the job, and the figures", async () => {
  await using collector = await collect()
  const exporter = Otlp.layerJson({ baseUrl: collector.baseUrl, resource: { serviceName: "simulations" } })
  const own = Layer.succeed(Metric.MetricRegistry, new Map())
  const telemetry = ManagedRuntime.make(
    exporter.pipe(Layer.provide(FetchHttpClient.layer), Layer.provideMerge(own)),
  )
  await serveOneJob(await telemetry.context())
  await telemetry.dispose()

  const traces = collector.received.filter(({ path }) => path === "/v1/traces").map(({ body }) => body)
  const spans = traces.flatMap((body) =>
    (
      JSON.parse(body) as {
        readonly resourceSpans: ReadonlyArray<{
          readonly scopeSpans: ReadonlyArray<{
            readonly spans: ReadonlyArray<{ readonly name: string; readonly traceId: string }>
          }>
        }>
      }
    ).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  )
  const ofTrace = spans.filter(({ traceId }) => traceId === TRACE).map(({ name }) => name)
  expect(ofTrace.sort()).toEqual(["POST /api/simulations", "simstream.job", "simstream.start"])
  expect(spans.map(({ name }) => name)).toContain("GET /api/simulations/:id/stream")

  const figures = collector.received.filter(({ path }) => path === "/v1/metrics").at(-1)?.body ?? ""
  for (const name of [
    "simstream_jobs_started_total",
    "simstream_streams_open",
    "simstream_job_duration_seconds",
  ]) {
    expect(figures).toContain(name)
  }
})
