/** Keeps jobs: takes them in, has a few run at a time, and lets anyone look on. */
import { isFinalStatus } from "@simstream/protocol"
import * as Effect from "effect/Effect"
import { type BatchPlan, planBatch } from "../batch/plan.ts"
import type { BatchEngine } from "../shards/engine.ts"
import type { AnySimulation } from "../simulation/definition.ts"
import type { InvalidConfig, InvalidOption } from "../simulation/errors.ts"
import { createWorkerPool } from "../worker/pool.ts"
import { StoreUnavailable, type UnknownSimulation } from "./errors.ts"
import * as Refusal from "./refusals.ts"
import { createFollowing } from "./following.ts"
import { guardStore } from "./health.ts"
import { headOf, isEnded, type Job, reachedRevision, snapshotOf, snapshotOfJob, summaryOf } from "./job.ts"
import type { Jobs, JobsOptions, StartedJob, StartJob } from "./jobs.ts"
import { jobMetrics } from "./metrics.ts"
import { checkGrace, checkJobsOptions } from "./options.ts"
import { createScheduler } from "./scheduler.ts"
import { newJob } from "./starting.ts"
import type { ClaimedJob, JobHead, JobHint, JobRecord } from "./store.ts"
import { unref } from "./timers.ts"
import { jobTracing } from "./tracing.ts"
import { cancelUnwatched, keepUnwatched } from "./watchers.ts"

const DEFAULT_GRACE_MS = 10_000
const PAGE_LIMIT = 50
/** How long `cancel` waits for a job that runs in another process to stop. It will, for it has been asked to. */
const CANCEL_PATIENCE_MS = 10_000

