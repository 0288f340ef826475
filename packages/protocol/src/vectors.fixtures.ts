/**
 * The test vectors, typed, for the suites of this package and of the ones that speak the protocol. What each kind means
 * stands in docs/protocol.md, "Test vectors".
 */
import bodies from "../vectors/bodies.json" with { type: "json" }
import encode from "../vectors/encode.json" with { type: "json" }
import eventIds from "../vectors/event-ids.json" with { type: "json" }
import ndjson from "../vectors/ndjson.json" with { type: "json" }
import parse from "../vectors/parse.json" with { type: "json" }
import streams from "../vectors/streams.json" with { type: "json" }
import type { Frame } from "./sse.ts"

/** Bytes, in parts that follow each other: text stands for its UTF-8. */
export type Wire = ReadonlyArray<string | { readonly base64: string }>

/** What a parser of event streams makes of bytes. */
export interface ParseVector {
  readonly name: string
  readonly wire: Wire
  /** `event` and `id` are `null` where the message has none of its own; an empty id is `""`. */
  readonly messages: ReadonlyArray<{
    readonly event: string | null
    readonly id: string | null
    readonly data: string
  }>
  readonly retries: ReadonlyArray<number>
  /** Without the one space behind the colon. */
  readonly comments: ReadonlyArray<string>
  /** The standard's last event id, at the end. */
  readonly lastEventId: string
}

/** What a client makes of the bytes of one connection. */
export interface StreamVector {
  readonly name: string
  /** The job that was asked for; `null` when the client doesn't know it. */
  readonly jobId: string | null
  /** The cursor that the client came with. */
  readonly resume: string | null
  readonly wire: Wire
  /** What its user is given. */
  readonly delivered: ReadonlyArray<{ readonly id: string | null; readonly event: { readonly type: string } }>
  /** Why something was left out, in order: "old", "foreign", "json", "envelope", "protocol". */
  readonly dropped: ReadonlyArray<string>
  /** The cursor that it would come again with. */
  readonly lastEventId: string | null
  /** The last valid `retry:`. */
  readonly retryMs: number | null
  /**
   * "terminal": the job's end is known, don't come again. "drop": come again. "refused": give up with an error.
   */
  readonly end: string
}

/** What a server writes. */
export interface EncodeVectors {
  readonly frames: ReadonlyArray<{ readonly name: string; readonly frame: Frame; readonly wire: string }>
  readonly refusedFrames: ReadonlyArray<{ readonly name: string; readonly frame: Frame }>
  readonly comments: ReadonlyArray<{ readonly name: string; readonly text: string; readonly wire: string }>
  readonly retries: ReadonlyArray<{
    readonly name: string
    readonly milliseconds: number
    readonly wire: string
  }>
  /** An event in both forms, with its fields in the order in which they stand. */
  readonly events: ReadonlyArray<{
    readonly name: string
    readonly event: { readonly type: string }
    readonly id: string | null
    readonly eventStream: string
    readonly ndjson: string
  }>
  readonly heartbeat: { readonly eventStream: string; readonly ndjson: string }
  readonly farewell: { readonly retryMs: number; readonly eventStream: string; readonly ndjson: string }
}

/** Event ids: how they are written, and what a server makes of one that it is sent. */
export interface EventIdVectors {
  readonly written: ReadonlyArray<{
    readonly jobId: string
    readonly revision: number
    readonly id: string
  }>
  readonly seen: ReadonlyArray<{
    readonly jobId: string
    readonly id: string | null
    readonly revision: number
  }>
}

/** A body, and whether it is one by the schema of this name. */
export interface BodyVector {
  readonly schema: string
  readonly valid: boolean
  readonly name: string
  readonly body: unknown
}

export const parseVectors: ReadonlyArray<ParseVector> = parse
export const streamVectors: ReadonlyArray<StreamVector> = streams
export const ndjsonVectors: ReadonlyArray<StreamVector> = ndjson
export const encodeVectors: EncodeVectors = encode
export const eventIdVectors: EventIdVectors = eventIds
export const bodyVectors: ReadonlyArray<BodyVector> = bodies

const bytesOfPart = (part: Wire[number]): Uint8Array<ArrayBuffer> =>
  typeof part === "string"
    ? new TextEncoder().encode(part)
    : Uint8Array.from(atob(part.base64), (character) => character.charCodeAt(0))

/** The bytes of a vector. */
export const bytesOf = (wire: Wire): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(wire.flatMap((part) => [...bytesOfPart(part)]))

/** The bytes cut in every way that matters: whole, as in the vector, byte by byte, and in two at each place. */
export function* cutsOf(wire: Wire): Generator<ReadonlyArray<Uint8Array<ArrayBuffer>>> {
  const bytes = bytesOf(wire)
  yield [bytes]
  yield wire.map(bytesOfPart)
  yield Array.from(bytes, (byte) => Uint8Array.of(byte))
  for (let at = 1; at < bytes.length; at++) yield [bytes.slice(0, at), bytes.slice(at)]
}
