import { createParser, type EventSourceMessage } from "eventsource-parser"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { encodeComment, encodeFrame, encodeRetry, type Frame } from "./sse.ts"

/** What a client's parser makes of a stream. */
const parse = (stream: string) => {
  const events: Array<EventSourceMessage> = []
  const comments: Array<string> = []
  const retries: Array<number> = []
  const errors: Array<Error> = []
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onComment: (comment) => comments.push(comment),
    onRetry: (retry) => retries.push(retry),
    onError: (error) => errors.push(error),
  })
  parser.feed(stream)
  return { events, comments, retries, errors }
}

/** Text with many line breaks, prefixes of fields and awkward characters. */
const awkwardText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        "data: ",
        "id: 9",
        "event: end",
        ":",
        " ",
        "\0",
        "\uFEFF",
        "é",
        "🂡",
      ),
      fc.string({ unit: "binary", maxLength: 8 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""))

const oneLine = fc
  .string({ unit: "binary", minLength: 1, maxLength: 20 })
  .filter((text) => !/[\r\n\0]/.test(text))

describe("encodeFrame", () => {
  it("writes event, id and data, byte for byte", () => {
    expect(encodeFrame({ event: "progress", id: "3-9f3c", data: '{"current":5}' })).toBe(
      'event: progress\nid: 3-9f3c\ndata: {"current":5}\n\n',
    )
  })

  it("writes data alone when there is nothing else", () => {
    expect(encodeFrame({ data: "hello" })).toBe("data: hello\n\n")
  })

  it("puts retry before the event that it comes with", () => {
    expect(encodeFrame({ event: "end", data: "{}", retry: 2500 })).toBe(
      "retry: 2500\nevent: end\ndata: {}\n\n",
    )
  })

  it.each([
    ["LF", "a\nb", "data: a\ndata: b\n\n"],
    ["CR", "a\rb", "data: a\ndata: b\n\n"],
    ["CRLF", "a\r\nb", "data: a\ndata: b\n\n"],
    ["LFCR", "a\n\rb", "data: a\ndata: \ndata: b\n\n"],
    ["a trailing line break", "a\n", "data: a\ndata: \n\n"],
    ["nothing but a line break", "\n", "data: \ndata: \n\n"],
    ["nothing", "", "data: \n\n"],
    ["leading spaces", "  a", "data:   a\n\n"],
  ])("writes one data line for each line of data with %s", (_, data, expected) => {
    expect(encodeFrame({ data })).toBe(expected)
  })

  it.each(["\n", "\r", "\r\n", "\0", "x\ndata: injected\n\n", "x\0y"])(
    "refuses %j in event and in id, and shows it",
    (text) => {
      const message = JSON.stringify(text).slice(1, -1)
      expect(() => encodeFrame({ data: "", event: text })).toThrow(TypeError)
      expect(() => encodeFrame({ data: "", event: text })).toThrow(message)
      expect(() => encodeFrame({ data: "", id: text })).toThrow(TypeError)
      expect(() => encodeFrame({ data: "", id: text })).toThrow("The id field")
    },
  )

  it.each([-1, 1.5, NaN, Infinity, 2 ** 53])("refuses a retry of %s", (retry) => {
    expect(() => encodeFrame({ data: "", retry })).toThrow(TypeError)
    expect(() => encodeFrame({ data: "", retry })).toThrow(String(retry))
  })

  it("is read back as it was, whatever the data, with line breaks as \\n", () => {
    fc.assert(
      fc.property(awkwardText, (data) => {
        const { events, errors } = parse(encodeFrame({ data }))
        expect(errors).toEqual([])
        expect(events.map((event) => event.data)).toEqual([data.replace(/\r\n|\r/g, "\n")])
      }),
      { seed: 1, numRuns: 2000 },
    )
  })

  it("keeps frames apart: a stream of many is read back as many, whatever they hold", () => {
    const frame: fc.Arbitrary<Frame> = fc.record(
      { event: oneLine, id: oneLine, data: awkwardText, retry: fc.nat() },
      { requiredKeys: ["data"] },
    )
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 5 }), awkwardText, (frames, comment) => {
        const { events, retries, errors } = parse(
          frames.map((one) => encodeFrame(one) + encodeComment(comment)).join(""),
        )
        expect(errors).toEqual([])
        expect(events.map(({ data, event }) => ({ data, event }))).toEqual(
          frames.map(({ data, event }) => ({ data: data.replace(/\r\n|\r/g, "\n"), event })),
        )
        expect(events.map(({ id }) => id)).toEqual(frames.map(({ id }) => id))
        expect(retries).toEqual(frames.flatMap(({ retry }) => (retry === undefined ? [] : [retry])))
      }),
      { seed: 2, numRuns: 1000 },
    )
  })

  it("can be cut anywhere on its way, even within a line break", () => {
    const stream = encodeFrame({ event: "a", id: "1", data: "x\r\ny\rz" }) + encodeFrame({ data: "é🂡" })
    for (let cut = 0; cut <= stream.length; cut++) {
      const events: Array<EventSourceMessage> = []
      const parser = createParser({ onEvent: (event) => events.push(event) })
      parser.feed(stream.slice(0, cut))
      parser.feed(stream.slice(cut))
      expect(events.map(({ data }) => data)).toEqual(["x\ny\nz", "é🂡"])
    }
  })
})

describe("encodeComment", () => {
  it("writes a line that clients skip", () => {
    expect(encodeComment("heartbeat")).toBe(": heartbeat\n\n")
    expect(parse(encodeComment("heartbeat"))).toEqual({
      events: [],
      comments: ["heartbeat"],
      retries: [],
      errors: [],
    })
  })

  it("makes further comment lines of line breaks, so that nothing in it can become a field", () => {
    expect(encodeComment("a\r\nb\rdata: c\n\nevent: d")).toBe(": a\n: b\n: data: c\n: \n: event: d\n\n")
  })

  it("never makes an event, whatever its text, nor changes one behind it", () => {
    fc.assert(
      fc.property(awkwardText, (text) => {
        const { events, errors } = parse(encodeComment(text) + encodeFrame({ data: "next" }))
        expect(errors).toEqual([])
        expect(events.map(({ data, id, event }) => ({ data, id, event }))).toEqual([
          { data: "next", id: undefined, event: undefined },
        ])
      }),
      { seed: 3, numRuns: 1000 },
    )
  })
})

describe("encodeRetry", () => {
  it("takes effect without an event behind it", () => {
    expect(encodeRetry(0)).toBe("retry: 0\n")
    expect(parse(encodeRetry(3000)).retries).toEqual([3000])
  })

  it("refuses what is no whole number of milliseconds", () => {
    expect(() => encodeRetry(0.5)).toThrow("0.5")
  })
})
