/** Keeps jobs: takes them in, runs a few at a time, and lets anyone look on. */
import {
  type CancelledEvent,
  type JobEvent,
  type JobSnapshot,
  type JobStatus,
  type JobSummary,
  isFinalStatus,
  type Result,
  type StopRules,
} from "@simstream/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { canonicalJson } from "../batch/digest.ts"
import { driveBatch } from "../batch/driveBatch.ts"
import { planBatch } from "../batch/plan.ts"
import type { Feed } from "../feed/feed.ts"
import type { AnySimulation, InputOf, OutputsOfSimulation } from "../simulation/definition.ts"
import { createWorkerPool, type WorkerOptions } from "../worker/pool.ts"
import { SimulationFailed } from "../simulation/errors.ts"
import { PublicError } from "../simulation/publicError.ts"
import {
  IdempotencyConflict,
  JobEnded,
  QueueFull,
  ShuttingDown,
  UnknownJob,
  UnknownSimulation,
} from "./errors.ts"
import { createJob, type Job, snapshotOf, summaryOf } from "./job.ts"

/** How jobs are kept. */
export interface JobsOptions<S extends ReadonlyArray<AnySimulation>> {
  /** What can be run. Names must differ. */
  readonly simulations: S
  /** How many jobs run at once; 2 by default. They share one thread, so more of them end no sooner. */
  readonly concurrency?: number
  /** How many jobs may wait for their turn; 100 by default. Beyond, `start` fails with `QueueFull`. */
  readonly queueLimit?: number
  /**
   * What becomes of a job that nobody watches: it runs on by default, or is cancelled when no stream of it was open for
   * `cancelAfterMs`, counted from its start. Reading its state is not watching.
   */
  readonly whenUnwatched?: "keep" | { readonly cancelAfterMs: number }
  /** How long a job stays readable after its end, in milliseconds; an hour by default. */
  readonly retentionMs?: number
  /** Runs the jobs' iterations on workers, which all jobs share; on this thread by default. */
  readonly workers?: WorkerOptions
  /** Told of every failure inside a simulation, in full; prints to the console's error stream by default. */
  readonly onError?: (error: unknown, job: JobSummary) => void
}

/** What starts a job. */
export interface StartJob {
  readonly simulation: string
  readonly config: unknown
  readonly iterations?: number
  readonly seed?: number | bigint | string
  readonly stop?: StopRules
  /** A second start with the same key, by the same owner, finds the job of the first. */
  readonly idempotencyKey?: string
  /** Whose job it is; `list` can be limited to one owner. */
  readonly owner?: string | null
}

/** A job that was started, or found by its idempotency key. */
export interface StartedJob {
  readonly jobId: string
  readonly status: JobStatus
  /** `false` when the idempotency key found a job that was already there. */
  readonly created: boolean
}

/** What `list` answers, newest first. */
export interface JobPage {
  readonly jobs: ReadonlyArray<JobSummary>
  readonly nextCursor: string | null
}

/** The jobs of one process. */
export interface Jobs<S extends ReadonlyArray<AnySimulation> = ReadonlyArray<AnySimulation>> {
  readonly simulations: S
  /**
   * Starts a job; it runs to its end whether anybody watches or not.
   *
   * Rejects with `UnknownSimulation`, `InvalidConfig`, `InvalidOption`, `QueueFull`, `IdempotencyConflict` or
   * `ShuttingDown`; in each case nothing was started.
   */
  readonly start: (job: StartJob) => Promise<StartedJob>
  /** The whole state of a job. Rejects with `UnknownJob`. */
  readonly get: (jobId: string) => Promise<JobSnapshot>
  /** Jobs by age, newest first: up to `limit` (50) of them, older than the one that `cursor` names. */
  readonly list: (options?: {
    readonly owner?: string | null
    readonly cursor?: string
    readonly limit?: number
  }) => Promise<JobPage>
  /**
   * Cancels a job and waits until it has stopped; what there was by then stays readable. Rejects with `UnknownJob`, or
   * with `JobEnded` when there is nothing left to cancel.
   */
  readonly cancel: (jobId: string) => Promise<void>
  /** What a job publishes. Rejects with `UnknownJob`. */
  readonly subscribe: (jobId: string) => Promise<JobFeed>
  /** Takes no more jobs, lets running ones go on for `graceMs` (10 s), then cancels what is left. */
  readonly shutdown: (options?: { readonly graceMs?: number }) => Promise<void>
}

