/** Rows of the table of jobs as records of the store. */
import type { ClaimedJob, FeedEntry, JobHead, JobNews, JobRecord } from "@simstream/core"
import type { JobEvent, PartialEvent } from "@simstream/protocol"
import { JOB_STATUSES, type JobStatus } from "@simstream/protocol"
import type { Row } from "./database.ts"

const ms = (column: string, name: string): string =>
  `(extract(epoch FROM ${column}) * 1000)::float8 AS ${name}`

const STATE = [
  "jobs.id",
  "jobs.status",
  "jobs.attempt",
  ms("jobs.started_at", "started_ms"),
  ms("jobs.ended_at", "ended_ms"),
].join(", ")

/** The columns of a head. JSON comes as text, for drivers are set up to parse it in many ways. */
export const HEAD = [
  STATE,
  "jobs.owner",
  "jobs.simulation",
  ms("jobs.created_at", "created_ms"),
  "(extract(epoch FROM jobs.created_at) * 1000000)::bigint::text AS created_us",
  "jobs.revision::float8 AS revision",
  "jobs.progress::text AS progress",
  "CASE WHEN jobs.status = 'failed' THEN jobs.last::text END AS error",
].join(", ")

/** The columns of a record. */
export const RECORD = [
  HEAD,
  "jobs.request::text AS request",
  "jobs.request_digest",
  "jobs.progress_revision::float8 AS progress_revision",
  "jobs.partial::text AS partial",
  "jobs.partial_revision::float8 AS partial_revision",
  "jobs.last::text AS last",
].join(", ")

/** The columns of a job's news behind a revision, which is an expression. */
export const newsSince = (revision: string): string => {
  const ended = `jobs.ended_at IS NOT NULL AND jobs.revision > ${revision}`
  return [
    STATE,
    "jobs.revision::float8 AS revision",
    `CASE WHEN jobs.progress_revision > ${revision} THEN jobs.progress::text END AS progress`,
    "jobs.progress_revision::float8 AS progress_revision",
    // A cancelled job's last event is what there was by then.
    `CASE WHEN jobs.partial_revision > ${revision} OR (jobs.status = 'cancelled' AND ${ended})
      THEN jobs.partial::text END AS partial`,
    "jobs.partial_revision::float8 AS partial_revision",
    `CASE WHEN ${ended} THEN jobs.last::text END AS last`,
    "(extract(epoch FROM now() - jobs.watched_at) * 1000)::float8 AS unwatched_ms",
  ].join(", ")
}

const textOrNull = (row: Row, column: string): string | null => {
  const value = row[column]
  return typeof value === "string" ? value : null
}

const text = (row: Row, column: string): string => textOrNull(row, column) ?? ""

const numberOrNull = (row: Row, column: string): number | null => {
  const value = row[column]
  return value === null || value === undefined ? null : Number(value)
}

const number = (row: Row, column: string): number => numberOrNull(row, column) ?? 0

/** What this code has written there itself. */
const json = <A>(row: Row, column: string): A | null => {
  const value = textOrNull(row, column)
  return value === null ? null : JSON.parse(value)
}

const statusOf = (row: Row): JobStatus => JOB_STATUSES.find((status) => status === row["status"]) ?? "queued"

const eventsOf = (row: Row, after: number): ReadonlyArray<FeedEntry<JobEvent>> => {
  const partial = json<PartialEvent>(row, "partial")
  const revision = number(row, "revision")
  const last =
    statusOf(row) === "cancelled" ? { ...partial, type: "cancelled" as const } : json<JobEvent>(row, "last")
  const entries = [
    { revision: number(row, "progress_revision"), event: json<JobEvent>(row, "progress") },
    { revision: number(row, "partial_revision"), event: partial },
    { revision, event: last },
  ]
  return entries
    .flatMap(({ revision: at, event }) => (event === null || at <= after ? [] : [{ revision: at, event }]))
    .sort((left, right) => left.revision - right.revision)
}

export const headOf = (row: Row): JobHead => {
  const progress = json<{ readonly type: "progress" } & NonNullable<JobHead["progress"]>>(row, "progress")
  const error = json<{ readonly type: "error" } & NonNullable<JobHead["error"]>>(row, "error")
  return {
    jobId: text(row, "id"),
    owner: textOrNull(row, "owner"),
    simulation: text(row, "simulation"),
    status: statusOf(row),
    createdAtMs: number(row, "created_ms"),
    startedAtMs: numberOrNull(row, "started_ms"),
    endedAtMs: numberOrNull(row, "ended_ms"),
    progress: progress === null ? null : withoutType(progress),
    error: error === null ? null : withoutType(error),
    revision: number(row, "revision"),
  }
}

const withoutType = <A extends { readonly type: string }>({ type: _type, ...content }: A): Omit<A, "type"> =>
  content

export const recordOf = (row: Row): JobRecord => ({
  ...headOf(row),
  request: json(row, "request") ?? { simulation: "", config: null, iterations: 0, seed: "", stop: {} },
  requestDigest: textOrNull(row, "request_digest"),
  attempt: number(row, "attempt"),
  events: eventsOf(row, 0),
})

export const newsOf = (row: Row, after: number): JobNews => ({
  jobId: text(row, "id"),
  status: statusOf(row),
  startedAtMs: numberOrNull(row, "started_ms"),
  endedAtMs: numberOrNull(row, "ended_ms"),
  attempt: number(row, "attempt"),
  events: eventsOf(row, after),
  unwatchedMs: number(row, "unwatched_ms"),
})

export const claimedOf = (row: Row): ClaimedJob => {
  const record = recordOf(row)
  return {
    lease: { jobId: record.jobId, attempt: record.attempt },
    record,
    checkpoint: json(row, "checkpoint"),
    cancelling: row["cancel_requested"] === true,
  }
}
