/** Where it came from: each source's share; and the distribution of every metric side by side. */
import { DonutChart } from "@mantine/charts"
import { Card, Group, Progress, SimpleGrid, Stack, Text, Title } from "@mantine/core"
import type { ChartsOf, MetricStats, TallyEntry } from "@simstream/protocol"
import { decimalsFor, formatCompact, formatShare, formatValue } from "../format/numbers.ts"
import { metricLabel } from "../outputs.ts"
import { seriesColor } from "../theme.ts"
import HistogramChart from "./HistogramChart.tsx"

interface Props {
  readonly charts: ChartsOf<string>
  readonly metrics: ReadonlyArray<readonly [name: string, stats: MetricStats]>
}

const SMALL_CHART_HEIGHT = 180

export default function BreakdownPanel({ charts, metrics }: Props) {
  return (
    <Stack gap="md">
      <Card withBorder radius="lg" padding="lg" className="card">
        <Title order={3} size="h5">
          Damage by source
        </Title>
        <Text size="sm" c="dimmed" mb="lg">
          In an average fight
        </Text>
        {charts.tally.length === 0 ? (
          <Text size="sm" c="dimmed">
            Nothing did any damage.
          </Text>
        ) : (
          <Breakdown tally={charts.tally} />
        )}
      </Card>
      <SimpleGrid cols={{ base: 1, sm: Math.min(2, metrics.length) }} spacing="md">
        {metrics.map(([name, stats], at) => {
          const histogram = charts.histograms[name] ?? null
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
                  {metricLabel(name)}
                </Title>
                <Text size="sm" className="tabular">
                  {formatValue(stats.mean, decimalsFor(2 * (stats.stdErr ?? 0)))}
                </Text>
              </Group>
              <HistogramChart histogram={histogram} stats={stats} height={SMALL_CHART_HEIGHT} />
            </Card>
          )
        })}
      </SimpleGrid>
    </Stack>
  )
}

const Breakdown = ({ tally }: { readonly tally: ReadonlyArray<TallyEntry> }) => {
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
        chartLabel={formatCompact(total)}
        valueFormatter={(value) => formatCompact(value)}
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
                <span
                  className="swatch"
                  style={{ backgroundColor: `var(--mantine-color-${seriesColor(at).replace(".", "-")})` }}
                  aria-hidden
                />
                <Text size="sm">{category}</Text>
              </Group>
              <Text size="sm" className="tabular" fw={600}>
                {formatShare(share ?? 0)}
              </Text>
            </Group>
            <Progress
              value={100 * (share ?? 0)}
              color={seriesColor(at)}
              size="sm"
              aria-label={`Share of ${category}`}
            />
            <Text size="xs" c="dimmed" mt={4} className="tabular">
              {formatValue(mean, decimalsFor((stdDev ?? mean) / 10))} a fight
              {stdDev === null ? "" : ` ± ${formatValue(stdDev, decimalsFor(stdDev / 10))}`}
            </Text>
          </div>
        ))}
      </Stack>
    </div>
  )
}
