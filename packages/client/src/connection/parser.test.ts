// What is relied on in eventsource-parser: the standard's rules for the text of an event stream, and its limit.
import { createParser } from "eventsource-parser"
import { describe, expect, it } from "vitest"

interface Told {
  readonly events: ReadonlyArray<{ data: string; name: string | undefined; id: string | undefined }>
  readonly retries: ReadonlyArray<number>
  readonly overflows: number
}

const parse = (chunks: ReadonlyArray<string>, maxBufferSize?: number): Told => {
  const events: Array<Told["events"][number]> = []
  const retries: Array<number> = []
  let overflows = 0
  const { feed } = createParser({
    onEvent: ({ data, event, id }) => events.push({ data, name: event, id }),
    onRetry: (ms) => retries.push(ms),
    onError: ({ type }) => {
      if (type === "max-buffer-size-exceeded") overflows++
    },
    maxBufferSize,
  })
  for (const chunk of chunks) feed(chunk)
  return { events, retries, overflows }
}

const event = (data: string, name?: string, id?: string) => ({ data, name, id })

// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
describe("the standard's rules", () => {
  it.each<[rule: string, text: string, events: ReadonlyArray<ReturnType<typeof event>>]>([
    ["a blank line dispatches", "data: a\n\n", [event("a")]],
    ["without the blank line there is no event", "data: a\n", []],
    ["nor with half a line", "data: a", []],
    ["data lines are joined by LF", "data: a\ndata: b\n\n", [event("a\nb")]],
    ["a data line may be empty", "data:\n\n", [event("")]],
    ["a field without a colon has an empty value", "data\n\n", [event("")]],
    ["two of them are one LF", "data\ndata\n\n", [event("\n")]],
    ["the example of the standard", "data\n\ndata\ndata\n\ndata:", [event(""), event("\n")]],
    ["one space after the colon goes", "data:a\n\ndata: a\n\n", [event("a"), event("a")]],
    ["a second one stays", "data:  a\n\n", [event(" a")]],
    ["a tab stays", "data:\ta\n\n", [event("\ta")]],
    ["a colon in the value stays", "data: a:b: c\n\n", [event("a:b: c")]],
    ["a comment is skipped", ": hello\n\ndata: a\n: hello\n\n", [event("a")]],
    ["a colon alone is a comment", ":\n\ndata: a\n\n", [event("a")]],
    ["an unknown field is skipped", "foo: bar\ndata: a\n\n", [event("a")]],
    ["field names are literal", "Data: a\n data: b\ndata : c\n\n", []],
    ["the name is the event field", "event: progress\ndata: a\n\n", [event("a", "progress")]],
    ["the last name counts", "event: a\nevent: b\ndata: a\n\n", [event("a", "b")]],
    ["an empty name is none", "event: a\nevent:\ndata: a\n\n", [event("a")]],
    ["a name is for one event", "event: a\ndata: a\n\ndata: b\n\n", [event("a", "a"), event("b")]],
    ["a name without data is no event", "event: a\n\ndata: b\n\n", [event("b")]],
    ["the id is the id field", "id: 1\ndata: a\n\n", [event("a", undefined, "1")]],
    ["the last id counts", "id: 1\nid: 2\ndata: a\n\n", [event("a", undefined, "2")]],
    ["an id may be empty", "id\ndata: a\n\n", [event("a", undefined, "")]],
    ["an id with NUL is ignored", "id: 1\nid: 2\u00003\ndata: a\n\n", [event("a", undefined, "1")]],
    ["fields come in any order", "data: a\nid: 1\nevent: b\n\n", [event("a", "b", "1")]],
    ["CR ends a line", "data: a\r\rdata: b\r\r", [event("a"), event("b")]],
    ["CR LF ends one line", "data: a\r\ndata: b\r\n\r\n", [event("a\nb")]],
    ["line ends may be mixed", "data: a\rdata: b\r\ndata: c\n\r", [event("a\nb\nc")]],
    ["LF CR is two", "data: a\n\rdata: b\n\r", [event("a"), event("b")]],
    ["more blank lines do nothing", "\n\n\ndata: a\n\n\n\n", [event("a")]],
    ["other line separators are data", "data: a\u2028b\u0085c\u000bd\n\n", [event("a\u2028b\u0085c\u000bd")]],
  ])("%s", (_, text, events) => {
    expect(parse([text]).events).toEqual(events)
    expect(parse([...text]).events).toEqual(events)
  })

  it.each<[retry: string, heard: ReadonlyArray<number>]>([
    ["1000", [1000]],
    ["0", [0]],
    ["007", [7]],
    ["", []],
    ["1.5", []],
    ["-1", []],
    ["1e3", []],
    [" 1", []],
    ["1 ", []],
    ["١٢", []],
  ])("retry: %j", (retry, heard) => {
    expect(parse([`retry: ${retry}\n`]).retries).toEqual(heard)
  })

  it("hears retry with or without an event around it", () => {
    expect(parse(["retry: 5\n\ndata: a\nretry: 6\n\n"])).toMatchObject({
      retries: [5, 6],
      events: [event("a")],
    })
  })
})

describe("cut anywhere", () => {
  const text =
    "retry: 3\r\nevent: a\r\nid: 1\r\ndata: x\r\ndata: y\r\n\r\n: c\r\rdata: ü€😀\n\n\r\nid\ndata\r\r\n"

  it("is the same at every place", () => {
    const whole = parse([text])
    expect(whole.events).toHaveLength(3)
    for (let i = 0; i <= text.length; i++) {
      for (let j = i; j <= text.length; j++) {
        expect(parse([text.slice(0, i), text.slice(i, j), text.slice(j)])).toEqual(whole)
      }
    }
  })
})

describe("the limit", () => {
  it("is told of once a line is longer", () => {
    expect(parse(["data: ", "x".repeat(100), "y"], 106).overflows).toBe(1)
    expect(parse(["data: ", "x".repeat(100)], 106).overflows).toBe(0)
  })

  it("is told of once the lines of an event are longer together", () => {
    const lines = Array.from({ length: 10 }, () => "data: 0123456789\n")
    expect(parse(lines, 108).overflows).toBe(1)
    expect(parse(lines, 109).overflows).toBe(0)
  })

  it("doesn't count events that are over", () => {
    const events = Array.from({ length: 100 }, () => "data: 0123456789\n\n")
    expect(parse(events, 100).overflows).toBe(0)
  })

  it("takes a long line in a million pieces in the time of a short one", () => {
    const pieces = Array.from({ length: 1_000_000 }, () => "x")
    const { events } = parse(["data: ", ...pieces, "\n\n"])
    expect(events[0]?.data).toHaveLength(1_000_000)
  })
})
