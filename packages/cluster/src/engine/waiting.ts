/** Says what a batch waits for while it can't go on: a queue that does not answer, or workers of which none takes it up. */
import type { WaitingFor } from "@simstream/protocol"

/** A queue that has not done something for so long, tried again and again, is waited for, in milliseconds. */
const UNDONE_MS = 2000

/** What one batch waits for. */
export interface Waiting {
  /** Something is asked of the queue; to be called when it has been done, or given up. */
  readonly ask: () => () => void
  /** Looks again, and tells what has changed. To be called now and then. */
  readonly look: () => void
}

/** What to look at, and whom to tell. */
export interface WaitingOptions {
  /** Whether no worker takes the batch up. */
  readonly isStarving: () => boolean
  /** The queue answers again; workers may need a moment to find it, too. */
  readonly onAnswered: () => void
  readonly onChange: (what: WaitingFor | null) => void
  /** Milliseconds on a clock that only goes forward; for tests. */
  readonly now?: () => number
}

export const createWaiting = ({
  isStarving,
  onAnswered,
  onChange,
  now = () => performance.now(),
}: WaitingOptions): Waiting => {
  /** What is asked of the queue, each by when; the oldest comes first. */
  const asked = new Map<symbol, number>()
  let told: WaitingFor | null = null

  const isUnanswered = (): boolean => {
    const [oldestMs = Infinity] = asked.values()
    return now() - oldestMs >= UNDONE_MS
  }
  const look = () => {
    const unanswered = isUnanswered()
    if (told === "queue" && !unanswered) onAnswered()
    const what = unanswered ? "queue" : isStarving() ? "workers" : null
    if (what === told) return
    told = what
    onChange(what)
  }

  return {
    ask: () => {
      const question = Symbol("question")
      asked.set(question, now())
      return () => {
        asked.delete(question)
        if (told !== null) look()
      }
    },
    look,
  }
}
