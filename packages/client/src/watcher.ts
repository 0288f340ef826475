import type { JobSnapshot, Outputs } from "@simstream/protocol"
import type { Abortable, CheckOption } from "./options.ts"
import type { JobState } from "./state.ts"

/** How a job is watched. */
export interface WatchOptions<O extends Outputs = Outputs> extends CheckOption<O> {
  /** Least time between two published states, in milliseconds; 100 by default. Status, connection and the end are published at once. */
  readonly throttleMs?: number | undefined
  /** What is known of the job already, from `get` on the server, say: shown until there is better, and resumed from. */
  readonly initialSnapshot?: JobSnapshot<O> | null | undefined
}

/**
 * A job as a store: a state to read and a way to hear of changes, which is all that a binding to a UI framework needs.
 * Everyone who watches a job shares one connection. It opens with the first subscriber and closes a moment after the last.
 * Its disposal unsubscribes whoever subscribed to it.
 */
export interface Watcher<O extends Outputs = Outputs> extends Disposable {
  /** The job that is watched. */
  readonly jobId: string
  /** The published state: the same object until it changes. */
  readonly getSnapshot: () => JobState<O>
  /**
   * Calls `listener` after every published change, until the returned function is called, or the signal is aborted.
   * Calling that function again does nothing.
   */
  readonly subscribe: (listener: () => void, options?: Abortable) => () => void
  /** Connects again now: out of a wait, or after the connection had failed for good. Does nothing once the job has ended. */
  readonly retry: () => void
  /** Cancels the job, for everyone. A job that has ended by then is no error. To stop watching, unsubscribe. */
  readonly cancel: (options?: Abortable) => Promise<void>
}
