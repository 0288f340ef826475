/** Keeps jobs: takes them in, runs a few at a time, and lets anyone look on. */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"
import { isFinalStatus, type JobEvent, type Result } from "@simstream/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { canonicalJson } from "../batch/digest.ts"
import { driveBatch } from "../batch/driveBatch.ts"
import { type BatchPlan, planBatch } from "../batch/plan.ts"
import type { AnySimulation } from "../simulation/definition.ts"
import { SimulationFailed } from "../simulation/errors.ts"
import { PublicError } from "../simulation/publicError.ts"
import { createWorkerPool } from "../worker/pool.ts"
import {
  IdempotencyConflict,
  JobEnded,
  QueueFull,
  ShuttingDown,
  TooManyJobs,
  UnknownJob,
  UnknownSimulation,
} from "./errors.ts"
import {
  cancelledEvent,
  changeJob,
  createJob,
  endedJob,
  type Job,
  savedState,
  snapshotOf,
  summaryOf,
} from "./job.ts"
import type { Jobs, JobsOptions, StartedJob, StartJob } from "./jobs.ts"
import { checkJobsOptions } from "./options.ts"
import type { JobChange, JobRecord } from "./store.ts"

const DEFAULT_GRACE_MS = 10_000
/**
 * A restored job's events are numbered on from this far behind what was saved: events that were published since then were
 * seen by clients, and no number may be given twice.
 */
const RESTART_GAP = 1_000_000
const PAGE_LIMIT = 50

/** What a client is told when a simulation throws something that was not meant for it. */
const GENERIC_FAILURE = "The simulation failed. The server's log says why."

