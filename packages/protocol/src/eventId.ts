/**
 * Event ids: the revision of the event in its job's feed, tied to the job. To a client without this package they are
 * opaque; with it, a client can tell a repeated or reordered event, and a server a cursor that belongs to another job.
 */

/** An event id, taken apart. */
export interface EventId {
  /** Grows with every event that the job publishes: from 1, by one, and by more when another process goes on with the job. */
  readonly revision: number
  /** The last characters of the job's id. */
  readonly job: string
}

const JOB_TAG_LENGTH = 6
const FORM = /^(\d{1,15})-(\w{1,6})$/

/** The part of a job's id that its event ids end in: compare it with `parseEventId(id).job` to tell another job's events. */
export const jobTag = (jobId: string): string => jobId.replace(/\W/g, "_").slice(-JOB_TAG_LENGTH)

/** The id of the event with this revision: `formatEventId("job_9f3c", 12)` is `"12-b_9f3c"`. */
export const formatEventId = (jobId: string, revision: number): string => `${revision}-${jobTag(jobId)}`

/** Whether an id has the form of ours. */
export const isEventId = (id: string): boolean => FORM.test(id)

/** Takes an event id apart; `null` when it is none of ours. */
export const parseEventId = (id: string): EventId | null => {
  const match = FORM.exec(id)
  if (match === null) return null
  const [, revision = "", job = ""] = match
  return { revision: Number(revision), job }
}

/** The revision that a client has seen of this job, or 0 when the id is garbage or belongs to another job. */
export const revisionOf = (jobId: string, id: string | null | undefined): number => {
  const parsed = id ? parseEventId(id) : null
  return parsed !== null && parsed.job === jobTag(jobId) ? parsed.revision : 0
}
