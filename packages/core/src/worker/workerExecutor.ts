/** Runs the iterations of a batch on a pool of workers, and delivers them in order. */
import * as Effect from "effect/Effect"
import { CHUNK_SIZE } from "../kernel/chunk.ts"
import { IterationError } from "../kernel/iteration.ts"
import type { Part } from "../kernel/part.ts"
import type { Assignment, Executor } from "../batch/executor.ts"
import { simulationFailed } from "../batch/failure.ts"
import type { BatchPlan } from "../batch/plan.ts"
import type { AnyIterationSimulation } from "../simulation/definition.ts"
import type { SimulationFailed } from "../simulation/errors.ts"
import { PublicError } from "../simulation/publicError.ts"
import type { FailedMessage, OpenMessage } from "./messages.ts"
import type { Dispatch, Work, WorkerPool } from "./pool.ts"

/** How long a dispatch should take: long enough to hide the hand-over, short enough to stop and share. In milliseconds. */
const DISPATCH_MS = 30
/** The same for a stretch of a shared batch, behind which there is another one, */
const SHARED_DISPATCH_MS = 100
/** and there it need not be shorter than this for all workers to end at about the same time. */
const LEAST_SHARED_DISPATCH_MS = 10
/** Dispatches that may be under way or wait for one before them, for each worker: what memory is bounded by. */
const WINDOW = 4
/** The weight of a new measurement of an iteration's time. */
const MEASURED_WEIGHT = 0.3
/** How often the time budget is looked at, in milliseconds. */
const TIME_CHECK_MS = 10
/** A chunk that silenced so many workers is not tried again, */
const STALL_LIMIT = 2
/** nor one that so many died of. That is one more, for a worker may die of something else. */
const DEATH_LIMIT = 3

/** What keeps the batch from being delivered any further. */
interface Obstacle {
  /** The first iteration of the dispatch that it is in. */
  readonly first: number
  readonly thrown: unknown
  readonly phase: SimulationFailed["phase"]
}

let batches = 0

/** What executors share that run stretches of one batch on one pool, side by side or one after the other. */
export interface SharedBatch {
  readonly open: OpenMessage
  /** How long an iteration takes, and how many were handed out at once, at the most or the last time. */
  readonly pace: { iterationMs: number | null; size: number }
}

/** Makes it. The pool is to `forget` the batch in the end. */
export const shareBatch = (
  { simulation, config, options }: BatchPlan<AnyIterationSimulation>,
  bucket: number,
): SharedBatch => ({
  open: {
    type: "open",
    batch: ++batches,
    simulation: simulation.name,
    config,
    options: {
      seed: options.seed,
      metrics: simulation.metrics.map(({ name }) => name),
      bucket,
      onIterationError: options.onIterationError,
    },
  },
  pace: { iterationMs: null, size: CHUNK_SIZE },
})

