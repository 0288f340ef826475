/** The other side of the port: runs the shards of a batch in a worker process, on the threads of a pool. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { configDigest } from "../batch/checkpoint.ts"
import { type BatchPlan, planBatch } from "../batch/plan.ts"
import type { EncodedPart } from "../kernel/encodedPart.ts"
import { messageOf } from "../kernel/failures.ts"
import type { AnyIterationSimulation } from "../simulation/definition.ts"
import { SimulationFailed } from "../simulation/errors.ts"
import { PublicError } from "../simulation/publicError.ts"
import type { WorkerPool } from "../worker/pool.ts"
import { shareBatch, type SharedBatch, workerExecutor } from "../worker/workerExecutor.ts"
import type { EngineBatch, Shard, ShardOutcome } from "./engine.ts"
import { ShardLedger } from "./shardLedger.ts"

/** What the shards of a batch are run with. */
export interface ShardRunnerOptions {
  readonly simulation: AnyIterationSimulation
  /** The version that this process has of it, by `versionOf`. */
  readonly version: string
  readonly batch: EngineBatch
  readonly pool: WorkerPool
  /** A name for this process, the same for all of its shards. */
  readonly worker: string
}

/** Runs the shards of one batch. The config is checked, and every thread prepares, once for all of them. */
export interface ShardRunner {
  /** Runs a shard, or what is missing of it beside what a worker before this one had. */
  readonly run: (shard: Shard, resume?: ReadonlyArray<EncodedPart>) => ShardRun
  /** Lets the threads forget the batch. */
  readonly close: () => void
}

/** A shard at work. */
export interface ShardRun {
  /** How it ended, which is no rejection; `null` when it was cancelled. */
  readonly outcome: Promise<ShardOutcome | null>
  /** How many iterations of it have been run, by whomever. */
  readonly done: () => number
  /** Whole chunks that there are: the iteration behind the last one, and the parts to put aside. */
  readonly wholeUntil: () => number
  readonly whole: () => ReadonlyArray<EncodedPart>
  /** All that there is; when the shard has ended, what it gave. */
  readonly parts: () => ReadonlyArray<EncodedPart>
  /** Asks for an early end. What has begun is finished, and there is at least one iteration. */
  readonly stop: () => void
  /** Ends it at once, and resolves when it has. */
  readonly cancel: () => Promise<void>
}

/** A batch that may be run here. */
interface Ready {
  readonly plan: BatchPlan<AnyIterationSimulation>
  readonly shared: SharedBatch
}

/** Makes the runner of a batch. */
export const createShardRunner = (options: ShardRunnerOptions): ShardRunner => {
  const { batch, pool, worker } = options
  let ready: Promise<Ready | ShardOutcome> | null = null

  const run: ShardRunner["run"] = (shard, resume = []) => {
    const ledger = new ShardLedger(shard, resume)
    const from = ledger.until()
    let beganMs = performance.now()
    let done = () => from
    let stopped = false

    const ran = (): ShardOutcome => ({
      type: "ran",
      worker,
      iterations: ledger.until() - from,
      tookMs: performance.now() - beganMs,
    })
    const running = Effect.gen(function* () {
      const prepared = yield* Effect.promise(() => (ready ??= prepare(options)))
      if (!("plan" in prepared)) return prepared
      const { plan, shared } = prepared
      beganMs = performance.now()
      const executor = workerExecutor(plan, pool, batch.bucket, from, shared)
      done = executor.done
      yield* executor.run({
        first: from,
        end: shard.until,
        cut: (at) => ledger.cut(at),
        accept: (part) => {
          ledger.append(part)
          return true
        },
        timeIsUp: () => stopped,
        timeLeftMs: () => (stopped ? 0 : Infinity),
      })
      return ran()
    })

    const fiber = Effect.runFork(from >= shard.until ? Effect.sync(ran) : running)
    const outcome = Effect.runPromise(Fiber.await(fiber)).then((exit) => {
      if (Exit.isSuccess(exit)) return exit.value
      return Cause.hasInterruptsOnly(exit.cause) ? null : failed(Cause.squash(exit.cause))
    })
    return {
      outcome,
      done: () => done() - shard.first,
      wholeUntil: () => ledger.until(),
      whole: () => ledger.whole(),
      parts: () => ledger.all(),
      stop: () => {
        stopped = true
      },
      cancel: () => Effect.runPromise(Fiber.interrupt(fiber)),
    }
  }

  return {
    run,
    close: () =>
      void ready?.then((prepared) => {
        if ("shared" in prepared) pool.forget(prepared.shared.open.batch)
      }),
  }
}

/** Checks whether the batch may be run here. */
const prepare = async (options: ShardRunnerOptions): Promise<Ready | ShardOutcome> => {
  const { simulation, batch } = options
  const { config, seed, onIterationError } = batch
  try {
    const plan = await Effect.runPromise(planBatch(simulation, { config, seed, onIterationError }))
    const refusal = refusalOf(options, plan.config)
    if (refusal !== null) return refused(refusal)
    const known = { ...plan, simulation }
    return { plan: known, shared: shareBatch(known, batch.bucket) }
  } catch (thrown) {
    return refused(messageOf(thrown))
  }
}

/** Why this process must not run any of the batch; `null` when it may. */
const refusalOf = ({ simulation, version, batch }: ShardRunnerOptions, config: unknown): string | null => {
  const { name } = simulation
  if (version !== batch.version) {
    return `this worker has version ${version} of "${name}", and the batch is of version ${batch.version}.`
  }
  if (configDigest(config) !== batch.configDigest) {
    return (
      `the schema of "${name}" makes something else of the config here than it did where the batch was started. ` +
      "It must depend on the config alone, and the config be JSON."
    )
  }
  const bucket = simulation.timeline.bucket(config)
  return bucket === batch.bucket
    ? null
    : `the timeline.bucket of "${name}" is ${bucket} here, and ${batch.bucket} where the batch was started.`
}

const refused = (message: string): ShardOutcome => ({ type: "refused", message })

/** What the simulation threw, as JSON. */
const failed = (thrown: unknown): ShardOutcome => {
  if (!(thrown instanceof SimulationFailed)) return refused(messageOf(thrown))
  const { phase, iteration, cause } = thrown
  return {
    type: "failed",
    failure: {
      phase: phase === "iteration" ? phase : "prepare",
      iteration,
      message: messageOf(cause),
      stack: cause instanceof Error ? (cause.stack ?? null) : null,
      isPublic: cause instanceof PublicError,
    },
  }
}
