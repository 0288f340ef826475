/** What is counted of jobs, as metrics of Effect: whoever reads the registry of the context reads them. */
import type { JobStatus } from "@simstream/protocol"
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"

/** How a job can end. */
type FinalStatus = Extract<JobStatus, "completed" | "failed" | "cancelled">

/** Counts what becomes of jobs. */
export interface JobMetrics {
  /** One was taken in, and waits. */
  readonly started: (simulation: string) => void
  /** One that waited will not run, for it was cancelled. */
  readonly cancelled: () => void
  /**
   * One begins to run here, for the first time anywhere when `waitedMs` is not `null`. What it answers with is to be told
   * how the job has ended, or `null` when it only does not run here any more; what it is told first counts.
   */
  readonly began: (simulation: string, waitedMs: number | null) => (status: FinalStatus | null) => void
}

/** From a hundredth of a second to a day: each bound is about three times the one before it. */
const BOUNDARIES = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000, 3_600, 10_800, 86_400]

const counter = (name: string, description: string, attributes: Readonly<Record<string, string>>) =>
  Metric.counter(name, { description, attributes, incremental: true })

const waiting = Metric.gauge("simstream_jobs_queued", { description: "Jobs that wait for their turn" })
const running = Metric.gauge("simstream_jobs_running", { description: "Jobs that run in this process" })

const startedOf = (simulation: string) =>
  counter("simstream_jobs_started_total", "Jobs that were taken in by this process", { simulation })
const endedAs = (status: FinalStatus) =>
  counter("simstream_jobs_ended_total", "Jobs that have ended in this process, by how", { status })
const waitOf = (simulation: string) =>
  Metric.histogram("simstream_job_wait_seconds", {
    description: "How long jobs waited until they were run for the first time",
    attributes: { simulation },
    boundaries: BOUNDARIES,
  })
const durationOf = (simulation: string, status: FinalStatus) =>
  Metric.histogram("simstream_job_duration_seconds", {
    description: "How long jobs ran in this process until they ended",
    attributes: { simulation, status },
    boundaries: BOUNDARIES,
  })

/**
 * Counts in the metric registry of a context.
 *
 * @param countsQueue whether all jobs that wait were taken in by this process, so that it can tell how many they are
 */
export const jobMetrics = (context: Context.Context<never>, countsQueue: boolean): JobMetrics => {
  const queued = (by: 1 | -1) => {
    if (countsQueue) waiting.modifyUnsafe(by, context)
  }
  return {
    started: (simulation) => {
      startedOf(simulation).updateUnsafe(1, context)
      queued(1)
    },
    cancelled: () => {
      endedAs("cancelled").updateUnsafe(1, context)
      queued(-1)
    },
    began: (simulation, waitedMs) => {
      const beganMs = performance.now()
      if (waitedMs !== null) waitOf(simulation).updateUnsafe(waitedMs / 1000, context)
      running.modifyUnsafe(1, context)
      queued(-1)
      let over = false
      return (status) => {
        if (over) return
        over = true
        running.modifyUnsafe(-1, context)
        if (status === null) return
        endedAs(status).updateUnsafe(1, context)
        durationOf(simulation, status).updateUnsafe((performance.now() - beganMs) / 1000, context)
      }
    },
  }
}
