/** A job as a component sees it: what the client's store says of it, and what can be done with it. Pure functions only. */
import type { JobFailed, JobState } from "@simstream/client"
import type { Outputs } from "@simstream/protocol"

/** There is no job to show: no id yet, or watching is off and nothing was learned of the job before. */
export interface IdleJobState {
  readonly status: "idle"
  readonly jobId: string | null
  readonly connection: "idle"
  readonly attempt: 0
  readonly progress: null
  readonly partial: null
  readonly result: null
  readonly error: null
}

/** What can be done with a watched job. The functions stay the same for as long as the job does. */
export interface JobActions {
  /** Cancels the job itself, for everyone who watches it. A job that has ended by then is no error. */
  readonly cancel: () => Promise<void>
  /** Stops watching, in this component only: the job goes on, and what was seen of it stays on the screen. */
  readonly stop: () => void
  /** Watches again after `stop`, and connects at once: out of a wait, or after the connection had failed for good. */
  readonly retry: () => void
}

/**
 * A watched job: its state, narrowed by `status`, and what can be done with it.
 *
 * `status` says how the job is (`idle | connecting | queued | running | complete | error | cancelled`) and `connection`
 * how the line to it is (`idle | connecting | open | reconnecting | polling | closed`). A line that dropped shows as
 * `connection: "reconnecting"` with the last progress kept, and never as an error.
 *
 * @example
 * ```tsx
 * function Outcome({ job }: { job: SimulationJob }) {
 *   if (job.status === "complete") return <p>{job.result.iterations} iterations</p>
 *   if (job.status === "error") return <p role="alert">{job.error.message}</p>
 *   return <p>{job.progress?.percentage ?? 0} %</p>
 * }
 * ```
 */
export type SimulationJob<O extends Outputs = Outputs> = (IdleJobState | JobState<O>) &
  JobActions & {
    /** `partial?.stats`: the newest statistics while the job runs, and what a cancelled or failed one left. */
    readonly partialStats: O["stats"] | null
  }

/** How a job ends: it is complete, was cancelled, or failed by itself. */
type Settled =
  | { readonly status: "complete" }
  | { readonly status: "cancelled" }
  | { readonly status: "error"; readonly error: JobFailed }

/** A job that has ended: it is complete, was cancelled, or failed by itself. */
export type SettledJob<O extends Outputs = Outputs> = SimulationJob<O> & Settled

/** Whether the job itself has ended. A connection that failed for good says nothing of the job. */
export const isSettled = <State extends Pick<SimulationJob, "status" | "error">>(
  state: State,
): state is State & Settled =>
  state.status === "complete" || state.status === "cancelled" || state.error?._tag === "JobFailed"

/** No job, or one that nothing is known of. */
export const idleState = (jobId: string | null): IdleJobState => ({
  status: "idle",
  jobId,
  connection: "idle",
  attempt: 0,
  progress: null,
  partial: null,
  result: null,
  error: null,
})

/** The state while nobody watches here: what was seen last, without claiming that more is on its way. */
export const pausedState = <O extends Outputs>(
  state: IdleJobState | JobState<O>,
): IdleJobState | JobState<O> => {
  if (state.connection === "closed" || state.status === "idle") return state
  if (state.status === "connecting") return idleState(state.jobId)
  return { ...state, connection: "idle", attempt: 0 }
}

/** A state with everything that a component can do with it. */
export const toJob = <O extends Outputs>(
  state: IdleJobState | JobState<O>,
  actions: JobActions,
): SimulationJob<O> => ({
  ...state,
  ...actions,
  partialStats: state.partial === null ? null : state.partial.stats,
})

/** The `select` of those who want the whole job. */
export const itself = <O extends Outputs>(job: SimulationJob<O>): SimulationJob<O> => job
