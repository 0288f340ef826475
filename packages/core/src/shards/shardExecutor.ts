/** Runs the iterations of a batch by an engine: cuts them into shards, and delivers what comes back in order. */
import type { WaitingFor } from "@simstream/protocol"
import * as Effect from "effect/Effect"
import { configDigest } from "../batch/checkpoint.ts"
import type { Assignment, Executor } from "../batch/executor.ts"
import { simulationFailed } from "../batch/failure.ts"
import type { BatchPlan } from "../batch/plan.ts"
import { CHUNK_SIZE } from "../kernel/chunk.ts"
import { decodeParts } from "../kernel/encodedPart.ts"
import { messageOf } from "../kernel/failures.ts"
import type { Part } from "../kernel/part.ts"
import type { AnyIterationSimulation } from "../simulation/definition.ts"
import type { SimulationFailed } from "../simulation/errors.ts"
import { fromWorker } from "../worker/workerExecutor.ts"
import type { BatchEngine, EngineBatch, EngineEvents, EngineSession, Shard, ShardOutcome } from "./engine.ts"
import { initialPace, mayCut, measure, type Pace, shardEnd } from "./pace.ts"
import { versionOf } from "./version.ts"

/** How often the time budget is looked at, in milliseconds. */
const TIME_CHECK_MS = 20
/** A shard that was asked for what it has is not waited for any longer, in milliseconds. */
const STOP_MS = 5000

/** A shard that is out, or back and waiting for those before it. */
interface OutShard {
  shard: Shard
  /** Iterations that were run; `null` until somebody has begun with it. */
  done: number | null
  /** What there is of it, for display; what it gave, when it has ended. */
  parts: ReadonlyArray<Part>
  outcome: ShardOutcome | null
}

