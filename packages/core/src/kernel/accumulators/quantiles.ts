/**
 * Quantiles within a stated relative error, from counts in log-linear buckets: the bucket of a number is the top of its
 * own bits, exponent and seven bits of mantissa. Counts are integers and add up in any order, so a merge is exact; no
 * logarithm is taken, so every engine puts a number into the same bucket.
 */
import { HIGH_WORD } from "../log.ts"
import type { Accumulator } from "./accumulator.ts"
import {
  addToCounts,
  type Counts,
  decodeCounts,
  emptyCounts,
  encodeCounts,
  type EncodedCounts,
  mergeCounts,
} from "./counts.ts"

/** Bits of the mantissa that tell buckets apart. A bucket's middle is within 2^−8 of all its numbers. */
const MANTISSA_BITS = 7
const SHIFT = 20 - MANTISSA_BITS
/** The error of a quantile, relative to its value: 0.39 %. (Below 2^-1022, where doubles lose their digits, relative to that.) */
export const QUANTILE_RELATIVE_ERROR = 2 ** -(MANTISSA_BITS + 1)

/** Numbers above, below and equal to 0. Each side has at most 2^18 buckets, a few hundred in practice. */
export interface Quantiles {
  positive: Counts
  negative: Counts
  zeros: number
}

/** Quantiles as JSON. */
export interface EncodedQuantiles {
  readonly positive: EncodedCounts
  readonly negative: EncodedCounts
  readonly zeros: number
}

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)

/** Adds one number. It must be finite: what is not is a failed iteration, and never gets here. */
export const addToQuantiles = (state: Quantiles, value: number): void => {
  if (value === 0) {
    state.zeros++
    return
  }
  float[0] = value
  const bits = words[HIGH_WORD]
  if (value > 0) addToCounts(state.positive, bits >>> SHIFT, 1)
  else addToCounts(state.negative, (bits & 0x7fffffff) >>> SHIFT, 1)
}

/**
 * Counts numbers for as long as they are 0 or have a bucket in `counts`, and answers with the index of the first that is
 * neither. It calls nothing, so that an engine can keep in registers what it would otherwise load for every number.
 *
 * Whether a number is 0 or positive is a coin toss in many simulations, and a branch on it would be guessed wrong half of
 * the time; so both go the same way.
 */
const countKnown = (
  { counts, first: lowest, length }: Counts,
  bits: Uint32Array,
  from: number,
  end: number,
): number => {
  let index = from
  let numbers = 0
  for (; index < end; index++) {
    const high = bits[2 * index + HIGH_WORD]
    const magnitude = (high << 1) | bits[2 * index + 1 - HIGH_WORD]
    /** All ones, or none for 0 and −0, which then add nothing to the first bucket. */
    const mask = (magnitude | -magnitude) >> 31
    const at = ((high >>> SHIFT) - lowest) & mask
    if (at >>> 0 >= length) break
    counts[at] -= mask
    numbers -= mask
  }
  numbersKnown += numbers
  return index
}
/** How many of the numbers that `countKnown` has counted were none of 0 and −0; a result without an object. */
let numbersKnown = 0

/** Adds `count` numbers from `first` on, of which `bits` is the same memory: what the hot loop calls. */
export const addAllToQuantiles = (
  state: Quantiles,
  values: Float64Array,
  bits: Uint32Array,
  first: number,
  count: number,
): void => {
  const end = first + count
  numbersKnown = 0
  let unknown = 0
  for (let index = first; index < end; index++) {
    index = countKnown(state.positive, bits, index, end)
    if (index === end) break
    addToQuantiles(state, values[index])
    unknown++
  }
  state.zeros += count - unknown - numbersKnown
}

/** The middle of a bucket: the bits that it does not look at are 1000…. */
const bucketValue = (key: number): number => {
  words[1 - HIGH_WORD] = 0
  words[HIGH_WORD] = (key << SHIFT) | (1 << (SHIFT - 1))
  return float[0]
}

/** The accumulator of quantiles. Its merge is exact: associative and commutative to the bit. */
export const quantiles: Accumulator<Quantiles, number, EncodedQuantiles> = {
  empty: () => ({ positive: emptyCounts(), negative: emptyCounts(), zeros: 0 }),
  add: addToQuantiles,
  merge: (left, right) => ({
    positive: mergeCounts(left.positive, right.positive),
    negative: mergeCounts(left.negative, right.negative),
    zeros: left.zeros + right.zeros,
  }),
  encode: (state) => ({
    positive: encodeCounts(state.positive),
    negative: encodeCounts(state.negative),
    zeros: state.zeros,
  }),
  decode: (encoded) => ({
    positive: decodeCounts(encoded.positive),
    negative: decodeCounts(encoded.negative),
    zeros: encoded.zeros,
  }),
}

const total = ({ counts, length }: Counts): number => {
  let sum = 0
  for (let at = 0; at < length; at++) sum += counts[at]
  return sum
}

/**
 * The values at these quantiles, each 0 to 1 and in ascending order: the one of rank ⌊q·(n − 1)⌋, within
 * `QUANTILE_RELATIVE_ERROR`. Empty when nothing was added.
 */
export const valuesAt = (state: Quantiles, ascending: ReadonlyArray<number>): ReadonlyArray<number> => {
  const count = total(state.negative) + state.zeros + total(state.positive)
  if (count === 0) return []
  const values: Array<number> = []
  let seen = 0
  const pass = (value: number, amount: number): void => {
    seen += amount
    while (values.length < ascending.length && Math.floor(ascending[values.length] * (count - 1)) < seen) {
      values.push(value)
    }
  }
  const { negative, positive } = state
  for (let at = negative.length - 1; at >= 0; at--) {
    if (negative.counts[at] > 0) pass(-bucketValue(negative.first + at), negative.counts[at])
  }
  if (state.zeros > 0) pass(0, state.zeros)
  for (let at = 0; at < positive.length; at++) {
    if (positive.counts[at] > 0) pass(bucketValue(positive.first + at), positive.counts[at])
  }
  return values
}
