/** Does what the machine says: the requests and the timer of one connection. Every decision is the machine's. */
import type { Outputs, StreamEvent } from "@simstream/protocol"
import { ConnectionFailed, isClientError, type ClientError } from "../errors.ts"
import { notify } from "../notify.ts"
import type { Abortable } from "../options.ts"
import type { ConnectionStatus } from "../state.ts"
import { refusal } from "./http.ts"
import {
  close,
  connectionOf,
  done,
  failed,
  initialState,
  start,
  tick,
  transition,
  wake,
  type Input,
  type State,
} from "./machine.ts"
import type { Policy } from "./policy.ts"
import { onWake } from "./wake.ts"

/** What is asked for, and how the answer is understood. */
export interface Source<O extends Outputs> extends Policy, Abortable {
  /** What to request in a state: where, and what `fetch` takes beside the headers, which are set in place. */
  readonly request: (state: State, headers: Headers) => readonly [url: string, init?: RequestInit]
  /** Reads an answer with status 200 or thereabouts to its end, and sends what it says. */
  readonly read: (response: Response, answer: Answer<O>, state: State) => Promise<unknown>
}

/** Sends an input to the machine, and what comes with it. */
type Send<O extends Outputs> = <Arguments extends Array<unknown>>(
  input: Input<Arguments, O>,
  ...args: Arguments
) => void

/** What the reader of an answer has to work with. Once the request was given up none of it does anything. */
export interface Answer<O extends Outputs> {
  readonly send: Send<O>
  /** Tells the watchdog that bytes came. Returns whether to go on reading. */
  readonly hear: () => boolean
}

/** Who hears of it. */
export interface Sink<O extends Outputs> {
  readonly event?: (event: StreamEvent<O>) => void
  /** What went wrong on the way. */
  readonly error?: ((error: ClientError) => void) | undefined
  readonly connection?: ((connection: ConnectionStatus, attempt: number) => void) | undefined
  /** Once, at the end: with the error that ended it, and without one after a terminal event, when it was closed or aborted. */
  readonly end: (error: ClientError | undefined) => void
}

/** A connection to one job. */
export interface Connection {
  readonly state: () => State
  /** Tries again now. */
  readonly wake: () => void
  /** Hangs up, for good. */
  readonly close: () => void
}

/** Timers beyond this fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Connects. What happens is told later, and not within this call; but the end is when the signal was aborted before. */
export const createConnection = <O extends Outputs>(source: Source<O>, sink: Sink<O>): Connection => {
  const { headers, credentials, signal } = source
  let state = initialState(source)
  let current: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let heard = false

  const request = async () => {
    const own = (current = new AbortController())
    const hear = () => own === current && (heard = true)
    const send: Send<O> = (...input) => {
      if (own === current) dispatch(...input)
    }
    let reason: ConnectionFailed["reason"] = "network"
    try {
      // Whatever comes of it is told later, and not within the call that asked for it
      await undefined
      const all = new Headers(
        typeof headers === "function" ? await headers({ refresh: state.strikes > 0 }) : headers,
      )
      const [url, init] = source.request(state, all)
      const response = await (source.fetch ?? fetch)(url, {
        ...init,
        ...(credentials && { credentials }),
        headers: all,
        signal: own.signal,
      })
      hear()
      if (!response.ok || response.status === 204) throw await refusal(response, hear)
      reason = "ended"
      await source.read(response, { send, hear }, state)
      send(done)
    } catch (cause) {
      const error = isClientError(cause) ? cause : new ConnectionFailed(String(cause), { reason }, cause)
      send(failed, error, globalThis.navigator?.onLine === false)
    }
  }

  const dispatch: Send<O> = (...input) => {
    const before = state
    const step = transition(before, source, ...input)
    const { ask, waitMs, jitterMs = 0, deliver, error } = step
    state = step.state
    const { phase, attempt } = state
    const isOver = phase === "closed"
    if (ask || isOver || phase === "waiting") {
      current?.abort()
      current = undefined
    }
    if (isOver || waitMs !== undefined) clearTimeout(timer)
    if (waitMs !== undefined) {
      heard = false
      timer = setTimeout(
        () => dispatch(tick, heard),
        Math.min(LONGEST_TIMER_MS, waitMs + Math.random() * jitterMs),
      )
    }
    if (ask) void request()
    // Listeners come last, so that they may wake and close the connection while they are being told
    const connection = connectionOf(state)
    if (connection !== connectionOf(before) || attempt !== before.attempt) {
      notify(sink.connection, connection, attempt)
    }
    if (deliver) notify(sink.event, deliver)
    if (!isOver) {
      if (error) notify(sink.error, error)
    } else if (before.phase !== phase) {
      stopWaking()
      signal?.removeEventListener("abort", hangUp)
      sink.end(error)
    }
  }

  const hangUp = () => dispatch(close)
  const stopWaking = onWake((network) => dispatch(wake, network))
  signal?.addEventListener("abort", hangUp)
  dispatch(signal?.aborted ? close : start)
  return {
    state: () => state,
    wake: () => dispatch(wake, true),
    close: hangUp,
  }
}
