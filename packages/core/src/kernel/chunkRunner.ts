/**
 * The hot loop: runs iterations one after the other and sums them up chunk by chunk. It never looks at a clock; the
 * caller says how many iterations to run and decides what to do then.
 */
import { addToHistogram } from "./accumulators/histogram.ts"
import { addToMoments } from "./accumulators/moments.ts"
import { addToQuantiles } from "./accumulators/quantiles.ts"
import { series } from "./accumulators/series.ts"
import { compareIterations, messageOf } from "./failures.ts"
import { appendToFold, emptyFold, type Fold } from "./fold.ts"
import {
  type Iterate,
  type Iteration,
  IterationError,
  type IterationErrorPolicy,
  type Metrics,
} from "./iteration.ts"
import { BatchRandom } from "./random/iterationRandom.ts"
import { emptySums, emptyTallies, FAILURE_EXAMPLES, mergeSums, type Sums, type Tallies } from "./sums.ts"
import { TallyRecorder } from "./tally.ts"
import { emptyTimeline, TimelineRecorder } from "./timeline.ts"

/**
 * Iterations in a chunk. A chunk is always summed from its first iteration to its last, so this number decides the
 * rounding of a result, and is part of it: changing it changes digests. It is small so that a few hundred slow
 * iterations can be shared out, and large enough that folding chunks costs little beside running them.
 */
export const CHUNK_SIZE = 32

/** What a run of iterations needs to know. */
export interface RunnerOptions {
  readonly seed: string
  readonly metrics: ReadonlyArray<string>
  /** Width of a bucket of the timeline, in units of simulated time. */
  readonly bucket: number
  readonly onIterationError: IterationErrorPolicy
}

/** Runs a run of neighbouring iterations. */
export class ChunkRunner {
  /** The whole chunks that were run, folded. */
  readonly fold: Fold<Sums> = emptyFold()
  /** Counts of all iterations that were run. */
  readonly tallies: Tallies
  /** The index of the next iteration. */
  next: number

  private readonly iterate: Iterate
  private readonly options: RunnerOptions
  private readonly iteration: MutableIteration
  private chunk: Sums

  /** Starts with iteration `first`, which must be the first of a chunk. */
  constructor(iterate: Iterate, options: RunnerOptions, first = 0) {
    this.iterate = iterate
    this.options = options
    this.next = first
    this.iteration = new MutableIteration(options)
    this.chunk = emptySums(options.metrics.length)
    this.tallies = emptyTallies(options.metrics.length)
  }

  /**
   * Runs until the iteration before `until` is done. When an iteration returns a promise, the answer is a promise of
   * having run that one: call again for the rest.
   *
   * @throws IterationError under the policy "fail"
   */
  run(until: number): void | Promise<void> {
    const { iterate, iteration } = this
    for (let index = this.next; index < until; index++) {
      iteration.begin(index)
      let outcome: Metrics | Promise<Metrics>
      try {
        outcome = iterate(iteration)
      } catch (thrown) {
        this.fail(index, thrown)
        continue
      }
      if (isPromise(outcome)) {
        return outcome.then(
          (metrics) => this.settle(index, metrics),
          (thrown: unknown) => this.fail(index, thrown),
        )
      }
      this.settle(index, outcome)
    }
  }

  /** The iterations of the chunk under way, which is not in `fold` yet. */
  get openChunk(): Sums {
    return this.chunk
  }

  private settle(index: number, metrics: Metrics): void {
    const { names, values, timeline, tally } = this.iteration
    try {
      for (let at = 0; at < names.length; at++) {
        const value = metrics[names[at]]
        if (!Number.isFinite(value)) throw notANumber(names[at], value)
        values[at] = value
      }
      if (timeline.used()) timeline.verify()
      if (tally.used()) tally.verify()
    } catch (thrown) {
      this.fail(index, thrown)
      return
    }
    const { chunk } = this
    const { distributions } = this.tallies
    for (let at = 0; at < values.length; at++) {
      const value = values[at]
      const distribution = distributions[at]
      addToMoments(chunk.moments[at], value, index)
      addToQuantiles(distribution.quantiles, value)
      addToHistogram(distribution.histogram, value)
    }
    if (timeline.used()) timeline.flush((chunk.timeline ??= emptyTimeline()))
    if (tally.used()) tally.flush((chunk.tally ??= series.empty()))
    this.done(index)
  }

  private fail(index: number, thrown: unknown): void {
    const message = messageOf(thrown)
    if (this.options.onIterationError === "fail") {
      throw new IterationError(index, `Iteration ${index} failed: ${message}`, { cause: thrown })
    }
    const { tallies } = this
    tallies.failed++
    if (this.options.onIterationError === "collect" && tallies.failures.length < FAILURE_EXAMPLES) {
      tallies.failures.push({ iteration: index, message })
      tallies.failures.sort(compareIterations)
    }
    this.done(index)
  }

  private done(index: number): void {
    this.next = index + 1
    if (this.next % CHUNK_SIZE === 0) this.closeChunk()
  }

  /** Ends the chunk under way; called by itself when it is full, and by the owner behind the last iteration of a batch. */
  closeChunk(): void {
    const index = Math.ceil(this.next / CHUNK_SIZE) - 1
    appendToFold(this.fold, { level: 0, index, value: this.chunk }, mergeSums)
    this.chunk = emptySums(this.options.metrics.length)
  }
}

/** The iteration object that is handed to the simulation, over and over. */
class MutableIteration implements Iteration {
  index = 0
  readonly random: BatchRandom
  readonly timeline: TimelineRecorder
  readonly tally = new TallyRecorder()
  readonly names: ReadonlyArray<string>
  readonly values: Array<number>

  constructor({ seed, metrics, bucket }: RunnerOptions) {
    this.random = new BatchRandom(seed)
    this.timeline = new TimelineRecorder(bucket)
    this.names = metrics
    this.values = metrics.map(() => 0)
  }

  begin(index: number): void {
    this.index = index
    this.random.seek(index)
    this.timeline.begin()
    this.tally.begin()
  }
}

const isPromise = (outcome: Metrics | Promise<Metrics>): outcome is Promise<Metrics> =>
  typeof (outcome as { readonly then?: unknown }).then === "function"

const notANumber = (metric: string, value: unknown): RangeError =>
  new RangeError(
    `the metric ${JSON.stringify(metric)} is ${value === undefined ? "missing" : String(value)}; every iteration must ` +
      "return a finite number for each metric of the definition.",
  )
