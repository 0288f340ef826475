/**
 * A histogram whose range need not be known: bins of width 2^k aligned at 0, where k grows just enough for all values to
 * fit into a fixed number of bins and neighbours then add up. The result depends on the values alone, not on their
 * order, so a merge is exact. (But for numbers just below 0, at less than 2^-1074 of a bin's width: in doubles they can't
 * be told from 0 any more, and may be counted on either side of it.)
 */
import type { Accumulator } from "./accumulator.ts"

/** The most bins there can be. A chart re-bins to what fits it. */
export const HISTOGRAM_BINS = 128

/** 2^k must stay finite both ways, and an index exact: below this width nothing is told apart. */
const LEAST_EXPONENT = -1000

/** `counts[i]` counts values in [(first + i)·2^exponent, (first + i + 1)·2^exponent); `length` bins are in use. */
export interface DyadicHistogram {
  exponent: number
  /** 2^−exponent, kept because a multiplication is what the hot loop can afford. */
  scale: number
  first: number
  length: number
  counts: Uint32Array
}

/** A histogram as JSON: the bins in use, from the first. */
export interface EncodedHistogram {
  readonly exponent: number
  readonly first: number
  readonly counts: ReadonlyArray<number>
}

export const emptyHistogram = (): DyadicHistogram => ({
  exponent: LEAST_EXPONENT,
  scale: 2 ** -LEAST_EXPONENT,
  first: 0,
  length: 0,
  counts: new Uint32Array(HISTOGRAM_BINS),
})

/** Doubles the bins' width until it is 2^exponent. */
const coarsen = (state: DyadicHistogram, exponent: number): void => {
  // 2^1023 is more than any index already, and the most before infinity, which would put −1 into bin 0.
  const by = 2 ** Math.min(1023, exponent - state.exponent)
  const { counts, first, length } = state
  const coarseFirst = Math.floor(first / by)
  for (let at = 0; at < length; at++) {
    const amount = counts[at]
    counts[at] = 0
    // The bin that this one falls into lies at or before it, so nothing not yet moved is overwritten.
    counts[Math.floor((first + at) / by) - coarseFirst] += amount
  }
  state.length = length === 0 ? 0 : Math.floor((first + length - 1) / by) - coarseFirst + 1
  state.first = coarseFirst
  state.exponent = exponent
  state.scale = 2 ** -exponent
}

/** The least exponent at which a number's index is exact: its own lowest mantissa bit. */
const exactExponent = (value: number): number => {
  if (value === 0) return LEAST_EXPONENT
  // floor(log2) by arithmetic: near a power of two Math.log2 may be one off, which the two loops mend.
  const magnitude = Math.abs(value)
  let exponent = Math.max(-1074, Math.floor(Math.log2(magnitude)))
  while (exponent > -1074 && 2 ** exponent > magnitude) exponent--
  while (exponent < 1023 && 2 ** (exponent + 1) <= magnitude) exponent++
  return Math.max(LEAST_EXPONENT, exponent - 52)
}

/** Coarsens until `low` and `high`, in bins of the present width, fit beside what is there. */
const makeRoom = (state: DyadicHistogram, low: number, high: number): void => {
  if (state.length > 0) {
    low = Math.min(low, state.first)
    high = Math.max(high, state.first + state.length - 1)
  }
  let { exponent } = state
  while (high - low >= HISTOGRAM_BINS) {
    low = Math.floor(low / 2)
    high = Math.floor(high / 2)
    exponent++
  }
  if (exponent > state.exponent) coarsen(state, exponent)
  if (state.length > 0 && low < state.first) {
    const shift = state.first - low
    state.counts.copyWithin(shift, 0, state.length)
    state.counts.fill(0, 0, shift)
  }
  state.first = low
  state.length = high - low + 1
}

/** Adds one finite number. */
export const addToHistogram = (state: DyadicHistogram, value: number): void => {
  const at = Math.floor(value * state.scale) - state.first
  if (at >= 0 && at < state.length) {
    state.counts[at]++
    return
  }
  const exponent = exactExponent(value)
  if (exponent > state.exponent) coarsen(state, exponent)
  // + 0 for −0, which is no index to publish.
  const index = Math.floor(value * state.scale) + 0
  makeRoom(state, index, index)
  state.counts[Math.floor(value * state.scale) - state.first]++
}

/** Counts numbers for as long as they have a bin, and answers with the index of the first that has none. It calls nothing. */
const countKnown = (
  { counts, scale, first: lowest, length }: DyadicHistogram,
  values: Float64Array,
  from: number,
  end: number,
): number => {
  let index = from
  for (; index < end; index++) {
    const at = Math.floor(values[index] * scale) - lowest
    if (!(at >= 0 && at < length)) break
    counts[at | 0]++
  }
  return index
}

/** Adds `count` numbers from `first` on: what the hot loop calls. */
export const addAllToHistogram = (
  state: DyadicHistogram,
  values: Float64Array,
  first: number,
  count: number,
): void => {
  const end = first + count
  for (let index = first; index < end; index++) {
    index = countKnown(state, values, index, end)
    if (index < end) addToHistogram(state, values[index])
  }
}

const copy = (state: DyadicHistogram): DyadicHistogram => ({ ...state, counts: state.counts.slice() })

const mergeHistograms = (left: DyadicHistogram, right: DyadicHistogram): DyadicHistogram => {
  if (left.length === 0) return copy(right)
  if (right.length === 0) return copy(left)
  const merged = copy(left)
  const other = copy(right)
  if (merged.exponent < other.exponent) coarsen(merged, other.exponent)
  if (other.exponent < merged.exponent) coarsen(other, merged.exponent)
  makeRoom(merged, other.first, other.first + other.length - 1)
  if (other.exponent < merged.exponent) coarsen(other, merged.exponent)
  for (let at = 0; at < other.length; at++) merged.counts[other.first + at - merged.first] += other.counts[at]
  return merged
}

/** The accumulator of histograms. Its merge is exact: associative and commutative to the bit. */
export const histogram: Accumulator<DyadicHistogram, number, EncodedHistogram> = {
  empty: emptyHistogram,
  add: addToHistogram,
  merge: mergeHistograms,
  encode: ({ exponent, first, length, counts }) => ({
    exponent,
    first,
    counts: Array.from(counts.subarray(0, length)),
  }),
  decode: ({ exponent, first, counts }) => {
    const state = emptyHistogram()
    state.exponent = exponent
    state.scale = 2 ** -exponent
    state.first = first
    state.length = counts.length
    state.counts.set(counts)
    return state
  },
}
