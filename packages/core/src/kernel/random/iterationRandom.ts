/** The streams of one batch: the main one and those that the simulation names, all set to the current iteration. */
import { seedKey, streamKey } from "./key.ts"
import { type Random, SeekableRandom } from "./random.ts"
import { STATE_WORDS } from "./seedStates.ts"

/** The random numbers that an iteration draws from, and its named streams. */
export interface IterationRandom extends Random {
  /**
   * A stream of its own by name. What one stream draws never shifts another, so that two configs can be compared on the
   * same luck even when one of them needs more draws.
   */
  stream(name: string): Random
}

/** The implementation: a stream per name, made when first asked for and set to the iteration when next asked for. */
export class BatchRandom extends SeekableRandom implements IterationRandom {
  private readonly named = new Map<string, NamedRandom>()
  private readonly seed: string
  private seeks = 0
  /** The states of the iterations from `aheadFrom` to the one before `aheadUntil`, made all at once. */
  private ahead = new Int32Array(0)
  private aheadFrom = 0
  private aheadUntil = 0

  constructor(seed: string) {
    super(seedKey(seed))
    this.seed = seed
  }

  override seek(iteration: number): void {
    if (iteration >= this.aheadFrom && iteration < this.aheadUntil) {
      this.begin(iteration, this.ahead, STATE_WORDS * (iteration - this.aheadFrom))
    } else {
      super.seek(iteration)
    }
    this.seeks++
  }

  /** Makes ready to seek the iterations from `first` on one after the other: half the work of seeking each by itself. */
  lookAhead(first: number, count: number): void {
    if (this.ahead.length < STATE_WORDS * count) this.ahead = new Int32Array(STATE_WORDS * count)
    this.statesOf(first, count, this.ahead)
    this.aheadFrom = first
    this.aheadUntil = first + count
  }

  stream(name: string): Random {
    let stream = this.named.get(name)
    if (stream === undefined) {
      stream = new NamedRandom(streamKey(seedKey(this.seed), name))
      this.named.set(name, stream)
    }
    if (stream.seeks !== this.seeks) {
      stream.seek(this.iteration)
      stream.seeks = this.seeks
    }
    return stream
  }
}

class NamedRandom extends SeekableRandom {
  /** Which `seek` of the batch it was set at: an iteration that is run twice starts its streams twice. */
  seeks = -1
}
