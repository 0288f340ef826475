/**
 * Count, mean and central moments to the fourth, with the extremes and the iterations that produced them.
 *
 * @see https://www.osti.gov/biblio/1028931 Pébay, "Formulas for Robust, One-Pass Parallel Computation of Covariances and
 *   Arbitrary-Order Statistical Moments". Sums of powers would lose every digit for a mean far from 0.
 */
import type { Accumulator } from "./accumulator.ts"

/** `m2`, `m3` and `m4` are sums of powers of the deviation from the mean. */
export interface Moments {
  count: number
  mean: number
  m2: number
  m3: number
  m4: number
  min: number
  minIteration: number
  max: number
  maxIteration: number
}

/** A value and the index of the iteration that produced it. */
export interface MomentsSample {
  readonly value: number
  readonly iteration: number
}

/** Moments as JSON: the nine fields in order; `null` for extremes while there are none, and for a sum that has overflowed. */
export type EncodedMoments = ReadonlyArray<number | null>

export const emptyMoments = (): Moments => ({
  count: 0,
  mean: 0,
  m2: 0,
  m3: 0,
  m4: 0,
  min: Infinity,
  minIteration: -1,
  max: -Infinity,
  maxIteration: -1,
})

/** Adds one value. The form of `moments.add` without a sample object, for the hot loop. */
export const addToMoments = (state: Moments, value: number, iteration: number): void => {
  const before = state.count
  const count = before + 1
  const delta = value - state.mean
  const step = delta / count
  const stepSquared = step * step
  const term = delta * step * before
  state.count = count
  state.mean += step
  state.m4 +=
    term * stepSquared * (count * count - 3 * count + 3) + 6 * stepSquared * state.m2 - 4 * step * state.m3
  state.m3 += term * step * (count - 2) - 3 * step * state.m2
  state.m2 += term
  if (value < state.min) {
    state.min = value
    state.minIteration = iteration
  }
  if (value > state.max) {
    state.max = value
    state.maxIteration = iteration
  }
}

/**
 * The moments of `count` values from `first` on, with the iterations that produced them: in two passes, the second of
 * which also takes out what rounding left in the mean. For a chunk it is both the most accurate way and the quickest, for
 * no value has to wait for the division by the one before it.
 *
 * @see https://www.jstor.org/stable/2683386 Chan, Golub and LeVeque, "Algorithms for Computing the Sample Variance"
 */
export const momentsOf = (
  values: Float64Array,
  first: number,
  iterations: Float64Array,
  count: number,
): Moments => {
  if (count === 0) return emptyMoments()
  let sum = 0
  let min = values[first]
  let max = min
  let minAt = 0
  let maxAt = 0
  for (let at = 0; at < count; at++) {
    const value = values[first + at]
    sum += value
    if (value < min) {
      min = value
      minAt = at
    }
    if (value > max) {
      max = value
      maxAt = at
    }
  }
  const rough = sum / count
  let s1 = 0
  let s2 = 0
  let s3 = 0
  let s4 = 0
  for (let at = 0; at < count; at++) {
    const deviation = values[first + at] - rough
    const square = deviation * deviation
    s1 += deviation
    s2 += square
    s3 += square * deviation
    s4 += square * square
  }
  const error = s1 / count
  const errorSquared = error * error
  return {
    count,
    mean: rough + error,
    m2: Math.max(0, s2 - count * errorSquared),
    m3: s3 - 3 * error * s2 + 2 * count * errorSquared * error,
    m4: Math.max(0, s4 - 4 * error * s3 + 6 * errorSquared * s2 - 3 * count * errorSquared * errorSquared),
    min,
    minIteration: iterations[minAt],
    max,
    maxIteration: iterations[maxAt],
  }
}

const copy = (state: Moments): Moments => ({ ...state })

/** Of equal extremes the lower iteration stays, so that the order of merging does not show. */
const mergeMoments = (left: Moments, right: Moments): Moments => {
  if (left.count === 0) return copy(right)
  if (right.count === 0) return copy(left)
  const a = left.count
  const b = right.count
  const count = a + b
  const delta = right.mean - left.mean
  const ratio = delta / count
  const ratioSquared = ratio * ratio
  const product = a * b
  const minFromRight =
    right.min < left.min || (right.min === left.min && right.minIteration < left.minIteration)
  const maxFromRight =
    right.max > left.max || (right.max === left.max && right.maxIteration < left.maxIteration)
  return {
    count,
    mean: left.mean + ratio * b,
    m2: left.m2 + right.m2 + delta * ratio * product,
    m3:
      left.m3 +
      right.m3 +
      delta * ratioSquared * product * (a - b) +
      3 * ratio * (a * right.m2 - b * left.m2),
    m4:
      left.m4 +
      right.m4 +
      delta * ratioSquared * ratio * product * (a * a - product + b * b) +
      6 * ratioSquared * (a * a * right.m2 + b * b * left.m2) +
      4 * ratio * (a * right.m3 - b * left.m3),
    min: minFromRight ? right.min : left.min,
    minIteration: minFromRight ? right.minIteration : left.minIteration,
    max: maxFromRight ? right.max : left.max,
    maxIteration: maxFromRight ? right.maxIteration : left.maxIteration,
  }
}

/** The accumulator of moments. Its merge is associative up to rounding, which is why a batch merges in a fixed tree. */
export const moments: Accumulator<Moments, MomentsSample, EncodedMoments> = {
  empty: emptyMoments,
  add: (state, sample) => addToMoments(state, sample.value, sample.iteration),
  merge: mergeMoments,
  encode: (state) => [
    state.count,
    state.mean,
    state.m2,
    state.m3,
    state.m4,
    state.count === 0 ? null : state.min,
    state.minIteration,
    state.count === 0 ? null : state.max,
    state.maxIteration,
  ],
  decode: ([count, mean, m2, m3, m4, min, minIteration, max, maxIteration]) => ({
    count: count ?? 0,
    mean: mean ?? NaN,
    m2: m2 ?? NaN,
    m3: m3 ?? NaN,
    m4: m4 ?? NaN,
    min: min ?? Infinity,
    minIteration: minIteration ?? -1,
    max: max ?? -Infinity,
    maxIteration: maxIteration ?? -1,
  }),
}

/** s² = M2 / (n − 1); `null` below two values. */
export const variance = (state: { readonly count: number; readonly m2: number }): number | null =>
  state.count < 2 ? null : state.m2 / (state.count - 1)
