/** What happened when, in simulated time: everything stacked, or one series with its spread. */
import { AreaChart } from "@mantine/charts"
import { Card, Group, SegmentedControl, Text, Title } from "@mantine/core"
import type { Timeline } from "@simstream/protocol"
import { useState } from "react"
import { Area } from "recharts"
import { formatFigure, formatShort, type NumberStyle } from "../format/figures.ts"
import { cssColor, seriesColor } from "../theme.ts"
import type { TimelineView } from "../views.ts"
import { niceTicks } from "./histogramBins.ts"
import { PointNote } from "./PointNote.tsx"
import { bucketsPerPoint, spreadPoints, timelinePoints } from "./timelineBuckets.ts"

const HEIGHT = 320
const TICKS = 7
const ALL = "all of them"

/** Numbers, of which the last has the unit: there is no room for it on each. */
const timeTicks = (from: number, to: number, unit: string) => {
  const ticks = [...niceTicks(from, to, TICKS)]
  const last = ticks.at(-1)
  return {
    ticks,
    interval: 0,
    tickFormatter: (time: number) => (time === last ? `${time} ${unit}` : String(time)),
  }
}

const axes = (from: number, to: number, unit: string, style: NumberStyle) => ({
  xAxisProps: {
    type: "number" as const,
    domain: [from, to],
    ...timeTicks(from, to, unit),
    padding: { left: 0, right: 0 },
  },
  // Room for the topmost and the rightmost number, which the chart would push inwards otherwise, off their lines
  areaChartProps: { margin: { top: 12, right: 24, bottom: 0, left: 0 } },
  yAxisProps: { width: 52, tickFormatter: (value: number) => formatShort(value, style) },
})

/** "s" → "second", "years" → "year" */
const oneOf = (unit: string): string => (unit === "s" ? "second" : unit.replace(/s$/, ""))

/** The largest first, so that it lies at the bottom of the stack. */
const namesBySize = ({ series }: Timeline): ReadonlyArray<string> => {
  const size = (name: string) => series[name]?.mean.reduce((sum, value) => sum + value, 0) ?? 0
  return Object.keys(series).sort((left, right) => size(right) - size(left))
}

interface Props {
  readonly timeline: Timeline
  readonly view: TimelineView
}

export default function TimelinePanel({ timeline, view }: Props) {
  const [shown, setShown] = useState(ALL)
  const names = namesBySize(timeline)
  const [first] = names
  const canStack = view.kind === "amounts"
  const single = names.includes(shown) ? shown : canStack ? undefined : first
  return (
    <Card withBorder radius="lg" padding="lg" className="card">
      <Group justify="space-between" mb={4} gap="sm">
        <Title order={2} size="h5">
          {view.title}
        </Title>
        {canStack && names.length > 1 && (
          <SegmentedControl
            size="xs"
            aria-label="Series"
            value={single ?? ALL}
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
      ) : single === undefined ? (
        <Stacked timeline={timeline} view={view} names={names} />
      ) : (
        <Spread timeline={timeline} view={view} name={single} color={seriesColor(names.indexOf(single))} />
      )}
    </Card>
  )
}

interface StackedProps extends Props {
  readonly names: ReadonlyArray<string>
}

const Stacked = ({ timeline, view: { what, style }, names }: StackedProps) => {
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
        Mean {what} a {oneOf(unit)}, in steps of {size * bucket} {unit}
      </Text>
      <AreaChart
        h={HEIGHT}
        data={data}
        dataKey="time"
        type="stacked"
        curveType="stepAfter"
        series={names.map((name, at) => ({ name, color: seriesColor(at) }))}
        withDots={false}
        withGradient={false}
        fillOpacity={0.55}
        strokeWidth={1}
        tickLine="none"
        strokeDasharray="3 3"
        valueFormatter={(value) => formatFigure(value, largest / 10, style)}
        areaProps={{ isAnimationActive: false }}
        tooltipProps={{ labelFormatter: (time) => `from ${time} ${unit}` }}
        {...axes(0, last?.to ?? 0, unit, style)}
      />
      {/* Not the chart's own, which on a phone would take half of its height */}
      <Group component="ul" gap="4px 16px" className="legend">
        {names.map((name, at) => (
          <Group component="li" gap={6} wrap="nowrap" key={name}>
            <span className="swatch" style={{ backgroundColor: cssColor(seriesColor(at)) }} aria-hidden />
            <Text size="xs">{name}</Text>
          </Group>
        ))}
      </Group>
    </>
  )
}

interface SpreadProps extends Props {
  readonly name: string
  readonly color: string
}

const Spread = ({ timeline, view: { kind, style }, name, color }: SpreadProps) => {
  const { unit, bucket } = timeline
  const isLevel = kind === "level"
  const points = spreadPoints(timeline, name)
  const digits = Math.max(0, ...points.map(({ mean }) => mean)) / 10
  const data = points.map(({ from, to, mean, band }) => ({
    time: isLevel ? to : from,
    [name]: mean,
    band,
    where: isLevel ? `after ${to} ${unit}` : `${from} to ${to} ${unit}`,
    figure: formatFigure(mean, digits, style),
    aside: band === null ? "" : `± ${formatFigure(band[1] - mean, digits, style)}`,
  }))
  return (
    <>
      <Text size="sm" c="dimmed" mb="md">
        {isLevel
          ? `${name} at the end of each ${oneOf(unit)}: the mean, and one standard deviation around it`
          : `${name}: mean total in each ${bucket} ${unit}, and one standard deviation around it`}
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
        strokeWidth={isLevel ? 2 : 1.5}
        tickLine="none"
        strokeDasharray="3 3"
        areaProps={{ isAnimationActive: false }}
        tooltipProps={{ content: PointNote }}
        {...axes(data[0]?.time ?? 0, data.at(-1)?.time ?? 0, unit, style)}
      >
        <Area
          dataKey="band"
          stroke="none"
          fill={cssColor(color)}
          fillOpacity={0.18}
          isAnimationActive={false}
          legendType="none"
          activeDot={false}
        />
      </AreaChart>
    </>
  )
}
