/** Runs one iteration of a batch again, alone: the one that failed, or the one with the highest value. */
import { MAX_ITERATIONS } from "@simstream/protocol"
import * as Effect from "effect/Effect"
import { type Replay, replayIteration } from "../kernel/replay.ts"
import type { AnyIterationSimulation, InputOf } from "../simulation/definition.ts"
import { type InvalidConfig, InvalidOption, type SimulationFailed } from "../simulation/errors.ts"
import { resolvePrepared } from "../simulation/prepare.ts"
import { bucketOf } from "./bucket.ts"
import { attempt } from "./failure.ts"
import { IterationError } from "../kernel/iteration.ts"
import { messageOf } from "../kernel/failures.ts"
import { planBatch } from "./plan.ts"

/** Which iteration of which batch. */
export interface ReplayInput<S extends AnyIterationSimulation> {
  /** As the batch had it. */
  readonly config: InputOf<S>
  /** The batch's seed, as its result or its error says. */
  readonly seed: number | bigint | string
  /** The iteration, from 0. */
  readonly index: number
}

/**
 * Runs one iteration again: the form for Effect. The numbers are those that it had in the batch.
 *
 * @example
 * ```ts
 * import { runBatch, runReplay } from "@simstream/core"
 * import * as Effect from "effect/Effect"
 *
 * const highest = Effect.gen(function* () {
 *   const batch = yield* runBatch(dice, { config: { count: 2 }, seed: 7 })
 *   const { max } = (yield* batch.result).stats.total
 *   return yield* runReplay(dice, { config: { count: 2 }, seed: 7, index: max?.iteration ?? 0 })
 * }).pipe(Effect.scoped)
 * ```
 */
export const runReplay = Effect.fn("runReplay")(function* <S extends AnyIterationSimulation>(
  simulation: S,
  { config, seed, index }: ReplayInput<S>,
): Effect.fn.Return<Replay, InvalidConfig | InvalidOption | SimulationFailed> {
  if (!(Number.isSafeInteger(index) && index >= 0 && index < MAX_ITERATIONS)) {
    return yield* new InvalidOption({
      path: ["index"],
      value: index,
      message: `index must be a whole number from 0 to ${MAX_ITERATIONS - 1}; got ${String(index)}.`,
    })
  }
  const plan = yield* planBatch(simulation, { config, seed, iterations: index + 1 })
  const iterate = yield* attempt(plan, "prepare", (signal) =>
    resolvePrepared(simulation.prepare(plan.config), signal),
  )
  const bucket = yield* attempt(plan, "prepare", () => bucketOf(simulation, plan.config))
  const metrics = simulation.metrics.map(({ name }) => name)
  return yield* attempt(plan, "iteration", () =>
    replayIteration(iterate, { seed: plan.options.seed, metrics, bucket }, index).catch((thrown: unknown) => {
      throw new IterationError(index, messageOf(thrown), { cause: thrown })
    }),
  )
})

/** Runs one iteration again: the form with a Promise, which rejects with what `runReplay` fails with. */
export const replay = <S extends AnyIterationSimulation>(
  simulation: S,
  input: ReplayInput<S>,
): Promise<Replay> => Effect.runPromise(runReplay(simulation, input))
