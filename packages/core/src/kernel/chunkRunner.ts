/**
 * The hot loop: runs iterations one after the other and sums them up chunk by chunk. It never looks at a clock; the
 * caller says how many iterations to run and decides what to do then.
 */
import { series } from "./accumulators/series.ts"
import { Chunk, CHUNK_SIZE } from "./chunk.ts"
import { messageOf } from "./failures.ts"
import { appendToFold, emptyFold, type Fold } from "./fold.ts"
import {
  type Iterate,
  type Iteration,
  IterationError,
  type IterationErrorPolicy,
  type Metrics,
} from "./iteration.ts"
import { noMetrics, notANumber } from "./metrics.ts"
import type { Part } from "./part.ts"
import { BatchRandom } from "./random/iterationRandom.ts"
import { emptyTallies, mergeSums, type Sums, type Tallies } from "./sums.ts"
import { TallyRecorder } from "./tally.ts"
import { emptyTimeline, TimelineRecorder } from "./timeline.ts"

/** What a run of iterations needs to know. */
export interface RunnerOptions {
  readonly seed: string
  readonly metrics: ReadonlyArray<string>
  /** Width of a bucket of the timeline, in units of simulated time. */
  readonly bucket: number
  readonly onIterationError: IterationErrorPolicy
}

/** Runs neighbouring iterations. */
export class ChunkRunner {
  /** The index of the next iteration. */
  next: number

  private readonly iterate: Iterate
  private readonly options: RunnerOptions
  private readonly iteration: MutableIteration
  private readonly chunk: Chunk
  /** Where the chunks that have not been taken begin. */
  private first: number
  private fold: Fold<Sums> = emptyFold()
  private tallies: Tallies

  /** Starts with iteration `first`, which must be the first of a chunk. */
  constructor(iterate: Iterate, options: RunnerOptions, first = 0) {
    this.iterate = iterate
    this.options = options
    this.next = first
    this.first = first
    this.iteration = new MutableIteration(options)
    this.chunk = new Chunk(options.metrics.length)
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
      if (isPromise(outcome)) return this.settleLater(index, outcome)
      this.settle(index, outcome)
    }
  }

  /** Hands over the whole chunks that were run since the last time; `null` when there are none. */
  take(): Part | null {
    const until = this.next - (this.next % CHUNK_SIZE)
    if (until === this.first) return null
    const part: Part = { first: this.first, until, nodes: this.fold.nodes, tallies: this.tallies }
    this.first = until
    this.fold = emptyFold()
    this.tallies = emptyTallies(this.options.metrics.length)
    return part
  }

  /** What there is of the chunk under way, as a part that ends within it; `null` when it has not begun. */
  unfinished(): Part | null {
    const { chunk, next } = this
    if (chunk.isEmpty()) return null
    const first = next - (next % CHUNK_SIZE)
    return {
      first,
      until: next,
      nodes: [{ level: 0, index: first / CHUNK_SIZE, value: chunk.sums() }],
      tallies: chunk.tallies(),
    }
  }

  /** Not in the loop, for there an engine would keep the index of every iteration for functions that are hardly ever made. */
  private settleLater(index: number, outcome: Promise<Metrics>): Promise<void> {
    return outcome.then(
      (metrics) => this.settle(index, metrics),
      (thrown: unknown) => this.fail(index, thrown),
    )
  }

  private settle(index: number, metrics: Metrics): void {
    const { chunk, iteration } = this
    // Asked once, and before the metrics are read: asked after them it costs as much as writing one down.
    const recorded = iteration.recorded()
    try {
      this.write(metrics)
      if (recorded) iteration.verify()
    } catch (thrown) {
      this.fail(index, thrown)
      return
    }
    if (recorded) iteration.flush(chunk)
    chunk.settle(index)
    this.done(index)
  }

  /** Writes down what an iteration returned. */
  private write(metrics: Metrics): void {
    const { chunk } = this
    const { names } = this.iteration
    if (typeof metrics !== "object" || metrics === null) throw noMetrics(names, metrics)
    for (let at = 0; at < names.length; at++) {
      const value = metrics[names[at]]
      if (!Number.isFinite(value)) throw notANumber(names[at], value)
      chunk.write(at, value)
    }
  }

  private fail(index: number, thrown: unknown): void {
    const { onIterationError } = this.options
    const message = messageOf(thrown)
    if (onIterationError === "fail") {
      throw new IterationError(index, `Iteration ${index} failed: ${message}`, { cause: thrown })
    }
    this.chunk.fail(index, onIterationError === "collect" ? message : null)
    this.done(index)
  }

  private done(index: number): void {
    this.next = index + 1
    if (this.next % CHUNK_SIZE === 0) this.closeChunk()
  }

  private closeChunk(): void {
    const { chunk } = this
    appendToFold(this.fold, { level: 0, index: this.next / CHUNK_SIZE - 1, value: chunk.sums() }, mergeSums)
    chunk.countInto(this.tallies)
    chunk.clear()
  }
}

/** The iteration object that is handed to the simulation, over and over. */
class MutableIteration implements Iteration {
  index = 0
  readonly random: BatchRandom
  readonly timeline: TimelineRecorder
  readonly tally = new TallyRecorder()
  readonly names: ReadonlyArray<string>

  constructor({ seed, metrics, bucket }: RunnerOptions) {
    this.random = new BatchRandom(seed)
    this.timeline = new TimelineRecorder(bucket)
    this.names = metrics
  }

  begin(index: number): void {
    this.index = index
    if (index % CHUNK_SIZE === 0) this.random.lookAhead(index, CHUNK_SIZE)
    this.random.seek(index)
    if (this.recorded()) {
      this.timeline.begin()
      this.tally.begin()
    }
  }

  /** Whether the iteration has a timeline or a tally. */
  recorded(): boolean {
    return this.timeline.used() || this.tally.used()
  }

  /** Refuses sums that are no finite numbers, and times that can't be, before anything is counted. */
  verify(): void {
    if (this.timeline.used()) this.timeline.verify()
    if (this.tally.used()) this.tally.verify()
  }

  /** Adds what was recorded to the chunk. */
  flush(chunk: Chunk): void {
    if (this.timeline.used()) this.timeline.flush((chunk.timeline ??= emptyTimeline()))
    if (this.tally.used()) this.tally.flush((chunk.tally ??= series.empty()))
  }
}

const isPromise = (outcome: Metrics | Promise<Metrics>): outcome is Promise<Metrics> =>
  typeof outcome === "object" && outcome !== null && typeof outcome.then === "function"
