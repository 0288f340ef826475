/** The test vectors against the one encoder, a parser that others wrote, and the plainest client that obeys docs/protocol.md. */
import { createParser } from "eventsource-parser"
import { describe, expect, it } from "vitest"
import { formatEventId, jobTag, parseEventId, revisionOf } from "./eventId.ts"
import { isTerminalEvent, isTerminalType, type StreamEvent } from "./events.ts"
import { isStreamEvent } from "./guards.ts"
import { encodeComment, encodeFrame, encodeRetry } from "./sse.ts"
import {
  cutsOf,
  encodeVectors,
  eventIdVectors,
  ndjsonVectors,
  parseVectors,
  streamVectors,
  type ParseVector,
  type StreamVector,
} from "./vectors.fixtures.ts"
import { PROTOCOL_VERSION } from "./version.ts"

type Chunks = ReadonlyArray<Uint8Array>

/** The chunks as text, as a `TextDecoder` gives it: without a byte order mark, characters whole. */
const decode = (chunks: Chunks): ReadonlyArray<string> => {
  const decoder = new TextDecoder()
  return [...chunks.map((chunk) => decoder.decode(chunk, { stream: true })), decoder.decode()]
}

const parse = (chunks: Chunks) => {
  const messages: Array<ParseVector["messages"][number]> = []
  const retries: Array<number> = []
  const comments: Array<string> = []
  let lastEventId = ""
  const parser = createParser({
    onEvent: ({ event = null, id = null, data }) => messages.push({ event, id, data }),
    onRetry: (ms) => retries.push(ms),
    onComment: (comment) => comments.push(comment),
    onId: (id) => {
      lastEventId = id
    },
  })
  for (const text of decode(chunks)) parser.feed(text)
  return { messages, retries, comments, lastEventId }
}

/** A line of NDJSON as an event stream has its messages: the id beside the data. */
const messageOf = (line: string): ParseVector["messages"][number] => {
  try {
    const { id = null, ...event } = JSON.parse(line) as { readonly id?: string }
    return { event: null, id, data: JSON.stringify(event) }
  } catch {
    return { event: null, id: null, data: line }
  }
}

/** A last line without an end is none. */
const parseLines = (chunks: Chunks) =>
  decode(chunks)
    .join("")
    .split("\n")
    .slice(0, -1)
    .filter((line) => line !== "")
    .map(messageOf)

/** What a client does with the messages of one connection. */
const read = (
  { jobId, resume }: StreamVector,
  messages: ParseVector["messages"],
  retries: ReadonlyArray<number>,
): Omit<StreamVector, "name" | "jobId" | "resume" | "wire"> => {
  const delivered: Array<StreamVector["delivered"][number]> = []
  const dropped: Array<string> = []
  let tag = jobId === null ? null : jobTag(jobId)
  let lastEventId = resume
  let revision = parseEventId(resume ?? "")?.revision ?? 0
  const outcome = (end: string) => ({
    delivered,
    dropped,
    lastEventId,
    retryMs: retries[retries.length - 1] ?? null,
    end,
  })

  for (const { event: name, id, data } of messages) {
    let event: unknown
    try {
      event = JSON.parse(data)
    } catch {
      dropped.push("json")
      if (isTerminalType(name ?? undefined)) return outcome("refused")
      continue
    }
    if (!isStreamEvent(event)) {
      dropped.push("envelope")
      if (isTerminalType(name ?? undefined)) return outcome("refused")
      continue
    }
    if (event.type === "connected") {
      const foreign = tag !== null && tag !== jobTag(event.jobId)
      if (foreign || event.protocol !== PROTOCOL_VERSION) {
        dropped.push(foreign ? "foreign" : "protocol")
        return outcome("refused")
      }
      tag = jobTag(event.jobId)
      delivered.push({ id: null, event })
      continue
    }
    const parsed = parseEventId(id ?? "")
    if (parsed !== null && tag !== null && parsed.job !== tag) {
      dropped.push("foreign")
      continue
    }
    if (parsed !== null && parsed.revision <= revision && !isTerminalEvent(event)) {
      dropped.push("old")
      continue
    }
    revision = parsed?.revision ?? revision
    lastEventId = id ?? lastEventId
    delivered.push({ id, event })
    if (isTerminalEvent(event)) return outcome("terminal")
  }
  return outcome("drop")
}

