/** What `createJobs` takes and gives. */
import type { JobEvent, JobSnapshot, JobStatus, JobSummary, StopRules } from "@simstream/protocol"
import type * as Context from "effect/Context"
import type { Feed } from "../feed/feed.ts"
import type { AnySimulation, InputOf, OutputsOfSimulation } from "../simulation/definition.ts"
import type { BatchEngine } from "../shards/engine.ts"
import type { WorkerOptions } from "../worker/pool.ts"
import type { JobStore } from "./store.ts"

/** How jobs are kept. */
export interface JobsOptions<S extends ReadonlyArray<AnySimulation>> {
  /** What can be run. Names must differ. */
  readonly simulations: S
  /** How many jobs run at once in this process; 2 by default. They share one thread, so more of them end no sooner. */
  readonly concurrency?: number
  /** How many jobs may wait for their turn, in the whole store; 100 by default. Beyond, `start` fails with `QueueFull`. */
  readonly queueLimit?: number
  /**
   * What becomes of a job that nobody watches: it runs on by default, or is cancelled when no stream of it was open for
   * `cancelAfterMs`, counted from its start. Reading its state counts like a short look.
   */
  readonly whenUnwatched?: "keep" | { readonly cancelAfterMs: number }
  /** How long a job stays readable after its end, in milliseconds; an hour by default. */
  readonly retentionMs?: number
  /**
   * Where jobs are kept; this process's memory, `createMemoryStore()`, by default. In a store that outlives the process, such as `createPostgresStore`
   * of `@simstream/cluster` makes, unfinished jobs go on where they were. Processes that share one share its jobs: each job
   * is run by one of them, and any of them shows and cancels it.
   */
  readonly store?: JobStore
  /** Runs the jobs' iterations on workers, which all jobs share; on this thread by default. */
  readonly workers?: WorkerOptions
  /** Runs the jobs' iterations in other processes, on any number of machines, instead of here. */
  readonly engine?: BatchEngine
  /**
   * A context of Effect's, whose tracer is given a span for each start and each run of a job, and whose metric registry has
   * the figures. By default there is no tracer that keeps them, and the figures are in the registry that all of the process
   * shares.
   */
  readonly context?: Context.Context<never>
  /**
   * Told in full of every failure inside a simulation; and of the store, without a job, when it begins to fail and once a
   * minute while it does. Prints to the console's error stream by default.
   */
  readonly onError?: (error: unknown, job: JobSummary | null) => void
}

/** What starts a job. */
export interface StartJob {
  /** The name of one of `simulations`. */
  readonly simulation: string
  /** What its schema takes; checked before the job is taken in. */
  readonly config: unknown
  /** 1 to 1e9; 10,000 by default, and 10,000,000 when a stop rule may end it sooner. */
  readonly iterations?: number
  /** The same seed gives the same result. Chosen at random, and reported, by default. */
  readonly seed?: number | bigint | string
  /** When it may end sooner; by default it runs all iterations. */
  readonly stop?: StopRules
  /** A second start with the same key, by the same owner, finds the job of the first. */
  readonly idempotencyKey?: string
  /** Whose job it is; `list` can be limited to one owner. */
  readonly owner?: string | null
  /** How many jobs of its owner may be queued or running, this one among them; any number by default. */
  readonly ownerLimit?: number
  /** The trace that the job's spans join, as in the header `traceparent`; none by default, and when it is not valid. */
  readonly traceparent?: string | null
}

/** A job that was started, or found by its idempotency key. */
export interface StartedJob {
  /** Random and not to be guessed. */
  readonly jobId: string
  /** As it is now: a repeated key may find a job that has ended. */
  readonly status: JobStatus
  /** `false` when the idempotency key found a job that was already there. */
  readonly created: boolean
}

/** What `list` answers, newest first. */
export interface JobPage {
  /** Newest first. */
  readonly jobs: ReadonlyArray<JobSummary>
  /** For the `cursor` of the next page; `null` when this was the last. */
  readonly nextCursor: string | null
}

/** The jobs of one process. */
export interface Jobs<S extends ReadonlyArray<AnySimulation> = ReadonlyArray<AnySimulation>> {
  /** What it was created with; the types of configs and outputs come from it. */
  readonly simulations: S
  /**
   * Starts a job; it runs to its end whether anybody watches or not.
   *
   * Rejects with `UnknownSimulation`, `InvalidConfig`, `InvalidOption`, `QueueFull`, `TooManyJobs`,
   * `IdempotencyConflict` or `ShuttingDown`; in each case nothing was started. With a store that outlives the process also
   * with `StoreUnavailable`; then it may have been, and starting again with the same idempotency key finds it.
   */
  readonly start: (job: StartJob) => Promise<StartedJob>
  /** The whole state of a job. Rejects with `UnknownJob`, and like all that follows with `StoreUnavailable`. */
  readonly get: (jobId: string) => Promise<JobSnapshot>
  /** Jobs by age, newest first: up to `limit` (50) of them, behind the page whose `nextCursor` is given. */
  readonly list: (options?: {
    readonly owner?: string | null
    readonly cursor?: string
    readonly limit?: number
  }) => Promise<JobPage>
  /**
   * Cancels a job and waits until it has stopped; what there was by then stays readable. Rejects with `UnknownJob`, or
   * with `JobEnded` when there is nothing left to cancel, or the job came to its end before it could be stopped.
   */
  readonly cancel: (jobId: string) => Promise<void>
  /** What a job publishes. Rejects with `UnknownJob`. */
  readonly subscribe: (jobId: string) => Promise<JobFeed>
  /**
   * Takes no more jobs. In memory, those that wait are cancelled, running ones may go on for `graceMs` (10 s), and what is
   * left then is cancelled, too. With a store that outlives the process nothing is cancelled: running jobs are put aside,
   * for another process to go on with at once, or a later one; a simulation with an engine of its own, which has to begin
   * again there, may use `graceMs` to come to its end. The store is left open. Rejects with a RangeError
   * when `graceMs` is no time, or longer than any timer.
   */
  readonly shutdown: (options?: { readonly graceMs?: number }) => Promise<void>
}

/** A job's feed, and the state that it belongs to. */
export interface JobFeed {
  /** The job's id. */
  readonly jobId: string
  /** Its status at the moment of the call. */
  readonly status: () => JobStatus
  /** The highest revision that anybody can have been told of: a cursor beyond it is none of this job's. */
  readonly reached: () => number
  /** Its newest events, and cursors into them. */
  readonly feed: Feed<JobEvent>
}

/** The types of the simulations by name, for the client: `createClient<SimulationsOf<typeof jobs>>({ url })`. */
export type SimulationsOf<J extends { readonly simulations: ReadonlyArray<AnySimulation> }> = {
  readonly [S in J["simulations"][number] as S["name"]]: {
    readonly input: InputOf<S>
    readonly outputs: OutputsOfSimulation<S>
  }
}
