/** Whatever a simulation threw, as the batch's error. */
import * as Effect from "effect/Effect"
import { messageOf } from "../kernel/failures.ts"
import { IterationError } from "../kernel/iteration.ts"
import { SimulationFailed } from "../simulation/errors.ts"
import type { BatchPlan } from "./plan.ts"

/** The error that ends a batch. Of an `IterationError` it takes the iteration, and what was thrown in it. */
export const simulationFailed = (
  { simulation, options }: BatchPlan,
  phase: SimulationFailed["phase"],
  thrown: unknown,
): SimulationFailed => {
  if (thrown instanceof SimulationFailed) return thrown
  const { seed } = options
  const iteration = thrown instanceof IterationError ? thrown.iteration : null
  const cause = thrown instanceof IterationError ? thrown.cause : thrown
  const where = iteration === null ? `"${phase}"` : `iteration ${iteration} (seed ${seed})`
  return new SimulationFailed({
    simulation: simulation.name,
    phase,
    iteration,
    seed,
    cause,
    message: `"${simulation.name}" failed in ${where}: ${messageOf(cause)}`,
  })
}

/**
 * Evaluates what the user wrote; whatever it throws or rejects with is the batch's error. The signal is aborted when the
 * batch is interrupted meanwhile.
 */
export const attempt = <A>(
  plan: BatchPlan,
  phase: SimulationFailed["phase"],
  evaluate: (signal: AbortSignal) => Promise<A> | A,
): Effect.Effect<A, SimulationFailed> =>
  Effect.tryPromise({
    try: async (signal) => evaluate(signal),
    catch: (thrown) => simulationFailed(plan, phase, thrown),
  })
