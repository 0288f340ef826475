/**
 * Says to a screen reader what can be seen by others: each quarter of the way, a lost connection, what the run waits for,
 * the end. No more often.
 */
import type { RunState } from "./api.ts"
import { waitOf } from "./waiting.ts"

const sentence = ({ status, connection, progress }: RunState): string => {
  if (connection === "reconnecting") return "The connection was lost. Reconnecting."
  switch (status) {
    case "queued":
      return "The run waits for its turn."
    case "running": {
      const wait = progress === null ? null : waitOf(progress)
      if (wait !== null) return `${wait.title}.`
      const quarters = Math.floor((progress?.percentage ?? 0) / 25)
      return quarters === 0 ? "The run has started." : `The run is at ${25 * quarters} percent.`
    }
    case "complete":
      return "The run is complete."
    case "cancelled":
      return "The run was cancelled."
    default:
      return ""
  }
}

/** An announcer that writes into an element with `role="status"`. What was so when it began is no news. */
export const createAnnouncer = (element: HTMLElement) => {
  let last: string | null = null
  element.textContent = ""
  return (state: RunState): void => {
    if (state.status === "connecting") return
    const next = sentence(state)
    if (last !== null && next !== last) element.textContent = next
    last = next
  }
}
