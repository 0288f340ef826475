/** One metric: its running mean with the interval, the extremes, and the histogram that fills. */
import { Card, Group, SegmentedControl, Skeleton, Text, VisuallyHidden } from "@mantine/core"
import type { Histogram, MetricStats } from "@simstream/protocol"
import { Suspense } from "react"
import { HistogramChart } from "../charts/lazyCharts.ts"
import { formatFigure, spreadOfMean, spreadOfValues } from "../format/figures.ts"
import { formatCount } from "../format/numbers.ts"
import { lowered } from "../format/text.ts"
import type { NamedStats } from "../outputs.ts"
import { Boundary } from "../shell/Boundary.tsx"
import { countOutcomes, metricView, type MetricView, type SimulationView } from "../views.ts"
import { Figure } from "./Figure.tsx"

const CHART_HEIGHT = 260

interface Props {
  readonly metrics: ReadonlyArray<NamedStats>
  readonly view: SimulationView
  readonly selected: string
  readonly onSelect: (name: string) => void
  readonly histogram: Histogram | null
  /** Whether the numbers are still moving. */
  readonly live: boolean
}

export const MetricPanel = ({ metrics, view, selected, onSelect, histogram, live }: Props) => {
  const stats = metrics.find(([name]) => name === selected)?.[1] ?? metrics[0]?.[1]
  if (stats === undefined) return null
  const { mean, ci95, unit, count } = stats
  const shown = metricView(view, selected)
  const { label, style } = shown
  const spread = spreadOfMean(stats)
  const exact = (value: number | null) => formatFigure(value, spread, style)
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
          data={metrics.map(([name]) => ({ value: name, label: metricView(view, name).label }))}
        />
      )}
      <div className="headline">
        <div>
          <Text size="sm" c="dimmed" component="h2" fw={400}>
            {headlineOf(shown, live)}
          </Text>
          <Group gap={10} align="baseline">
            <span className="mean" data-testid="mean">
              {exact(mean)}
            </span>
            {unit !== null && style === "plain" && (
              <Text component="span" size="sm" c="dimmed">
                {unit}
              </Text>
            )}
          </Group>
          {ci95 !== null && (
            <Text size="sm" mt={4} className="tabular">
              <span data-testid="half-width">± {exact(spread)}</span>
              <Text component="span" c="dimmed" inherit>
                {" "}
                · 95% interval{" "}
              </Text>
              <span data-testid="ci-low">{exact(ci95.low)}</span> to{" "}
              <span data-testid="ci-high">{exact(ci95.high)}</span>
            </Text>
          )}
        </div>
        {shown.outcomes === undefined ? (
          <Values stats={stats} style={style} />
        ) : (
          <dl className="figures figures-headline">
            {countOutcomes(shown.outcomes, mean ?? 0, count).map((outcome) => (
              <Figure key={outcome.label} label={outcome.label} detail={`of ${formatCount(count)}`}>
                {outcome.count}
              </Figure>
            ))}
          </dl>
        )}
      </div>
      {histogram !== null && (
        <figure className="chart" data-testid="histogram">
          <VisuallyHidden component="figcaption">
            Histogram of {lowered(label)} over {formatCount(count)} iterations
          </VisuallyHidden>
          <Boundary what="The histogram">
            <Suspense fallback={<Skeleton height={CHART_HEIGHT} />}>
              <HistogramChart histogram={histogram} stats={stats} view={shown} height={CHART_HEIGHT} />
            </Suspense>
          </Boundary>
        </figure>
      )}
    </Card>
  )
}

/** A share needs no "mean" in front of it. */
const headlineOf = ({ label, outcomes }: MetricView, live: boolean): string => {
  if (outcomes !== undefined) return live ? `${label}, so far` : label
  return `${live ? "Running mean" : "Mean"} of ${lowered(label)}`
}

/** How the single values lie around the mean. */
const Values = ({ stats, style }: { readonly stats: MetricStats; readonly style: MetricView["style"] }) => {
  const { min, max, p50, count } = stats
  const spread = spreadOfValues(stats)
  const coarse = (value: number | null) => formatFigure(value, spread, style)
  return (
    <dl className="figures figures-headline">
      <Figure
        label="Minimum"
        testId="min"
        detail={min === null ? undefined : `iteration ${formatCount(min.iteration)}`}
      >
        {coarse(min?.value ?? null)}
      </Figure>
      <Figure label="Median" testId="median" detail={`of ${formatCount(count)}`}>
        {coarse(p50)}
      </Figure>
      <Figure
        label="Maximum"
        testId="max"
        detail={max === null ? undefined : `iteration ${formatCount(max.iteration)}`}
      >
        {coarse(max?.value ?? null)}
      </Figure>
    </dl>
  )
}