/** A job's feed, and the state that it belongs to. */
export interface JobFeed {
  readonly jobId: string
  readonly status: () => JobStatus
  readonly feed: Feed<JobEvent>
}

/** The types of the simulations by name, for the client: `createClient<SimulationsOf<typeof jobs>>({ url })`. */
export type SimulationsOf<J extends { readonly simulations: ReadonlyArray<AnySimulation> }> = {
  readonly [S in J["simulations"][number] as S["name"]]: {
    readonly input: InputOf<S>
    readonly outputs: OutputsOfSimulation<S>
  }
}

const DEFAULT_CONCURRENCY = 2
const DEFAULT_QUEUE_LIMIT = 100
const DEFAULT_RETENTION_MS = 3_600_000
const DEFAULT_GRACE_MS = 10_000
const PAGE_LIMIT = 50

/** What a client is told when a simulation throws something that was not meant for it. */
const GENERIC_FAILURE = "The simulation failed. The server's log says why."

const wholeAtLeast = (least: number, name: string, value: number): number => {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new RangeError(`createJobs: ${name} must be a whole number, ${least} or more; got ${value}.`)
}

const printError = (error: unknown, job: JobSummary): void => {
  // eslint-disable-next-line no-console -- the default of `onError`: an error that nobody asked for must show somewhere
  console.error(`Job ${job.jobId} (${job.simulation}) failed:`, error)
}

/** A job's id: 128 random bits, so that it can't be guessed. */
const newJobId = (): string => `job_${crypto.randomUUID().replaceAll("-", "")}`

/**
 * Keeps jobs in this process's memory.
 *
 * @example
 * ```ts
 * const jobs = createJobs({ simulations: [dice] })
 * const { jobId } = await jobs.start({ simulation: "dice", config: { count: 2 } })
 * ```
 *
 * @throws RangeError when an option is out of its range, TypeError when two simulations share a name
 */
