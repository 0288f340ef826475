/** All statistics of all metrics. */
import { Card, Table, Text, Title } from "@mantine/core"
import type { Extreme, MetricStats } from "@simstream/protocol"
import type { ReactNode } from "react"
import { decimalsFor, formatCount, formatValue, NO_NUMBER } from "../format/numbers.ts"
import { metricLabel, valueDecimals } from "../outputs.ts"

/** Decimals for the mean, which is known well, and for single values, which scatter. */
interface Decimals {
  readonly mean: number
  readonly value: number
}

const decimalsOf = (stats: MetricStats): Decimals => ({
  mean: decimalsFor(2 * (stats.stdErr ?? 0)),
  value: valueDecimals(stats),
})

const extreme = (value: Extreme | null, decimals: number): ReactNode =>
  value === null ? (
    NO_NUMBER
  ) : (
    <>
      {formatValue(value.value, decimals)}
      <Text component="span" display="block" size="xs" c="dimmed">
        #{formatCount(value.iteration)}
      </Text>
    </>
  )

const interval = ({ ci95 }: MetricStats, decimals: number): ReactNode =>
  ci95 === null ? (
    NO_NUMBER
  ) : (
    <>
      {formatValue(ci95.low, decimals)}
      <Text component="span" display="block" inherit>
        to {formatValue(ci95.high, decimals)}
      </Text>
    </>
  )

const ROWS: ReadonlyArray<{
  readonly label: string
  readonly cell: (stats: MetricStats, decimals: Decimals) => ReactNode
}> = [
  { label: "Mean", cell: ({ mean }, decimals) => <b>{formatValue(mean, decimals.mean)}</b> },
  { label: "95% interval", cell: (stats, decimals) => interval(stats, decimals.mean) },
  {
    label: "Standard deviation",
    cell: ({ stdDev }, { value }) => formatValue(stdDev, Math.max(2, value + 1)),
  },
  { label: "Standard error", cell: ({ stdErr }, decimals) => formatValue(stdErr, decimals.mean + 1) },
  { label: "Minimum", cell: ({ min }, { value }) => extreme(min, value) },
  { label: "1st percentile", cell: ({ p1 }, { value }) => formatValue(p1, value) },
  { label: "5th", cell: ({ p5 }, { value }) => formatValue(p5, value) },
  { label: "25th", cell: ({ p25 }, { value }) => formatValue(p25, value) },
  { label: "Median", cell: ({ p50 }, { value }) => formatValue(p50, value) },
  { label: "75th", cell: ({ p75 }, { value }) => formatValue(p75, value) },
  { label: "95th", cell: ({ p95 }, { value }) => formatValue(p95, value) },
  { label: "99th percentile", cell: ({ p99 }, { value }) => formatValue(p99, value) },
  { label: "Maximum", cell: ({ max }, { value }) => extreme(max, value) },
  { label: "Skewness", cell: ({ skewness }) => formatValue(skewness, 3) },
  { label: "Excess kurtosis", cell: ({ kurtosis }) => formatValue(kurtosis, 3) },
]

export const StatsTable = ({
  metrics,
}: {
  readonly metrics: ReadonlyArray<readonly [name: string, stats: MetricStats]>
}) => (
  <Card withBorder radius="lg" padding="lg" className="card">
    <Title order={3} size="h5">
      All statistics
    </Title>
    <Text size="sm" c="dimmed" mb="sm">
      #1,234 is the iteration that an extreme was found in
    </Text>
    <Table verticalSpacing={7} className="tabular stats-table" data-testid="statistics">
      <Table.Thead>
        <Table.Tr>
          <Table.Th />
          {metrics.map(([name, { unit }]) => (
            <Table.Th key={name} ta="right">
              {metricLabel(name)}
              {unit !== null && (
                <Text component="span" display="block" size="xs" c="dimmed" fw={400}>
                  {unit}
                </Text>
              )}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {ROWS.map(({ label, cell }) => (
          <Table.Tr key={label}>
            <Table.Th scope="row" fw={400} c="dimmed">
              {label}
            </Table.Th>
            {metrics.map(([name, stats]) => (
              <Table.Td key={name} ta="right">
                {cell(stats, decimalsOf(stats))}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  </Card>
)
