/** Counts over a run of integer keys, kept densely from the lowest to the highest key seen. */

/** `counts[i]` belongs to the key `first + i`; `length` keys are in use, the array may be longer. */
export interface Counts {
  first: number
  length: number
  counts: Uint32Array
}

/** Counts as JSON: the first key, and the counts from there. */
export type EncodedCounts = readonly [first: number, counts: ReadonlyArray<number>]

const INITIAL_CAPACITY = 16

const NONE = new Uint32Array(0)

export const emptyCounts = (): Counts => ({ first: 0, length: 0, counts: NONE })

/** Makes room so that `low` to `high` are in use, at least doubling so that growing stays cheap. */
const cover = (state: Counts, low: number, high: number): void => {
  if (state.length > 0) {
    low = Math.min(low, state.first)
    high = Math.max(high, state.first + state.length - 1)
  }
  const length = high - low + 1
  const shift = state.length === 0 ? 0 : state.first - low
  if (length > state.counts.length) {
    const grown = new Uint32Array(Math.max(INITIAL_CAPACITY, 2 * length))
    grown.set(state.counts.subarray(0, state.length), shift)
    state.counts = grown
  } else if (shift > 0) {
    state.counts.copyWithin(shift, 0, state.length)
    state.counts.fill(0, 0, shift)
  }
  state.first = low
  state.length = length
}

/** Adds to one key. */
export const addToCounts = (state: Counts, key: number, amount: number): void => {
  let at = key - state.first
  if (at < 0 || at >= state.length) {
    cover(state, key, key)
    at = key - state.first
  }
  state.counts[at] += amount
}

export const mergeCounts = (left: Counts, right: Counts): Counts => {
  const merged = emptyCounts()
  for (const side of [left, right]) {
    if (side.length === 0) continue
    cover(merged, side.first, side.first + side.length - 1)
    for (let at = 0; at < side.length; at++) {
      merged.counts[side.first - merged.first + at] += side.counts[at]
    }
  }
  return merged
}

export const encodeCounts = (state: Counts): EncodedCounts => [
  state.first,
  Array.from(state.counts.subarray(0, state.length)),
]

export const decodeCounts = ([first, counts]: EncodedCounts): Counts => ({
  first,
  length: counts.length,
  counts: Uint32Array.from(counts),
})
