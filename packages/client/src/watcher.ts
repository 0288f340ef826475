import type { JobSnapshot, Outputs } from "@simstream/protocol"
import type { JobState } from "./state.ts"

/** How a job is watched. */
export interface WatchOptions<O extends Outputs = Outputs> {
  /** Least time between two published states, in milliseconds; 100 by default. Status, connection and the end are published at once. */
  readonly throttleMs?: number
  /** What is known of the job already, from `get` on the server, say: shown until there is better, and resumed from. */
  readonly initialSnapshot?: JobSnapshot<O> | null
}

/**
 * A job as a store: a state to read and a way to hear of changes, which is all that a binding to a UI framework needs.
 * Everyone who watches a job shares one connection. It opens with the first subscriber and closes a moment after the last.
 */
export interface Watcher<O extends Outputs = Outputs> {
  readonly jobId: string
  /** The published state: the same object until it changes. */
  readonly getSnapshot: () => JobState<O>
  /** Calls `listener` after every published change, until the returned function is called. Calling that again does nothing. */
  readonly subscribe: (listener: () => void) => () => void
  /** Connects again now: out of a wait, or after the connection had failed for good. Does nothing once the job has ended. */
  readonly retry: () => void
  /** Cancels the job, for everyone. A job that has ended by then is no error. To stop watching, unsubscribe. */
  readonly cancel: () => Promise<void>
}