/**
 * Keeps jobs.
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
  const { simulations, concurrency, queueLimit, retentionMs, cancelAfterMs, store, onError } =
    checkJobsOptions(options)
  const pool = options.workers === undefined ? null : createWorkerPool(options.workers)

  /** The jobs of this process, until some time after their end. */
  const live = new Map<string, Job>()
  const queue: Array<Job> = []
  const running = new Map<Job, Fiber.Fiber<Result, SimulationFailed>>()
  const timers = createTimers()
  let accepting = true
  /** Jobs that the store is taking in. */
  const admitting = new Set<JobRecord>()
  let whenIdle: ReadonlyArray<() => void> = []

  const report = (job: Job, error: unknown) => onError(error, summaryOf(job.record, job.feed.revision()))

  /** Changes a job here and in the store. */
  const change = (job: Job, to: JobChange): void => {
    changeJob(job, to)
    store.update(job.record.jobId, to).catch((error: unknown) => report(job, error))
  }

  const end = (job: Job, status: "completed" | "failed" | "cancelled", to: JobChange, event: JobEvent) => {
    timers.clear(job)
    changeJob(job, { ...to, status, endedAtMs: Date.now() })
    job.feed.end(event)
    change(job, { ...to, status, endedAtMs: job.record.endedAtMs, ...savedState(job) })
    timers.set(job, retentionMs, () => {
      live.delete(job.record.jobId)
      store.remove(job.record.jobId).catch((error: unknown) => report(job, error))
    })
  }

  const endCancelled = (job: Job) => end(job, "cancelled", {}, cancelledEvent(job.record.partial))

  const settle = (job: Job, exit: Exit.Exit<Result, SimulationFailed>) => {
    if (Exit.isSuccess(exit)) {
      end(job, "completed", { result: exit.value }, { type: "complete", ...exit.value })
    } else if (Cause.hasInterruptsOnly(exit.cause)) {
      endCancelled(job)
    } else {
      const thrown = Cause.squash(exit.cause)
      const error = { code: "simulation_failed", message: publicMessage(thrown) }
      end(job, "failed", { error }, { type: "error", ...error })
      report(job, thrown)
    }
  }

  const run = (job: Job, plan: BatchPlan) => {
    change(job, { status: "running", startedAtMs: job.record.startedAtMs ?? Date.now() })
    const saving =
      store.saveEveryMs === null
        ? undefined
        : setInterval(() => change(job, savedState(job)), store.saveEveryMs)
    const fiber = Effect.runFork(
      driveBatch(plan, {
        progress: (progress) => {
          changeJob(job, { progress })
          job.feed.publish({ type: "progress", ...progress })
        },
        partial: (partial) => {
          changeJob(job, { partial })
          job.feed.publish({ type: "partial", ...partial })
        },
        checkpoints: (take) => {
          job.checkpoint = take
        },
      }),
    )
    running.set(job, fiber)
    fiber.addObserver((exit) => {
      clearInterval(saving)
      running.delete(job)
      settle(job, exit)
      next()
    })
  }

  const next = () => {
    while (running.size < concurrency) {
      const job = queue.shift()
      if (job === undefined) break
      if (job.plan !== null) run(job, job.plan)
    }
    if (running.size === 0 && queue.length === 0) {
      const waiting = whenIdle
      whenIdle = []
      for (const resolve of waiting) resolve()
    }
  }

  /** A job that nobody watches for long enough is cancelled, if that is wished. */
  const watchedBy = (job: Job, subscribers: number) => {
    if (cancelAfterMs === null || isFinalStatus(job.record.status)) return
    timers.clear(job)
    if (subscribers === 0) timers.set(job, cancelAfterMs, () => void cancelJob(job))
  }

  const enqueue = (record: JobRecord, plan: BatchPlan): void => {
    const job: Job = createJob(record, plan, (count) => watchedBy(job, count))
    live.set(record.jobId, job)
    watchedBy(job, 0)
    queue.push(job)
    next()
  }

  const cancelJob = async (job: Job): Promise<void> => {
    const fiber = running.get(job)
    if (fiber !== undefined) {
      await Effect.runPromise(Fiber.interrupt(fiber))
      return
    }
    const at = queue.indexOf(job)
    if (at !== -1) queue.splice(at, 1)
    endCancelled(job)
    next()
  }

  const planOf = ({ simulation: name, config, iterations, seed, stop }: StartJob, record?: JobRecord) => {
    const simulation = simulations.get(name)
    if (simulation === undefined) return Promise.reject(unknownSimulation(name, [...simulations.keys()]))
    return Effect.runPromise(
      planBatch(simulation, {
        config,
        ...(iterations === undefined ? {} : { iterations }),
        ...(seed === undefined ? {} : { seed }),
        ...(stop === undefined || (record !== undefined && simulation.kind === "engine") ? {} : { stop }),
        ...(pool === null || simulation.kind === "engine" ? {} : { workers: pool }),
        ...(record === undefined || record.checkpoint === null ? {} : { resume: record.checkpoint }),
      }),
    )
  }

  /** Goes on with what another process has left unfinished. */
  const restore = async (): Promise<void> => {
    for (const record of await store.unfinished()) {
      try {
        enqueue({ ...record, revision: record.revision + RESTART_GAP }, await planOf(record.request, record))
      } catch (thrown) {
        const failed: JobChange = {
          status: "failed",
          error: {
            code: "not_resumable",
            message: "The server was restarted, and can't go on with this job.",
          },
          endedAtMs: Date.now(),
          revision: record.revision + RESTART_GAP,
        }
        const job = endedJob({ ...record, ...failed })
        await store.update(record.jobId, failed)
        report(job, thrown)
      }
    }
  }
  const restored = restore().catch((error: unknown) => onError(error, NO_JOB))

  const find = async (jobId: string): Promise<Job> => {
    await restored
    const job = live.get(jobId)
    if (job !== undefined) return job
    const record = await store.get(jobId)
    if (record !== null && isFinalStatus(record.status)) return endedJob(record)
    throw new UnknownJob({
      jobId,
      message: `There is no job ${JSON.stringify(jobId)}. Jobs are removed some time after their end.`,
    })
  }

  /** Has the store take in a job, if there is room for one: those that it is taking in count, too. */
  const admit = async (record: JobRecord, ownerLimit: number): Promise<JobRecord> => {
    refuseWhenShuttingDown()
    if (running.size + queue.length + admitting.size >= concurrency + queueLimit) {
      throw new QueueFull({ limit: queueLimit, message: `${queueLimit} jobs are waiting; try again later.` })
    }
    refuseBeyond(ownerLimit, record.owner)
    admitting.add(record)
    try {
      const kept = await store.create(record)
      if (!accepting && kept.jobId === record.jobId) await store.remove(record.jobId)
      refuseWhenShuttingDown()
      return kept
    } finally {
      admitting.delete(record)
    }
  }

  const refuseBeyond = (limit: number, owner: string | null) => {
    if (owner === null || limit === Infinity) return
    const records = [...admitting, ...[...live.values()].map(({ record }) => record)]
    const own = records.filter((record) => record.owner === owner && !isFinalStatus(record.status))
    if (own.length < limit) return
    throw new TooManyJobs({
      owner,
      limit,
      message: `You have ${limit} jobs under way, as many as you may. Cancel one, or wait for one to end.`,
    })
  }

  const refuseWhenShuttingDown = () => {
    if (accepting) return
    throw new ShuttingDown({ message: "The server is shutting down; no more jobs are taken." })
  }

  const start = async (request: StartJob): Promise<StartedJob> => {
    await restored
    const { owner = null, idempotencyKey, ownerLimit = Infinity } = request
    const digest = requestDigest(request)
    const repeated = (record: JobRecord): StartedJob => {
      const { jobId, idempotency, status } = record
      if (idempotency?.digest !== digest) throw idempotencyConflict(idempotencyKey ?? "", jobId)
      return { jobId, status: live.get(jobId)?.record.status ?? status, created: false }
    }
    if (idempotencyKey !== undefined) {
      const earlier = await store.findByKey(owner, idempotencyKey)
      if (earlier !== null) return repeated(earlier)
    }

    const plan = await planOf(request)
    const record = newRecord(
      request,
      plan,
      idempotencyKey === undefined ? null : { key: idempotencyKey, digest },
    )
    const kept = await admit(record, ownerLimit).catch(async (refusal: unknown) => {
      // The same request may have come twice at once, and the first one taken the last place.
      const earlier = idempotencyKey === undefined ? null : await store.findByKey(owner, idempotencyKey)
      if (earlier === null) throw refusal
      return earlier
    })
    if (kept.jobId !== record.jobId) return repeated(kept)
    enqueue(record, plan)
    return { jobId: record.jobId, status: live.get(record.jobId)?.record.status ?? "queued", created: true }
  }

  return {
    simulations: options.simulations,
    start,
    get: async (jobId) => {
      const job = await find(jobId)
      watchedBy(job, job.feed.subscribers())
      return snapshotOf(job)
    },
    list: async ({ owner, cursor, limit = PAGE_LIMIT } = {}) => {
      await restored
      const records = await store.list({
        ...(owner === undefined ? {} : { owner }),
        ...(cursor === undefined ? {} : { after: cursor }),
        limit: limit + 1,
      })
      const page = records.slice(0, limit)
      return {
        jobs: page.map((record) => {
          const job = live.get(record.jobId)
          return job === undefined
            ? summaryOf(record, record.revision)
            : summaryOf(job.record, job.feed.revision())
        }),
        nextCursor: records.length > limit ? (page[page.length - 1]?.jobId ?? null) : null,
      }
    },
    cancel: async (jobId) => {
      const job = await find(jobId)
      const { status } = job.record
      if (isFinalStatus(status)) {
        throw new JobEnded({ jobId, status, message: `The job has already ${ENDED_AS[status]}.` })
      }
      await cancelJob(job)
    },
    subscribe: async (jobId) => {
      const job = await find(jobId)
      return { jobId, status: () => job.record.status, feed: job.feed }
    },
    shutdown: async ({ graceMs = DEFAULT_GRACE_MS } = {}) => {
      accepting = false
      await restored
      await Promise.all(queue.splice(0).map(cancelJob))
      if (running.size > 0) await idleWithin(graceMs, (resolve) => (whenIdle = [...whenIdle, resolve]))
      await Promise.all([...running.keys()].map(cancelJob))
      timers.clearAll()
      pool?.close()
    },
  }
}

