/**
 * What a file that defines simulations needs: `@simstream/core/simulation`. It loads no Effect, so that a worker which
 * imports that file is ready at once. `@simstream/core` has all of this too.
 *
 * @packageDocumentation
 */
export { defineSimulation } from "./definition.ts"
export { PublicError } from "./publicError.ts"
export type {
  ConfigInput,
  ConfigOutput,
  ConfigSchema,
  MetricDefinition,
  PresentedOutputs,
  Simulation,
  SimulationDefinition,
  TimelineDefinition,
} from "./definition.ts"
export type { Iterate, Iteration, Metrics } from "../kernel/iteration.ts"
export type { IterationRandom } from "../kernel/random/iterationRandom.ts"
export type { Random } from "../kernel/random/random.ts"
export type { IterationTally } from "../kernel/tally.ts"
export type { IterationTimeline } from "../kernel/timeline.ts"
export type { Summary } from "../kernel/summary.ts"
