/** A run, whatever its state: a function of what is known of it. */
import { Button, Group, Stack, Text, Title } from "@mantine/core"
import { useClipboard } from "@mantine/hooks"
import { IconCheck, IconLink, IconPlayerStopFilled, IconRepeat } from "@tabler/icons-react"
import { SimulationAnnouncer } from "@simstream/react"
import { isJobGone } from "../problems.ts"
import { outputsOf, type RunState } from "../outputs.ts"
import { viewOf } from "../views.ts"
import { ChartSkeleton } from "./ChartSkeleton.tsx"
import { Connection } from "./Connection.tsx"
import { Notice } from "./Notice.tsx"
import { OutputTabs } from "./OutputTabs.tsx"
import { ProgressPanel } from "./ProgressPanel.tsx"
import { StatusBadge } from "./StatusBadge.tsx"
import { Unavailable } from "./Unavailable.tsx"

interface Props {
  readonly title: string
  /** The name of the simulation; `null` while it isn't known. */
  readonly simulation: string | null
  /** What was asked for, in a line; `null` when it isn't known. */
  readonly description: string | null
  readonly state: RunState
  /** Whether the wish to cancel is on its way. */
  readonly cancelling: boolean
  readonly onCancel: () => void
  readonly onRetry: () => void
  /** Starts the same run again, with this seed or with another; absent when it isn't known what was asked for. */
  readonly onRepeat: ((seed: string | null) => void) | null
}

export const RunView = ({
  title,
  simulation,
  description,
  state,
  cancelling,
  onCancel,
  onRetry,
  onRepeat,
}: Props) => {
  const { status } = state
  const outputs = outputsOf(state)
  const isUnderWay = status === "queued" || status === "running"
  const isOver = status === "complete" || status === "cancelled" || status === "error"
  // Not a failure of the run itself: it isn't there, or it can't be reached.
  const isLost = status === "error" && state.error._tag !== "JobFailed"
  if (isLost && state.progress === null && outputs === null) {
    return <Unavailable error={state.error} onRetry={onRetry} />
  }
  return (
    <Stack gap="md" data-testid="run">
      <Group justify="space-between" align="flex-start" gap="md" className="run-header">
        <div className="run-title">
          <Group gap="sm">
            <Title order={1} size="h3">
              {title}
            </Title>
            <StatusBadge
              status={status}
              {...(isLost ? { label: isJobGone(state.error) ? "Gone" : "Connection lost" } : {})}
            />
            <Connection state={state} />
          </Group>
          {description !== null && (
            <Text size="sm" c="dimmed" mt={4}>
              {description}
            </Text>
          )}
        </div>
        <div className="run-actions">
          <CopyLink />
          {isUnderWay && (
            <Button
              variant="default"
              leftSection={<IconPlayerStopFilled size={14} aria-hidden />}
              loading={cancelling}
              onClick={onCancel}
              data-testid="cancel"
            >
              Cancel
            </Button>
          )}
          {isOver && onRepeat !== null && (
            <Button
              variant="default"
              leftSection={<IconRepeat size={16} aria-hidden />}
              onClick={() => onRepeat(null)}
              data-testid="run-again"
            >
              Run again
            </Button>
          )}
        </div>
      </Group>
      <Notice state={state} onRetry={onRetry} />
      <ProgressPanel state={state} />
      <SimulationAnnouncer job={state} />
      {outputs !== null && (
        <OutputTabs state={state} outputs={outputs} view={viewOf(simulation)} onRepeat={onRepeat} />
      )}
      {outputs === null && status === "running" && <ChartSkeleton />}
    </Stack>
  )
}

/** How long the button says that it is done. */
const COPIED_MS = 1_500

/** The run's address can be given to somebody else, or opened on another device. */
const CopyLink = () => {
  const { copied, copy } = useClipboard({ timeout: COPIED_MS })
  return (
    <Button
      variant="default"
      leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconLink size={16} aria-hidden />}
      onClick={() => copy(location.href)}
    >
      {copied ? "Link copied" : "Copy link"}
    </Button>
  )
}
