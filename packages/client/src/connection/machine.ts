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
  isEventId,
  isTerminalEvent,
  jobTag,
  PROTOCOL_VERSION,
  type ConnectedEvent,
  type Outputs,
  type StreamEvent,
} from "@simstream/protocol"
import {
  ConnectionFailed,
  invalidEvent,
  ProtocolMismatch,
  RequestFailed,
  type ClientError,
  type InvalidEvent,
} from "../errors.ts"
import type { ConnectionStatus } from "../state.ts"
import { backoffMs, silenceMs, type Policy } from "./policy.ts"

/** All that a connection remembers. */
export interface State {
  readonly phase: "connecting" | "open" | "waiting" | "closed"
  readonly polling: boolean
  /** What the ids of the job's events end in, which tells another job's; empty until the job is known. */
  readonly tail: string
  /** The id of the newest event delivered, behind which the next stream resumes; empty for none. */
  readonly cursor: string
  /** The newest of those that was in the form of ours, which tells what is older; empty for none. */
  readonly newest: string
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
  readonly error?: ClientError | undefined
}

/** What can happen to a connection, as what it does to the state. The functions below are all there are. */
export type Input<Arguments extends Array<unknown>, O extends Outputs = Outputs> = (
  state: State,
  policy: Policy,
  ...args: Arguments
) => Step<O>

const tailOf = (jobId: string) => jobId && `-${jobTag(jobId)}`

/** Whether an id is newer than another of the same job: revisions count up, so it is longer, or greater and as long. */
const isNewer = (id: string, than: string) =>
  id.length === than.length ? id > than : id.length > than.length

/** Before anything has happened. */
export const initialState = ({ polls, heartbeatMs, jobId = "", lastEventId }: Policy): State => ({
  phase: "connecting",
  polling: polls,
  tail: tailOf(jobId),
  cursor: lastEventId ?? "",
  newest: "",
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
  error,
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
    if (status >= 500 || [408, 425, 429].includes(status)) return 0
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
export const failed = (state: State, policy: Policy, error: ClientError, offline = false): Step<never> => {
  const attempt = state.attempt + 1
  const strikes = state.strikes + strikesOf(error, state, policy)
  const { status, retryAfterMs = 0 }: Partial<RequestFailed> = error instanceof RequestFailed ? error : {}
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

/** The first event of a connection arrived. */
const connected = (state: State, event: ConnectedEvent): Step<never> => {
  const { jobId, protocol, heartbeatMs } = event
  const tail = tailOf(jobId)
  if (state.tail && state.tail !== tail) return end(state, invalidEvent("foreign", jobId, event.type))
  if (protocol !== PROTOCOL_VERSION) {
    const message = `The server speaks protocol ${protocol}, this client ${PROTOCOL_VERSION}.`
    return end(state, new ProtocolMismatch(message, { received: protocol, expected: PROTOCOL_VERSION }))
  }
  const newest = state.cursor.endsWith(tail) ? state.cursor : state.newest
  return { ...watched({ ...state, phase: "open", tail, newest, heartbeatMs }), deliver: event }
}

/** An event that passed its checks arrived. */
export const received = <O extends Outputs>(
  state: State,
  _policy: Policy,
  event: StreamEvent<O>,
  id?: string,
): Step<O> => {
  if (event.type === "connected") return connected(state, event)
  const { tail, newest } = state
  const isOwn = id !== undefined && tail !== "" && id.endsWith(tail)
  if (id && tail && !isOwn && isEventId(id)) {
    return { state, error: invalidEvent("foreign", id, event.type) }
  }
  const isLast = isTerminalEvent(event)
  // Sent twice, or overtaken by a newer one. (The last can be neither: there is one, and nothing is read after it.)
  // All of a snapshot's events have the same id. One of another form is newer than any
  if (isOwn && !isLast && (id === newest ? !state.polling : !isNewer(id, newest))) return { state }
  return {
    // Written out, for events are many and a spread costs as much as all the rest
    state: {
      phase: isLast ? "closed" : "open",
      polling: state.polling,
      tail,
      cursor: id ?? state.cursor,
      newest: isOwn ? id : newest,
      attempt: 0,
      strikes: 0,
      heartbeatMs: state.heartbeatMs,
      retryMs: state.retryMs,
    },
    deliver: event,
  }
}

/** An event arrived that did not pass them, and was left out. */
export const leftOut = (state: State, _policy: Policy, error: InvalidEvent): Step<never> => ({ state, error })

/** The server said how long to wait before connecting again. */
export const retryHint = (state: State, _policy: Policy, retryMs: number): Step<never> => ({
  state: { ...state, retryMs },
})

/** An answer was read to its end. */
export const done = (state: State, policy: Policy): Step<never> =>
  state.polling
    ? { state: { ...state, attempt: 0, strikes: 0, phase: "waiting" }, waitMs: policy.pollMs }
    : failed(state, policy, new ConnectionFailed("The stream ended before the job did.", { reason: "ended" }))

/** The time that was asked for is over; `heard` says whether a byte came in it. */
export const tick = (state: State, policy: Policy, heard: boolean): Step<never> => {
  const { phase, heartbeatMs } = state
  if (phase === "waiting") return ask(state)
  if (!heard) {
    const message = `Nothing was heard for ${silenceMs(heartbeatMs)} ms.`
    return failed(state, policy, new ConnectionFailed(message, { reason: "silent" }))
  }
  // A stream that stays alive without news (a queued job's, say) is as good as one with news
  return watched(phase === "open" ? { ...state, attempt: 0, strikes: 0 } : state)
}

/** It begins. */
export const start = (state: State, _policy: Policy): Step<never> => ask(state)

/** The page is back; `network` when connections must be thought of as gone. */
export const wake = (state: State, policy: Policy, network: boolean): Step<never> => {
  if (network) return ask({ ...state, polling: policy.polls, attempt: state.attempt || 1, strikes: 0 })
  // A stream may have died while nobody looked: the watchdog counts from now
  return state.phase === "waiting" ? ask(state) : watched(state)
}

/** Enough. */
export const close = (state: State, _policy: Policy): Step<never> => end(state)

/** What an input does. Once it is closed, nothing. */
export const transition = <Arguments extends Array<unknown>, O extends Outputs>(
  state: State,
  policy: Policy,
  input: Input<Arguments, O>,
  ...args: Arguments
): Step<O> => (state.phase === "closed" ? { state } : input(state, policy, ...args))
