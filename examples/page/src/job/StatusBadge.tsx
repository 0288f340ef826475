/** The state of a run in a word, with an icon, so that colour says nothing by itself. */
import { Badge } from "@mantine/core"
import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconClockHour4,
  IconHandStop,
  IconLoader2,
  IconPlugConnected,
} from "@tabler/icons-react"
import type { RunState } from "../outputs.ts"

interface Look {
  readonly label: string
  readonly color: string
  readonly Icon: typeof IconLoader2
  readonly spins?: boolean
}

const LOOKS: { readonly [Status in RunState["status"]]: Look } = {
  idle: { label: "Connecting", color: "gray", Icon: IconPlugConnected },
  connecting: { label: "Connecting", color: "gray", Icon: IconPlugConnected },
  queued: { label: "Queued", color: "gray", Icon: IconClockHour4 },
  running: { label: "Running", color: "petrol", Icon: IconLoader2, spins: true },
  complete: { label: "Complete", color: "teal", Icon: IconCircleCheckFilled },
  cancelled: { label: "Cancelled", color: "orange", Icon: IconHandStop },
  error: { label: "Failed", color: "red", Icon: IconAlertTriangleFilled },
}

export const StatusBadge = ({
  status,
  label,
}: {
  readonly status: RunState["status"]
  readonly label?: string
}) => {
  const look = LOOKS[status]
  return (
    <Badge
      variant="light"
      color={look.color}
      size="lg"
      tt="none"
      fw={600}
      leftSection={<look.Icon size={14} aria-hidden className={look.spins ? "spin" : ""} />}
      data-testid="status"
      data-status={status}
    >
      {label ?? look.label}
    </Badge>
  )
}
