/** The stream by itself: any events, in any framework that speaks `Request` and `Response`. */
import * as Stream from "effect/Stream"
import { streamHeaders } from "./http/headers.ts"
import { problemResponse, RequestProblem } from "./http/problems.ts"
import { neverThrowing } from "./observability/neverThrowing.ts"
import { type AnyEvent, formatFor } from "./stream/format.ts"
import { createConnections } from "./stream/connections.ts"
import { iterableSource } from "./stream/iterableSource.ts"
import { streamingResponse } from "./stream/streamBody.ts"
import { checkTiming, type StreamTiming } from "./stream/timing.ts"

/** Where events come from. Each is sent under its `type`, as JSON. */
export type EventSourceLike<Event extends AnyEvent> =
  | AsyncIterable<Event>
  | ReadableStream<Event>
  | Stream.Stream<Event, unknown>

/** How a stream is sent. */
export interface StreamResponseOptions<Event extends AnyEvent> extends StreamTiming {
  /** The cursor of an event, which a client sends back as `Last-Event-ID` when it comes again; none by default. */
  readonly id?: (event: Event) => string | undefined
  /** Headers to add. */
  readonly headers?: Readonly<Record<string, string>>
  /** Told when the source fails; the stream then ends without a terminal event, so that clients come again. */
  readonly onError?: (error: unknown) => void
}

/**
 * Answers a request with a stream of events. The next event is asked for when the client can take it; a client that goes
 * away ends the source, whichever way it goes. HEAD is answered with the head alone, and the source is not read.
 *
 * @example
 * ```ts
 * import { streamResponse } from "@simstream/server"
 *
 * async function* ticks() {
 *   for (let count = 0; ; count++) yield { type: "tick", count }
 * }
 * export const GET = (request: Request) => streamResponse(request, ticks())
 * ```
 *
 * @throws RangeError when a time is out of its range
 */
export const streamResponse = <Event extends AnyEvent>(
  request: Request,
  source: EventSourceLike<Event>,
  options: StreamResponseOptions<Event> = {},
): Response => {
  const { id, headers = {}, heartbeatMs, writeTimeoutMs, maxDurationMs } = options
  const onError = neverThrowing(options.onError ?? printError, printError)
  const timing = checkTiming({
    ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
    ...(writeTimeoutMs === undefined ? {} : { writeTimeoutMs }),
    ...(maxDurationMs === undefined ? {} : { maxDurationMs }),
  })
  const format = formatFor(request)
  if (format === null) {
    return problemResponse(
      new RequestProblem("not_acceptable", "A stream is text/event-stream or application/x-ndjson."),
    )
  }
  const isHead = request.method === "HEAD"
  if (isHead || request.signal.aborted) {
    // Alone of the three it has begun before anybody reads it.
    if (source instanceof ReadableStream) source.cancel().catch(onError)
    return isHead
      ? new Response(null, { headers: { ...streamHeaders(format.contentType), ...headers } })
      : new Response(null, { status: 204 })
  }
  const connections = createConnections(timing, (_, reason, error) => {
    if (reason === "failed") onError(error)
  })
  const bytes = iterableSource(iterableOf(source), format, { id, onError })
  return streamingResponse(request, connections.open(bytes, format, ANYONE), format, headers)
}

/** It is nobody's business whose stream it is. */
const ANYONE = {}

const printError = (error: unknown): void => {
  // eslint-disable-next-line no-console -- the default of `onError`: an error that nobody asked for must show somewhere
  console.error("A streamed source failed:", error)
}

const iterableOf = <Event extends AnyEvent>(source: EventSourceLike<Event>): AsyncIterable<Event> => {
  if (Stream.isStream(source)) return Stream.toAsyncIterable(source)
  if (source instanceof ReadableStream) return readAll(source)
  return source
}

/** Not every runtime's `ReadableStream` is an async iterable. */
const readAll = <A>(stream: ReadableStream<A>): AsyncIterable<A> => ({
  [Symbol.asyncIterator]: () => {
    const reader = stream.getReader()
    return {
      next: async () => {
        const { done, value } = await reader.read()
        return done ? { done: true, value: undefined } : { done: false, value }
      },
      return: async () => {
        await reader.cancel()
        return { done: true, value: undefined }
      },
    }
  },
})
