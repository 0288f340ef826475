/** What a batch sums up, in its two parts: sums that must be folded in a fixed order, and counts that add up in any. */
import { emptyMoments, moments, type EncodedMoments, type Moments } from "./accumulators/moments.ts"
import { histogram, type DyadicHistogram, type EncodedHistogram } from "./accumulators/histogram.ts"
import { quantiles, type EncodedQuantiles, type Quantiles } from "./accumulators/quantiles.ts"
import { decodeCounts, encodeCounts, type EncodedCounts } from "./accumulators/counts.ts"
import { series, type EncodedSeries, type Series } from "./accumulators/series.ts"
import { emptyTimeline, mergeTimelines, type TimelineSums } from "./timeline.ts"
import { compareIterations, type Failure } from "./failures.ts"

/** Floating-point sums of a run of iterations, folded in the fixed tree. Moments are by metric, in the definition's order. */
export interface Sums {
  readonly moments: ReadonlyArray<Moments>
  readonly timeline: TimelineSums
  readonly tally: Series
}

export const emptySums = (metrics: number): Sums => ({
  moments: Array.from({ length: metrics }, emptyMoments),
  timeline: emptyTimeline(),
  tally: series.empty(),
})

export const mergeSums = (left: Sums, right: Sums): Sums => ({
  moments: left.moments.map((state, at) => moments.merge(state, right.moments[at])),
  timeline: mergeTimelines(left.timeline, right.timeline),
  tally: series.merge(left.tally, right.tally),
})

export interface EncodedSums {
  readonly moments: ReadonlyArray<EncodedMoments>
  readonly timeline: EncodedSeries
  readonly ends: EncodedCounts
  readonly tally: EncodedSeries
}

export const encodeSums = (sums: Sums): EncodedSums => ({
  moments: sums.moments.map(moments.encode),
  timeline: series.encode(sums.timeline.series),
  ends: encodeCounts(sums.timeline.ends),
  tally: series.encode(sums.tally),
})

export const decodeSums = (encoded: EncodedSums): Sums => ({
  moments: encoded.moments.map(moments.decode),
  timeline: { series: series.decode(encoded.timeline), ends: decodeCounts(encoded.ends) },
  tally: series.decode(encoded.tally),
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
  failed: number
  /** The first failures by index, at most `FAILURE_EXAMPLES`. */
  failures: Array<Failure>
}

/** How many failed iterations are kept with their messages. */
export const FAILURE_EXAMPLES = 20

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
  failures: [...left.failures, ...right.failures].sort(compareIterations).slice(0, FAILURE_EXAMPLES),
})

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
