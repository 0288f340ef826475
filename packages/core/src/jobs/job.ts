/** One job: its state, and the feed of what it publishes. A job is data; createJobs.ts is what moves it. */
import {
  type JobError,
  type JobEvent,
  type JobSnapshot,
  type JobStatus,
  type JobSummary,
  type PartialOutputs,
  type Progress,
  type Result,
  formatEventId,
} from "@simstream/protocol"
import type { BatchPlan } from "../batch/plan.ts"
import { createFeed, type Feed } from "../feed/feed.ts"

/** A job in memory. */
export interface Job {
  readonly id: string
  readonly plan: BatchPlan
  /** Whose job it is, as the server's `clientKey` says; `null` when it doesn't say. */
  readonly owner: string | null
  readonly createdAtMs: number
  readonly feed: Feed<JobEvent>
  status: JobStatus
  startedAtMs: number | null
  endedAtMs: number | null
  progress: Progress | null
  partial: PartialOutputs | null
  result: Result | null
  error: JobError | null
}

/** A queued job. */
export const createJob = ({
  id,
  plan,
  owner,
  nowMs,
  onSubscribers,
}: {
  readonly id: string
  readonly plan: BatchPlan
  readonly owner: string | null
  readonly nowMs: number
  readonly onSubscribers: (count: number) => void
}): Job => ({
  id,
  plan,
  owner,
  createdAtMs: nowMs,
  feed: createFeed({ onSubscribers }),
  status: "queued",
  startedAtMs: null,
  endedAtMs: null,
  progress: null,
  partial: null,
  result: null,
  error: null,
})

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

/** The job without its heavy parts. */
export const summaryOf = (job: Job): JobSummary => ({
  jobId: job.id,
  simulation: job.plan.simulation.name,
  status: job.status,
  createdAt: new Date(job.createdAtMs).toISOString(),
  startedAt: iso(job.startedAtMs),
  endedAt: iso(job.endedAtMs),
  progress: job.progress,
  error: job.error,
  lastEventId: job.feed.revision() === 0 ? null : formatEventId(job.id, job.feed.revision()),
})

/** The whole state of the job. */
export const snapshotOf = (job: Job): JobSnapshot => ({
  ...summaryOf(job),
  partial: job.partial,
  result: job.result,
})
