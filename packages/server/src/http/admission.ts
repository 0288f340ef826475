/** How many streams may be open: in all, for one job, and for one client. */
import { MAX_ITERATIONS } from "@simstream/protocol"
import { LONGEST_TIMER_MS } from "../stream/timing.ts"
import { RequestProblem, retryAfter } from "./problems.ts"

/** Limits of what clients may take up. */
export interface Limits {
  /** Bytes of a request's body; 65,536 by default. */
  readonly bodyBytes?: number
  /** How long a request's body may take to come in, in milliseconds; 30,000 by default. Beyond, 408. */
  readonly bodyMs?: number
  /** Iterations of one job; 1,000,000,000 by default, which is the most there can be. A public server wants less. */
  readonly iterations?: number
  /** Open streams of this handler; 10,000 by default. Beyond, 503. */
  readonly streams?: number
  /** Open streams of one job; 1,000 by default. Beyond, 429. */
  readonly streamsPerJob?: number
  /** Open streams of one client, where `clientKey` tells clients apart; 20 by default. Beyond, 429. */
  readonly streamsPerClient?: number
  /** Jobs of one client that are queued or running, where `clientKey` tells clients apart; 10 by default. Beyond, 429. */
  readonly jobsPerClient?: number
}

/** The limits with their defaults. */
export type CheckedLimits = Required<Limits>

const DEFAULTS: CheckedLimits = {
  bodyBytes: 65_536,
  bodyMs: 30_000,
  iterations: MAX_ITERATIONS,
  streams: 10_000,
  streamsPerJob: 1_000,
  streamsPerClient: 20,
  jobsPerClient: 10,
}

/** What a limit may be at most, where that isn't any whole number. */
const MOST: Readonly<Record<string, number>> = { iterations: MAX_ITERATIONS, bodyMs: LONGEST_TIMER_MS }

/** Limits that hold for each client, and so for nobody when clients can't be told apart. */
const PER_CLIENT = ["streamsPerClient", "jobsPerClient"] as const

/**
 * Fills in the defaults.
 *
 * @throws RangeError when a limit is out of its range, TypeError when it is one for each client and those can't be told apart
 */
export const checkLimits = (limits: Limits = {}, tellsClientsApart = true): CheckedLimits => {
  const checked = { ...DEFAULTS, ...limits }
  for (const [name, value] of Object.entries(checked)) {
    const most = MOST[name] ?? Number.MAX_SAFE_INTEGER
    if (!(Number.isSafeInteger(value) && value >= 1 && value <= most)) {
      throw new RangeError(`limits.${name} must be a whole number from 1 to ${most}; got ${value}.`)
    }
  }
  for (const name of PER_CLIENT) {
    if (tellsClientsApart || limits[name] === undefined) continue
    throw new TypeError(
      `limits.${name} (${limits[name]}) would hold for nobody: without clientKey clients can't be told apart.`,
    )
  }
  return checked
}

/** What a stream takes up. */
export interface Place {
  readonly jobId: string
  /** Whose it is, where clients can be told apart. */
  readonly client: string | null
}

/** Counts the open streams. */
export interface Admission {
  /** Throws a `RequestProblem` when there is no room for a stream. */
  readonly check: (place: Place) => void
  /** Lets a stream in; throws as `check` does. */
  readonly enter: (place: Place) => void
  /** Lets it out. To be called once for each that was let in. */
  readonly leave: (place: Place) => void
  /** Open streams. */
  readonly streams: () => number
}

export const createAdmission = (limits: CheckedLimits): Admission => {
  let streams = 0
  const perJob = new Map<string, number>()
  const perClient = new Map<string, number>()

  const count = ({ jobId, client }: Place, by: 1 | -1) => {
    streams += by
    change(perJob, jobId, by)
    if (client !== null) change(perClient, client, by)
  }

  const check = ({ jobId, client }: Place) => {
    if (streams >= limits.streams)
      throw refuse("server_busy", "The server has as many streams open as it may.")
    if ((perJob.get(jobId) ?? 0) >= limits.streamsPerJob) {
      throw refuse(
        "too_many_streams",
        `This job has ${limits.streamsPerJob} streams open, as many as it may.`,
      )
    }
    if (client !== null && (perClient.get(client) ?? 0) >= limits.streamsPerClient) {
      throw refuse(
        "too_many_streams",
        `You have ${limits.streamsPerClient} streams open, as many as you may.`,
      )
    }
  }

  return {
    streams: () => streams,
    check,
    enter: (place) => {
      check(place)
      count(place, 1)
    },
    leave: (place) => count(place, -1),
  }
}

const change = (counts: Map<string, number>, key: string, by: number): void => {
  const count = (counts.get(key) ?? 0) + by
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}

const refuse = (code: "too_many_streams" | "server_busy", detail: string): RequestProblem =>
  new RequestProblem(code, detail, { headers: retryAfter() })
