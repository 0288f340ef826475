import { catalogue } from "@simstream/example-simulations"
import { describe, expect, it } from "vitest"
import { draftOf, emptyDraft, requestOf, runRequestOf, valuesOf, withValue } from "./draft.ts"

const all = catalogue()
const form = all.forms["dota-dps"]

describe("the form", () => {
  it("asks for the defaults when nothing is filled in", () => {
    expect(requestOf(emptyDraft, form)).toEqual({
      request: {
        simulation: "dota-dps",
        config: {
          hero: "juggernaut",
          level: 1,
          items: ["greater_crit"],
          durationSeconds: 60,
          targetArmor: 0,
          targetMagicResistance: 0.25,
        },
        iterations: 1_000_000,
      },
    })
  })

  it("says which fields are out of their range, and asks for nothing then", () => {
    const draft = withValue(withValue(emptyDraft, "level", 99), "durationSeconds", "")
    expect(requestOf({ ...draft, iterations: "" }, form)).toEqual({
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
    expect(valuesOf({ ...other, simulation: "dota-dps" }, form.fields)["level"]).toBe(12)
    expect(valuesOf(other, all.forms["training-dummy"].fields)["critChance"]).toBe(0.5)
  })

  it("names bounds as people write them", () => {
    const plan = { ...emptyDraft, simulation: "retirement" } as const
    const draft = withValue(
      withValue(withValue(plan, "savings", -1), "stockShare", 2),
      "inflationPercent",
      99,
    )
    expect(requestOf(draft, all.forms.retirement).problems).toEqual({
      "config.savings": "From $0 to $100,000,000.",
      "config.stockShare": "From 0% to 100%.",
      "config.inflationPercent": "From -5% to 20%.",
    })
  })

  it("judges a run's precision by the metric that its simulation is about", () => {
    const plan = { ...emptyDraft, simulation: "retirement", precision: 0.01 } as const
    expect(requestOf(plan, all.forms.retirement).request?.stop).toEqual({
      precision: { metric: "success", relative: 0.01 },
    })
  })

  it("takes over what a job says that it was started with, if it is something that it could ask for", () => {
    const job = {
      simulation: "dota-dps",
      config: { hero: "axe", items: ["basher"] },
      iterations: 1_000,
      seed: "7",
      stop: { precision: { metric: "dps", relative: 0.01 }, timeMs: 600_000 },
    }
    const request = runRequestOf(job)
    expect(request).toEqual(job)
    const draft = request === null ? emptyDraft : draftOf(request, "")
    expect(draft).toMatchObject({ iterations: 1_000, precision: 0.01, seed: "" })
    expect(valuesOf(draft, form.fields)).toMatchObject({ hero: "axe", level: 1, items: ["basher"] })
    expect(runRequestOf({ ...job, simulation: "chess" })).toBeNull()
    expect(runRequestOf({ ...job, config: { hero: { name: "axe" } } })).toBeNull()
    expect(runRequestOf({ ...job, config: null })).toBeNull()
  })

  it("is as it was when a run is to be repeated", () => {
    const draft = {
      ...withValue(emptyDraft, "items", ["greater_crit", "greater_crit"]),
      seed: "7",
      precision: 0.01,
    } as const
    const { request } = requestOf(draft, form)
    expect(request === undefined ? null : requestOf(draftOf(request, "7"), form).request).toEqual(request)
  })
})
