/** How the page hears of the run, in a word. */
import { Group, Text } from "@mantine/core"
import type { RunState } from "../outputs.ts"

const isOver = ({ status }: RunState): boolean =>
  status === "complete" || status === "cancelled" || status === "error"

const LABELS = {
  idle: "Not connected",
  connecting: "Connecting…",
  open: "Live",
  reconnecting: "Reconnecting…",
  polling: "Updating every few seconds",
  closed: "Not connected",
} as const

/** Nothing once the run is over: there is nothing to be connected to. */
export const Connection = ({ state }: { readonly state: RunState }) =>
  isOver(state) ? null : (
    <Group gap={6} wrap="nowrap" data-testid="connection" data-connection={state.connection}>
      <span className="dot" data-connection={state.connection} aria-hidden />
      <Text size="sm" c="dimmed">
        {LABELS[state.connection]}
      </Text>
    </Group>
  )
