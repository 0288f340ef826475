/** The numbers that connections go by, each with its reason, and what is computed from them. */
import type { ConnectionOptions, RetryOptions } from "../options.ts"

/** The options that have a default. */
export interface Settings extends ConnectionOptions, Required<RetryOptions> {
  readonly pollMs: number
  readonly heartbeatMs: number
  readonly maxEventSize: number
}

/** A server that restarts behind a load balancer is back in that time. */
const BASE_MS = 500
/** The longest that a user is left to look at "reconnecting" without anything being tried. */
const MAX_MS = 30_000
/** About four minutes, with the two above. */
const MAX_ATTEMPTS = 20
/** Frequent enough for a progress bar, rare enough for a server that many clients poll. */
const POLL_MS = 2000
/** What servers of this house do, and what most proxies tolerate. */
export const HEARTBEAT_MS = 8000
/** A result with charts of a thousand series fits; a line that never ends doesn't fill the memory. */
const MAX_EVENT_SIZE = 8_388_608

/** Options, and the default of every one that is absent. */
export const settingsOf = ({
  retry: { baseMs = BASE_MS, maxMs = MAX_MS, maxAttempts = MAX_ATTEMPTS } = {},
  pollMs = POLL_MS,
  heartbeatMs = HEARTBEAT_MS,
  maxEventSize = MAX_EVENT_SIZE,
  ...options
}: ConnectionOptions): Settings => ({
  ...options,
  baseMs,
  maxMs,
  maxAttempts,
  pollMs,
  heartbeatMs,
  maxEventSize,
})

/** What the machine decides by. It stays the same over a connection's life. */
export interface Policy extends Settings {
  /** The job's id, when it is known. */
  readonly jobId?: string
  /** Resume behind this event. */
  readonly lastEventId?: string | null
  /** Whether to ask for the snapshot from the first on, for `fetch` can't stream here. */
  readonly polls: boolean
  /** Whether there is a snapshot to poll. */
  readonly canPoll: boolean
}

/** How long to listen for a byte, in heartbeats: one may be late. What is found out is a silence of two to four. */
const PATIENCE = 2
/** Not given up for a shorter silence than this, whatever the server promised, for networks hiccup. */
const SHORTEST_SILENCE_MS = 2000

/** How long the watchdog listens for a byte. */
export const silenceMs = (heartbeatMs: number): number =>
  Math.max(SHORTEST_SILENCE_MS, PATIENCE * heartbeatMs)

/**
 * The wait after this many failures in a row is a random part of this: "full jitter", which spreads the clients of a
 * server that fell over best.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export const backoffMs = ({ baseMs, maxMs }: Policy, failures: number): number =>
  Math.min(maxMs, baseMs * 2 ** (failures - 1))
