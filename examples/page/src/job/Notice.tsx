/** What a person should know about a run beyond its figures: a dropped connection, a failure, that it was cancelled. */
import { Alert, Button, Group, Text } from "@mantine/core"
import { IconAlertCircle, IconCloudOff, IconHandStop, IconRefresh, IconRepeat } from "@tabler/icons-react"
import type { ReactNode } from "react"
import { formatCount } from "../format/numbers.ts"
import { metricsOf, type RunState } from "../outputs.ts"
import { explain } from "../problems.ts"

interface Props {
  readonly state: RunState
  readonly onRetry: () => void
}

export const Notice = ({ state, onRetry }: Props) => {
  const notice = noticeOf(state)
  if (notice === null) return null
  return (
    <Alert
      color={notice.color}
      variant="light"
      radius="lg"
      icon={notice.icon}
      title={notice.title}
      role={notice.urgent ? "alert" : "status"}
      data-testid="notice"
    >
      <Group justify="space-between" gap="md">
        <Text size="sm" className="notice-text">
          {notice.text}
        </Text>
        {notice.retry && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconRefresh size={14} aria-hidden />}
            onClick={onRetry}
            data-testid="retry"
          >
            Try now
          </Button>
        )}
      </Group>
    </Alert>
  )
}

interface NoticeContent {
  readonly color: string
  readonly icon: ReactNode
  readonly title: string
  readonly text: string
  readonly retry?: boolean
  readonly urgent?: boolean
}

const noticeOf = (state: RunState): NoticeContent | null => {
  const { status, connection, attempt, partial } = state
  if (status === "error") {
    const { title, detail } = explain(state.error)
    const lost = state.error._tag === "ConnectionFailed"
    const kept = partial === null ? "" : " What it had found out by then is below."
    return {
      color: "red",
      icon: lost ? <IconCloudOff aria-hidden /> : <IconAlertCircle aria-hidden />,
      title,
      text: `${detail}${lost ? "" : kept}`,
      retry: lost,
      urgent: true,
    }
  }
  if (status === "cancelled") {
    const counted = partial === null ? 0 : (metricsOf(partial.stats)[0]?.[1].count ?? 0)
    return {
      color: "orange",
      icon: <IconHandStop aria-hidden />,
      title: "The run was cancelled",
      text:
        partial === null
          ? "It had not begun, so there is nothing to show."
          : `The statistics below are of the ${formatCount(counted)} iterations that had run by then.`,
    }
  }
  if (connection === "reconnecting" || (connection === "connecting" && attempt > 0)) {
    return {
      color: "yellow",
      icon: <IconCloudOff aria-hidden />,
      title: "The connection was lost. Reconnecting…",
      text: `The run goes on without this page, which will pick it up where it is.${
        attempt > 1 ? ` ${attempt} attempts so far.` : ""
      }`,
      retry: true,
    }
  }
  if (connection === "polling") {
    return {
      color: "blue",
      icon: <IconRepeat aria-hidden />,
      title: "Live updates don't get through",
      text: "Something on the way to the server holds them back, so this page asks every few seconds instead.",
    }
  }
  return null
}
