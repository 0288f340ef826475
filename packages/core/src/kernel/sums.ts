/** What a batch sums up, in its two parts: sums that must be folded in a fixed order, and counts that add up in any. */
import { emptyMoments, moments, type EncodedMoments, type Moments } from "./accumulators/moments.ts"
import { histogram, type DyadicHistogram, type EncodedHistogram } from "./accumulators/histogram.ts"
import { quantiles, type EncodedQuantiles, type Quantiles } from "./accumulators/quantiles.ts"
import { decodeCounts, encodeCounts, type EncodedCounts } from "./accumulators/counts.ts"
import { series, type EncodedSeries, type Series } from "./accumulators/series.ts"
import { mergeTimelines, type TimelineSums } from "./timeline.ts"
import { type Failure, keepExample } from "./failures.ts"

/** Floating-point sums of a run of iterations, folded in the fixed tree. */
export interface Sums {
  /** By metric, in the definition's order. */
  readonly moments: ReadonlyArray<Moments>
  /** `null` while no iteration used it: most simulations have none, and a chunk is made every few microseconds. */
  timeline: TimelineSums | null
  /** `null` while no iteration used it. */
  tally: Series | null
}

export const emptySums = (metrics: number): Sums => {
  // A loop, for `Array.from` with a function takes longer than the iterations that fill a chunk of a small simulation.
  const byMetric: Array<Moments> = []
  for (let at = 0; at < metrics; at++) byMetric.push(emptyMoments())
  return { moments: byMetric, timeline: null, tally: null }
}

/** Merges what may not be there. */
const mergeOptional = <A>(left: A | null, right: A | null, merge: (left: A, right: A) => A): A | null =>
  left === null ? right : right === null ? left : merge(left, right)

export const mergeSums = (left: Sums, right: Sums): Sums => ({
  moments: left.moments.map((state, at) => moments.merge(state, right.moments[at])),
  timeline: mergeOptional(left.timeline, right.timeline, mergeTimelines),
  tally: mergeOptional(left.tally, right.tally, series.merge),
})

/** Sums as JSON. */
export interface EncodedSums {
  readonly moments: ReadonlyArray<EncodedMoments>
  readonly timeline: { readonly series: EncodedSeries; readonly ends: EncodedCounts } | null
  readonly tally: EncodedSeries | null
}

export const encodeSums = (sums: Sums): EncodedSums => ({
  moments: sums.moments.map(moments.encode),
  timeline:
    sums.timeline === null
      ? null
      : { series: series.encode(sums.timeline.series), ends: encodeCounts(sums.timeline.ends) },
  tally: sums.tally === null ? null : series.encode(sums.tally),
})

export const decodeSums = (encoded: EncodedSums): Sums => ({
  moments: encoded.moments.map(moments.decode),
  timeline:
    encoded.timeline === null
      ? null
      : { series: series.decode(encoded.timeline.series), ends: decodeCounts(encoded.timeline.ends) },
  tally: encoded.tally === null ? null : series.decode(encoded.tally),
})

/** The distribution of one metric. */
export interface Distribution {
  readonly quantiles: Quantiles
  readonly histogram: DyadicHistogram
}

/** Integer counts of a set of iterations. */
export interface Tallies {
  /** By metric, in the definition's order. */
  distributions: ReadonlyArray<Distribution>
  /** Iterations that failed, and were left out of all else. */
  failed: number
  /** The first failures by index, at most `FAILURE_EXAMPLES`. */
  failures: Array<Failure>
}

export const emptyTallies = (metrics: number): Tallies => ({
  distributions: Array.from({ length: metrics }, () => ({
    quantiles: quantiles.empty(),
    histogram: histogram.empty(),
  })),
  failed: 0,
  failures: [],
})

export const mergeTallies = (left: Tallies, right: Tallies): Tallies => ({
  distributions: left.distributions.map((state, at) => ({
    quantiles: quantiles.merge(state.quantiles, right.distributions[at].quantiles),
    histogram: histogram.merge(state.histogram, right.distributions[at].histogram),
  })),
  failed: left.failed + right.failed,
  failures: right.failures.reduce(keepExample, left.failures),
})

/** Tallies as JSON. */
export interface EncodedTallies {
  readonly distributions: ReadonlyArray<{
    readonly quantiles: EncodedQuantiles
    readonly histogram: EncodedHistogram
  }>
  readonly failed: number
  readonly failures: ReadonlyArray<Failure>
}

export const encodeTallies = (tallies: Tallies): EncodedTallies => ({
  distributions: tallies.distributions.map((state) => ({
    quantiles: quantiles.encode(state.quantiles),
    histogram: histogram.encode(state.histogram),
  })),
  failed: tallies.failed,
  failures: tallies.failures,
})

export const decodeTallies = (encoded: EncodedTallies): Tallies => ({
  distributions: encoded.distributions.map((state) => ({
    quantiles: quantiles.decode(state.quantiles),
    histogram: histogram.decode(state.histogram),
  })),
  failed: encoded.failed,
  failures: [...encoded.failures],
})
