/**
 * The one encoder of Server-Sent Events frames. Fields that come from outside can't break out of their line: a line
 * break in `data` becomes a further `data:` line, and one in `event` or `id` is refused.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */

/** One frame of an event stream. */
export interface Frame {
  /** The event's name. Must not contain CR, LF or NUL. */
  readonly event?: string | undefined
  /** The payload; any text. */
  readonly data: string
  /** The cursor. Must not contain CR, LF or NUL: a client ignores an id with a NUL and would silently lose its place. */
  readonly id?: string | undefined
  /** How long a client should wait before it reconnects, in whole milliseconds. */
  readonly retry?: number | undefined
}

const LINE_BREAK = /\r\n|\r|\n/
const FORBIDDEN = /[\r\n\0]/

const checked = (field: "event" | "id", value: string): string => {
  if (FORBIDDEN.test(value)) {
    throw new TypeError(
      `The ${field} field of an event must not contain CR, LF or NUL; got ${JSON.stringify(value)}.`,
    )
  }
  return value
}

/**
 * Encodes one frame.
 *
 * @example
 * ```ts
 * encodeFrame({ event: "progress", id: "3-9f3c", data: '{"current":5}' })
 * // "event: progress\nid: 3-9f3c\ndata: {\"current\":5}\n\n"
 * ```
 *
 * @throws TypeError when `event` or `id` contains CR, LF or NUL, or `retry` is no whole number of milliseconds.
 */
export const encodeFrame = ({ event, data, id, retry }: Frame): string => {
  let frame = ""
  if (retry !== undefined) frame += encodeRetry(retry)
  if (event !== undefined) frame += `event: ${checked("event", event)}\n`
  if (id !== undefined) frame += `id: ${checked("id", id)}\n`
  for (const line of data.split(LINE_BREAK)) frame += `data: ${line}\n`
  return `${frame}\n`
}

/** A comment: clients skip it, proxies and watchdogs see bytes. Line breaks in it become further comment lines. */
export const encodeComment = (text: string): string =>
  `${text
    .split(LINE_BREAK)
    .map((line) => `: ${line}`)
    .join("\n")}\n\n`

/** A `retry:` line, in whole milliseconds. It takes effect with or without an event behind it. */
export const encodeRetry = (milliseconds: number): string => {
  if (!Number.isSafeInteger(milliseconds) || milliseconds < 0) {
    throw new TypeError(`retry must be a whole number of milliseconds, 0 or more; got ${milliseconds}.`)
  }
  return `retry: ${milliseconds}\n`
}

/** The media type of an event stream. */
export const EVENT_STREAM_TYPE = "text/event-stream"

/** The media type of a stream of JSON lines: the same events, one a line, for readers without an SSE parser. */
export const NDJSON_TYPE = "application/x-ndjson"