/** Makes the executor of one batch; `first` is where it will begin. */
export const shardExecutor = (
  plan: BatchPlan<AnyIterationSimulation>,
  engine: BatchEngine,
  batchId: string,
  bucket: number,
  first: number,
): Executor => {
  /** By first iteration; those that were delivered are gone. */
  const out = new Map<number, OutShard>()
  /** The next iteration to cut off, and to deliver. */
  let uncut = first
  let delivered = first
  let pace: Pace = initialPace
  let stopping = false
  /** The engine's newest word. */
  let waitingFor: WaitingFor | null = null

  const inOrder = (): ReadonlyArray<OutShard> =>
    [...out.values()].sort((left, right) => left.shard.first - right.shard.first)

  const mayCutMore = (): boolean => {
    const shards = [...out.values()]
    // Behind what has failed nothing is of use.
    if (shards.some(({ outcome }) => outcome !== null && outcome.type !== "ran")) return false
    const ended = shards.filter(({ outcome }) => outcome !== null).length
    const running = shards.filter(({ outcome, done }) => outcome === null && done !== null).length
    return mayCut(pace, { waiting: shards.length - ended - running, running, ended })
  }

  const hasBegun = (): boolean => delivered > first || (out.get(delivered)?.done ?? 0) > 0

  const run = (assignment: Assignment): Effect.Effect<void, SimulationFailed> => {
    const { end, accept } = assignment
    // A checkpoint may have had all of it.
    if (first >= end) return Effect.void
    const runShards = (batch: EngineBatch): Effect.Effect<void, SimulationFailed> =>
      Effect.callback((resume) => {
        let ended = false
        let timer: ReturnType<typeof setTimeout> | undefined = undefined

        const close = (): Effect.Effect<void> => {
          ended = true
          waitingFor = null
          clearInterval(clock)
          clearTimeout(timer)
          return Effect.promise(() => session.close())
        }
        const finish = (outcome: Effect.Effect<void, SimulationFailed>) => {
          if (!ended) resume(close().pipe(Effect.andThen(outcome)))
        }
        const fail = (thrown: unknown, phase: SimulationFailed["phase"] = "prepare") =>
          finish(Effect.fail(simulationFailed(plan, phase, thrown)))

        /** Has the iterations run; answers up to where they are, for a shard of them may be there already. */
        const submit = async (from: number, until: number, next: boolean): Promise<number> => {
          const asked = shardOf(assignment, from, until)
          const state: OutShard = { shard: asked, done: null, parts: [], outcome: null }
          out.set(from, state)
          const shard = await session.submit(asked, { next })
          if (shard.cuts.join() !== shardOf(assignment, from, shard.until).cuts.join()) {
            throw new Error(`the id "${batchId}" is that of another batch, with another rule to stop.`)
          }
          state.shard = shard
          return shard.until
        }

        const goesOn = (): boolean => !ended && !stopping && uncut < end && mayCutMore()

        let cutting = false
        /** Keeps enough shards out. One after the other, for where the next one begins is only known then. */
        const proceed = async (): Promise<void> => {
          if (cutting) return
          cutting = true
          try {
            while (goesOn()) {
              const timeLeftMs = assignment.timeLeftMs()
              uncut = await submit(uncut, shardEnd(pace, { from: uncut, end, timeLeftMs }), false)
              // It may have ended before it was known where it ends.
              deliver()
            }
          } catch (thrown) {
            fail(thrown)
          } finally {
            cutting = false
          }
        }

        /** Delivers what follows what was delivered. */
        const deliver = (): void => {
          for (let head = out.get(delivered); head?.outcome != null; head = out.get(delivered)) {
            if (ended) return
            out.delete(head.shard.first)
            const { parts, outcome, shard } = head
            for (const part of parts) {
              // Nothing can follow a part that ends within a chunk, unless it is the end.
              if (part.until % CHUNK_SIZE !== 0 && part.until < end && !stopping) break
              delivered = part.until
              if (!accept(part)) return finish(Effect.void)
            }
            session.delivered(delivered)
            if (outcome.type === "refused") return fail(new Error(outcome.message))
            if (outcome.type === "failed") {
              const { phase, thrown } = fromWorker(outcome.failure)
              return fail(thrown, phase)
            }
            if (delivered >= end) return finish(Effect.void)
            if (delivered < shard.until) {
              if (stopping) return finish(Effect.void)
              // It was ended early, by a worker that had to go. (Unless the next one is there already, with what is missing.)
              if (!out.has(delivered)) submit(delivered, shard.until, true).catch(fail)
            }
          }
          if (stopping && out.get(delivered)?.done == null && delivered > first) finish(Effect.void)
        }

        const events: EngineEvents = {
          running: (from, done) => {
            const state = out.get(from)
            if (ended || state === undefined || state.outcome !== null) return
            state.done = done
            void proceed()
          },
          partial: (from, parts) => {
            const state = out.get(from)
            if (ended || state === undefined || state.outcome !== null) return
            try {
              state.parts = decodeParts(from, parts)
            } catch (thrown) {
              fail(thrown)
            }
          },
          finished: (from, parts, outcome) => {
            const state = out.get(from)
            if (ended || state === undefined || state.outcome !== null) return
            try {
              state.parts = decodeParts(from, parts)
            } catch (thrown) {
              return fail(thrown)
            }
            state.outcome = outcome
            if (outcome.type === "ran") pace = measure(pace, outcome, performance.now())
            deliver()
            void proceed()
          },
          waiting: (what) => {
            if (!ended) waitingFor = what
          },
          failed: (reason) => fail(reason),
        }

        const clock = setInterval(() => {
          // As in one process, what has begun is finished, and there is at least one iteration.
          if (ended || stopping || !hasBegun() || !assignment.timeIsUp()) return
          stopping = true
          session.stop()
          deliver()
          timer = setTimeout(() => {
            const parts = out.get(delivered)?.parts ?? []
            for (const part of parts) accept(part)
            // With nothing at all it is waited for, after all.
            if (delivered > first || parts.length > 0) finish(Effect.void)
          }, STOP_MS)
        }, TIME_CHECK_MS)

        const session: EngineSession = engine.open(batch, events)
        void proceed()
        return Effect.suspend(close)
      })
    return Effect.try({
      try: () => engineBatch(plan, batchId, bucket),
      catch: (thrown) => simulationFailed(plan, "prepare", thrown),
    }).pipe(Effect.flatMap(runShards))
  }

  return {
    run,
    done: () => {
      let done = delivered
      for (const { shard, parts, outcome, done: ran } of out.values()) {
        done += outcome === null ? (ran ?? 0) : (parts[parts.length - 1]?.until ?? shard.first) - shard.first
      }
      return done
    },
    unfinished: () => inOrder().flatMap(({ parts }) => parts),
    waitingFor: () => waitingFor,
  }
}

const shardOf = ({ cut }: Assignment, from: number, until: number): Shard => {
  const cuts: Array<number> = []
  for (let at = cut(from); at < until; at = cut(at)) cuts.push(at)
  return { first: from, until, cuts }
}

const engineBatch = (
  { simulation, input, config, options }: BatchPlan<AnyIterationSimulation>,
  id: string,
  bucket: number,
): EngineBatch => ({
  id,
  simulation: simulation.name,
  version: versionOf(simulation),
  config: json(simulation.name, input),
  configDigest: configDigest(config),
  seed: options.seed,
  bucket,
  onIterationError: options.onIterationError,
})

/** The config as it will be where it arrives. */
const json = (simulation: string, config: unknown): unknown => {
  try {
    return JSON.parse(JSON.stringify(config))
  } catch (thrown) {
    throw new TypeError(
      `the config of "${simulation}" can't be sent to other processes, for it is no JSON: ${messageOf(thrown)}`,
      { cause: thrown },
    )
  }
}
