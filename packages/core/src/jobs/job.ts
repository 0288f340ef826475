/** A job as this process knows it: its state, and the feed of what it publishes. */
import {
  type CompleteEvent,
  type ErrorEvent,
  formatEventId,
  isFinalStatus,
  type JobError,
  type JobEvent,
  type JobSnapshot,
  type JobSummary,
  type PartialEvent,
  type PartialOutputs,
  type Progress,
  type ProgressEvent,
  type Result,
} from "@simstream/protocol"
import { createFeed, type Feed, type FeedEntry } from "../feed/feed.ts"
import { highestRevision, type JobHead, type JobNews, type JobRecord, revisionBefore } from "./store.ts"

/** What is known of a job beside its events. */
export type JobState = Omit<JobRecord, "events" | "progress" | "error" | "revision">

/** A job that runs here, is watched here, or has ended here not long ago. */
export interface Job {
  state: JobState
  readonly feed: Feed<JobEvent>
}

/** The job of a record; its events keep their places. */
export const jobOf = (record: JobRecord, onSubscribers: (count: number) => void): Job => {
  const feed = createFeed<JobEvent>({ onSubscribers })
  const job: Job = { state: stateOf(record), feed }
  tellFeed(job, record.events)
  return job
}

const stateOf = ({
  events: _events,
  progress: _progress,
  error: _error,
  revision: _revision,
  ...state
}: JobRecord): JobState => state

/** Publishes what a store has of the job's events, those that are newer; the last one ends the feed. */
export const tellFeed = ({ feed }: Job, events: ReadonlyArray<FeedEntry<JobEvent>>): void => {
  for (const { event, revision } of events) {
    if (feed.ended() || revision <= feed.revision()) continue
    if (event.type === "progress" || event.type === "partial") feed.publish(event, revision)
    else feed.end(event, revision)
  }
}

/** Brings the job to the state of the news. */
export const tellJob = (
  job: Job,
  { status, startedAtMs, endedAtMs, attempt, events }: Omit<JobNews, "unwatchedMs">,
): void => {
  job.state = { ...job.state, status, startedAtMs, endedAtMs, attempt }
  tellFeed(job, events)
}

/**
 * The highest revision that anybody can have been told of a job by now. Where it runs that is what was published here, or
 * by those who ran it before.
 */
export const reachedRevision = ({ state, feed }: Job, runsHere: boolean): number => {
  if (feed.ended()) return feed.revision()
  const { attempt } = state
  return Math.max(feed.revision(), runsHere ? revisionBefore(attempt) : highestRevision(attempt))
}

/** What the newest events say. */
interface Told {
  readonly progress: Progress | null
  readonly partial: PartialOutputs | null
  readonly result: Result | null
  readonly error: JobError | null
}

const bare = <Event extends JobEvent>({ type: _type, ...content }: Event): Omit<Event, "type"> => content

const toldBy = (events: ReadonlyArray<FeedEntry<JobEvent>>): Told => {
  let told: Told = { progress: null, partial: null, result: null, error: null }
  for (const { event } of events) {
    switch (event.type) {
      case "progress":
        told = { ...told, progress: bare<ProgressEvent>(event) }
        break
      case "partial":
        told = { ...told, partial: bare<PartialEvent>(event) }
        break
      case "complete":
        told = { ...told, result: bare<CompleteEvent>(event) }
        break
      case "error":
        told = { ...told, error: bare<ErrorEvent>(event) }
        break
      case "cancelled":
        break
    }
  }
  return told
}

const iso = (ms: number): string => new Date(ms).toISOString()
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms))

/** A job without its heavy parts. */
export const summaryOf = (head: JobHead): JobSummary => ({
  jobId: head.jobId,
  simulation: head.simulation,
  status: head.status,
  createdAt: iso(head.createdAtMs),
  startedAt: isoOrNull(head.startedAtMs),
  endedAt: isoOrNull(head.endedAtMs),
  progress: head.progress,
  error: head.error,
  lastEventId: head.revision === 0 ? null : formatEventId(head.jobId, head.revision),
})

/** The job as a list shows it. */
export const headOf = ({ state, feed }: Job): JobHead => {
  const { progress, error } = toldBy(feed.since(0))
  return { ...state, progress, error, revision: feed.revision() }
}

/** The whole state of a record. */
export const snapshotOf = (record: JobRecord): JobSnapshot => {
  const { partial, result } = toldBy(record.events)
  return { ...summaryOf(record), request: record.request, partial, result }
}

/** The whole state of the job. */
export const snapshotOfJob = (job: Job): JobSnapshot =>
  snapshotOf({ ...job.state, ...headOf(job), events: job.feed.since(0) })

/** Whether the job has come to its end. */
export const isEnded = ({ state }: Job): boolean => isFinalStatus(state.status)
