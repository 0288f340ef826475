/** Where it came from: each source's share; and the distribution of every metric side by side. */
import { DonutChart } from "@mantine/charts"
import { Card, Group, Progress, SimpleGrid, Stack, Text, Title } from "@mantine/core"
import type { ChartsOf, TallyEntry } from "@simstream/protocol"
import { formatFigure, spreadOfMean } from "../format/figures.ts"
import { decimalsFor, formatCompact, formatPart, formatShare, formatValue } from "../format/numbers.ts"
import type { NamedStats } from "../outputs.ts"
import { cssColor, seriesColor } from "../theme.ts"
import { type BreakdownView, metricView, type SimulationView } from "../views.ts"
import HistogramChart from "./HistogramChart.tsx"

interface Props {
  readonly charts: ChartsOf<string>
  readonly metrics: ReadonlyArray<NamedStats>
  readonly view: SimulationView
}

const SMALL_CHART_HEIGHT = 180

export default function BreakdownPanel({ charts, metrics, view }: Props) {
  return (
    <Stack gap="md">
      <Card withBorder radius="lg" padding="lg" className="card">
        <Title order={2} size="h5">
          {view.breakdown.title}
        </Title>
        <Text size="sm" c="dimmed" mb="lg">
          {view.breakdown.text}
        </Text>
        {charts.tally.length === 0 ? (
          <Text size="sm" c="dimmed">
            There is nothing to show.
          </Text>
        ) : (
          <Breakdown tally={charts.tally} view={view.breakdown} />
        )}
      </Card>
      <SimpleGrid cols={{ base: 1, sm: Math.min(2, metrics.length) }} spacing="md">
        {metrics.map(([name, stats], at) => {
          const histogram = charts.histograms[name] ?? null
          const shown = metricView(view, name)
          return histogram === null ? null : (
            <Card
              key={name}
              withBorder
              radius="lg"
              padding="lg"
              // Of an odd number the first takes a row, so that none is left alone
              className={at === 0 && metrics.length % 2 === 1 ? "card wide" : "card"}
            >
              <Group justify="space-between" align="baseline" mb="sm">
                <Title order={3} size="h5">
                  {shown.label}
                </Title>
                <Text size="sm" className="tabular">
                  {formatFigure(stats.mean, spreadOfMean(stats), shown.style)}
                </Text>
              </Group>
              <HistogramChart histogram={histogram} stats={stats} view={shown} height={SMALL_CHART_HEIGHT} />
            </Card>
          )
        })}
      </SimpleGrid>
    </Stack>
  )
}

interface BreakdownProps {
  readonly tally: ReadonlyArray<TallyEntry>
  readonly view: BreakdownView
}

const Breakdown = ({ tally, view: { kind, per } }: BreakdownProps) => {
  const total = tally.reduce((sum, { mean }) => sum + mean, 0)
  return (
    <div className="breakdown">
      <DonutChart
        data={tally.map(({ category, mean }, at) => ({
          name: category,
          value: mean,
          color: seriesColor(at),
        }))}
        size={190}
        thickness={26}
        paddingAngle={tally.length > 1 ? 2 : 0}
        {...(kind === "amounts" ? { chartLabel: formatCompact(total) } : {})}
        valueFormatter={(value) => (kind === "amounts" ? formatCompact(value) : formatShare(value))}
        tooltipDataSource="segment"
        pieProps={{ isAnimationActive: false }}
        strokeWidth={0}
        mx="auto"
        className="donut"
      />
      <Stack gap="md" justify="center">
        {tally.map(({ category, mean, stdDev, share }, at) => (
          <div key={category}>
            <Group justify="space-between" gap="xs" mb={6} wrap="nowrap">
              <Group gap={8} wrap="nowrap">
                <span className="swatch" style={{ backgroundColor: cssColor(seriesColor(at)) }} aria-hidden />
                <Text size="sm">{category}</Text>
              </Group>
              <Text size="sm" className="tabular" fw={600}>
                {formatPart(share ?? 0)}
              </Text>
            </Group>
            <Progress
              value={100 * (share ?? 0)}
              color={seriesColor(at)}
              size="sm"
              aria-label={`Share of ${category}`}
            />
            {kind === "amounts" && (
              <Text size="xs" c="dimmed" mt={4} className="tabular">
                {formatValue(mean, decimalsFor((stdDev ?? mean) / 10))} {per}
                {stdDev === null ? "" : ` ± ${formatValue(stdDev, decimalsFor(stdDev / 10))}`}
              </Text>
            )}
          </div>
        ))}
      </Stack>
    </div>
  )
}
