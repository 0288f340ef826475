/** How streams are kept alive and how long they last. */
/** Times of a stream, in milliseconds. */
export interface StreamTiming {
  /**
   * A comment is sent after so many milliseconds without an event; 7,000 by default, since some runtimes and proxies cut
   * a connection that was silent for 10 seconds, and Bun, which looks every 4 seconds, one that was silent for 8.
   */
  readonly heartbeatMs?: number
  /** A client that takes nothing for so long is dropped, in milliseconds; 30,000 by default. It can resume. */
  readonly writeTimeoutMs?: number
  /**
   * A stream ends after so many milliseconds, 80 to 100 % of them at random, and the client resumes; 600,000 by default. It
   * spreads clients over servers after a deployment, and finds those that are gone without a word.
   */
  readonly maxDurationMs?: number
}

/** The times with their defaults. */
export type CheckedTiming = Required<StreamTiming>

const DEFAULTS: CheckedTiming = { heartbeatMs: 7_000, writeTimeoutMs: 30_000, maxDurationMs: 600_000 }

/** Beyond this `setTimeout` overflows and fires at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Fills in the defaults.
 *
 * @throws RangeError when a time is no number, out of range, or two of them contradict each other
 */
export const checkTiming = (timing: StreamTiming = {}): CheckedTiming => {
  const checked = { ...DEFAULTS, ...timing }
  for (const [name, value] of Object.entries(checked)) {
    if (!(value >= 1 && value <= LONGEST_TIMER_MS)) {
      throw new RangeError(
        `${name} must be a number of milliseconds from 1 to ${LONGEST_TIMER_MS}; got ${value}.`,
      )
    }
  }
  const { heartbeatMs, writeTimeoutMs, maxDurationMs } = checked
  if (heartbeatMs >= maxDurationMs) {
    throw new RangeError(
      `heartbeatMs (${heartbeatMs}) must be shorter than maxDurationMs (${maxDurationMs}), or no heartbeat is ever sent.`,
    )
  }
  if (writeTimeoutMs >= maxDurationMs) {
    throw new RangeError(
      `writeTimeoutMs (${writeTimeoutMs}) must be shorter than maxDurationMs (${maxDurationMs}), or no write ever times out.`,
    )
  }
  return checked
}

/** A connection's own share of the longest duration, so that those which came together do not come again together. */
export const lifetimeMs = ({ maxDurationMs }: CheckedTiming): number =>
  maxDurationMs * (0.8 + 0.2 * Math.random())

/** What a client is asked to wait before it comes again: its own moment. */
export const retryMs = (): number => Math.round(500 + 1000 * Math.random())