const expected = ({ delivered, dropped, lastEventId, retryMs, end }: StreamVector) => ({
  delivered,
  dropped,
  lastEventId,
  retryMs,
  end,
})

describe("parse.json", () => {
  it.each(parseVectors)("$name", ({ wire, messages, retries, comments, lastEventId }) => {
    for (const chunks of cutsOf(wire)) {
      expect(parse(chunks)).toEqual({ messages, retries, comments, lastEventId })
    }
  })
})

describe("streams.json", () => {
  it.each(streamVectors)("$name", (vector) => {
    for (const chunks of cutsOf(vector.wire)) {
      const { messages, retries } = parse(chunks)
      expect(read(vector, messages, retries)).toEqual(expected(vector))
    }
  })

  it("delivers each of the six events, and has each end", () => {
    const types = new Set(streamVectors.flatMap(({ delivered }) => delivered.map(({ event }) => event.type)))
    expect([...types].sort()).toEqual(["cancelled", "complete", "connected", "error", "partial", "progress"])
    expect([...new Set(streamVectors.map(({ end }) => end))].sort()).toEqual(["drop", "refused", "terminal"])
  })
})

describe("ndjson.json", () => {
  it.each(ndjsonVectors)("$name", (vector) => {
    for (const chunks of cutsOf(vector.wire)) {
      expect(read(vector, parseLines(chunks), [])).toEqual(expected(vector))
    }
  })
})

describe("encode.json", () => {
  it.each(encodeVectors.frames)("frame: $name", ({ frame, wire }) => {
    expect(encodeFrame(frame)).toBe(wire)
  })

  it.each(encodeVectors.refusedFrames)("refused: $name", ({ frame }) => {
    expect(() => encodeFrame(frame)).toThrow(TypeError)
  })

  it.each(encodeVectors.comments)("comment: $name", ({ text, wire }) => {
    expect(encodeComment(text)).toBe(wire)
  })

  it.each(encodeVectors.retries)("retry: $name", ({ milliseconds, wire }) => {
    expect(encodeRetry(milliseconds)).toBe(wire)
  })

  it.each(encodeVectors.events)("event: $name", ({ event, id, eventStream, ndjson }) => {
    const data = JSON.stringify(event)
    expect(encodeFrame({ event: event.type, data, ...(id === null ? {} : { id }) })).toBe(eventStream)
    expect(`${JSON.stringify(id === null ? event : { id, ...event })}\n`).toBe(ndjson)
    expect(isStreamEvent(event)).toBe(true)
  })

  it("has the six events", () => {
    const types: ReadonlyArray<string> = [
      "connected",
      "progress",
      "partial",
      "complete",
      "error",
      "cancelled",
    ] satisfies ReadonlyArray<StreamEvent["type"]>
    expect([...new Set(encodeVectors.events.map(({ event }) => event.type))]).toEqual(types)
  })

  it("heartbeat and farewell", () => {
    const { heartbeat, farewell } = encodeVectors
    expect(encodeComment("heartbeat")).toBe(heartbeat.eventStream)
    expect(`${encodeRetry(farewell.retryMs)}\n`).toBe(farewell.eventStream)
  })
})

describe("event-ids.json", () => {
  it.each(eventIdVectors.written)("$jobId, $revision is written $id", ({ jobId, revision, id }) => {
    expect(formatEventId(jobId, revision)).toBe(id)
    expect(revisionOf(jobId, id)).toBe(revision)
  })

  it.each(eventIdVectors.seen)("$id of $jobId means revision $revision", ({ jobId, id, revision }) => {
    expect(revisionOf(jobId, id)).toBe(revision)
  })
})
