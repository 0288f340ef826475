/** Runs jobs, a few at a time: claims them from the store, drives their batches, and sees to it that each end is kept. */
import type {
  JobError,
  JobEvent,
  PartialEvent,
  PartialOutputs,
  Result,
  TerminalEvent,
} from "@simstream/protocol"
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { Checkpoint } from "../batch/checkpoint.ts"
import { driveBatch } from "../batch/driveBatch.ts"
import { attempt } from "../batch/failure.ts"
import type { BatchPlan } from "../batch/plan.ts"
import { SimulationFailed } from "../simulation/errors.ts"
import { PublicError } from "../simulation/publicError.ts"
import type { Following } from "./following.ts"
import type { Job } from "./job.ts"
import { mustBeJson } from "./json.ts"
import type { JobMetrics } from "./metrics.ts"
import { createSaver, type Saver } from "./saving.ts"
import { type ClaimedJob, type JobStore, revisionBefore } from "./store.ts"
import { unref } from "./timers.ts"
import type { JobTracing } from "./tracing.ts"

/** What a client is told when a simulation throws something that was not meant for it. */
const GENERIC_FAILURE = "The simulation failed. The server's log says why."

/** What a client is told of a job that another process has taken in or begun, and this one can't run. */
const NOT_RESUMABLE: JobError = {
  code: "not_resumable",
  message: "The server was changed or restarted, and can't go on with this job.",
}

/** When the store could not be asked for jobs, it is asked again after so long. */
const RETRY_MS = 1_000

/** Why a batch was stopped: its job was cancelled, is given to another process, or has been taken by one. */
type Stop = "cancel" | "handOver" | "lost"

/** A job that runs here. */
interface Run {
  /** Stops the batch. The first reason counts. */
  readonly stop: (why: Stop) => void
  /** Why it was stopped, if it was. */
  readonly stopped: () => Stop | null
  /** Whether another process can go on where this one stops. */
  readonly canHandOver: () => boolean
  /** Resolves when nothing of it runs here any more, and its end is kept, or could not be kept in time. */
  readonly settled: Promise<void>
}

/** What a scheduler works with. */
export interface SchedulerOptions {
  readonly store: JobStore
  readonly following: Following
  readonly simulations: ReadonlyArray<string>
  readonly concurrency: number
  readonly retentionMs: number
  /** Checks what a job is to run, with where it goes on from; `isLeft` says whether it was stopped to go on elsewhere. */
  readonly plan: (claimed: ClaimedJob, isLeft: () => boolean) => Effect.Effect<BatchPlan, unknown>
  /** What jobs run in. */
  readonly context: Context.Context<never>
  readonly metrics: JobMetrics
  readonly tracing: JobTracing
  /** Told when a job begins to run here, and when it has ended here. */
  readonly onBegin: (jobId: string) => void
  readonly onEnd: (jobId: string) => void
  readonly report: (error: unknown, job: Job) => void
}

/** Runs jobs. */
export interface Scheduler {
  readonly runs: (jobId: string) => boolean
  /** Looks for jobs to run. To be called whenever there may be one. */
  readonly wake: () => void
  /** Cancels a job that runs here, and resolves when it has stopped; `null` when it does not. */
  readonly cancel: (jobId: string) => Promise<void> | null
  /** Claims no more. Resolves when the last claim has come through. */
  readonly close: () => Promise<void>
  /** Resolves when nothing runs any more, or after so long. */
  readonly idleWithin: (ms: number) => Promise<void>
  /** Gives what runs back to the store, for another process; what can't be put aside only when `all` is set. */
  readonly handOver: (all: boolean) => Promise<void>
  readonly cancelAll: () => Promise<void>
  /** Waits until everything is saved, or for so long, and gives up what is not. */
  readonly saveWithin: (ms: number) => Promise<void>
}

/** Why a job can't be run here. */
class NotRunnable {
  readonly reason: unknown

  constructor(reason: unknown) {
    this.reason = reason
  }
}

