/** The streams of one batch: the main one and those that the simulation names, all set to the current iteration. */
import { seedKey, streamKey } from "./key.ts"
import { type Random, SeekableRandom } from "./random.ts"

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

  constructor(seed: string) {
    super(seedKey(seed))
    this.seed = seed
  }

  override seek(iteration: number): void {
    super.seek(iteration)
    this.seeks++
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
