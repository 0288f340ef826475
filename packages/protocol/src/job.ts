/** A job as it is seen from outside: its state, its progress, its result. */
import type { Outputs } from "./outputs.ts"
import type { StopRules } from "./requests.ts"

/** The states of a job. The last three are final. */
export const JOB_STATUSES = ["queued", "running", "completed", "failed", "cancelled"] as const

/** `queued → running → completed | failed | cancelled`; a queued job can also be cancelled. */
export type JobStatus = (typeof JOB_STATUSES)[number]

/** Whether a status is final: `completed`, `failed` or `cancelled`. */
export const isFinalStatus = (status: JobStatus): status is "completed" | "failed" | "cancelled" =>
  status === "completed" || status === "failed" || status === "cancelled"

/**
 * What a run waits for while it can't go on: `queue`, which its work goes through, and which can't be reached or can't be
 * written to; or `workers`, of which none takes its work up.
 */
export type WaitingFor = "queue" | "workers"

/** How far a job has come. Times are in milliseconds of the server's clock. */
export interface Progress {
  /** Iterations done. */
  readonly current: number
  /** Iterations in all, or the most there can be when a stop rule may end the run sooner; `null` when the engine can't tell. */
  readonly total: number | null
  /** 0 to 100; never decreases. `null` when the engine can't tell. */
  readonly percentage: number | null
  /** Since it began to run, in milliseconds. */
  readonly elapsedMs: number
  /** Iterations per second, smoothed; it decays when the work stalls. */
  readonly ratePerSecond: number
  /** Expected time to the end, in milliseconds; `null` while it can't be told. */
  readonly etaMs: number | null
  /**
   * What the run waits for while it can't go on. Left out while it goes on, and once it has ended. A newer server may say
   * another word, which is to be ignored.
   */
  readonly waitingFor?: WaitingFor
}

/** What there is of the outputs while a job still runs, and what a cancelled or failed one leaves. */
export interface PartialOutputs<O extends Outputs = Outputs> {
  /** Statistics of the iterations so far. */
  readonly stats: O["stats"]
  /** Left out when it was not published. */
  readonly timeline?: O["timeline"]
  /** Left out when it was not published. */
  readonly charts?: O["charts"]
}

/**
 * Why a run ended: its count was reached, its time budget was spent, the wanted precision was reached, the cap of a
 * precision rule was reached without it, or an engine of the user's own said so.
 */
export type StopReason = "iterations" | "time" | "precision" | "maxIterations" | "finished"

/** An iteration that threw or returned something that is no number. It can be replayed from its index and the seed. */
export interface IterationFailure {
  /** Its index, from 0: what `replay` takes. */
  readonly iteration: number
  /** What it threw, in words. */
  readonly message: string
}

/** Iterations that were left out, by `onIterationError: "skip"` or `"collect"`. */
export interface Failures {
  /** Iterations that failed and were left out. */
  readonly count: number
  /** The first of them by index, at most 20; empty unless they were collected. */
  readonly examples: ReadonlyArray<IterationFailure>
}

/** The result of a batch that ran to its end. */
export interface Result<O extends Outputs = Outputs> {
  /** The statistics, in the simulation's own shape. */
  readonly stats: O["stats"]
  /** The series over simulated time; `null` when there are none. */
  readonly timeline: O["timeline"]
  /** Histograms and the breakdown; `null` when there are none. */
  readonly charts: O["charts"]
  /** How many iterations ran, failed ones included. */
  readonly iterations: number
  /** The seed as text: the same seed, config and iterations give the same digest. */
  readonly seed: string
  /** Which rule ended it. */
  readonly stopReason: StopReason
  /** Since it began to run, in milliseconds. */
  readonly elapsedMs: number
  /** Iterations that were left out; none by default, for one that fails then fails the job. */
  readonly failures: Failures
  /** SHA-256 in hexadecimal of everything above that does not depend on the clock. */
  readonly digest: string
  /** The version of this form. */
  readonly schemaVersion: number
}

/** Why a job failed, in words that may be shown to its owner. */
export interface JobError {
  /** A stable name to branch on, such as `simulation_failed`. */
  readonly code: string
  /** In words that strangers may read. */
  readonly message: string
}

/**
 * What a job was started with, with every default filled in: enough to show it, and to start it again, to the same
 * digest. It is a body for `POST /` as it stands.
 */
export interface JobRequest<Config = unknown> {
  /** The name of the simulation. */
  readonly simulation: string
  /** As it was sent, before its schema. */
  readonly config: Config
  /** With stop rules, the most there can be. */
  readonly iterations: number
  /** As text: the one that was sent, or the one that was chosen. */
  readonly seed: string
  /** The rules that it was started with; empty when there are none. */
  readonly stop: StopRules
}

/** The whole state of a job at one moment: what `GET /:id` answers and what a page is rendered from. */
export interface JobSnapshot<O extends Outputs = Outputs, Config = unknown> {
  /** Random and not to be guessed. */
  readonly jobId: string
  /** The name of the simulation. */
  readonly simulation: string
  /** As it is now. */
  readonly status: JobStatus
  /** What it was started with. */
  readonly request: JobRequest<Config>
  /** Times are ISO 8601 in UTC. */
  readonly createdAt: string
  /** ISO 8601; `null` while it is queued. */
  readonly startedAt: string | null
  /** ISO 8601; `null` until it has ended. */
  readonly endedAt: string | null
  /** The newest; `null` before the first. */
  readonly progress: Progress | null
  /** The newest; `null` before the first. */
  readonly partial: PartialOutputs<O> | null
  /** Only when `status` is `completed`. */
  readonly result: Result<O> | null
  /** Only when `status` is `failed`. */
  readonly error: JobError | null
  /** The cursor of the newest event in this snapshot: a stream resumed from it sends only what is newer. `null` before the first event. */
  readonly lastEventId: string | null
}

/** A job in a list: a snapshot without the heavy parts. */
export type JobSummary = Omit<JobSnapshot, "request" | "partial" | "result">
