/**
 * The connection to one job as a pure machine: `(state, input) -> (state, commands)`. It holds no timer, does no I/O and
 * reads no clock; the driver (`driver.ts`) does what it is told and reports back with inputs. `openStream`, `events`,
 * `watch`, the polling that stands in for a blocked stream, and the requests with one answer all run on it.
 *
 * ```text
 *                                 a failure that may heal
 *          ┌───────────────────────────────────────────────────────────────┐
 *          ▼                                                               │
 *      ┌───────┐  tick, wake  ┌────────────┐  event   ┌──────┐             │
 *      │waiting│ ───────────▶ │ connecting │ ───────▶ │ open │ ────────────┤
 *      └───────┘              └────────────┘          └──────┘             │
 *          ▲                   ▲          │               │                │
 *          │ done, polling     │ start    └───────────────│────────────────┘
 *          └───────────────────│──────────────────────────┤
 *                                                         │ last event, fatal failure,
 *                                                         ▼ too many failures
 *                                                     ┌────────┐
 *                        close, from any phase ─────▶ │ closed │  nothing leads out of it
 *                                                     └────────┘
 * ```
 *
 * Beside the phase there is the way of asking. It is the stream, until that turns out to be useless: twice in a row it was
 * silent, or something else than a stream, or over before it said anything; or the server says (204) that there is none.
 * Then it is `polling`: `connecting` asks for the job's snapshot, and `waiting` is the pause between two. `wake` with a
 * changed network leads back to the stream.
 */
import {
  isTerminalEvent,
  jobTag,
  parseEventId,
  PROTOCOL_VERSION,
  type Outputs,
  type StreamEvent,
} from "@simstream/protocol"
import {
  ConnectionFailed,
  InvalidEvent,
  ProtocolMismatch,
  RequestFailed,
  type ClientError,
} from "../errors.ts"
import type { ConnectionStatus } from "../state.ts"
import { backoffMs, silenceMs, type Policy } from "./policy.ts"

/** All that a connection remembers. */
export interface State {
  readonly phase: "connecting" | "open" | "waiting" | "closed"
  readonly polling: boolean
  /** What the ids of the job's events end in, which tells another job's; empty until the job is known. */
  readonly tag: string
  /** The id of the newest event delivered, behind which the next stream resumes; empty for none. */
  readonly cursor: string
  /** Its revision; 0 for an id that is none of ours. */
  readonly revision: number
  /** Failures in a row. Only news of the job, and a connection that stays alive, bring it back to 0. */
  readonly attempt: number
  /** Suspicious ones in a row in this way of asking: two of them, and it is given up. */
  readonly strikes: number
  readonly heartbeatMs: number
  /** The server's `retry:`. */
  readonly retryMs: number
}

/** The next state, and the commands: what the driver is to do. A phase of `waiting` or `closed` means to hang up, too. */
export interface Step<O extends Outputs = Outputs> {
  readonly state: State
  /** Send the request for the state, in place of any other. */
  readonly ask?: true
  /** Send a `tick` after this long and a random part of `jitterMs`, in place of any other. */
  readonly waitMs?: number
  readonly jitterMs?: number
  readonly deliver?: StreamEvent<O>
  /** What went wrong on the way, or what closed it. */
  readonly error?: ClientError
}

/** What can happen to a connection, as what it does to the state. The functions below are all there are. */
export type Input<O extends Outputs = Outputs> = (state: State, policy: Policy) => Step<O>

/** Before anything has happened. */
export const initialState = ({ polls, heartbeatMs }: Policy, jobId: string, cursor: string): State => ({
  phase: "connecting",
  polling: polls,
  tag: jobTag(jobId),
  cursor,
  revision: parseEventId(cursor)?.revision ?? 0,
  attempt: 0,
  strikes: 0,
  heartbeatMs,
  retryMs: 0,
})

/** The state as users are shown it. */
export const connectionOf = ({ phase, polling, attempt }: State): ConnectionStatus => {
  if (phase === "closed" || (phase === "open" && !polling)) return phase
  if (attempt > 0) return "reconnecting"
  return polling ? "polling" : "connecting"
}

/** Goes on, under the eye of the watchdog. */
const watched = (state: State): Step<never> => ({ state, waitMs: silenceMs(state.heartbeatMs) })

const ask = (state: State): Step<never> => ({ ...watched({ ...state, phase: "connecting" }), ask: true })

const end = (state: State, error?: ClientError): Step<never> => ({
  state: { ...state, phase: "closed" },
  ...(error && { error }),
})

/** Nothing will help. */
const FATAL = Infinity

/**
 * What a failure says about the way of asking: 0 for what heals by itself, 1 for what may but looks as if something
 * were in the way, 2 when it is clear that nothing comes this way.
 */