type Planning = Effect.Effect<BatchPlan, InvalidConfig | InvalidOption | UnknownSimulation>

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
  const { simulations, concurrency, queueLimit, retentionMs, cancelAfterMs, context, onError, ...checked } =
    checkJobsOptions(options)
  const pool = options.workers === undefined ? null : createWorkerPool(options.workers)
  const store = guardStore(checked.store, (error) => onError(error, null))
  const { pace } = store
  const metrics = jobMetrics(context, pace === null)
  const tracing = jobTracing(context, concurrency + queueLimit)
  let accepting = true

  const planOf = ({ simulation: name, config, iterations, seed, stop }: StartJob): Planning => {
    const simulation = simulations.get(name)
    if (simulation === undefined) return Effect.fail(Refusal.unknownSimulation(name, simulations.keys()))
    return planBatch(simulation, {
      config,
      ...(iterations === undefined ? {} : { iterations }),
      ...(seed === undefined ? {} : { seed }),
      ...(stop === undefined ? {} : { stop }),
    })
  }

  const planOfClaimed = ({ record, checkpoint }: ClaimedJob, isLeft: () => boolean): Planning => {
    const { simulation: name, stop, ...request } = record.request
    const simulation = simulations.get(name)
    if (simulation === undefined) return Effect.fail(Refusal.unknownSimulation(name, simulations.keys()))
    if (simulation.kind === "engine") return planBatch(simulation, request)
    return planBatch(simulation, {
      ...request,
      stop,
      ...(pool === null ? {} : { workers: pool }),
      ...(options.engine === undefined
        ? {}
        : { engine: keepingShards(options.engine, isLeft), batchId: record.jobId }),
      ...(checkpoint === null ? {} : { resume: checkpoint }),
    })
  }

  const following = createFollowing({
    store,
    isOwn: (jobId) => scheduler.runs(jobId),
    onWatchers: (jobId) => watchers.seen(jobId),
  })
  const scheduler = createScheduler({
    store,
    following,
    simulations: [...simulations.keys()],
    concurrency,
    retentionMs,
    plan: planOfClaimed,
    context,
    metrics,
    tracing,
    onBegin: (jobId) => watchers.begin(jobId),
    onEnd: (jobId) => watchers.end(jobId),
    report: (error, job) => onError(error, summaryOf(headOf(job))),
  })
  const watchers =
    cancelAfterMs === null
      ? keepUnwatched
      : cancelUnwatched({
          store,
          cancelAfterMs,
          count: (jobId) => following.known(jobId)?.feed.subscribers() ?? 0,
          watched: following.watched,
          // It may have ended just then; and what can't be cancelled now is looked at again when it is watched again.
          cancel: (jobId) => cancel(jobId).catch(() => undefined),
        })

  const hear = (hint: JobHint) => {
    switch (hint.type) {
      case "queued":
        return scheduler.wake()
      case "changed":
        return void following.look(hint.jobId)
      case "cancelling":
        return void scheduler.cancel(hint.jobId)
      case "missed":
        return poll()
    }
  }
  /** Looks for what no hint has told of. */
  const poll = () => {
    scheduler.wake()
    void following.look()
    // What can't be swept now is swept next time.
    store.sweep(retentionMs).catch(() => undefined)
  }
  const deafen = store.watch(hear)
  const polling = pace === null ? undefined : setInterval(poll, pace.pollMs)
  unref(polling)
  scheduler.wake()

  const refuseWhenShuttingDown = () => {
    if (accepting) return
    throw Refusal.shuttingDown()
  }

  const start = (request: StartJob): Promise<StartedJob> =>
    tracing.start(request.simulation, request.traceparent, async (traceparent, annotate) => {
      const started = await takeIn(request, traceparent)
      annotate({ "simstream.job_id": started.jobId, "simstream.created": String(started.created) })
      return started
    })

  const takeIn = async (request: StartJob, traceparent: string): Promise<StartedJob> => {
    const { ownerLimit = Infinity, idempotencyKey = "" } = request
    const plan = await Effect.runPromise(planOf(request))
    refuseWhenShuttingDown()
    const job = newJob(request, plan.options)
    // Beforehand, for it may run before the store has answered.
    tracing.remember(job.jobId, traceparent)
    const admission = await store.create(job, {
      running: concurrency,
      queued: queueLimit,
      ofOwner: ownerLimit,
    })
    if (admission.outcome !== "created") tracing.forget(job.jobId)
    switch (admission.outcome) {
      case "queue_full":
        throw Refusal.queueFull(queueLimit)
      case "owner_full":
        throw Refusal.tooManyJobs(job.owner ?? "", ownerLimit)
      case "repeated": {
        const { jobId, status, requestDigest } = admission.record
        if (requestDigest !== job.idempotency?.digest)
          throw Refusal.idempotencyConflict(idempotencyKey, jobId)
        return { jobId, status: following.known(jobId)?.state.status ?? status, created: false }
      }
      case "created": {
        const { jobId, status, simulation } = admission.record
        metrics.started(simulation)
        watchers.begin(jobId)
        scheduler.wake()
        return { jobId, status, created: true }
      }
    }
  }

  /** The job's state, as whoever knows best has it. */
  const get = async (jobId: string): Promise<Job | JobRecord> => {
    const known = following.known(jobId)
    if (known !== undefined && scheduler.runs(jobId)) return known
    const ended = known !== undefined && isEnded(known) ? known : null
    try {
      const record = await store.get(jobId)
      if (record === null) throw Refusal.unknownJob(jobId)
      // The end of a job may be known here before the store could be told.
      return ended === null || isFinalStatus(record.status) ? record : ended
    } catch (error) {
      if (ended !== null && error instanceof StoreUnavailable) return ended
      throw error
    }
  }

  /** A job that runs here has come further than the store knows. */
  const newest = (head: JobHead): JobHead => {
    const known = following.known(head.jobId)
    return known !== undefined && scheduler.runs(head.jobId) ? headOf(known) : head
  }

  const cancel = async (jobId: string): Promise<void> => {
    const own = scheduler.cancel(jobId)
    if (own !== null) {
      await own
      return refuseWhenTooLate(following.known(jobId))
    }
    switch (await store.cancel(jobId, retentionMs)) {
      case "cancelled":
        metrics.cancelled()
        watchers.end(jobId)
        return following.look(jobId)
      case "requested":
        return refuseWhenTooLate(await whenEnded(jobId))
      case "ended": {
        const { status } = stateOf(await get(jobId))
        if (isFinalStatus(status)) throw Refusal.jobEnded(jobId, status)
        return
      }
      case null:
        throw Refusal.unknownJob(jobId)
    }
  }

  /** Waits until a job that runs elsewhere has stopped. */
  const whenEnded = async (jobId: string): Promise<Job | undefined> => {
    const job = (await following.follow(jobId)) ?? undefined
    if (job === undefined || job.feed.ended()) return job
    await new Promise<void>((resolve) => {
      const settle = () => {
        if (!job.feed.ended()) return
        subscription.close()
        clearTimeout(timer)
        resolve()
      }
      const subscription = job.feed.subscribe(job.feed.revision(), settle)
      const timer = setTimeout(() => {
        subscription.close()
        resolve()
      }, CANCEL_PATIENCE_MS)
      void following.look(jobId)
    })
    return job
  }

  /** Cancels what waits, lets what runs come to its end, and cancels that, too, when it takes too long. */
  const endAll = async (graceMs: number): Promise<void> => {
    const { heads } = await store.list({ limit: Infinity })
    const waiting = heads.filter(({ jobId, status }) => !isFinalStatus(status) && !scheduler.runs(jobId))
    // Somebody else may cancel it just then: another shutdown, or whoever started it.
    await Promise.all(waiting.map(({ jobId }) => cancel(jobId).catch(() => undefined)))
    await scheduler.idleWithin(graceMs)
    await scheduler.cancelAll()
  }

  /** Leaves everything to other processes, or to a later one. What can't be put aside is given time to end first. */
  const handOver = async (graceMs: number): Promise<void> => {
    await scheduler.handOver(false)
    await scheduler.idleWithin(graceMs)
    await scheduler.handOver(true)
  }

  return {
    simulations: options.simulations,
    start,
    get: async (jobId) => {
      const job = await get(jobId)
      watchers.seen(jobId)
      return "feed" in job ? snapshotOfJob(job) : snapshotOf(job)
    },
    list: async ({ owner, cursor, limit = PAGE_LIMIT } = {}) => {
      const { heads, nextCursor } = await store.list({
        ...(owner === undefined ? {} : { owner }),
        ...(cursor === undefined ? {} : { cursor }),
        limit,
      })
      return { jobs: heads.map(newest).map(summaryOf), nextCursor }
    },
    cancel,
    subscribe: async (jobId) => {
      const job = await following.follow(jobId)
      if (job === null) throw Refusal.unknownJob(jobId)
      return {
        jobId,
        status: () => job.state.status,
        reached: () => reachedRevision(job, scheduler.runs(jobId)),
        feed: job.feed,
      }
    },
    shutdown: async ({ graceMs = DEFAULT_GRACE_MS } = {}) => {
      checkGrace(graceMs)
      accepting = false
      await scheduler.close()
      await (pace === null ? endAll(graceMs) : handOver(graceMs))
      await scheduler.saveWithin(graceMs)
      clearInterval(polling)
      deafen()
      watchers.stop()
      following.stop()
      pool?.close()
    },
  }
}

/** The same engine, whose sessions leave their shards to another process when the job is left to it. */
const keepingShards = (engine: BatchEngine, isLeft: () => boolean): BatchEngine => ({
  open: (batch, events) => {
    const session = engine.open(batch, events)
    return { ...session, close: () => session.close({ keep: isLeft() }) }
  },
})

const stateOf = (job: Job | JobRecord) => ("feed" in job ? job.state : job)

/** A job may come to its end before it can be stopped: then it was not cancelled, and nobody may be told that it was. */
const refuseWhenTooLate = (job: Job | undefined): void => {
  if (job === undefined) return
  const { jobId, status } = job.state
  if (isFinalStatus(status) && status !== "cancelled") throw Refusal.jobEnded(jobId, status)
}
