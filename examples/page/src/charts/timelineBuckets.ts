/** Buckets of simulated time for a chart: those of the wire, put together where there are too many to see. */
import type { Timeline } from "@simstream/protocol"

/** About how many points a stacked chart shows well. */
const WANTED_POINTS = 30
const NICE = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600]

/** A point of the chart: the middle of its bucket, and what every series adds to a unit of time in it. */
export interface TimelinePoint {
  readonly from: number
  readonly to: number
  readonly rates: Readonly<Record<string, number>>
}

/** How many buckets to put together. */
export const bucketsPerPoint = ({ alive }: Timeline): number =>
  NICE.find((size) => alive.length / size <= WANTED_POINTS) ?? Math.ceil(alive.length / WANTED_POINTS)

/** The mean of every series, per unit of simulated time. The last point may be of fewer buckets than the others. */
export const timelinePoints = (timeline: Timeline, size: number): ReadonlyArray<TimelinePoint> => {
  const { alive, bucket, series } = timeline
  const points: Array<TimelinePoint> = []
  for (let first = 0; first < alive.length; first += size) {
    const end = Math.min(first + size, alive.length)
    const rates: Record<string, number> = {}
    for (const [name, { mean }] of Object.entries(series)) {
      const total = mean.slice(first, end).reduce((sum, value) => sum + value, 0)
      rates[name] = total / ((end - first) * bucket)
    }
    points.push({ from: first * bucket, to: end * bucket, rates })
  }
  return points
}

/** A point of one series by itself: its mean in a bucket, and one standard deviation around it. */
export interface SpreadPoint {
  readonly from: number
  readonly to: number
  readonly mean: number
  /** `null` where the deviation is not known. Never below 0: nothing that is added up here is. */
  readonly band: readonly [number, number] | null
}

/** One series as it is on the wire: deviations can't be added up, for buckets depend on each other. */
export const spreadPoints = (timeline: Timeline, name: string): ReadonlyArray<SpreadPoint> => {
  const series = timeline.series[name]
  if (series === undefined) return []
  return series.mean.map((mean, at) => {
    const spread = series.stdDev[at] ?? null
    return {
      from: at * timeline.bucket,
      to: (at + 1) * timeline.bucket,
      mean,
      band: spread === null ? null : [Math.min(mean, Math.max(0, mean - spread)), mean + spread],
    }
  })
}
