import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { describe, expect, it } from "vitest"
import { defineSimulation } from "../simulation/definition.ts"
import { createJobs } from "./createJobs.ts"
import type { JobsOptions } from "./jobs.ts"

const Nothing = Schema.Struct({})

/** Jobs that end when they are told to, in a context that remembers spans and has a registry of its own. */
const setUp = (options: Partial<Pick<JobsOptions<[]>, "concurrency">> = {}) => {
  const gates: Array<() => void> = []
  const gated = defineSimulation({
    name: "gated",
    config: Nothing,
    metrics: { one: {} },
    prepare: async () => {
      await new Promise<void>((open) => gates.push(open))
      return () => ({ one: 1 })
    },
  })
  const failing = defineSimulation({
    name: "failing",
    config: Nothing,
    metrics: { one: {} },
    prepare: () => {
      throw new Error("no")
    },
  })
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (given) => {
      const span = new Tracer.NativeSpan(given)
      spans.push(span)
      return span
    },
  })
  const context = Context.make(Metric.MetricRegistry, new Map()).pipe(Context.add(Tracer.Tracer, tracer))
  const jobs = createJobs({ simulations: [gated, failing], onError: () => undefined, context, ...options })

  /** Resolves when the next job that waits at the gate is let through. */
  const open = async () => {
    while (gates.length === 0) await new Promise((turn) => setImmediate(turn))
    gates.shift()?.()
  }
  const ended = async (jobId: string) => {
    const { feed } = await jobs.subscribe(jobId)
    while (!feed.ended()) await new Promise((turn) => setImmediate(turn))
  }
  const figures = () =>
    Object.fromEntries(
      Metric.snapshotUnsafe(context).map((metric) => {
        const labels = Object.values(metric.attributes ?? {})
        const value =
          metric.type === "Counter" || metric.type === "Histogram"
            ? Number(metric.state.count)
            : metric.type === "Gauge"
              ? Number(metric.state.value)
              : NaN
        return [[metric.id, ...labels].join(" "), value]
      }),
    )
  const spansOf = (name: string) => spans.filter((span) => span.name === name)
  return { jobs, open, ended, figures, spans, spansOf }
}

const gatedJob = { simulation: "gated", config: {}, iterations: 10 }

describe("the figures of jobs", () => {
  it("say how many wait and run, and how they have ended", async () => {
    const { jobs, open, ended, figures } = setUp({ concurrency: 1 })
    const first = await jobs.start(gatedJob)
    const second = await jobs.start(gatedJob)
    const third = await jobs.start({ simulation: "failing", config: {} })
    const fourth = await jobs.start(gatedJob)
    while ((await jobs.get(first.jobId)).status === "queued") await new Promise((turn) => setImmediate(turn))
    expect(figures()).toMatchObject({
      "simstream_jobs_started_total gated": 3,
      "simstream_jobs_started_total failing": 1,
      simstream_jobs_queued: 3,
      simstream_jobs_running: 1,
    })

    await jobs.cancel(fourth.jobId)
    expect(figures()).toMatchObject({ simstream_jobs_queued: 2, "simstream_jobs_ended_total cancelled": 1 })

    await open()
    await ended(first.jobId)
    await open()
    await ended(second.jobId)
    await ended(third.jobId)
    await jobs.shutdown()
    expect(figures()).toEqual({
      "simstream_jobs_started_total gated": 3,
      "simstream_jobs_started_total failing": 1,
      simstream_jobs_queued: 0,
      simstream_jobs_running: 0,
      "simstream_jobs_ended_total completed": 2,
      "simstream_jobs_ended_total failed": 1,
      "simstream_jobs_ended_total cancelled": 1,
      "simstream_job_wait_seconds gated": 2,
      "simstream_job_wait_seconds failing": 1,
      "simstream_job_duration_seconds gated completed": 2,
      "simstream_job_duration_seconds failing failed": 1,
    })
  })

  it("count a job that is cancelled while it runs once", async () => {
    const { jobs, figures } = setUp()
    const { jobId } = await jobs.start(gatedJob)
    while ((await jobs.get(jobId)).status === "queued") await new Promise((turn) => setImmediate(turn))
    await jobs.cancel(jobId)
    await jobs.shutdown()
    expect(figures()).toMatchObject({
      simstream_jobs_queued: 0,
      simstream_jobs_running: 0,
      "simstream_jobs_ended_total cancelled": 1,
    })
  })

  it("count a repeated start once", async () => {
    const { jobs, open, figures } = setUp()
    const request = { ...gatedJob, idempotencyKey: "key" }
    await jobs.start(request)
    expect((await jobs.start(request)).created).toBe(false)
    await open()
    await jobs.shutdown()
    expect(figures()["simstream_jobs_started_total gated"]).toBe(1)
  })
})

describe("the spans of jobs", () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`

  it("join the trace of who started the job, and say what it was", async () => {
    const { jobs, open, ended, spansOf } = setUp()
    const { jobId } = await jobs.start({ ...gatedJob, traceparent })
    await open()
    await ended(jobId)
    await jobs.shutdown()
    const [start] = spansOf("simstream.start")
    const [run] = spansOf("simstream.job")
    expect([start?.traceId, run?.traceId]).toEqual([traceId, traceId])
    expect(Option.getOrUndefined(start?.parent ?? Option.none())?.spanId).toBe("00f067aa0ba902b7")
    expect(Option.getOrUndefined(run?.parent ?? Option.none())?.spanId).toBe(start?.spanId)
    expect(Object.fromEntries(start?.attributes ?? [])).toMatchObject({
      "simstream.simulation": "gated",
      "simstream.job_id": jobId,
    })
    expect(Object.fromEntries(run?.attributes ?? [])).toMatchObject({
      "simstream.simulation": "gated",
      "simstream.job_id": jobId,
      "simstream.iterations_limit": 10,
      "simstream.iterations": 10,
      "simstream.stop_reason": "iterations",
      "simstream.attempt": 1,
    })
    expect(run?.status._tag === "Ended" && run.status.exit._tag).toBe("Success")
  })

  it("begin traces of their own without one, or with one that is not valid, wherever jobs were made", async () => {
    const { spans, ...rest } = setUp()
    await Effect.runPromise(
      Effect.promise(async () => {
        for (const given of [undefined, null, "garbage"]) {
          await rest.jobs.start({ ...gatedJob, ...(given === undefined ? {} : { traceparent: given }) })
        }
      }).pipe(Effect.withSpan("the app")),
    )
    await rest.jobs.shutdown({ graceMs: 0 })
    const starts = rest.spansOf("simstream.start")
    expect(new Set(starts.map(({ traceId: own }) => own)).size).toBe(3)
    for (const { parent } of starts) expect(Option.isNone(parent)).toBe(true)
    expect(spans.every(({ status }) => status._tag === "Ended")).toBe(true)
  })

  it("fail with what fails, and hand refusals on as they are", async () => {
    const { jobs, ended, spansOf } = setUp()
    const { jobId } = await jobs.start({ simulation: "failing", config: {} })
    await ended(jobId)
    await expect(jobs.start({ simulation: "none", config: {} })).rejects.toMatchObject({
      _tag: "UnknownSimulation",
    })
    await jobs.shutdown()
    const exits = [...spansOf("simstream.job"), ...spansOf("simstream.start")].map(
      ({ status }) => status._tag === "Ended" && status.exit._tag,
    )
    expect(exits).toEqual(["Failure", "Success", "Failure"])
  })
})