const strikesOf = (error: ClientError, { polling, phase, strikes }: State, { headers }: Policy): number => {
  if (error instanceof RequestFailed) {
    const { status } = error
    if (status >= 500 || status === 408 || status === 425 || status === 429) return 0
    // To a stream's reader, 204 says that the job is over: how it ended is in the snapshot
    if (status === 204) return 2
    return status === 401 && typeof headers === "function" && strikes === 0 ? 1 : FATAL
  }
  if (!(error instanceof ConnectionFailed)) return FATAL
  const { reason } = error
  const saidNothing = reason === "silent" || (reason === "ended" && phase === "connecting")
  return reason === "unusable" || (saidNothing && !polling) ? 1 : 0
}

/** A request came to nothing; `offline` when the browser knows of no network. */
export const failed =
  (error: ClientError, offline = false): Input<never> =>
  (state, policy) => {
    const attempt = state.attempt + 1
    const strikes = state.strikes + strikesOf(error, state, policy)
    const { status = 0, retryAfterMs = 0 }: Partial<RequestFailed> =
      error instanceof RequestFailed ? error : {}
    if (strikes > 1 && strikes < FATAL && !state.polling && policy.canPoll) {
      return ask({ ...state, polling: true, strikes: 0 })
    }
    if (strikes > 1 || (attempt >= policy.maxAttempts && !offline)) return end(state, error)
    if (status === 401) return ask({ ...state, strikes })
    return {
      state: { ...state, phase: "waiting", attempt, strikes },
      waitMs: Math.min(policy.maxMs, Math.max(retryAfterMs, state.retryMs)),
      jitterMs: backoffMs(policy, attempt),
      error,
    }
  }

const foreign = (event: string, data: string) =>
  new InvalidEvent(`An event of another job: ${data}`, { reason: "foreign", event, data })

/** An event that passed its checks arrived. */
export const received =
  <O extends Outputs>(event: StreamEvent<O>, id?: string): Input<O> =>
  (state) => {
    const { tag, polling } = state
    const { type } = event
    if (type === "connected") {
      const { jobId, protocol, heartbeatMs } = event
      const own = jobTag(jobId)
      if (tag && tag !== own) return end(state, foreign(type, jobId))
      if (protocol === PROTOCOL_VERSION) {
        return { ...watched({ ...state, phase: "open", tag: own, heartbeatMs }), deliver: event }
      }
      const fields = { received: protocol, expected: PROTOCOL_VERSION }
      return end(
        state,
        new ProtocolMismatch(
          `The server speaks protocol ${protocol}, this client ${PROTOCOL_VERSION}: update the older.`,
          fields,
        ),
      )
    }
    // An id that is none of ours is newer than any, and of any job: NaN compares with nothing
    const { job, revision } = parseEventId(id ?? "") ?? { job: tag, revision: NaN }
    if (tag && tag !== job) return { state, error: foreign(type, String(id)) }
    const next: State = {
      ...state,
      attempt: 0,
      strikes: 0,
      phase: "open",
      cursor: id ?? state.cursor,
      revision: revision || state.revision,
    }
    if (isTerminalEvent(event)) return { ...end(next), deliver: event }
    // Sent twice, or overtaken by a newer one. (The last can be neither: there is one, and nothing is read after it.)
    // All of a snapshot's events have the same id
    const isOld = polling ? revision < state.revision : revision <= state.revision
    return isOld ? { state } : { state: next, deliver: event }
  }

/** An event arrived that did not pass them, and was left out. */
export const leftOut =
  (error: InvalidEvent): Input<never> =>
  (state) => ({ state, error })

/** The server said how long to wait before connecting again. */
export const retryHint =
  (retryMs: number): Input<never> =>
  (state) => ({ state: { ...state, retryMs } })

/** An answer was read to its end. */
export const done: Input<never> = (state, policy) =>
  state.polling
    ? { state: { ...state, attempt: 0, strikes: 0, phase: "waiting" }, waitMs: policy.pollMs }
    : failed(new ConnectionFailed("The stream ended before the job did.", { reason: "ended" }))(state, policy)

/** The time that was asked for is over; `heard` says whether a byte came in it. */
export const tick =
  (heard: boolean): Input<never> =>
  (state, policy) => {
    const { phase, heartbeatMs } = state
    if (phase === "waiting") return ask(state)
    if (!heard) {
      const message = `Nothing was heard for ${silenceMs(heartbeatMs)} ms.`
      return failed(new ConnectionFailed(message, { reason: "silent" }))(state, policy)
    }
    // A stream that stays alive without news (a queued job's, say) is as good as one with news
    return watched(phase === "open" ? { ...state, attempt: 0, strikes: 0 } : state)
  }

/** It begins. */
export const start: Input<never> = ask

/** The page is back; `network` when connections must be thought of as gone. */
export const wake =
  (network: boolean): Input<never> =>
  (state, policy) => {
    if (network) return ask({ ...state, polling: policy.polls, attempt: state.attempt || 1, strikes: 0 })
    // A stream may have died while nobody looked: the watchdog counts from now
    return state.phase === "waiting" ? ask(state) : watched(state)
  }

/** Enough. */
export const close: Input<never> = (state) => end(state)

/** What an input does. Once it is closed, nothing. */
export const transition = <O extends Outputs>(state: State, input: Input<O>, policy: Policy): Step<O> =>
  state.phase === "closed" ? { state } : input(state, policy)
