import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { FAILURE_EXAMPLES, keepExample, messageOf, type Failure } from "./failures.ts"

describe("keepExample", () => {
  it("keeps the first by iteration, in whatever order they come", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200)), (iterations) => {
        const failures = iterations.map((iteration) => ({ iteration, message: `no. ${iteration}` }))
        const kept = failures.reduce<ReadonlyArray<Failure>>(keepExample, [])
        const expected = [...iterations].sort((left, right) => left - right).slice(0, FAILURE_EXAMPLES)
        expect(kept.map(({ iteration }) => iteration)).toEqual(expected)
      }),
      { seed: 1 },
    )
  })
})

describe("messageOf", () => {
  it.each([
    [new Error("broken"), "broken"],
    [new RangeError("too large"), "too large"],
    ["just text", "just text"],
    [undefined, "undefined"],
    [null, "null"],
    [42, "42"],
    [Symbol("s"), "Symbol(s)"],
    [{ reason: 1 }, "[object Object]"],
    [{ message: "of another realm" }, "of another realm"],
    [{ message: 7 }, "[object Object]"],
    [Object.create(null), "[object Object]"],
  ])("of %o is %j", (thrown, message) => {
    expect(messageOf(thrown)).toBe(message)
  })
})
