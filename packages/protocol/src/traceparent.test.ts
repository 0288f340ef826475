import { describe, expect, it } from "vitest"
import { formatTraceparent, parseTraceparent } from "./traceparent.ts"

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
const SPAN = "00f067aa0ba902b7"

describe("a traceparent", () => {
  it.each([
    [`00-${TRACE}-${SPAN}-01`, { traceId: TRACE, spanId: SPAN, sampled: true }],
    [`00-${TRACE}-${SPAN}-00`, { traceId: TRACE, spanId: SPAN, sampled: false }],
    [`00-${TRACE}-${SPAN}-03`, { traceId: TRACE, spanId: SPAN, sampled: true }],
    // A later version is read as far as this one goes.
    [`01-${TRACE}-${SPAN}-01-more`, { traceId: TRACE, spanId: SPAN, sampled: true }],
  ])("of %s is read", (header, parent) => {
    expect(parseTraceparent(header)).toEqual(parent)
  })

  it.each([
    null,
    undefined,
    "",
    "garbage",
    `ff-${TRACE}-${SPAN}-01`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01\nx: y`,
  ])("of %j is none", (header) => {
    expect(parseTraceparent(header)).toBe(null)
  })

  it("is written as it is read", () => {
    for (const sampled of [true, false]) {
      const parent = { traceId: TRACE, spanId: SPAN, sampled }
      expect(parseTraceparent(formatTraceparent(parent))).toEqual(parent)
    }
  })
})
