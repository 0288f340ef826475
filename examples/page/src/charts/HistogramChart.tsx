/** A histogram with its mean. */
import { BarChart } from "@mantine/charts"
import type { Histogram, MetricStats } from "@simstream/protocol"
import { decimalsFor, formatCompact, formatCount, formatShare, formatValue } from "../format/numbers.ts"
import { type Bin, chartBins, niceTicks, placeOf } from "./histogramBins.ts"
import { type Note, PointNote } from "./PointNote.tsx"

interface Props {
  readonly histogram: Histogram
  readonly stats: MetricStats
  readonly height: number
}

const TICKS = 7

interface Bar extends Note {
  readonly middle: number
  readonly count: number
}

const rangeOf = ({ from, to }: Bin): string => {
  const width = to - from
  if (width === 1) return formatCount(from)
  const decimals = decimalsFor(width)
  return `${formatValue(from, decimals)} to ${formatValue(to, decimals)}`
}

const barsOf = (bins: ReadonlyArray<Bin>): Array<Bar> => {
  const total = bins.reduce((sum, { count }) => sum + count, 0)
  return bins.map((bin) => ({
    middle: (placeOf(bin)[0] + placeOf(bin)[1]) / 2,
    count: bin.count,
    where: rangeOf(bin),
    figure: formatCount(bin.count),
    aside: `(${formatShare(total === 0 ? 0 : bin.count / total)})`,
  }))
}

// A default export, for `lazy` asks for one
export default function HistogramChart({ histogram, stats, height }: Props) {
  const bins = chartBins(histogram)
  const first = bins[0]
  const last = bins.at(-1)
  if (first === undefined || last === undefined) return null
  const [start] = placeOf(first)
  const [, end] = placeOf(last)
  const ticks = niceTicks(start, end, TICKS, first.to - first.from === 1 ? 1 : 0)
  const tickDecimals = ticks.some((tick) => !Number.isInteger(tick))
    ? decimalsFor((ticks[1] ?? 1) - (ticks[0] ?? 0))
    : 0
  return (
    <BarChart
      h={height}
      data={barsOf(bins)}
      dataKey="middle"
      series={[{ name: "count", color: "petrol.6" }]}
      gridAxis="x"
      tickLine="none"
      strokeDasharray="3 3"
      barChartProps={{ barCategoryGap: "6%", margin: { top: 18, right: 4, bottom: 0, left: 0 } }}
      barProps={{ isAnimationActive: false, radius: [2, 2, 0, 0] }}
      xAxisProps={{
        type: "number",
        domain: [start, end],
        ticks: [...ticks],
        tickFormatter: (tick: number) => formatValue(tick, tickDecimals),
        padding: { left: 0, right: 0 },
        allowDataOverflow: true,
      }}
      yAxisProps={{ width: 44, tickFormatter: (count: number) => formatCompact(count), tickCount: 4 }}
      referenceLines={
        stats.mean === null
          ? []
          : [
              {
                x: stats.mean,
                color: "orange.6",
                label: "mean",
                labelPosition: "top" as const,
                strokeWidth: 1.5,
              },
            ]
      }
      tooltipProps={{
        content: PointNote,
        cursor: { fill: "var(--mantine-color-default-hover)" },
      }}
    />
  )
}
