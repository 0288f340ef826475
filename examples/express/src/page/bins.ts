/** The bins of the chart from those of the wire, which are up to 128: neighbours are added up, so every count stays exact. */
import type { Histogram } from "@simstream/protocol"

/** A bar of the chart: how many values lie in [from, to). */
export interface Bin {
  readonly from: number
  readonly to: number
  readonly count: number
}

/** At most so many bins, aligned to multiples of their width, so that they keep their place while values come in. */
export const binsOf = ({ start, width, counts }: Histogram, most: number): ReadonlyArray<Bin> => {
  const size = Math.max(1, Math.ceil(counts.length / most))
  const first = Math.round(start / width)
  const bins = new Map<number, number>()
  counts.forEach((count, at) => {
    const bin = Math.floor((first + at) / size)
    bins.set(bin, (bins.get(bin) ?? 0) + count)
  })
  return Array.from(bins, ([bin, count]) => ({
    from: bin * size * width,
    to: (bin + 1) * size * width,
    count,
  }))
}
