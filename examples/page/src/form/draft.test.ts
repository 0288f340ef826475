import { catalogue } from "@simstream/example-simulations"
import { describe, expect, it } from "vitest"
import { describeRun, draftOf, emptyDraft, requestOf, valuesOf, withValue } from "./draft.ts"

const all = catalogue()
const fields = all.forms["dota-dps"].fields

describe("the form", () => {
  it("asks for the defaults when nothing is filled in", () => {
    expect(requestOf(emptyDraft, fields)).toEqual({
      request: {
        simulation: "dota-dps",
        config: {
          hero: "juggernaut",
          level: 1,
          items: ["greater_crit"],
          durationSeconds: 60,
          targetArmor: 0,
        },
        iterations: 1_000_000,
      },
    })
  })

  it("says which fields are out of their range, and asks for nothing then", () => {
    const draft = withValue(withValue(emptyDraft, "level", 99), "durationSeconds", "")
    expect(requestOf({ ...draft, iterations: "" }, fields)).toEqual({
      problems: {
        "config.level": "From 1 to 30.",
        "config.durationSeconds": "A number is needed. From 1 s to 3,600 s.",
        iterations: "Say how many.",
      },
    })
  })

  it("keeps the values of each simulation while another is looked at", () => {
    const draft = withValue(emptyDraft, "level", 12)
    const other = withValue({ ...draft, simulation: "training-dummy" }, "critChance", 0.5)
    expect(valuesOf({ ...other, simulation: "dota-dps" }, fields)["level"]).toBe(12)
    expect(valuesOf(other, all.forms["training-dummy"].fields)["critChance"]).toBe(0.5)
  })

  it("is as it was when a run is to be repeated", () => {
    const draft = {
      ...withValue(emptyDraft, "items", ["greater_crit", "greater_crit"]),
      seed: "7",
      precision: 0.01,
    } as const
    const { request } = requestOf(draft, fields)
    expect(request === undefined ? null : requestOf(draftOf(request, "7"), fields).request).toEqual(request)
  })
})

describe("the line that describes a run", () => {
  const request = { simulation: "dota-dps", iterations: 1 } as const

  it("names what was chosen, and numbers that are not the default", () => {
    const config = {
      hero: "juggernaut",
      level: 25,
      items: ["greater_crit", "greater_crit"],
      durationSeconds: 60,
    }
    expect(describeRun({ ...request, config, seed: "7" }, all)).toBe(
      "Juggernaut, level 25, 2 × Daedalus, seed 7",
    )
  })

  it("is missing where there is nothing to say", () => {
    expect(describeRun({ simulation: "training-dummy", config: {}, iterations: 1 }, all)).toBeNull()
  })
})
