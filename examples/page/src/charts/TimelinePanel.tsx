/** What happened when, in simulated time: everything stacked, or one series with its spread. */
import { AreaChart } from "@mantine/charts"
import { Card, Group, SegmentedControl, Text, Title } from "@mantine/core"
import type { Timeline } from "@simstream/protocol"
import { useState } from "react"
import { Area } from "recharts"
import { decimalsFor, formatCompact, formatValue } from "../format/numbers.ts"
import { seriesColor } from "../theme.ts"
import { niceTicks } from "./histogramBins.ts"
import { PointNote } from "./PointNote.tsx"
import { bucketsPerPoint, spreadPoints, timelinePoints } from "./timelineBuckets.ts"

const HEIGHT = 320
const TICKS = 7
const ALL = "all of them"

const axes = (from: number, to: number, unit: string) => ({
  xAxisProps: {
    type: "number" as const,
    domain: [from, to],
    ticks: [...niceTicks(from, to, TICKS)],
    tickFormatter: (time: number) => `${time} ${unit}`,
    padding: { left: 0, right: 0 },
  },
  yAxisProps: { width: 48, tickFormatter: (value: number) => formatCompact(value) },
})

/** The largest first, so that it lies at the bottom of the stack. */
const namesBySize = ({ series }: Timeline): ReadonlyArray<string> => {
  const size = (name: string) => series[name]?.mean.reduce((sum, value) => sum + value, 0) ?? 0
  return Object.keys(series).sort((left, right) => size(right) - size(left))
}

export default function TimelinePanel({ timeline }: { readonly timeline: Timeline }) {
  const [shown, setShown] = useState(ALL)
  const names = namesBySize(timeline)
  const isStacked = shown === ALL || !names.includes(shown)
  return (
    <Card withBorder radius="lg" padding="lg" className="card">
      <Group justify="space-between" mb={4} gap="sm">
        <Title order={3} size="h5">
          Damage over the fight
        </Title>
        {names.length > 0 && (
          <SegmentedControl
            size="xs"
            aria-label="Series"
            value={isStacked ? ALL : shown}
            onChange={setShown}
            data={[{ value: ALL, label: "Stacked" }, ...names.map((name) => ({ value: name, label: name }))]}
            className="metrics"
          />
        )}
      </Group>
      {names.length === 0 ? (
        <Text size="sm" c="dimmed">
          This simulation recorded nothing over time.
        </Text>
      ) : isStacked ? (
        <Stacked timeline={timeline} names={names} />
      ) : (
        <Spread timeline={timeline} name={shown} color={seriesColor(names.indexOf(shown))} />
      )}
    </Card>
  )
}

const Stacked = ({
  timeline,
  names,
}: {
  readonly timeline: Timeline
  readonly names: ReadonlyArray<string>
}) => {
  const size = bucketsPerPoint(timeline)
  const { unit, bucket } = timeline
  const points = timelinePoints(timeline, size)
  const last = points.at(-1)
  // One more point at the end: a step lasts until the next.
  const data = [...points, ...(last === undefined ? [] : [{ ...last, from: last.to }])].map(
    ({ from, rates }) => ({
      time: from,
      ...rates,
    }),
  )
  const largest = Math.max(0, ...points.flatMap(({ rates }) => Object.values(rates)))
  return (
    <>
      <Text size="sm" c="dimmed" mb="md">
        Mean damage a second, in steps of {size * bucket} {unit}
      </Text>
      <AreaChart
        h={HEIGHT}
        data={data}
        dataKey="time"
        type="stacked"
        curveType="stepAfter"
        series={names.map((name, at) => ({ name, color: seriesColor(at) }))}
        withLegend
        legendProps={{ verticalAlign: "bottom" }}
        withDots={false}
        withGradient={false}
        fillOpacity={0.55}
        strokeWidth={1}
        tickLine="none"
        strokeDasharray="3 3"
        valueFormatter={(value) => formatValue(value, decimalsFor(largest / 10))}
        areaProps={{ isAnimationActive: false }}
        tooltipProps={{ labelFormatter: (time) => `from ${time} ${unit}` }}
        {...axes(0, last?.to ?? 0, unit)}
      />
    </>
  )
}

interface SpreadProps {
  readonly timeline: Timeline
  readonly name: string
  readonly color: string
}

const Spread = ({ timeline, name, color }: SpreadProps) => {
  const { unit, bucket } = timeline
  const points = spreadPoints(timeline, name)
  const decimals = decimalsFor(Math.max(0, ...points.map(({ mean }) => mean)) / 10)
  const data = points.map(({ from, to, mean, band }) => ({
    time: from,
    [name]: mean,
    band,
    where: `${from} to ${to} ${unit}`,
    figure: formatValue(mean, decimals),
    aside: band === null ? "" : `± ${formatValue(band[1] - mean, decimals)}`,
  }))
  return (
    <>
      <Text size="sm" c="dimmed" mb="md">
        {name}: mean total in each {bucket} {unit} of the fight, and one standard deviation around it
      </Text>
      <AreaChart
        h={HEIGHT}
        data={data}
        dataKey="time"
        curveType="linear"
        series={[{ name, color }]}
        withDots={false}
        withGradient={false}
        fillOpacity={0}
        strokeWidth={1.5}
        tickLine="none"
        strokeDasharray="3 3"
        areaProps={{ isAnimationActive: false }}
        tooltipProps={{ content: PointNote }}
        {...axes(0, points.at(-1)?.from ?? 0, unit)}
      >
        <Area
          dataKey="band"
          stroke="none"
          fill={`var(--mantine-color-${color.replace(".", "-")})`}
          fillOpacity={0.18}
          isAnimationActive={false}
          legendType="none"
          activeDot={false}
        />
      </AreaChart>
    </>
  )
}