export const createJobs = <const S extends ReadonlyArray<AnySimulation>>(
  options: JobsOptions<S>,
): Jobs<S> => {
  const concurrency = wholeAtLeast(1, "concurrency", options.concurrency ?? DEFAULT_CONCURRENCY)
  const queueLimit = wholeAtLeast(0, "queueLimit", options.queueLimit ?? DEFAULT_QUEUE_LIMIT)
  const retentionMs = wholeAtLeast(0, "retentionMs", options.retentionMs ?? DEFAULT_RETENTION_MS)
  const onError = options.onError ?? printError
  const { whenUnwatched = "keep" } = options
  const cancelAfterMs =
    whenUnwatched === "keep"
      ? null
      : wholeAtLeast(1, "whenUnwatched.cancelAfterMs", whenUnwatched.cancelAfterMs)
  const simulations = byName(options.simulations)
  const pool = options.workers === undefined ? null : createWorkerPool(options.workers)

  /** In the order in which they were started. */
  const all = new Map<string, Job>()
  const queue: Array<Job> = []
  const running = new Map<Job, Fiber.Fiber<Result, SimulationFailed>>()
  const byKey = new Map<string, { readonly request: string; readonly job: Promise<Job> }>()
  const removals = new Map<Job, ReturnType<typeof setTimeout>>()
  /** Jobs that nobody watches, and when they are cancelled for it. */
  const abandonments = new Map<Job, ReturnType<typeof setTimeout>>()
  let accepting = true
  let whenIdle: ReadonlyArray<() => void> = []

  const find = (jobId: string): Job => {
    const job = all.get(jobId)
    if (job !== undefined) return job
    throw new UnknownJob({
      jobId,
      message: `There is no job ${JSON.stringify(jobId)}. Jobs are removed some time after their end.`,
    })
  }

  const end = (job: Job, status: "completed" | "failed" | "cancelled", event: JobEvent) => {
    job.status = status
    job.endedAtMs = Date.now()
    clearTimeout(abandonments.get(job))
    abandonments.delete(job)
    job.feed.end(event)
    const timer = setTimeout(() => {
      removals.delete(job)
      all.delete(job.id)
      for (const key of keysOf(job)) byKey.delete(key)
    }, retentionMs)
    unref(timer)
    removals.set(job, timer)
  }
  const keys = new WeakMap<Job, Array<string>>()
  const keysOf = (job: Job): ReadonlyArray<string> => keys.get(job) ?? []

  const settle = (job: Job, exit: Exit.Exit<Result, SimulationFailed>) => {
    if (Exit.isSuccess(exit)) {
      job.result = exit.value
      end(job, "completed", { type: "complete", ...exit.value })
    } else if (Cause.hasInterruptsOnly(exit.cause)) {
      end(job, "cancelled", cancelled(job))
    } else {
      const error = Cause.squash(exit.cause)
      job.error = { code: "simulation_failed", message: publicMessage(error) }
      end(job, "failed", { type: "error", ...job.error })
      onError(error, summaryOf(job))
    }
  }

  const run = (job: Job) => {
    job.status = "running"
    job.startedAtMs = Date.now()
    const program = driveBatch(job.plan, {
      progress: (progress) => {
        job.progress = progress
        job.feed.publish({ type: "progress", ...progress })
      },
      partial: (partial) => {
        job.partial = partial
        job.feed.publish({ type: "partial", ...partial })
      },
    })
    const fiber = Effect.runFork(program)
    running.set(job, fiber)
    fiber.addObserver((exit) => {
      running.delete(job)
      settle(job, exit)
      next()
    })
  }

  const next = () => {
    while (running.size < concurrency) {
      const job = queue.shift()
      if (job === undefined) break
      run(job)
    }
    if (running.size === 0 && queue.length === 0) {
      const waiting = whenIdle
      whenIdle = []
      for (const resolve of waiting) resolve()
    }
  }

  const watchedBy = (job: Job, subscribers: number) => {
    if (cancelAfterMs === null) return
    clearTimeout(abandonments.get(job))
    abandonments.delete(job)
    if (subscribers > 0 || isFinalStatus(job.status)) return
    const timer = setTimeout(() => {
      abandonments.delete(job)
      void cancelJob(job)
    }, cancelAfterMs)
    unref(timer)
    abandonments.set(job, timer)
  }

  const create = async (request: StartJob): Promise<Job> => {
    const simulation = simulations.get(request.simulation)
    if (simulation === undefined) {
      const known = [...simulations.keys()]
      throw new UnknownSimulation({
        simulation: request.simulation,
        known,
        message: `There is no simulation ${JSON.stringify(request.simulation)}; there are ${known.join(", ")}.`,
      })
    }
    const { config, iterations, seed, stop } = request
    const plan = await Effect.runPromise(
      planBatch(simulation, {
        config,
        ...(iterations === undefined ? {} : { iterations }),
        ...(seed === undefined ? {} : { seed }),
        ...(stop === undefined ? {} : { stop }),
        ...(pool === null || simulation.kind === "engine" ? {} : { workers: pool }),
      }),
    )
    if (!accepting)
      throw new ShuttingDown({ message: "The server is shutting down; no more jobs are taken." })
    if (running.size >= concurrency && queue.length >= queueLimit) {
      throw new QueueFull({ limit: queueLimit, message: `${queueLimit} jobs are waiting; try again later.` })
    }
    const job = createJob({
      id: newJobId(),
      plan,
      owner: request.owner ?? null,
      nowMs: Date.now(),
      onSubscribers: (count) => watchedBy(job, count),
    })
    all.set(job.id, job)
    watchedBy(job, 0)
    queue.push(job)
    next()
    return job
  }

  const startOnce = async (request: StartJob, key: string): Promise<StartedJob> => {
    const ownKey = JSON.stringify([request.owner ?? null, key])
    const { idempotencyKey: _, ...rest } = request
    const content = canonicalJson({ ...rest, seed: rest.seed === undefined ? null : String(rest.seed) })
    const earlier = byKey.get(ownKey)
    if (earlier !== undefined) {
      const job = await earlier.job
      if (earlier.request === content) return { jobId: job.id, status: job.status, created: false }
      throw new IdempotencyConflict({
        key,
        jobId: job.id,
        message: `The idempotency key ${JSON.stringify(key)} started another job; use a new key for a new job.`,
      })
    }
    const creating = create(request)
    byKey.set(ownKey, { request: content, job: creating })
    try {
      const job = await creating
      keys.set(job, [...keysOf(job), ownKey])
      return { jobId: job.id, status: job.status, created: true }
    } catch (error) {
      byKey.delete(ownKey)
      throw error
    }
  }

  const cancelJob = async (job: Job): Promise<void> => {
    const fiber = running.get(job)
    if (fiber !== undefined) {
      await Effect.runPromise(Fiber.interrupt(fiber))
      return
    }
    const at = queue.indexOf(job)
    if (at !== -1) queue.splice(at, 1)
    end(job, "cancelled", cancelled(job))
    next()
  }

  return {
    simulations: options.simulations,
    start: async (request) => {
      if (request.idempotencyKey !== undefined) return startOnce(request, request.idempotencyKey)
      const job = await create(request)
      return { jobId: job.id, status: job.status, created: true }
    },
    get: async (jobId) => snapshotOf(find(jobId)),
    list: async ({ owner, cursor, limit = PAGE_LIMIT } = {}) => {
      const newestFirst = [...all.values()]
        .reverse()
        .filter((job) => owner === undefined || job.owner === owner)
      const after = cursor === undefined ? 0 : newestFirst.findIndex(({ id }) => id === cursor) + 1
      const page = newestFirst.slice(after, after + limit)
      const last = page[page.length - 1]
      return {
        jobs: page.map(summaryOf),
        nextCursor: last !== undefined && after + limit < newestFirst.length ? last.id : null,
      }
    },
    cancel: async (jobId) => {
      const job = find(jobId)
      const { status } = job
      if (isFinalStatus(status)) {
        throw new JobEnded({ jobId, status, message: `The job has already ${endedAs[status]}.` })
      }
      await cancelJob(job)
    },
    subscribe: async (jobId) => {
      const job = find(jobId)
      return { jobId, status: () => job.status, feed: job.feed }
    },
    shutdown: async ({ graceMs = DEFAULT_GRACE_MS } = {}) => {
      accepting = false
      await Promise.all(queue.splice(0).map(cancelJob))
      if (running.size > 0) await idleWithin(graceMs, (resolve) => (whenIdle = [...whenIdle, resolve]))
      await Promise.all([...running.keys()].map(cancelJob))
      for (const timer of removals.values()) clearTimeout(timer)
      pool?.close()
    },
  }
}

const cancelled = (job: Job): CancelledEvent => ({ type: "cancelled", ...job.partial })

const endedAs = { completed: "been completed", failed: "failed", cancelled: "been cancelled" } as const

const byName = (simulations: ReadonlyArray<AnySimulation>): ReadonlyMap<string, AnySimulation> => {
  const named = new Map<string, AnySimulation>()
  for (const simulation of simulations) {
    if (named.has(simulation.name)) {
      throw new TypeError(`createJobs was given two simulations with the name "${simulation.name}".`)
    }
    named.set(simulation.name, simulation)
  }
  if (named.size === 0) throw new TypeError("createJobs needs at least one simulation.")
  return named
}

const publicMessage = (error: unknown): string => {
  const cause = error instanceof SimulationFailed ? error.cause : error
  return cause instanceof PublicError ? cause.message : GENERIC_FAILURE
}

/** Resolves when `onIdle` calls back, or after so long. */
const idleWithin = (ms: number, onIdle: (resolve: () => void) => void): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    onIdle(() => {
      clearTimeout(timer)
      resolve()
    })
  })

/** A timer that tidies up must not keep a process alive. Browsers' timers are numbers, and have no `unref`. */
const unref = (timer: unknown): void => {
  if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function")
    timer.unref()
}
