/** How far a run has come: the bar, and count, rate and times beside it. */
import { Card, Group, Progress, Text } from "@mantine/core"
import type { Progress as JobProgress } from "@simstream/protocol"
import { getProgressProps } from "@simstream/react"
import { formatCount, formatPercentage, formatRate } from "../format/numbers.ts"
import { formatDuration, formatTimeLeft } from "../format/times.ts"
import type { RunState } from "../outputs.ts"
import { Figure } from "./Figure.tsx"

const COLORS = {
  idle: "gray",
  connecting: "gray",
  queued: "gray",
  running: "petrol.6",
  complete: "teal",
  cancelled: "orange",
  error: "red",
} as const

const HEADLINES = {
  idle: "Looking for the run…",
  connecting: "Looking for the run…",
  queued: "Waiting for its turn",
  running: "Running",
  complete: "Done",
  cancelled: "Stopped",
  error: "Stopped",
} as const

interface Wait {
  readonly headline: string
  readonly why: string
}

/** What a run waits for while it can't go on, in words; `null` while it goes on. */
const waitOf = ({ status, progress }: RunState): Wait | null => {
  if (status !== "running") return null
  switch (progress?.waitingFor) {
    case "queue":
      return {
        headline: "Waiting for the queue",
        why: "The queue that its work goes through is full or can't be reached.",
      }
    case "workers":
      return { headline: "Waiting for a worker", why: "No worker is free to take it up." }
    default:
      return null
  }
}

export const ProgressPanel = ({ state }: { readonly state: RunState }) => {
  const { status, connection, progress } = state
  const percentage = progress?.percentage ?? 0
  const wait = waitOf(state)
  const isMoving =
    status === "running" && wait === null && (connection === "open" || connection === "polling")
  return (
    <Card withBorder radius="lg" padding="lg" className="card">
      <Group justify="space-between" align="baseline" mb="sm" wrap="nowrap">
        <Text fw={600}>{wait?.headline ?? HEADLINES[status]}</Text>
        {progress !== null && (
          <Text className="percentage" data-testid="percentage">
            {formatPercentage(percentage)}
          </Text>
        )}
      </Group>
      <Progress.Root
        size="lg"
        radius="xl"
        {...getProgressProps(state, { label: "Progress of the run" })}
        data-testid="progress"
      >
        <Progress.Section
          value={percentage}
          color={COLORS[status]}
          withAria={false}
          striped={isMoving}
          animated={isMoving}
          className="bar"
          data-testid="bar"
        />
      </Progress.Root>
      {status === "queued" && (
        <Text size="sm" c="dimmed" mt="md">
          Other runs are ahead of it. It starts by itself: you may close the page and come back.
        </Text>
      )}
      {wait !== null && (
        <Text size="sm" c="dimmed" mt="md">
          {wait.why} It goes on by itself: you may close the page and come back.
        </Text>
      )}
      {progress !== null && <Figures state={state} progress={progress} isWaiting={wait !== null} />}
    </Card>
  )
}

interface FiguresProps {
  readonly state: RunState
  readonly progress: JobProgress
  readonly isWaiting: boolean
}

const Figures = ({ state, progress, isWaiting }: FiguresProps) => {
  const { current, total, elapsedMs, etaMs } = progress
  const isRunning = state.status === "running"
  const withoutTotal = total === null || state.status === "complete"
  return (
    <dl className={`figures ${withoutTotal ? "figures-3" : "figures-4"}`}>
      <Figure label="Iterations" testId="count">
        {withoutTotal ? formatCount(current) : `${formatCount(current)} of ${formatCount(total)}`}
      </Figure>
      <Figure label={isRunning ? "Rate" : "Average rate"} testId="rate">
        {formatRate(isRunning || elapsedMs === 0 ? progress.ratePerSecond : (1000 * current) / elapsedMs)}
      </Figure>
      <Figure label="Elapsed" testId="elapsed">
        {formatDuration(elapsedMs)}
      </Figure>
      {isRunning && (
        <Figure label="Time left" testId="eta">
          {etaMs === null && isWaiting ? "–" : formatTimeLeft(etaMs)}
        </Figure>
      )}
    </dl>
  )
}
