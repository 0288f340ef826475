import type { Result } from "@simstream/protocol"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { canonicalJson, digestOf } from "./digest.ts"

const result: Result = {
  stats: { x: { mean: 1.5, count: 2 } },
  timeline: null,
  charts: { tally: [] },
  iterations: 2,
  seed: "7",
  stopReason: "iterations",
  elapsedMs: 12,
  failures: { count: 0, examples: [] },
  digest: "",
  schemaVersion: 1,
}

/** The same value with the keys of every object the other way round. */
const reversed = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(reversed)
    : typeof value === "object" && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .reverse()
            .map(([key, part]) => [key, reversed(part)]),
        )
      : value

describe("canonicalJson", () => {
  it("writes keys in one order, at every depth, and lists as they are", () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }, 3], a: { z: null, y: "é" } })).toBe(
      '{"a":{"y":"é","z":null},"b":[{"c":2,"d":1},3]}',
    )
  })

  it("is the same for equal values, and for no others", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value))
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { seed: 1, numRuns: 500 },
    )
  })

  it("keeps keys that JavaScript knows", () => {
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":2}'))).toBe('{"__proto__":2,"b":1}')
  })
})

describe("a digest", () => {
  it("is SHA-256 in hexadecimal", () => {
    expect(digestOf(result)).toMatch(/^[0-9a-f]{64}$/)
  })

  it("does not depend on the clock, on the rule that ended the run, or on the order of keys", () => {
    const digest = digestOf(result)
    const other: Result = { ...result, elapsedMs: 99, stopReason: "time", digest: "else" }
    expect(digestOf(other)).toBe(digest)
    expect(digestOf({ ...result, charts: { tally: [] }, stats: { x: { count: 2, mean: 1.5 } } })).toBe(digest)
  })

  it("can be computed again from the result that was sent", () => {
    const sent = { ...result, stats: { x: { mean: 0.1 + 0.2, skewness: -0, left: undefined } } }
    expect(digestOf(JSON.parse(JSON.stringify(sent)))).toBe(digestOf(sent))
  })

  it.each<Partial<Result>>([
    { stats: { x: { mean: 1.5000000000000002, count: 2 } } },
    { timeline: {} },
    { charts: null },
    { iterations: 3 },
    { seed: "8" },
    { failures: { count: 1, examples: [] } },
    { schemaVersion: 2 },
  ])("changes with %j", (change) => {
    expect(digestOf({ ...result, ...change })).not.toBe(digestOf(result))
  })
})
