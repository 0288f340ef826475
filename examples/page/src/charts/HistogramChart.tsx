/** A histogram with its mean. */
import { BarChart } from "@mantine/charts"
import { Text } from "@mantine/core"
import type { Histogram, MetricStats } from "@simstream/protocol"
import { formatFigure, formatShort } from "../format/figures.ts"
import { decimalsFor, formatCompact, formatCount, formatShare, formatValue } from "../format/numbers.ts"
import type { MetricView } from "../views.ts"
import { type Bin, chartBins, niceTicks, placeOf, withoutTails } from "./histogramBins.ts"
import { type Note, PointNote } from "./PointNote.tsx"

interface Props {
  readonly histogram: Histogram
  readonly stats: MetricStats
  readonly view: MetricView
  readonly height: number
}

const TICKS = 7
/** In pixels. Two outcomes would fill the chart otherwise. */
const WIDEST_BAR = 120

interface Bar extends Note {
  readonly middle: number
  readonly count: number
}

const rangeOf = ({ from, to }: Bin, { style, outcomes }: MetricView): string => {
  const width = to - from
  if (width === 1 && outcomes !== undefined) return outcomes[from === 0 ? 0 : 1]
  if (width === 1) return formatFigure(from, 0, style)
  return `${formatFigure(from, width, style)} to ${formatFigure(to, width, style)}`
}

const barsOf = (bins: ReadonlyArray<Bin>, view: MetricView, total: number): Array<Bar> =>
  bins.map((bin) => ({
    middle: (placeOf(bin)[0] + placeOf(bin)[1]) / 2,
    count: bin.count,
    where: rangeOf(bin, view),
    figure: formatCount(bin.count),
    aside: `(${formatShare(total === 0 ? 0 : bin.count / total)})`,
  }))

/** What the axis says, and where. */
const ticksOf = (bins: ReadonlyArray<Bin>, range: readonly [number, number], view: MetricView) => {
  if (view.outcomes !== undefined) {
    const [no, yes] = view.outcomes
    return { ticks: bins.map(({ from }) => from), format: (tick: number) => (tick === 0 ? no : yes) }
  }
  const first = bins[0]
  const ticks = niceTicks(...range, TICKS, first !== undefined && first.to - first.from === 1 ? 1 : 0)
  const isFine = ticks.some((tick) => !Number.isInteger(tick))
  const decimals = isFine ? decimalsFor((ticks[1] ?? 1) - (ticks[0] ?? 0)) : 0
  return {
    ticks: [...ticks],
    format: (tick: number) =>
      view.style === "plain" ? formatValue(tick, decimals) : formatShort(tick, view.style),
  }
}

// A default export, for `lazy` asks for one
export default function HistogramChart({ histogram, stats, view, height }: Props) {
  if (stats.min !== null && stats.min.value === stats.max?.value) {
    return (
      <Text size="sm" c="dimmed" py="md" ta="center">
        All {formatCount(stats.count)} values are the same.
      </Text>
    )
  }
  const { histogram: shown, below, above } = withoutTails(histogram)
  const bins = chartBins(shown)
  const first = bins[0]
  const last = bins.at(-1)
  if (first === undefined || last === undefined) return null
  const range = [placeOf(first)[0], placeOf(last)[1]] as const
  const { ticks, format } = ticksOf(bins, range, view)
  const mean = view.outcomes === undefined ? stats.mean : null
  return (
    <>
      <BarChart
        h={height}
        data={barsOf(bins, view, stats.count)}
        dataKey="middle"
        series={[{ name: "count", color: "petrol.6" }]}
        gridAxis="x"
        tickLine="none"
        strokeDasharray="3 3"
        barChartProps={{ barCategoryGap: "6%", margin: { top: 18, right: 4, bottom: 0, left: 0 } }}
        barProps={{ isAnimationActive: false, radius: [2, 2, 0, 0], maxBarSize: WIDEST_BAR }}
        xAxisProps={{
          type: "number",
          domain: [...range],
          ticks,
          tickFormatter: format,
          padding: { left: 0, right: 0 },
          allowDataOverflow: true,
        }}
        yAxisProps={{ width: 44, tickFormatter: (count: number) => formatCompact(count), tickCount: 4 }}
        referenceLines={
          mean === null
            ? []
            : [
                {
                  x: mean,
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
      {below + above > 0 && (
        <Text size="xs" c="dimmed" mt={6} ta="end">
          {tailsOf(first, last, below, above, view)}
        </Text>
      )}
    </>
  )
}

/** "0.4% are above $8M" */
const tailsOf = (first: Bin, last: Bin, below: number, above: number, { style }: MetricView): string =>
  [
    ...(below > 0 ? [`${formatShare(below)} are below ${formatShort(first.from, style)}`] : []),
    ...(above > 0 ? [`${formatShare(above)} are above ${formatShort(last.to, style)}`] : []),
  ].join(", ")