/** Makes the executor of one batch, or of a stretch of a shared one; `first` is where it will begin. */
export const workerExecutor = (
  plan: BatchPlan<AnyIterationSimulation>,
  pool: WorkerPool,
  bucket: number,
  first: number,
  shared: SharedBatch | null = null,
): Executor => {
  const { open, pace } = shared ?? shareBatch(plan, bucket)
  /** The next iteration to hand out, and to deliver. */
  let handedOut = first
  let delivered = first
  /** Lost ones, to be run again before any others: nothing behind them can be delivered. */
  let again: Array<Dispatch> = []
  const underWay = new Map<Dispatch, number>()
  const arrived = new Map<number, Part>()
  let stopping = false
  /**
   * The first one by iteration. It fails the batch when everything before it has been delivered, and not when it is met:
   * a stop rule may hold before it, and which of several iterations is blamed must not depend on who was faster.
   */
  let obstacle: Obstacle | null = null

  const measure = (iterations: number, tookMs: number): void => {
    if (iterations === 0) return
    const measured = tookMs / iterations
    const before = pace.iterationMs ?? measured
    pace.iterationMs = before + MEASURED_WEIGHT * (measured - before)
  }

  /** Whole chunks, at most twice as many as before: the first iterations may be the cheap ones. */
  const nextSize = (remaining: number): number => {
    const within = (ms: number) => (pace.iterationMs === null ? CHUNK_SIZE : ms / pace.iterationMs)
    const [wanted, share] =
      shared === null
        ? [within(DISPATCH_MS), remaining / (2 * pool.size)]
        : [within(SHARED_DISPATCH_MS), Math.max(remaining / pool.size, within(LEAST_SHARED_DISPATCH_MS))]
    const chunks = Math.max(1, Math.floor(Math.min(wanted, share, 2 * pace.size) / CHUNK_SIZE))
    const size = chunks * CHUNK_SIZE
    // The end of a stretch says nothing of the next one's beginning.
    pace.size = shared === null ? size : Math.max(pace.size, size)
    return size
  }

  /** Dispatches that can be handed out now. */
  const wanted = ({ end }: Assignment): number => {
    if (stopping) return 0
    const room = obstacle === null ? WINDOW * pool.size - underWay.size - arrived.size : 0
    return again.length + Math.max(0, Math.min(room, Math.ceil((end - handedOut) / CHUNK_SIZE)))
  }

  const next = (assignment: Assignment): Dispatch | null => {
    if (wanted(assignment) === 0) return null
    const { end, cut } = assignment
    const lost = again.shift()
    if (lost !== undefined) {
      underWay.set(lost, lost.first)
      return lost
    }
    const until = Math.min(end, cut(handedOut), handedOut + nextSize(end - handedOut))
    const dispatch: Dispatch = { first: handedOut, until, losses: 0 }
    handedOut = until
    underWay.set(dispatch, dispatch.first)
    return dispatch
  }

  /** Delivers what follows; answers whether `accept` has had enough, or there is no more. */
  const deliver = ({ accept, end }: Assignment): boolean => {
    for (let part = arrived.get(delivered); part !== undefined; part = arrived.get(delivered)) {
      arrived.delete(part.first)
      delivered = part.until
      if (!accept(part)) return true
    }
    return delivered >= end
  }

  /** Delivers what follows after the work was stopped, down to the first unfinished chunk: nothing can follow that. */
  const rest = ({ accept }: Assignment): Effect.Effect<void> =>
    Effect.sync(() => {
      for (let part = arrived.get(delivered); part !== undefined; part = arrived.get(delivered)) {
        delivered = part.until
        accept(part)
        if (part.until % CHUNK_SIZE !== 0) break
      }
      arrived.clear()
    })

  /** Whether there is something that can be delivered now or will be when the workers stop. */
  const hasBegun = (): boolean => {
    if (delivered > first) return true
    for (const [dispatch, at] of underWay) if (dispatch.first === first && at > first) return true
    return false
  }

  /** Nothing from there on is run any more. */
  const obstruct = (found: Obstacle): void => {
    if (obstacle !== null && obstacle.first < found.first) return
    obstacle = found
    again = again.filter(({ first: start }) => start < found.first)
  }

  const run = (assignment: Assignment): Effect.Effect<void, SimulationFailed> => {
    // A checkpoint may have had all of it.
    if (first >= assignment.end) return Effect.void
    return Effect.callback((resume) => {
      let attached: ReturnType<WorkerPool["attach"]> | undefined = undefined
      const stop = (patient: boolean) => async (): Promise<void> => {
        stopping = true
        clearInterval(clock)
        await attached?.detach({ patient })
      }
      const end = (outcome: Effect.Effect<void, SimulationFailed>) => {
        if (stopping) return
        stopping = true
        resume(Effect.promise(stop(false)).pipe(Effect.andThen(outcome)))
      }
      const fail = (thrown: unknown, phase: SimulationFailed["phase"]) =>
        end(Effect.fail(simulationFailed(plan, phase, thrown)))
      /** Delivers what can be, and ends the batch where it ends. */
      const proceed = () => {
        if (stopping) return
        if (deliver(assignment)) end(Effect.void)
        else if (obstacle !== null && obstacle.first <= delivered) fail(obstacle.thrown, obstacle.phase)
      }

      const work: Work = {
        open,
        staysOpen: shared !== null,
        wanted: () => wanted(assignment),
        next: () => next(assignment),
        at: (dispatch, at) => void underWay.set(dispatch, at),
        ran: (dispatch, parts, tookMs) => {
          underWay.delete(dispatch)
          for (const part of parts) arrived.set(part.first, part)
          measure((parts[parts.length - 1]?.until ?? dispatch.first) - dispatch.first, tookMs)
          proceed()
        },
        failed: (dispatch, failure) => {
          underWay.delete(dispatch)
          obstruct({ first: dispatch.first, ...fromWorker(failure) })
          proceed()
        },
        lost: (dispatch, { at, stalled, reason }) => {
          underWay.delete(dispatch)
          const losses = dispatch.losses + 1
          if (losses >= (stalled ? STALL_LIMIT : DEATH_LIMIT)) {
            obstruct({ first: dispatch.first, ...lostTooOften(at, reason) })
            proceed()
            return
          }
          if (obstacle !== null && obstacle.first <= dispatch.first) return
          // Chunk by chunk, so that what is lost again is small, and the iteration can be named.
          for (let chunk = dispatch.first; chunk < dispatch.until; chunk += CHUNK_SIZE) {
            again.push({ first: chunk, until: Math.min(dispatch.until, chunk + CHUNK_SIZE), losses })
          }
        },
        unavailable: (reason) => fail(new Error(reason), "prepare"),
      }

      const clock = setInterval(() => {
        // As on one thread, what has begun is finished, and there is at least one iteration, however long loading took.
        if (stopping || !hasBegun() || !assignment.timeIsUp()) return
        stopping = true
        resume(Effect.promise(stop(true)).pipe(Effect.andThen(rest(assignment))))
      }, TIME_CHECK_MS)
      attached = pool.attach(work)
      attached.update()

      // Interrupted: what is done is delivered, for the partial outputs.
      return Effect.promise(stop(false)).pipe(Effect.andThen(rest(assignment)))
    })
  }

  return {
    run,
    done: () => {
      let done = delivered
      for (const part of arrived.values()) done += part.until - part.first
      for (const [dispatch, at] of underWay) done += at - dispatch.first
      return done
    },
    unfinished: () => [],
    waitingFor: () => null,
  }
}

/** What to say of iterations that no worker survived. At the last try it was told of each iteration before it began. */
const lostTooOften = (at: number | null, reason: string): Omit<Obstacle, "first"> => {
  if (at === null) {
    return {
      phase: "prepare",
      thrown: new Error(`every worker that prepared the simulation was lost; the last one: ${reason}.`),
    }
  }
  const cause = new Error(`every worker that ran it was lost; the last one: ${reason}.`)
  return { phase: "iteration", thrown: new IterationError(at, `Iteration ${at} was lost`, { cause }) }
}

/** What a worker threw, as if it had been thrown here. */
export const fromWorker = (failure: Omit<FailedMessage, "type">): Omit<Obstacle, "first"> => {
  const { phase, iteration, message, stack, isPublic } = failure
  const cause = isPublic ? new PublicError(message) : new Error(message)
  if (stack !== null) cause.stack = stack
  return {
    phase,
    thrown: iteration === null ? cause : new IterationError(iteration, message, { cause }),
  }
}
