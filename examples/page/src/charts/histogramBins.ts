/**
 * The bins of a chart from the bins of the wire. Those are up to 128, of a width that is a power of two; a chart has room
 * for some 40. Neighbours are added up, so every count stays exact.
 */
import type { Histogram } from "@simstream/protocol"

/** What a chart has room for. */
const MOST_BINS = 44

/** A bar of the chart: how many values lie in [from, to). */
export interface Bin {
  readonly from: number
  readonly to: number
  readonly count: number
}

/**
 * Values that are whole numbers fall into bins narrower than 1 only where a bin starts at a whole number. One bin a number
 * is what shows them best.
 */
const areWholeNumbers = ({ start, width, counts }: Histogram): boolean =>
  counts.every((count, at) => count === 0 || Number.isInteger(start + at * width))

/** Where a bin lies on the axis: one that is a whole number has that number in its middle. */
export const placeOf = ({ from, to }: Bin): readonly [from: number, to: number] =>
  to - from === 1 ? [from - 0.5, to - 0.5] : [from, to]

/** How many bins of the wire make one of the chart. */
const groupSize = (histogram: Histogram): number => {
  const { width, counts } = histogram
  const toFit = Math.ceil(counts.length / MOST_BINS)
  return width < 1 && areWholeNumbers(histogram) ? Math.max(1 / width, toFit) : toFit
}

/** The bins of the chart, aligned to multiples of their width, so that they keep their place while values come in. */
export const chartBins = (histogram: Histogram): ReadonlyArray<Bin> => {
  const { start, width, counts } = histogram
  const size = groupSize(histogram)
  const first = Math.round(start / width)
  const firstGroup = Math.floor(first / size)
  const lastGroup = Math.floor((first + counts.length - 1) / size)
  const bins: Array<{ from: number; to: number; count: number }> = []
  for (let group = firstGroup; group <= lastGroup; group++) {
    bins.push({ from: group * size * width, to: (group + 1) * size * width, count: 0 })
  }
  counts.forEach((count, at) => {
    const bin = bins[Math.floor((first + at) / size) - firstGroup]
    if (bin !== undefined) bin.count += count
  })
  return bins
}

/** How much of all values a chart may leave out at either end. */
const TAIL = 0.005
/** They are left out only where that makes this much more of the room: a bell keeps its ends. */
const WORTH_IT = 2.5

/** A histogram and the share of all values that are not in it. */
export interface Trimmed {
  readonly histogram: Histogram
  readonly below: number
  readonly above: number
}

/** Without its tails, where a few values far out would press all others together. */
export const withoutTails = (histogram: Histogram): Trimmed => {
  const { start, width, counts } = histogram
  const total = counts.reduce((sum, count) => sum + count, 0)
  const most = TAIL * total
  /** How many bins can go, from one end, and how many values with them. */
  const tail = (fromEnd: ReadonlyArray<number>) => {
    let left = 0
    for (const [bins, count] of fromEnd.entries()) {
      if (left + count > most) return { bins, share: left / total }
      left += count
    }
    return { bins: 0, share: 0 }
  }
  const low = tail(counts)
  const high = tail([...counts].reverse())
  const kept = counts.length - low.bins - high.bins
  if (total === 0 || counts.length < WORTH_IT * kept) return { histogram, below: 0, above: 0 }
  return {
    histogram: {
      ...histogram,
      start: start + low.bins * width,
      counts: counts.slice(low.bins, counts.length - high.bins),
    },
    below: low.share,
    above: high.share,
  }
}

/** Steps that people count in. */
const NICE = [1, 2, 5, 10]
/** What is no further apart than this, for its size, is one place on an axis. */
const CLOSE = 1e-9

/** Round numbers across a range, about `wanted` of them, and no closer than `leastStep`. */
export const niceTicks = (from: number, to: number, wanted: number, leastStep = 0): ReadonlyArray<number> => {
  const range = to - from
  // Closer than that, a step is lost in the digits of the numbers themselves
  if (!(range > CLOSE * Math.max(Math.abs(from), Math.abs(to)))) return [from]
  const magnitude = 10 ** Math.floor(Math.log10(range / wanted))
  const factor = NICE.find((candidate) => range / (candidate * magnitude) <= wanted) ?? 10
  const step = Math.max(leastStep, magnitude * factor)
  const ticks: Array<number> = []
  for (let index = Math.ceil(from / step); index * step <= to; index++) {
    // 3 × 0.1 is 0.30000000000000004
    ticks.push(Number((index * step).toPrecision(12)))
  }
  return ticks
}
