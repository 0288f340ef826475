import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { defineSimulation, type Prepared } from "../simulation/definition.ts"
import { versionOf } from "./version.ts"

interface Parts {
  readonly version?: string
  readonly metrics?: { readonly value: { readonly unit?: string } }
  readonly prepare?: () => Prepared<"value">
}

const versionWith = ({ version, metrics = { value: {} }, prepare = () => () => ({ value: 1 }) }: Parts) =>
  versionOf(
    defineSimulation({
      name: "some",
      ...(version === undefined ? {} : { version }),
      config: Schema.Struct({}),
      metrics,
      prepare,
    }),
  )

describe("the version of a simulation", () => {
  it("begins with the one of its definition, and is the same wherever that is", () => {
    expect(versionWith({ version: "2.1" })).toMatch(/^2\.1-[0-9a-f]{10}$/)
    expect(versionWith({ version: "2.1" })).toBe(versionWith({ version: "2.1" }))
    expect(versionWith({ version: "2.2" })).not.toBe(versionWith({ version: "2.1" }))
  })

  it("is of the source text where there is none, and of nothing but the version where there is one", () => {
    const other = () => () => ({ value: 2 })
    expect(versionWith({})).toMatch(/^source-[0-9a-f]{10}$/)
    expect(versionWith({})).toBe(versionWith({}))
    expect(versionWith({ prepare: other })).not.toBe(versionWith({}))
    expect(versionWith({ version: "1", prepare: other })).toBe(versionWith({ version: "1" }))
  })

  it("differs where results would look different", () => {
    const metrics = { value: { unit: "m" } }
    expect(versionWith({ version: "1", metrics })).not.toBe(versionWith({ version: "1" }))
  })
})

it("a version that could not travel in the name of a queue is refused", () => {
  expect(() => versionWith({ version: "a:b" })).toThrow(
    'The version of the simulation "some" is 1 to 64 letters, digits, "-", "_" or "."; got "a:b".',
  )
})