export const createScheduler = ({
  store,
  following,
  simulations,
  concurrency,
  retentionMs,
  plan,
  context,
  metrics,
  tracing,
  onBegin,
  onEnd,
  report,
}: SchedulerOptions): Scheduler => {
  const running = new Map<string, Run>()
  let closed = false
  let claiming: Promise<void> | null = null
  let wanted = false
  /** Jobs that run no more and whose last word is still to be saved. They are nobody else's, nor to be run again here. */
  const unsaved = new Map<string, Saver>()
  /** Jobs that were asked to stop while a claim was under way, which may bring them. */
  const unwanted = new Set<string>()
  let whenIdle: ReadonlyArray<() => void> = []

  const begin = (claimed: ClaimedJob): void => {
    const { lease, record } = claimed
    const { jobId } = lease
    const job = following.adopt(record)
    const { feed } = job
    let revision = Math.max(feed.revision(), revisionBefore(lease.attempt))
    let take: (() => Checkpoint) | null = null
    let resumable = true
    let stopped: Stop | null = null
    const { createdAtMs, startedAtMs } = record
    const isFirst = lease.attempt === 1 && startedAtMs !== null
    const count = metrics.began(record.simulation, isFirst ? startedAtMs - createdAtMs : null)

    const stop = (why: Stop) => {
      if (stopped !== null) return
      stopped = why
      Effect.runFork(Fiber.interrupt(fiber))
    }
    const saver = createSaver({
      store,
      lease,
      feed,
      checkpoint: () => take?.() ?? null,
      onKept: ({ held, cancelling }) => {
        if (!held) stop("lost")
        else if (cancelling) stop("cancel")
      },
    })
    const publish = (event: JobEvent) => feed.publish(event, ++revision)
    let isFirstPartial = true
    const publishPartial = (partial: PartialOutputs) => {
      // Those that follow are of the same form, and there may be many.
      if (isFirstPartial) mustBeJson(partial)
      isFirstPartial = false
      publish({ type: "partial", ...partial })
    }
    const work = plan(claimed, () => stopped === "handOver" || stopped === "lost").pipe(
      Effect.mapError((reason) => new NotRunnable(reason)),
      Effect.tap(({ simulation }) =>
        Effect.sync(() => {
          resumable = simulation.kind === "iterations"
        }),
      ),
      Effect.flatMap((planned) =>
        driveBatch(
          planned,
          {
            progress: (progress) => publish({ type: "progress", ...progress }),
            partial: publishPartial,
            checkpoints: (taking) => {
              take = taking
            },
          },
          claimed.checkpoint === null ? null : record.progress,
        ).pipe(Effect.tap((result) => attempt(planned, phaseOf(planned), () => mustBeJson(result)))),
      ),
      Effect.tap(({ iterations, stopReason }) =>
        Effect.annotateCurrentSpan({
          "simstream.iterations": iterations,
          "simstream.stop_reason": stopReason,
        }),
      ),
    )
    const traced = tracing.run(
      jobId,
      {
        "simstream.simulation": record.simulation,
        "simstream.iterations_limit": record.request.iterations,
        "simstream.attempt": lease.attempt,
      },
      work,
    )

    /** Keeps the end of the job, and then tells of it. */
    const end = async (event: TerminalEvent): Promise<void> => {
      const last = { revision: ++revision, event }
      const outcome = await saver.end(last, retentionMs)
      if (outcome === "lost") return
      count(STATUS_OF[event.type])
      job.state = { ...job.state, status: STATUS_OF[event.type], endedAtMs: Date.now() }
      feed.end(event, last.revision)
      following.keep(jobId, outcome === "unsaved" ? retentionMs : 0)
      if (outcome === "unsaved") void keepTrying(event)
    }

    const keepTrying = async (last: TerminalEvent | null): Promise<void> => {
      unsaved.set(jobId, saver)
      const outcome = await saver.settled()
      unsaved.delete(jobId)
      // Another process took it for one that nobody runs, and must not go on with what was cancelled here.
      if (outcome !== "lost" || last?.type !== "cancelled") return
      await store.cancel(jobId, retentionMs).catch((error: unknown) => report(error, job))
    }

    const settle = async (exit: Exit.Exit<Result, unknown>): Promise<void> => {
      if (Exit.isSuccess(exit)) return end({ type: "complete", ...exit.value })
      const { cause } = exit
      const hasThrown = !Cause.hasInterruptsOnly(cause)
      const thrown = Cause.squash(cause)
      // Whoever stopped it gets what they asked for, whatever is thrown on the way out: by a `present` that can't make
      // anything of so few iterations, say.
      const isStopped = !hasThrown || (stopped !== null && Cause.hasInterrupts(cause))
      await (isStopped ? leave() : end({ type: "error", ...errorOf(thrown) }))
      if (hasThrown) report(thrown instanceof NotRunnable ? thrown.reason : thrown, job)
    }

    /** What becomes of a job whose batch was stopped. */
    const leave = async (): Promise<void> => {
      if (stopped === "lost") saver.stop()
      else if (stopped !== "handOver") await end({ ...newestPartial(job), type: "cancelled" })
      else if ((await saver.release()) === "unsaved") void keepTrying(null)
    }

    const isUnwanted = claimed.cancelling || unwanted.delete(jobId)
    const fiber = Effect.runForkWith(context)(isUnwanted ? Effect.interrupt : traced)
    const settled = new Promise<void>((resolve) => {
      fiber.addObserver(
        (exit) =>
          void settle(exit)
            .finally(() => count(null))
            .then(() => left(jobId))
            .then(resolve),
      )
    })
    running.set(jobId, { stop, stopped: () => stopped, canHandOver: () => resumable, settled })
    onBegin(jobId)
  }

  const left = (jobId: string) => {
    running.delete(jobId)
    onEnd(jobId)
    // What another process goes on with is followed from now on.
    void following.look(jobId)
    wake()
    if (running.size > 0) return
    for (const resolve of whenIdle) resolve()
    whenIdle = []
  }

  const claim = async (): Promise<void> => {
    for (wanted = true; wanted;) {
      wanted = false
      const limit = concurrency - running.size
      if (closed || limit <= 0) return
      for (const claimed of await store.claim({
        simulations,
        except: [...running.keys(), ...unsaved.keys()],
        limit,
      })) {
        if (closed) await store.release(claimed.lease, { events: [] })
        else begin(claimed)
      }
    }
  }

  const wake = () => {
    wanted = true
    claiming ??= claim()
      .catch(() => unref(setTimeout(wake, RETRY_MS)))
      .finally(() => {
        claiming = null
        unwanted.clear()
      })
  }

  const settledAll = (runs: Iterable<Run>) => Promise.all([...runs].map(({ settled }) => settled))

  return {
    runs: (jobId) => running.has(jobId),
    wake,
    cancel: (jobId) => {
      const run = running.get(jobId)
      if (run === undefined) {
        if (claiming !== null) unwanted.add(jobId)
        return null
      }
      run.stop("cancel")
      return run.stopped() === "cancel" ? run.settled : null
    },
    close: async () => {
      closed = true
      await claiming
    },
    idleWithin: (ms) =>
      running.size === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            const timer = setTimeout(resolve, ms)
            whenIdle = [
              ...whenIdle,
              () => {
                clearTimeout(timer)
                resolve()
              },
            ]
          }),
    handOver: async (all) => {
      const runs = [...running.values()].filter(({ canHandOver }) => all || canHandOver())
      for (const { stop } of runs) stop("handOver")
      await settledAll(runs)
    },
    cancelAll: async () => {
      const runs = [...running.values()]
      for (const { stop } of runs) stop("cancel")
      await settledAll(runs)
    },
    saveWithin: async (ms) => {
      const savers = [...unsaved.values()]
      let timer: ReturnType<typeof setTimeout> | undefined = undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms)
      })
      await Promise.race([Promise.all(savers.map(({ settled }) => settled())), late])
      clearTimeout(timer)
      for (const saver of savers) saver.stop()
    },
  }
}

const STATUS_OF = { complete: "completed", error: "failed", cancelled: "cancelled" } as const

/** Where the outputs of a result were made. */
const phaseOf = ({ simulation }: BatchPlan) => (simulation.kind === "engine" ? "run" : "present")

const newestPartial = ({ feed }: Job): Partial<PartialEvent> =>
  feed
    .since(0)
    .map(({ event }) => event)
    .find((event) => event.type === "partial") ?? {}

/** Why a job failed, for its owner. */
const errorOf = (thrown: unknown): JobError => {
  if (thrown instanceof NotRunnable) return NOT_RESUMABLE
  const cause = thrown instanceof SimulationFailed ? thrown.cause : thrown
  const message = cause instanceof PublicError ? cause.message : GENERIC_FAILURE
  return { code: "simulation_failed", message }
}
