/** A job of this process: its state, and the feed of what it publishes. createJobs.ts is what moves it. */
import {
  type CancelledEvent,
  formatEventId,
  isFinalStatus,
  type JobEvent,
  type JobSnapshot,
  type JobSummary,
} from "@simstream/protocol"
import type { BatchPlan } from "../batch/plan.ts"
import type { Checkpoint } from "../batch/checkpoint.ts"
import { createFeed, type Feed } from "../feed/feed.ts"
import type { JobChange, JobRecord } from "./store.ts"

/** A job that is queued, running, or ended not long ago. */
export interface Job {
  /** As it is kept, but for `revision` and `checkpoint`, which the feed and the batch know better. */
  record: JobRecord
  /** What to run; `null` for a job that has ended in another process. */
  readonly plan: BatchPlan | null
  readonly feed: Feed<JobEvent>
  /** Takes a checkpoint of the batch, once that runs. */
  checkpoint: (() => Checkpoint) | null
}

/** A job to be run. Its events are numbered on from the record's revision. */
export const createJob = (
  record: JobRecord,
  plan: BatchPlan,
  onSubscribers: (count: number) => void,
): Job => ({ record, plan, feed: createFeed({ revision: record.revision, onSubscribers }), checkpoint: null })

/** A job that has ended in another process, as its record says; its last events keep their place. */
export const endedJob = (record: JobRecord): Job => {
  const { progress, partial } = record
  const events: Array<JobEvent> = []
  if (progress !== null) events.push({ type: "progress", ...progress })
  if (partial !== null) events.push({ type: "partial", ...partial })
  const last = lastEvent(record)
  const feed = createFeed<JobEvent>({ revision: Math.max(0, record.revision - events.length - 1) })
  for (const event of events) feed.publish(event)
  feed.end(last)
  return { record, plan: null, feed, checkpoint: null }
}

const lastEvent = ({ status, result, error, partial }: JobRecord): JobEvent => {
  if (status === "completed" && result !== null) return { type: "complete", ...result }
  if (status === "failed" && error !== null) return { type: "error", ...error }
  return cancelledEvent(partial)
}

/** The last event of a cancelled job: what there was by then. */
export const cancelledEvent = (partial: JobRecord["partial"]): CancelledEvent => ({
  type: "cancelled",
  ...partial,
})

/** Changes the state of a job, here; the store is told by who calls. */
export const changeJob = (job: Job, change: JobChange): void => {
  job.record = { ...job.record, ...change }
}

/** What the store wants to know of a running job now and then. */
export const savedState = ({ record, feed, checkpoint }: Job): JobChange => ({
  progress: record.progress,
  partial: record.partial,
  revision: feed.revision(),
  checkpoint: isFinalStatus(record.status) ? null : (checkpoint?.() ?? record.checkpoint),
})

const iso = (ms: number): string => new Date(ms).toISOString()
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))

/** The job without its heavy parts, at the revision that its events have reached. */
export const summaryOf = (record: JobRecord, revision: number): JobSummary => ({
  jobId: record.jobId,
  simulation: record.request.simulation,
  status: record.status,
  createdAt: iso(record.createdAtMs),
  startedAt: isoOrNull(record.startedAtMs),
  endedAt: isoOrNull(record.endedAtMs),
  progress: record.progress,
  error: record.error,
  lastEventId: revision === 0 ? null : formatEventId(record.jobId, revision),
})

/** The whole state of the job. */
export const snapshotOf = ({ record, feed }: Job): JobSnapshot => ({
  ...summaryOf(record, feed.revision()),
  request: record.request,
  partial: record.partial,
  result: record.result,
})
