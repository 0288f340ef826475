/**
 * What can go wrong, as classes with a literal `_tag` to branch on. Aborting is no error of ours: whatever was awaited
 * rejects with the signal's own `reason`, as `fetch` does.
 */
import type { StandardSchemaV1 } from "@standard-schema/spec"
import type { Outputs, PartialOutputs, Problem } from "@simstream/protocol"

class Tagged<Fields extends object> extends Error {
  declare readonly _tag: string
  override get name(): string {
    return this._tag
  }
  constructor(message: string, fields: Fields, cause?: unknown) {
    super(message, { cause })
    Object.assign(this, fields)
  }
}

/** The server answered, and the answer was no. */
export class RequestFailed extends Tagged<Pick<RequestFailed, "status" | "problem" | "retryAfterMs">> {
  override readonly _tag = "RequestFailed"
  /** Of the HTTP answer. */
  declare readonly status: number
  /** What the server said about it; `null` when the answer was not one of its own (a proxy's error page, say). */
  declare readonly problem: Problem | null
  /** How long the server asked to be left alone, in milliseconds; 0 when it didn't. */
  declare readonly retryAfterMs: number
}

/**
 * Why a connection came to nothing:
 * - `network`: no answer. Browsers don't tell why; `cause` has what they say.
 * - `ended`: an answer that ended or broke off before the job's end.
 * - `silent`: nothing was heard for much longer than the server's heartbeat.
 * - `unusable`: an answer, but no stream: another content type, or a runtime whose `fetch` doesn't stream.
 * - `closed`: nothing went wrong; the client was disposed of.
 */
export type ConnectionFailure = "network" | "ended" | "silent" | "unusable" | "closed"

/** The server could not be reached, or not be heard. Retried, and thrown when `retry.maxAttempts` are spent. */
export class ConnectionFailed extends Tagged<Pick<ConnectionFailed, "reason">> {
  override readonly _tag = "ConnectionFailed"
  /** What became of the connection. */
  declare readonly reason: ConnectionFailure
}

/** The server speaks another version of the protocol: one of the two must be updated. */
export class ProtocolMismatch extends Tagged<Pick<ProtocolMismatch, "received" | "expected">> {
  override readonly _tag = "ProtocolMismatch"
  /** The version that the server speaks. */
  declare readonly received: number
  /** The version that this client speaks. */
  declare readonly expected: number
}

/**
 * What was wrong with an event:
 * - `json`: its data is no JSON.
 * - `envelope`: it is none of the six events, or lacks a field that all of its kind have.
 * - `check`: the `check` option refused it; `cause` is what that threw.
 * - `foreign`: it belongs to another job.
 * - `size`: it is larger than `maxEventSize`.
 */
export type InvalidEventReason = "json" | "envelope" | "check" | "foreign" | "size"

/**
 * One event could not be used. It was left out and reported, and the stream goes on; unless it was the job's last event
 * or larger than `maxEventSize`, for then waiting for another would be waiting for ever.
 */
export class InvalidEvent extends Tagged<Pick<InvalidEvent, "reason" | "event" | "data">> {
  override readonly _tag = "InvalidEvent"
  /** What was wrong with it. */
  declare readonly reason: InvalidEventReason
  /** The name in its `event:` field, or its `type`; `null` when neither is known. */
  declare readonly event: string | null
  /** The first 200 characters of its data; empty for one that is too large. */
  declare readonly data: string
}

/** Why `checkOutputs` refused an event: the `cause` of its `InvalidEvent`. */
export class InvalidOutputs extends Tagged<Pick<InvalidOutputs, "issues">> {
  override readonly _tag = "InvalidOutputs"
  /** What the schema said, with paths below the part that it is of. */
  declare readonly issues: ReadonlyArray<StandardSchemaV1.Issue>
}

/** How much of an event's data an error tells: enough to know it by, too little to fill a log. */
const TOLD_LENGTH = 200

/** @internal An event that can't be used. */
export const invalidEvent = (reason: InvalidEventReason, data: string, event = "", cause?: unknown) => {
  const begin = data.slice(0, TOLD_LENGTH)
  const message = `An event can't be used (${reason}): ${event} ${begin}`
  return new InvalidEvent(message, { reason, event: event || null, data: begin }, cause)
}

/** The job itself failed: what `result()` rejects with, and the `error` of a watched job. */
export class JobFailed extends Tagged<Pick<JobFailed, "jobId" | "code">> {
  override readonly _tag = "JobFailed"
  /** The job that failed. */
  declare readonly jobId: string
  /** A stable name to branch on, such as `simulation_failed`. */
  declare readonly code: string
}

/** The job was cancelled: what `result()` rejects with. */
export class JobCancelled<O extends Outputs = Outputs> extends Tagged<
  Pick<JobCancelled, "jobId" | "partial">
> {
  override readonly _tag = "JobCancelled"
  /** The job that was cancelled. */
  declare readonly jobId: string
  /** What there was of the outputs by then; `null` when there was nothing. */
  declare readonly partial: PartialOutputs<O> | null
}

/** Everything that can go wrong between the client and the server. None of it says anything about the job. */
export type ClientError = RequestFailed | ConnectionFailed | ProtocolMismatch | InvalidEvent

/** @internal */
export const isClientError = (value: unknown): value is ClientError => value instanceof Tagged
