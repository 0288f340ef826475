/// <reference lib="esnext.disposable" preserve="true" />
/** The options that everything in this package shares. */
import type { Outputs, StreamEvent } from "@simstream/protocol"
import type { ClientError } from "./errors.ts"
import type { ConnectionStatus } from "./state.ts"

/** Request headers by name. */
export type HeaderRecord = { readonly [name: string]: string }

/**
 * Request headers, or a function that makes them. It is called for every attempt, so that credentials are fresh. With
 * `refresh: true` there is reason to doubt those of the attempt before, for it was answered with a 401, or with
 * something else than a job's events (a page to sign in, say): leave any cached token aside. A 401 is retried once.
 */
export type HeaderSource =
  | HeaderRecord
  | ((context: { readonly refresh: boolean }) => HeaderRecord | Promise<HeaderRecord>)

/** How failed connections are repeated: after a random part of `baseMs · 2ⁿ`, and what the server asked for on top. */
export interface RetryOptions {
  /** What the first wait is a random part of, in milliseconds; 500 by default. */
  readonly baseMs?: number
  /** The longest wait, and the most that `retry:` and `Retry-After` are heeded for, in milliseconds; 30 000 by default. */
  readonly maxMs?: number
  /**
   * How many attempts in a row may fail before it ends with the last failure; 20 by default, which is about four
   * minutes. Attempts while the browser says that it is offline don't count. `Infinity` never gives up. Requests with
   * one answer (start, get, list, cancel) fail after 5 at most.
   */
  readonly maxAttempts?: number
}

/** How the server is reached. */
export interface ConnectionOptions {
  /** Sent with every request; none by default. */
  readonly headers?: HeaderSource
  /** Whether cookies go along; `fetch`'s own default ("same-origin") when absent. */
  readonly credentials?: RequestCredentials
  /** In place of the global `fetch`. */
  readonly fetch?: typeof fetch
  /** How failed connections are repeated; as each of its fields says by default. */
  readonly retry?: RetryOptions
  /** How often a job is read when streams are blocked, in milliseconds; 2000 by default. */
  readonly pollMs?: number
  /** How often a server is assumed to be heard of until it says so itself, in milliseconds; 8000 by default. */
  readonly heartbeatMs?: number
  /** The largest event that is accepted, in UTF-16 code units; 8 388 608 by default. A larger one ends the stream with an `InvalidEvent`. */
  readonly maxEventSize?: number
}

/** Options that a call which can be given up has. */
export interface Abortable {
  /** Gives up at any moment, waits included; what was awaited rejects with the signal's `reason`. */
  readonly signal?: AbortSignal | undefined
}

/** How what a job publishes is validated. */
export interface CheckOption<O extends Outputs = Outputs> {
  /**
   * Looks at every event that has passed the envelope's check and returns it, or throws to refuse it. `checkOutputs`
   * makes one of schemas. What is refused is an `InvalidEvent`, told to `onError`; if it was the job's last event it ends
   * the stream. Whoever watches a job shares a connection with those who gave the same function.
   */
  readonly check?: ((event: StreamEvent) => StreamEvent<O>) | undefined
}

/** How the events of a job are read. */
export interface EventsOptions<O extends Outputs = Outputs> extends CheckOption<O>, Abortable {
  /** Resume behind this event: the `lastEventId` of an earlier stream, or of a snapshot. */
  readonly lastEventId?: string | null
  // A method, so that options for some outputs are options for any
  /**
   * Called with every event. When given, the stream opens at once; else it opens when it is first iterated. Who iterates
   * such a stream as well gets what comes from then on.
   */
  onEvent?(event: StreamEvent<O>): void
  /** Called with what went wrong on the way: failures that are retried, events that were left out. */
  readonly onError?: (error: ClientError) => void
  /** Called when the state of the connection changes. It begins with `connecting`. */
  readonly onConnection?: (connection: ConnectionStatus, attempt: number) => void
  /**
   * Called once, at the end: with what a loop over the stream throws, a `ClientError` or the signal's `reason`;
   * with `undefined` after the job's last event, and when it was closed.
   */
  readonly onEnd?: (error: unknown) => void
}

/**
 * The events of a job, each at most once and in order. Iterate it, or give callbacks. A reader that is slower than the
 * job skips to the newest event of each kind, which is all it takes: every event replaces the one before of its kind.
 * Leaving the loop, `close()` and `await using` hang up.
 */
export interface EventStream<O extends Outputs = Outputs>
  extends AsyncIterableIterator<StreamEvent<O>>, AsyncDisposable {
  /** The cursor: the id of the newest event that was delivered, empty before the first. Give it to another stream to resume. */
  readonly lastEventId: string
  /** Hangs up. Does nothing the second time. */
  readonly close: () => void
}

/** How a stream is reached and read. */
export interface StreamOptions<O extends Outputs = Outputs> extends ConnectionOptions, EventsOptions<O> {
  /**
   * Where the job's snapshot is, for when streams are blocked or the job is over. By default the stream's own address
   * without its last segment, `/stream`; `null` for a stream that has none and is never polled.
   */
  readonly snapshotUrl?: string | URL | null
  /** The job's id, when it is known: events of another job are then refused from the first on. */
  readonly jobId?: string
}
