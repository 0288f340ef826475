/** How an event is written: as Server-Sent Events or as JSON lines. */
import { encodeComment, encodeFrame, encodeRetry, EVENT_STREAM_TYPE, NDJSON_TYPE } from "@simstream/protocol"
import type { Bytes } from "./source.ts"

/** Anything with a name that can be sent. */
export interface AnyEvent {
  readonly type: string
}

/** A way to write events. */
export interface StreamFormat {
  readonly name: "sse" | "ndjson"
  readonly contentType: string
  /** One event; `id` is its cursor. */
  readonly event: (event: AnyEvent, id: string | undefined) => Bytes
  /** What keeps an idle connection alive, and says nothing. */
  readonly heartbeat: Bytes
  /** What asks the client to come back after so many milliseconds. */
  readonly retry: (milliseconds: number) => Bytes
}

const encoder = new TextEncoder()

/**
 * Node makes a `Buffer` of whatever it is given to write, at every write; what is written to many clients is made one
 * beforehand. Elsewhere it is an array of bytes like any other. Its memory is its own, and no part of Node's pool.
 */
const encode = (text: string): Bytes => {
  const bytes = encoder.encode(text)
  return globalThis.Buffer === undefined
    ? bytes
    : globalThis.Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Server-Sent Events. */
export const sseFormat: StreamFormat = {
  name: "sse",
  contentType: `${EVENT_STREAM_TYPE}; charset=utf-8`,
  event: (event, id) =>
    encode(
      encodeFrame({ event: event.type, data: JSON.stringify(event), ...(id === undefined ? {} : { id }) }),
    ),
  heartbeat: encode(encodeComment("heartbeat")),
  retry: (milliseconds) => encode(`${encodeRetry(milliseconds)}\n`),
}

/** JSON lines. The cursor is the event's `id`; a heartbeat is an empty line; there is no way to ask for a delay. */
export const ndjsonFormat: StreamFormat = {
  name: "ndjson",
  contentType: `${NDJSON_TYPE}; charset=utf-8`,
  event: (event, id) => encode(`${JSON.stringify(id === undefined ? event : { id, ...event })}\n`),
  heartbeat: encoder.encode("\n"),
  retry: () => new Uint8Array(0),
}

/** The media ranges of an `Accept` header, without parameters but `q=0`, which refuses. */
const accepted = (accept: string): ReadonlyArray<string> =>
  accept
    .split(",")
    .filter((range) => !/;\s*q=0(\.0*)?\s*(;|$)/i.test(range))
    .map((range) => (range.split(";")[0] ?? "").trim().toLowerCase())

/** The format that a request asks for: Server-Sent Events unless it wants JSON lines and not them. `null` when it takes neither. */
export const formatFor = (request: Request): StreamFormat | null => {
  const ranges = accepted(request.headers.get("accept") ?? "*/*")
  if (ranges.includes(EVENT_STREAM_TYPE)) return sseFormat
  if (ranges.includes(NDJSON_TYPE)) return ndjsonFormat
  return ranges.some((range) => range === "*/*" || range === "text/*") ? sseFormat : null
}

/** Whether the request is made by a reader of streams, which is told of errors by an event. */
export const isStreamReader = (request: Request): boolean => {
  const ranges = accepted(request.headers.get("accept") ?? "")
  return ranges.includes(EVENT_STREAM_TYPE) || ranges.includes(NDJSON_TYPE)
}
