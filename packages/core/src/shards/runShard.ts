/** The other side of the port: runs a shard in a worker process, on the threads of a pool. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { configDigest } from "../batch/checkpoint.ts"
import { planBatch } from "../batch/plan.ts"
import type { EncodedPart } from "../kernel/encodedPart.ts"
import { messageOf } from "../kernel/failures.ts"
import type { AnyIterationSimulation } from "../simulation/definition.ts"
import { SimulationFailed } from "../simulation/errors.ts"
import { PublicError } from "../simulation/publicError.ts"
import type { WorkerPool } from "../worker/pool.ts"
import { workerExecutor } from "../worker/workerExecutor.ts"
import type { EngineBatch, Shard, ShardOutcome } from "./engine.ts"
import { ShardLedger } from "./shardLedger.ts"

/** What a shard is run with. */
export interface RunShardOptions {
  readonly simulation: AnyIterationSimulation
  /** The version that this process has of it, by `versionOf`. */
  readonly version: string
  readonly batch: EngineBatch
  readonly shard: Shard
  /** What a worker before this one had of it. */
  readonly resume?: ReadonlyArray<EncodedPart>
  readonly pool: WorkerPool
  /** A name for this process, the same for all of its shards. */
  readonly worker: string
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

/** Runs a shard. */
export const runShard = (options: RunShardOptions): ShardRun => {
  const { shard, resume = [], worker } = options
  const ledger = new ShardLedger(shard, resume)
  const from = ledger.until()
  const startedMs = performance.now()
  let done = () => from
  let stopped = false

  const run = Effect.gen(function* () {
    const { simulation, version, batch, pool } = options
    const { seed, onIterationError } = batch
    const plan = yield* planBatch(simulation, {
      config: batch.config,
      seed,
      onIterationError,
      workers: pool,
    })
    const refusal = yield* Effect.try({
      try: () => refusalOf(simulation, version, batch, plan.config),
      catch: (thrown) => thrown,
    })
    if (refusal !== null) return refused(refusal)
    const executor = workerExecutor({ ...plan, simulation }, pool, batch.bucket, from)
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
  const ran = (): ShardOutcome => ({
    type: "ran",
    worker,
    iterations: ledger.until() - from,
    tookMs: performance.now() - startedMs,
  })

  const fiber = Effect.runFork(from >= shard.until ? Effect.sync(ran) : run)
  const outcome = Effect.runPromise(Fiber.await(fiber)).then((exit) => {
    if (Exit.isSuccess(exit)) return exit.value
    if (Cause.hasInterruptsOnly(exit.cause)) return null
    const thrown = Cause.squash(exit.cause)
    return thrown instanceof SimulationFailed ? failed(thrown) : refused(messageOf(thrown))
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

/** Why this process must not run any of the batch; `null` when it may. */
const refusalOf = (
  simulation: AnyIterationSimulation,
  version: string,
  batch: EngineBatch,
  config: unknown,
): string | null => {
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
const failed = ({ phase, iteration, cause }: SimulationFailed): ShardOutcome => ({
  type: "failed",
  failure: {
    phase: phase === "iteration" ? phase : "prepare",
    iteration,
    message: messageOf(cause),
    stack: cause instanceof Error ? (cause.stack ?? null) : null,
    isPublic: cause instanceof PublicError,
  },
})
