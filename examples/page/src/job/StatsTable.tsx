/** All statistics of all metrics. */
import { Card, Table, Text, Title, VisuallyHidden } from "@mantine/core"
import type { Extreme, MetricStats } from "@simstream/protocol"
import type { ReactNode } from "react"
import { formatFigure, type NumberStyle, spreadOfMean, spreadOfValues } from "../format/figures.ts"
import { formatCount, formatValue, NO_NUMBER } from "../format/numbers.ts"
import type { NamedStats } from "../outputs.ts"
import { metricView, type SimulationView } from "../views.ts"

/** Writes a number of a metric: with the digits of its mean, or with those of its single values. */
interface Writer {
  readonly mean: (value: number | null) => string
  readonly value: (value: number | null) => string
}

const writerOf = (stats: MetricStats, style: NumberStyle): Writer => {
  const ofMean = spreadOfMean(stats)
  const ofValues = spreadOfValues(stats)
  return {
    mean: (value) => formatFigure(value, ofMean, style),
    value: (value) => formatFigure(value, ofValues, style),
  }
}

const extreme = (value: Extreme | null, write: Writer): ReactNode =>
  value === null ? (
    NO_NUMBER
  ) : (
    <>
      {write.value(value.value)}
      <Text component="span" display="block" size="xs" c="dimmed">
        #{formatCount(value.iteration)}
      </Text>
    </>
  )

const interval = ({ ci95 }: MetricStats, write: Writer): ReactNode =>
  ci95 === null ? (
    NO_NUMBER
  ) : (
    <>
      {write.mean(ci95.low)}
      <Text component="span" display="block" inherit>
        to {write.mean(ci95.high)}
      </Text>
    </>
  )

const ROWS: ReadonlyArray<{
  readonly label: string
  readonly cell: (stats: MetricStats, write: Writer, style: NumberStyle) => ReactNode
}> = [
  { label: "Mean", cell: ({ mean }, write) => <b>{write.mean(mean)}</b> },
  { label: "95% interval", cell: interval },
  {
    label: "Standard deviation",
    cell: ({ stdDev }, _, style) => formatFigure(stdDev, (stdDev ?? 0) / 100, style),
  },
  {
    label: "Standard error",
    cell: ({ stdErr }, _, style) => formatFigure(stdErr, (stdErr ?? 0) / 10, style),
  },
  { label: "Minimum", cell: ({ min }, write) => extreme(min, write) },
  { label: "1st percentile", cell: ({ p1 }, write) => write.value(p1) },
  { label: "5th", cell: ({ p5 }, write) => write.value(p5) },
  { label: "25th", cell: ({ p25 }, write) => write.value(p25) },
  { label: "Median", cell: ({ p50 }, write) => write.value(p50) },
  { label: "75th", cell: ({ p75 }, write) => write.value(p75) },
  { label: "95th", cell: ({ p95 }, write) => write.value(p95) },
  { label: "99th percentile", cell: ({ p99 }, write) => write.value(p99) },
  { label: "Maximum", cell: ({ max }, write) => extreme(max, write) },
  { label: "Skewness", cell: ({ skewness }) => formatValue(skewness, 3) },
  { label: "Excess kurtosis", cell: ({ kurtosis }) => formatValue(kurtosis, 3) },
]

interface Props {
  readonly metrics: ReadonlyArray<NamedStats>
  readonly view: SimulationView
}

export const StatsTable = ({ metrics, view }: Props) => (
  <Card withBorder radius="lg" padding="lg" className="card">
    <Title order={2} size="h5">
      All statistics
    </Title>
    <Text size="sm" c="dimmed" mb="sm">
      #1,234 is the iteration that an extreme was found in
    </Text>
    <Table.ScrollContainer
      // Three fit on a phone. Of more, shadows at the sides say that there are more
      minWidth={100 + 72 * metrics.length}
      type="native"
      className="stats-scroll"
      // Whoever has no pointer scrolls it with the arrow keys
      tabIndex={0}
      role="region"
      aria-label="All statistics"
    >
      <Table verticalSpacing={7} className="tabular stats-table" data-testid="statistics">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>
              <VisuallyHidden>Statistic</VisuallyHidden>
            </Table.Th>
            {metrics.map(([name, { unit }]) => (
              <Table.Th key={name} ta="right">
                {metricView(view, name).label}
                {unit !== null && metricView(view, name).style === "plain" && (
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
              {metrics.map(([name, stats]) => {
                const { style } = metricView(view, name)
                return (
                  <Table.Td key={name} ta="right">
                    {cell(stats, writerOf(stats, style), style)}
                  </Table.Td>
                )
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  </Card>
)
