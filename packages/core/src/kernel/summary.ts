/** What the sums of a batch say: statistics, timeline and charts in the shapes that are published. */
import type {
  ChartsOf,
  Histogram,
  Interval,
  MetricStats,
  StatsOf,
  TallyEntry,
  Timeline,
  TimelineSeries,
} from "@simstream/protocol"
import { type Moments, variance } from "./accumulators/moments.ts"
import { type Quantiles, valuesAt } from "./accumulators/quantiles.ts"
import type { DyadicHistogram } from "./accumulators/histogram.ts"
import { bucketOver, namesOf } from "./accumulators/series.ts"
import { emptyTimeline } from "./timeline.ts"
import { studentT95 } from "./studentT.ts"
import type { Distribution, Sums, Tallies } from "./sums.ts"

/** What a simulation publishes unless its definition has `present`; and what `present` is given. */
export interface Summary<Metric extends string = string> {
  /** The statistics of each metric. */
  readonly stats: StatsOf<Metric>
  /** The series over simulated time. */
  readonly timeline: Timeline
  /** A histogram of each metric, and the breakdown by category. */
  readonly charts: ChartsOf<Metric>
}

/** The names and units that a summary shows. */
export interface SummaryOptions {
  readonly metrics: ReadonlyArray<{ readonly name: string; readonly unit: string | null }>
  readonly timeline: { readonly bucket: number; readonly unit: string }
}

const QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]

/** Half of the width of the 95 % interval of the mean; `null` below two values. */
export const halfWidth95 = (state: Moments): number | null => {
  const spread = variance(state)
  return spread === null ? null : studentT95(state.count - 1) * Math.sqrt(spread / state.count)
}

/** Summarises a batch, or a part of one. */
export const summarise = (sums: Sums, tallies: Tallies, options: SummaryOptions): Summary => {
  // By entries, here and below: an assignment to `__proto__` would be no property.
  const byMetric = <A>(value: (unit: string | null, at: number) => A): Record<string, A> =>
    Object.fromEntries(options.metrics.map(({ name, unit }, at) => [name, value(unit, at)]))
  const stats = byMetric((unit, at) => metricStats(unit, sums.moments[at], tallies.distributions[at]))
  const histograms = byMetric((unit, at) => publishedHistogram(unit, tallies.distributions[at].histogram))
  return {
    stats,
    timeline: timelineOf(sums, options),
    charts: { histograms, tally: tallyOf(sums) },
  }
}

/** The figure, unless it did not fit into a double on the way: then there is none. */
const finite = (figure: number | null): number | null =>
  figure !== null && Number.isFinite(figure) ? figure : null

const interval = (low: number, high: number): Interval | null =>
  Number.isFinite(low) && Number.isFinite(high) ? { low, high } : null

const metricStats = (unit: string | null, state: Moments, distribution: Distribution): MetricStats => {
  const { count, mean, m2, m3, m4 } = state
  const spread = variance(state)
  const half = halfWidth95(state)
  const [p1, p5, p25, p50, p75, p95, p99] = quantilesWithin(distribution.quantiles, state)
  return {
    unit,
    count,
    mean: count === 0 ? null : finite(mean),
    stdDev: spread === null ? null : finite(Math.sqrt(spread)),
    stdErr: spread === null ? null : finite(Math.sqrt(spread / count)),
    ci95: half === null ? null : interval(mean - half, mean + half),
    min: count === 0 ? null : { value: state.min, iteration: state.minIteration },
    max: count === 0 ? null : { value: state.max, iteration: state.maxIteration },
    skewness: m2 > 0 ? finite((Math.sqrt(count) * m3) / (m2 * Math.sqrt(m2))) : null,
    kurtosis: m2 > 0 ? finite((count * m4) / (m2 * m2) - 3) : null,
    p1: p1 ?? null,
    p5: p5 ?? null,
    p25: p25 ?? null,
    p50: p50 ?? null,
    p75: p75 ?? null,
    p95: p95 ?? null,
    p99: p99 ?? null,
  }
}

/** A bucket's middle can lie outside what was seen; the extremes are known exactly. */
const quantilesWithin = (state: Quantiles, { min, max }: Moments): ReadonlyArray<number> =>
  valuesAt(state, QUANTILES).map((value) => Math.min(max, Math.max(min, value)))

const publishedHistogram = (unit: string | null, state: DyadicHistogram): Histogram | null => {
  if (state.length === 0) return null
  const width = 2 ** state.exponent
  return {
    unit,
    start: state.first * width,
    width,
    counts: Array.from(state.counts.subarray(0, state.length)),
  }
}

const timelineOf = (sums: Sums, options: SummaryOptions): Timeline => {
  const timeline = sums.timeline ?? emptyTimeline()
  // Iterations alive in a bucket: those that ended in it or later.
  const { ends } = timeline
  const alive = Array.from({ length: ends.length === 0 ? 0 : ends.first + ends.length }, () => 0)
  let running = 0
  for (let bucket = alive.length - 1; bucket >= 0; bucket--) {
    if (bucket >= ends.first) running += ends.counts[bucket - ends.first]
    alive[bucket] = running
  }
  const series: Array<readonly [name: string, TimelineSeries]> = []
  for (const name of namesOf(timeline.series)) {
    const buckets = timeline.series.get(name)
    if (buckets === undefined) continue
    const mean: Array<number> = []
    const stdDev: Array<number | null> = []
    alive.forEach((count, bucket) => {
      const state = bucketOver(buckets, bucket, count)
      const spread = variance(state)
      mean.push(state.mean)
      stdDev.push(spread === null ? null : Math.sqrt(spread))
    })
    series.push([name, { mean, stdDev }])
  }
  const { bucket, unit } = options.timeline
  return { bucket, unit, alive, series: Object.fromEntries(series) }
}

const tallyOf = ({ tally, moments }: Sums): ReadonlyArray<TallyEntry> => {
  if (tally === null) return []
  const count = moments[0]?.count ?? 0
  const entries: Array<Omit<TallyEntry, "share">> = []
  let sum = 0
  for (const category of namesOf(tally)) {
    const buckets = tally.get(category)
    if (buckets === undefined) continue
    const state = bucketOver(buckets, 0, count)
    const spread = variance(state)
    sum += state.mean
    entries.push({ category, mean: state.mean, stdDev: spread === null ? null : Math.sqrt(spread) })
  }
  return entries
    .map((entry) => ({ ...entry, share: sum === 0 ? null : entry.mean / sum }))
    .sort((left, right) => right.mean - left.mean || (left.category < right.category ? -1 : 1))
}
