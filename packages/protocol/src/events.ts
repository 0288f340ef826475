/** The six events of a job's stream. Each one's JSON carries its own `type`, so that NDJSON and SSE read alike. */
import type { JobError, JobStatus, PartialOutputs, Progress, Result } from "./job.ts"
import type { Outputs } from "./outputs.ts"

/**
 * The first event of every connection. It has no `id:`, so that it never moves a client's cursor.
 */
export interface ConnectedEvent {
  readonly type: "connected"
  /** The job whose events follow. */
  readonly jobId: string
  /** At the moment of connecting. */
  readonly status: JobStatus
  /** The longest silence that the server allows itself, in milliseconds: a client that hears nothing for much longer should reconnect. */
  readonly heartbeatMs: number
  /** The server's `PROTOCOL_VERSION`. */
  readonly protocol: number
}

/** How far the job has come. Sent when it starts, then on a clock, and once more at its end. */
export interface ProgressEvent extends Progress {
  readonly type: "progress"
}

/** The outputs so far. Cumulative: each one replaces the one before it. */
export interface PartialEvent<O extends Outputs = Outputs> extends PartialOutputs<O> {
  readonly type: "partial"
}

/** Terminal: the job ran to its end. */
export interface CompleteEvent<O extends Outputs = Outputs> extends Result<O> {
  readonly type: "complete"
}

/** Terminal: the job failed, or there is no such job. */
export interface ErrorEvent extends JobError {
  readonly type: "error"
}

/** Terminal: the job was cancelled. It carries what there was by then, if anything. */
export interface CancelledEvent<O extends Outputs = Outputs> {
  readonly type: "cancelled"
  /** As far as it came; left out when nothing was published. */
  readonly stats?: O["stats"]
  /** As far as it came; left out when nothing was published. */
  readonly timeline?: O["timeline"]
  /** As far as it came; left out when nothing was published. */
  readonly charts?: O["charts"]
}

/** After one of these the stream ends, and a client must not reconnect. */
export type TerminalEvent<O extends Outputs = Outputs> = CompleteEvent<O> | ErrorEvent | CancelledEvent<O>

/** What a job publishes: everything but `connected`, which belongs to a connection. */
export type JobEvent<O extends Outputs = Outputs> = ProgressEvent | PartialEvent<O> | TerminalEvent<O>

/** Everything that can arrive on a job's stream. */
export type StreamEvent<O extends Outputs = Outputs> = ConnectedEvent | JobEvent<O>

/** The names of the events, as they stand in the `event:` field and in `type`. */
export const EVENT_TYPES = ["connected", "progress", "partial", "complete", "error", "cancelled"] as const

/** The name of an event. */
export type EventType = (typeof EVENT_TYPES)[number]

/** Whether events of this name end their job's stream. */
export const isTerminalType = (type: string | undefined): type is TerminalEvent["type"] =>
  type === "complete" || type === "error" || type === "cancelled"

/** Whether an event ends its job's stream. */
export const isTerminalEvent = <O extends Outputs>(event: StreamEvent<O>): event is TerminalEvent<O> =>
  isTerminalType(event.type)
