/** The width of the buckets of a batch's timeline. */
import type { AnyIterationSimulation } from "../simulation/definition.ts"

/**
 * As the definition says for this config, in units of simulated time.
 *
 * @throws RangeError when it says something else than a number greater than 0
 */
export const bucketOf = ({ timeline }: AnyIterationSimulation, config: unknown): number => {
  const bucket = timeline.bucket(config)
  if (Number.isFinite(bucket) && bucket > 0) return bucket
  throw new RangeError(`timeline.bucket must be a number greater than 0; got ${bucket}.`)
}
