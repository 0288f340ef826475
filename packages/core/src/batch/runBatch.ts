/** Runs a batch of a simulation: the form for Effect. */
import type { Outputs, Result } from "@simstream/protocol"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { AnySimulation, InputOf, OutputsOfSimulation } from "../simulation/definition.ts"
import type { InvalidConfig, InvalidOption, SimulationFailed } from "../simulation/errors.ts"
import type { Checkpoint } from "./checkpoint.ts"
import { driveBatch } from "./driveBatch.ts"
import type { BatchOptions } from "./options.ts"
import { planBatch } from "./plan.ts"
import type { Update } from "./update.ts"
import { createUpdates } from "./updates.ts"

/** A batch under way. */
export interface Batch<O extends Outputs = Outputs> {
  /** The seed: yours, or the one that was chosen. */
  readonly seed: string
  /**
   * The newest update whenever there is one, ending with the batch. It may be run many times; a slow consumer skips
   * updates, and none slows the batch. The last update always arrives.
   */
  readonly onProgress: Stream.Stream<Update<O>>
  /**
   * The state of the batch, now or after its end: JSON to store and to give to another batch as `resume`, for more
   * iterations say. `null` before the first iteration, and for an engine of your own.
   */
  readonly checkpoint: Effect.Effect<Checkpoint | null>
  /** The result, or why there is none. */
  readonly result: Effect.Effect<Result<O>, SimulationFailed>
}

/** The config of a simulation, and how to run it. */
export type BatchInput<S extends AnySimulation> = BatchOptions & { readonly config: InputOf<S> }

/**
 * Starts a batch in the surrounding scope; it stops when the scope closes.
 *
 * @example
 * ```ts
 * import { runBatch } from "@simstream/core"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const program = Effect.gen(function* () {
 *   const batch = yield* runBatch(dice, { config: { count: 2 }, iterations: 100_000, seed: 7 })
 *   yield* batch.onProgress.pipe(
 *     Stream.runForEach(({ progress }) => Effect.log(`${progress.percentage} %`)),
 *     Effect.forkScoped,
 *   )
 *   const { stats } = yield* batch.result
 *   return stats.total.mean
 * }).pipe(Effect.scoped)
 * ```
 */
export const runBatch = Effect.fn("runBatch")(function* <S extends AnySimulation>(
  simulation: S,
  input: BatchInput<S>,
): Effect.fn.Return<Batch<OutputsOfSimulation<S>>, InvalidConfig | InvalidOption, Scope.Scope> {
  const plan = yield* planBatch(simulation, input)
  const updates = createUpdates()
  const outcome = yield* Deferred.make<Result, SimulationFailed>()
  yield* driveBatch(plan, updates.observer).pipe(
    Effect.onExit((exit) => Effect.sync(updates.end).pipe(Effect.andThen(Deferred.done(outcome, exit)))),
    Effect.forkScoped,
  )
  const batch: Batch = {
    seed: plan.options.seed,
    onProgress: Stream.fromAsyncIterable(updates.all, (error) => error).pipe(Stream.orDie),
    checkpoint: Effect.sync(updates.checkpoint),
    result: Deferred.await(outcome),
  }
  // What `present` returned is published as it is, so the outputs are those that the definition declares.
  return batch as Batch<OutputsOfSimulation<S>>
})
