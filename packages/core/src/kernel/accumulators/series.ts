/**
 * Totals per iteration, by name and bucket: what the timeline (buckets of time) and the tally (one bucket a category)
 * are made of. Only what an iteration touched costs anything; the zeros of the others are added at the end, exactly, by
 * the same formula that merges two sets.
 */
import type { Accumulator } from "./accumulator.ts"

/** For bucket b: how many iterations touched it at 3b, the mean of their totals at 3b + 1, and M2 at 3b + 2. */
export interface Buckets {
  length: number
  data: Float64Array
}

/** The buckets of every name. */
export type Series = Map<string, Buckets>

/** What one iteration added up to in one bucket. */
export interface SeriesSample {
  readonly name: string
  readonly bucket: number
  readonly total: number
}

/** Series as JSON: the names with their buckets' data; `null` is a sum that has overflowed. */
export type EncodedSeries = ReadonlyArray<readonly [name: string, data: ReadonlyArray<number | null>]>

const STRIDE = 3

const grow = (buckets: Buckets, length: number): void => {
  if (length <= buckets.length) return
  if (length * STRIDE > buckets.data.length) {
    const grown = new Float64Array(Math.max(length, 2 * buckets.length) * STRIDE)
    grown.set(buckets.data.subarray(0, buckets.length * STRIDE))
    buckets.data = grown
  }
  buckets.length = length
}

/** The buckets of a name, made when new, with room for `length` of them. */
export const bucketsOf = (series: Series, name: string, length: number): Buckets => {
  let buckets = series.get(name)
  if (buckets === undefined) {
    buckets = { length: 0, data: new Float64Array(length * STRIDE) }
    series.set(name, buckets)
  }
  grow(buckets, length)
  return buckets
}

/** Adds an iteration's total in one bucket (Welford's update). The bucket must be covered already. */
export const addToBucket = ({ data }: Buckets, bucket: number, total: number): void => {
  const at = bucket * STRIDE
  const count = data[at] + 1
  const delta = total - data[at + 1]
  const mean = data[at + 1] + delta / count
  data[at] = count
  data[at + 1] = mean
  data[at + 2] += delta * (total - mean)
}

/** Merges into `into`, bucket by bucket (Chan's formula). */
const mergeInto = (into: Buckets, from: Buckets): void => {
  grow(into, from.length)
  const a = into.data
  const b = from.data
  for (let at = 0; at < from.length * STRIDE; at += STRIDE) {
    const added = b[at]
    if (added === 0) continue
    const present = a[at]
    if (present === 0) {
      a[at] = added
      a[at + 1] = b[at + 1]
      a[at + 2] = b[at + 2]
      continue
    }
    const count = present + added
    const delta = b[at + 1] - a[at + 1]
    a[at] = count
    a[at + 1] += (delta * added) / count
    a[at + 2] += b[at + 2] + (delta * delta * present * added) / count
  }
}

const copy = ({ length, data }: Buckets): Buckets => ({ length, data: data.slice(0, length * STRIDE) })

/** The accumulator of named buckets. Its merge is associative up to rounding. */
export const series: Accumulator<Series, SeriesSample, EncodedSeries> = {
  empty: () => new Map(),
  add: (state, { name, bucket, total }) => addToBucket(bucketsOf(state, name, bucket + 1), bucket, total),
  merge: (left, right) => {
    const merged: Series = new Map()
    for (const [name, buckets] of left) merged.set(name, copy(buckets))
    for (const [name, buckets] of right) {
      const present = merged.get(name)
      if (present === undefined) merged.set(name, copy(buckets))
      else mergeInto(present, buckets)
    }
    return merged
  },
  encode: (state) =>
    namesOf(state).map((name) => {
      const { data, length } = bucketsOf(state, name, 0)
      return [name, Array.from(data.subarray(0, length * STRIDE))]
    }),
  decode: (encoded) =>
    new Map(
      encoded.map(([name, data]) => [
        name,
        { length: data.length / STRIDE, data: Float64Array.from(data, (sum) => sum ?? NaN) },
      ]),
    ),
}

/** The names in one order on every machine: by UTF-16 units. */
export const namesOf = (state: Series): ReadonlyArray<string> => [...state.keys()].sort()

/** Mean and M2 of a bucket over `count` iterations, of which those that never touched it had a total of 0. */
export const bucketOver = (
  { data, length }: Buckets,
  bucket: number,
  count: number,
): { readonly count: number; readonly mean: number; readonly m2: number } => {
  if (bucket >= length) return { count, mean: 0, m2: 0 }
  const touched = data[bucket * STRIDE]
  const mean = data[bucket * STRIDE + 1]
  const m2 = data[bucket * STRIDE + 2]
  if (count === 0) return { count, mean: 0, m2: 0 }
  return {
    count,
    mean: (mean * touched) / count,
    m2: m2 + (mean * mean * touched * (count - touched)) / count,
  }
}
