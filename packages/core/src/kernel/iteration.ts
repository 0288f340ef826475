/** What a simulation's function is given, and what it gives back. */
import type { IterationRandom } from "./random/iterationRandom.ts"
import type { IterationTally } from "./tally.ts"
import type { IterationTimeline } from "./timeline.ts"

/** One iteration, as the simulation sees it. The object is used again for the next one: don't keep it. */
export interface Iteration {
  /** From 0. The random numbers depend on this, the seed and the stream's name, and on nothing else. */
  readonly index: number
  /** Random numbers that depend on the seed and this iteration alone. */
  readonly random: IterationRandom
  /** Adds to series over simulated time. */
  readonly timeline: IterationTimeline
  /** Adds to a breakdown by category. */
  readonly tally: IterationTally
}

/**
 * The value of each metric in one iteration. All must be finite numbers. They are read when the iteration is over: a getter
 * must not record to its timeline or tally any more, for that is not looked for where nothing was recorded before.
 */
export type Metrics<Metric extends string = string> = { readonly [Name in Metric]: number }

/** A simulation's function: runs one iteration. Synchronous is the fast path. */
export type Iterate<Metric extends string = string> = (
  iteration: Iteration,
) => Metrics<Metric> | Promise<Metrics<Metric>>

/** What to do about an iteration that throws or returns something that is no finite number. */
export type IterationErrorPolicy = "fail" | "skip" | "collect"

/** An iteration failed, and the batch with it. */
export class IterationError extends Error {
  override readonly name = "IterationError"
  readonly iteration: number

  constructor(iteration: number, message: string, options: { readonly cause: unknown }) {
    super(message, options)
    this.iteration = iteration
  }
}
