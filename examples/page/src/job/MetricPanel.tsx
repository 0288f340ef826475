/** One metric: its running mean with the interval, the extremes, and the histogram that fills. */
import { Card, Group, SegmentedControl, Skeleton, Text, VisuallyHidden } from "@mantine/core"
import type { Histogram, MetricStats } from "@simstream/protocol"
import { Suspense } from "react"
import { Boundary } from "../shell/Boundary.tsx"
import { HistogramChart } from "../charts/lazyCharts.ts"
import { decimalsFor, formatCount, formatValue } from "../format/numbers.ts"
import { metricLabel, valueDecimals } from "../outputs.ts"
import { Figure } from "./Figure.tsx"

const CHART_HEIGHT = 260

interface Props {
  readonly metrics: ReadonlyArray<readonly [name: string, stats: MetricStats]>
  readonly selected: string
  readonly onSelect: (name: string) => void
  readonly histogram: Histogram | null
  /** Whether the numbers are still moving. */
  readonly live: boolean
}

export const MetricPanel = ({ metrics, selected, onSelect, histogram, live }: Props) => {
  const stats = metrics.find(([name]) => name === selected)?.[1] ?? metrics[0]?.[1]
  if (stats === undefined) return null
  const { mean, ci95, min, max, p50, unit, count } = stats
  const halfWidth = ci95 === null ? null : (ci95.high - ci95.low) / 2
  const decimals = decimalsFor(halfWidth ?? 0)
  const coarse = valueDecimals(stats)
  return (
    <Card withBorder radius="lg" padding="lg" className="card">
      {metrics.length > 1 && (
        <SegmentedControl
          className="metrics"
          size="xs"
          mb="md"
          aria-label="Metric"
          value={selected}
          onChange={onSelect}
          data={metrics.map(([name]) => ({ value: name, label: metricLabel(name) }))}
        />
      )}
      <div className="headline">
        <div>
          <Text size="sm" c="dimmed" component="h3" fw={400}>
            {live ? "Running mean" : "Mean"} of {metricLabel(selected).toLowerCase()}
          </Text>
          <Group gap={10} align="baseline">
            <span className="mean" data-testid="mean">
              {formatValue(mean, decimals)}
            </span>
            {unit !== null && (
              <Text component="span" size="sm" c="dimmed">
                {unit}
              </Text>
            )}
          </Group>
          {halfWidth !== null && ci95 !== null && (
            <Text size="sm" mt={4} className="tabular">
              <span data-testid="half-width">± {formatValue(halfWidth, decimals)}</span>
              <Text component="span" c="dimmed" inherit>
                {" "}
                · 95% interval{" "}
              </Text>
              <span data-testid="ci-low">{formatValue(ci95.low, decimals)}</span> to{" "}
              <span data-testid="ci-high">{formatValue(ci95.high, decimals)}</span>
            </Text>
          )}
        </div>
        <dl className="figures figures-headline">
          <Figure
            label="Minimum"
            testId="min"
            detail={min === null ? undefined : `iteration ${formatCount(min.iteration)}`}
          >
            {formatValue(min?.value ?? null, coarse)}
          </Figure>
          <Figure label="Median" testId="median" detail={`of ${formatCount(count)}`}>
            {formatValue(p50, coarse)}
          </Figure>
          <Figure
            label="Maximum"
            testId="max"
            detail={max === null ? undefined : `iteration ${formatCount(max.iteration)}`}
          >
            {formatValue(max?.value ?? null, coarse)}
          </Figure>
        </dl>
      </div>
      {histogram !== null && (
        <figure className="chart" data-testid="histogram">
          <VisuallyHidden component="figcaption">
            Histogram of {metricLabel(selected).toLowerCase()} over {formatCount(count)} iterations
          </VisuallyHidden>
          <Boundary what="The histogram">
            <Suspense fallback={<Skeleton height={CHART_HEIGHT} />}>
              <HistogramChart histogram={histogram} stats={stats} height={CHART_HEIGHT} />
            </Suspense>
          </Boundary>
        </figure>
      )}
    </Card>
  )
}