/** A job's id: 128 random bits, so that it can't be guessed. */
const newJobId = (): string => `job_${crypto.randomUUID().replaceAll("-", "")}`

const newRecord = (
  { simulation, config, owner = null }: StartJob,
  { options: { iterations, seed, stop } }: BatchPlan,
  idempotency: JobRecord["idempotency"],
): JobRecord => ({
  jobId: newJobId(),
  owner,
  idempotency,
  request: { simulation, config, iterations, seed, stop },
  status: "queued",
  createdAtMs: Date.now(),
  startedAtMs: null,
  endedAtMs: null,
  progress: null,
  partial: null,
  result: null,
  error: null,
  revision: 0,
  checkpoint: null,
})

/** Two starts with one key must be of one request; `7` and `"7"` are one seed. */
const requestDigest = ({ simulation, config, iterations, seed, stop }: StartJob): string => {
  const request = { simulation, config, iterations, seed: seed === undefined ? null : String(seed), stop }
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(request))))
}

const unknownSimulation = (simulation: string, known: ReadonlyArray<string>): UnknownSimulation =>
  new UnknownSimulation({
    simulation,
    known,
    message: `There is no simulation ${JSON.stringify(simulation)}; there are ${known.join(", ")}.`,
  })

const idempotencyConflict = (key: string, jobId: string): IdempotencyConflict =>
  new IdempotencyConflict({
    key,
    jobId,
    message: `The idempotency key ${JSON.stringify(key)} started another job; use a new key for a new job.`,
  })

/** What `onError` is told of when the store fails before any job is known. */
const NO_JOB = {
  jobId: "",
  simulation: "",
  status: "queued",
  createdAt: new Date(0).toISOString(),
  startedAt: null,
  endedAt: null,
  progress: null,
  error: null,
  lastEventId: null,
} as const

const ENDED_AS = { completed: "been completed", failed: "failed", cancelled: "been cancelled" } as const

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

/** At most one timer for each job; none of them keeps a process alive. */
const createTimers = () => {
  const timers = new Map<Job, ReturnType<typeof setTimeout>>()
  const clear = (job: Job) => {
    clearTimeout(timers.get(job))
    timers.delete(job)
  }
  return {
    clear,
    set: (job: Job, ms: number, act: () => void) => {
      const timer = setTimeout(() => {
        timers.delete(job)
        act()
      }, ms)
      unref(timer)
      timers.set(job, timer)
    },
    clearAll: () => {
      for (const job of timers.keys()) clear(job)
    },
  }
}

/** Browsers' timers are numbers, and have no `unref`. */
const unref = (timer: unknown): void => {
  if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function")
    timer.unref()
}
