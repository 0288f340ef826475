/**
 * What a simulation publishes: statistics, a timeline and charts, as they travel. A definition with `present` publishes
 * shapes of its own; these are the ones that every other simulation has.
 */

/**
 * The three parts of what a simulation publishes, as types. Every event and result that carries them is generic in this.
 */
export interface Outputs {
  /** Statistics: of each metric, or what `present` made of them. */
  readonly stats: unknown
  /** Series over simulated time. */
  readonly timeline: unknown
  /** Histograms and the breakdown. */
  readonly charts: unknown
}

/** The value of a metric in one iteration, and which iteration that was: replay it with `replay(simulation, { index })`. */
export interface Extreme {
  /** In the metric's unit. */
  readonly value: number
  /** Index of the iteration, from 0. Of equal values, the first. */
  readonly iteration: number
}

/**
 * The distribution of one metric over the iterations. A figure that the count does not allow (the standard deviation of
 * one value, say) is `null`, never 0 or NaN.
 */
export interface MetricStats {
  /** The unit from the definition, for display; `null` when none was given. */
  readonly unit: string | null
  /** How many iterations it was computed from. */
  readonly count: number
  /** The arithmetic mean; `null` when there is no iteration. */
  readonly mean: number | null
  /** Sample standard deviation (n − 1 in the denominator); `null` below 2 iterations. */
  readonly stdDev: number | null
  /** Standard error of the mean: `stdDev / √count`. */
  readonly stdErr: number | null
  /** The 95 % confidence interval of the mean (Student's t); `null` below 2 iterations. */
  readonly ci95: Interval | null
  /** The smallest value and the iteration of it; `null` when there is no iteration. */
  readonly min: Extreme | null
  /** The largest value and the iteration of it; `null` when there is no iteration. */
  readonly max: Extreme | null
  /** Sample skewness g1 = √n·M3 / M2^1.5; `null` when all values are equal. */
  readonly skewness: number | null
  /** Excess kurtosis g2 = n·M4 / M2² − 3; `null` when all values are equal. */
  readonly kurtosis: number | null
  /** Quantiles, each within 0.4 % of the true value (never outside min and max). */
  readonly p1: number | null
  /** As `p1`, of 5 %. */
  readonly p5: number | null
  /** As `p1`, of 25 %. */
  readonly p25: number | null
  /** The median. */
  readonly p50: number | null
  /** As `p1`, of 75 %. */
  readonly p75: number | null
  /** As `p1`, of 95 %. */
  readonly p95: number | null
  /** As `p1`, of 99 %. */
  readonly p99: number | null
}

/** A closed interval. */
export interface Interval {
  /** Its lower end. */
  readonly low: number
  /** Its upper end. */
  readonly high: number
}

/** The statistics of every metric of a simulation, by name. */
export type StatsOf<Metric extends string> = { readonly [Name in Metric]: MetricStats }

/** Counts of values in bins of equal width: bin `i` covers [start + i·width, start + (i + 1)·width). */
export interface Histogram {
  /** Of the values; `null` when none was given. */
  readonly unit: string | null
  /** Where the first bin begins. */
  readonly start: number
  /** Of each bin. */
  readonly width: number
  /** How many values are in each bin. */
  readonly counts: ReadonlyArray<number>
}

/** One category of the tally: what it added up to in an average iteration, and its share of all categories. */
export interface TallyEntry {
  /** The name that was added to. */
  readonly category: string
  /** Mean total per iteration; iterations that never touched the category count as 0. */
  readonly mean: number
  /** Of the total per iteration; `null` below 2 iterations. */
  readonly stdDev: number | null
  /** This category's part of the sum over all categories, 0 to 1; `null` when that sum is 0. */
  readonly share: number | null
}

/** The charts of a simulation: a histogram per metric, and the tally, largest mean first. */
export interface ChartsOf<Metric extends string> {
  /** Of each metric; `null` when it has no values. */
  readonly histograms: { readonly [Name in Metric]: Histogram | null }
  /** The breakdown by category; empty when nothing was added. */
  readonly tally: ReadonlyArray<TallyEntry>
}

/** One series over simulated time. Index `i` of each list is the bucket [i·bucket, (i + 1)·bucket). */
export interface TimelineSeries {
  /** Mean total in the bucket, over the iterations that were alive in it. */
  readonly mean: ReadonlyArray<number>
  /** Sample standard deviation of those totals; `null` where fewer than 2 iterations were alive. */
  readonly stdDev: ReadonlyArray<number | null>
}

/** What a simulation recorded over simulated time. */
export interface Timeline {
  /** Width of a bucket, in `unit`s of simulated time. */
  readonly bucket: number
  /** The unit of simulated time, for display: seconds ("s") unless the definition says otherwise. */
  readonly unit: string
  /** How many iterations were still running in each bucket. */
  readonly alive: ReadonlyArray<number>
  /** By the names that were added to. */
  readonly series: { readonly [name: string]: TimelineSeries }
}
