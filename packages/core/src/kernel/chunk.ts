/**
 * The chunk under way: the values of its iterations, summed up when it is full. Until then they are nowhere else, so a
 * chunk that was not finished leaves no trace and can be run again.
 */
import { addAllToHistogram } from "./accumulators/histogram.ts"
import { type Moments, momentsOf } from "./accumulators/moments.ts"
import { addAllToQuantiles } from "./accumulators/quantiles.ts"
import type { Series } from "./accumulators/series.ts"
import { type Failure, keepExample } from "./failures.ts"
import { emptyTallies, type Sums, type Tallies } from "./sums.ts"
import type { TimelineSums } from "./timeline.ts"

/**
 * Iterations in a chunk. A chunk is always summed from its first iteration to its last, so this number decides the
 * rounding of a result, and is part of it: changing it changes digests. It is small so that a few hundred slow
 * iterations can be shared out, and large enough that folding chunks costs little beside running them.
 */
export const CHUNK_SIZE = 64

/** Values of up to `CHUNK_SIZE` iterations. */
export class Chunk {
  timeline: TimelineSums | null = null
  tally: Series | null = null
  private readonly metrics: number
  /** Metric by metric, each in the order of the iterations. */
  private readonly values: Float64Array
  /** The same memory. */
  private readonly bits: Uint32Array
  private readonly iterations = new Float64Array(CHUNK_SIZE)
  private count = 0
  private failed = 0
  private failures: Array<Failure> = []

  constructor(metrics: number) {
    this.metrics = metrics
    this.values = new Float64Array(metrics * CHUNK_SIZE)
    this.bits = new Uint32Array(this.values.buffer)
  }

  /** Writes one metric's value of the iteration that `settle` will end. */
  write(metric: number, value: number): void {
    this.values[metric * CHUNK_SIZE + this.count] = value
  }

  /** Counts the iteration whose values were written. */
  settle(iteration: number): void {
    this.iterations[this.count++] = iteration
  }

  /** Counts an iteration that failed; with a message it is kept as an example. */
  fail(iteration: number, message: string | null): void {
    this.failed++
    if (message !== null) this.failures = keepExample(this.failures, { iteration, message })
  }

  /** Whether no iteration has ended. */
  isEmpty(): boolean {
    return this.count === 0 && this.failed === 0
  }

  /** The sums of what there is. They share nothing with the chunk but its timeline and tally. */
  sums(): Sums {
    const byMetric: Array<Moments> = []
    for (let metric = 0; metric < this.metrics; metric++) {
      byMetric.push(momentsOf(this.values, metric * CHUNK_SIZE, this.iterations, this.count))
    }
    return { moments: byMetric, timeline: this.timeline, tally: this.tally }
  }

  /** Adds the counts of what there is. */
  countInto(tallies: Tallies): void {
    for (let metric = 0; metric < this.metrics; metric++) {
      const { quantiles, histogram } = tallies.distributions[metric]
      const first = metric * CHUNK_SIZE
      addAllToQuantiles(quantiles, this.values, this.bits, first, this.count)
      addAllToHistogram(histogram, this.values, first, this.count)
    }
    tallies.failed += this.failed
    for (const failure of this.failures) tallies.failures = keepExample(tallies.failures, failure)
  }

  /** The counts of what there is, by themselves. */
  tallies(): Tallies {
    const tallies = emptyTallies(this.metrics)
    this.countInto(tallies)
    return tallies
  }

  /** Forgets everything, for the next chunk. */
  clear(): void {
    this.timeline = null
    this.tally = null
    this.count = 0
    this.failed = 0
    this.failures = []
  }
}
