/** The state of a watched job, as a user interface shows it, and the pure functions that keep it. */
import {
  isFinalStatus,
  isStreamEvent,
  type CancelledEvent,
  type JobSnapshot,
  type Outputs,
  type PartialOutputs,
  type Progress,
  type Result,
  type StreamEvent,
} from "@simstream/protocol"
import { JobFailed, type ClientError } from "./errors.ts"
import { eventsOf } from "./snapshot.ts"

/**
 * How the connection is, apart from how the job is:
 * - `idle`: nobody listens, so there is none.
 * - `connecting`: the first attempt is under way.
 * - `open`: events arrive as they happen.
 * - `reconnecting`: it dropped; another attempt is under way or waits for its turn.
 * - `polling`: something on the way blocks streams, so the job is read every few seconds.
 * - `closed`: for good, for the job ended or the connection can't be had.
 */
export type ConnectionStatus = "idle" | "connecting" | "open" | "reconnecting" | "polling" | "closed"

interface JobStateBase<O extends Outputs> {
  /** The job's id; it doesn't change. */
  readonly jobId: string
  /** How the line to it is. */
  readonly connection: ConnectionStatus
  /** Failed attempts in a row since something was last heard from the job; 0 while all is well. */
  readonly attempt: number
  /** The newest progress. Kept when the connection drops and when the job ends. */
  readonly progress: Progress | null
  /** The newest outputs so far. Kept when the connection drops and when the job fails or is cancelled. */
  readonly partial: PartialOutputs<O> | null
}

/** Nothing is known of the job yet (`connecting`), it waits for its turn, runs, or was cancelled. */
export interface UnsettledJobState<O extends Outputs = Outputs> extends JobStateBase<O> {
  readonly status: "connecting" | "queued" | "running" | "cancelled"
  readonly result: null
  readonly error: null
}

/** The job ran to its end. */
export interface CompleteJobState<O extends Outputs = Outputs> extends JobStateBase<O> {
  readonly status: "complete"
  readonly result: Result<O>
  readonly error: null
}

/**
 * There will be no result: the job failed (`error._tag` is `"JobFailed"`), or the connection did for good (any other tag;
 * the job may well go on, and `retry()` looks again). A connection that dropped and is being retried is not this.
 */
export interface FailedJobState<O extends Outputs = Outputs> extends JobStateBase<O> {
  readonly status: "error"
  readonly result: null
  readonly error: JobFailed | ClientError
}

/** A watched job at one moment. Frozen, and the same object until something changes. */
export type JobState<O extends Outputs = Outputs> =
  | UnsettledJobState<O>
  | CompleteJobState<O>
  | FailedJobState<O>

/** The statuses of a watched job. */
export type JobStateStatus = JobState["status"]

/** Whether the job itself has ended, so that nothing more can be learned of it. */
export const isSettled = ({ status, error }: JobState): boolean =>
  status === "complete" || status === "cancelled" || error instanceof JobFailed

/** An event's content. */
const bare = <Event extends StreamEvent>({ type: _type, ...content }: Event): Omit<Event, "type"> => content

const partialOf = <O extends Outputs>({ stats, ...rest }: CancelledEvent<O>): PartialOutputs<O> | null =>
  stats === undefined ? null : { stats, ...bare(rest) }

/** The state after an event of the job. After the last one there is no connection. */
export const withEvent = <O extends Outputs>(state: JobState<O>, event: StreamEvent<O>): JobState<O> => {
  const going = { ...state, result: null, error: null }
  const over = { ...going, connection: "closed", attempt: 0 } as const
  switch (event.type) {
    case "connected":
      // A job that has ended says how in its next event
      return isFinalStatus(event.status) ? state : { ...going, status: event.status }
    case "progress":
      return { ...going, status: "running", progress: bare(event) }
    case "partial":
      return { ...going, status: "running", partial: bare(event) }
    case "complete":
      return { ...over, status: "complete", result: bare(event) }
    case "error":
      return {
        ...over,
        status: "error",
        error: new JobFailed(event.message, { jobId: state.jobId, code: event.code }),
      }
    case "cancelled":
      return { ...over, status: "cancelled", partial: partialOf(event) ?? state.partial }
  }
}

/**
 * What is known of a job before anything was heard of it here: what a server renders, and the page that takes over from
 * it. Without a snapshot, nothing is.
 */
export const jobStateOf = <O extends Outputs = Outputs>(
  jobId: string,
  snapshot?: JobSnapshot<O> | null,
): JobState<O> => {
  const unknown: JobState<O> = {
    jobId,
    status: "connecting",
    connection: "idle",
    attempt: 0,
    progress: null,
    partial: null,
    result: null,
    error: null,
  }
  const events = snapshot ? eventsOf(snapshot).filter((event) => isStreamEvent<O>(event)) : []
  return Object.freeze(events.reduce(withEvent<O>, unknown))
}
