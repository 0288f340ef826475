/** The random numbers of a simulation: a small fast generator (sfc32), seeded afresh for every iteration. */
import { log } from "../log.ts"
import type { StreamKey } from "./key.ts"
import { seedStates, STATE_WORDS } from "./seedStates.ts"

/** Draws from one stream of random numbers. All of them are the same on every engine, to the bit. */
export interface Random {
  /** A uniform number in [0, 1), with 53 random bits. */
  float(): number
  /**
   * A uniform integer from `min` to `max`, both included, without bias.
   *
   * @throws RangeError when the bounds are no safe integers, or `min > max`, or they are 2^53 or more apart.
   */
  int(min: number, max: number): number
  /** `true` with this probability; 0.5 by default. */
  bool(probability?: number): boolean
  /** A normal variate (Marsaglia's polar method); standard by default. */
  normal(mean?: number, stdDev?: number): number
  /** An exponential variate with this mean (not rate); 1 by default. */
  exponential(mean?: number): number
  /**
   * One element, each as likely as the others.
   *
   * @throws RangeError when the list is empty.
   */
  pick<A>(list: ReadonlyArray<A>): A
  /** Shuffles the list in place (Fisher and Yates) and returns it. */
  shuffle<A>(list: Array<A>): Array<A>
}

const TWO_32 = 4294967296
const TWO_53 = 9007199254740992
/** Up to this many outcomes, a 32-bit draw times their number is exact in a double. */
const EXACT_RANGE = 2097152

const state = new Int32Array(STATE_WORDS)

/** A stream that can be set to any iteration at once. `seek` costs about 20 ns, a draw about 2. */
export class SeekableRandom implements Random {
  private a = 0
  private b = 0
  private c = 0
  private counter = 0
  /** The polar method makes two normals at a time; the second one waits here. */
  private spare = NaN
  private readonly k0: number
  private readonly k1: number
  /** The iteration that the stream is set to; −1 before the first. */
  iteration = -1

  constructor(key: StreamKey) {
    this.k0 = key.k0
    this.k1 = key.k1
  }

  /** Goes to the start of an iteration's numbers. */
  seek(iteration: number): void {
    this.statesOf(iteration, 1, state)
    this.begin(iteration, state, 0)
  }

  /** Puts the states in which the iterations from `first` on begin into `out`. */
  protected statesOf(first: number, count: number, out: Int32Array): void {
    seedStates(this.k0, this.k1, first, count, out)
  }

  /** Begins an iteration in the state at `at`. */
  protected begin(iteration: number, states: Int32Array, at: number): void {
    this.a = states[at]
    this.b = states[at + 1]
    this.c = states[at + 2]
    this.counter = states[at + 3]
    this.spare = NaN
    this.iteration = iteration
  }

  /** The next 32 bits, as a signed integer (sfc32, Doty-Humphrey's small fast chaotic generator of PractRand). */
  private next(): number {
    const out = (this.a + this.b + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + out) | 0
    return out
  }

  float(): number {
    const high = this.next() >>> 5
    const low = this.next() >>> 6
    return (high * 67108864 + low) / TWO_53
  }

  int(min: number, max: number): number {
    const span = max - min
    if (!(Number.isSafeInteger(min) && Number.isSafeInteger(max) && span >= 0 && span < TWO_53)) {
      throw new RangeError(
        `random.int(min, max) takes two safe integers, min <= max, less than 2^53 apart; got ${min} and ${max}.`,
      )
    }
    return min + this.below(span + 1)
  }

  private below(range: number): number {
    return range <= EXACT_RANGE ? this.belowSmall(range) : this.belowLarge(range)
  }

  /** Lemire's method: the high word of draw × range, and again in the rare case that would favour some outcomes. */
  private belowSmall(range: number): number {
    let draw = this.next() >>> 0
    let low = Math.imul(draw, range) >>> 0
    if (low < range) {
      const threshold = (TWO_32 - range) % range
      while (low < threshold) {
        draw = this.next() >>> 0
        low = Math.imul(draw, range) >>> 0
      }
    }
    // Cut off, not rounded down, which takes an engine longer and is the same for what is never negative.
    return ((draw * range) / TWO_32) | 0
  }

  private belowLarge(range: number): number {
    const limit = TWO_53 - (TWO_53 % range)
    let draw: number
    do draw = this.float() * TWO_53
    while (draw >= limit)
    return draw % range
  }

  bool(probability = 0.5): boolean {
    return this.float() < probability
  }

  normal(mean = 0, stdDev = 1): number {
    let value = this.spare
    if (value === value) {
      this.spare = NaN
    } else {
      let u: number
      let v: number
      let square: number
      do {
        u = 2 * this.float() - 1
        v = 2 * this.float() - 1
        square = u * u + v * v
      } while (square >= 1 || square === 0)
      const factor = Math.sqrt((-2 * log(square)) / square)
      value = u * factor
      this.spare = v * factor
    }
    return mean + stdDev * value
  }

  exponential(mean = 1): number {
    return -mean * log(1 - this.float())
  }

  pick<A>(list: ReadonlyArray<A>): A {
    if (list.length === 0) throw new RangeError("random.pick(list) needs a list with at least one element.")
    return list[this.below(list.length)]
  }

  shuffle<A>(list: Array<A>): Array<A> {
    for (let last = list.length - 1; last > 0; last--) {
      const other = this.int(0, last)
      const kept = list[last]
      list[last] = list[other]
      list[other] = kept
    }
    return list
  }
}
