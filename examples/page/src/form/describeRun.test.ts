import { catalogue } from "@simstream/example-simulations"
import { describe, expect, it } from "vitest"
import { describeRun, describeWithSeed } from "./describeRun.ts"

const all = catalogue()

describe("the line that describes a run", () => {
  const request = { simulation: "dota-dps", iterations: 1 } as const

  it("names what was chosen, and numbers that are not the default", () => {
    const config = {
      hero: "juggernaut",
      level: 25,
      items: ["greater_crit", "greater_crit"],
      durationSeconds: 60,
    }
    expect(describeRun({ ...request, config }, all)).toBe("Juggernaut, level 25, 2 × Daedalus")
  })

  it("writes money, shares and times with their units", () => {
    const config = { savings: 200_000, stockShare: 0.35, yearsSaving: 10, inflationPercent: 3.5 }
    expect(describeRun({ simulation: "retirement", iterations: 1, config }, all)).toBe(
      "Savings today $200,000, years until retirement 10 years, share of stocks 35%, inflation 3.5%",
    )
  })

  it("says of a list in another order what comes first", () => {
    const rotation = (priority: ReadonlyArray<string>) =>
      describeRun({ simulation: "spell-rotation", iterations: 1, config: { priority } }, all)
    expect(rotation(["spark", "kindle", "brand", "meteor", "fireball"])).toBe("Spark first")
    expect(rotation(["kindle", "brand", "meteor", "spark", "fireball"])).toBeNull()
    expect(rotation(["kindle", "brand", "meteor", "fireball", "spark"])).toBe(
      "Kindle, Searing Brand, Meteor, Fireball, Spark",
    )
  })

  it("is missing where there is nothing to say", () => {
    expect(describeRun({ simulation: "training-dummy", config: {}, iterations: 1 }, all)).toBeNull()
  })

  it("ends with the seed where runs of the same settings stand below each other", () => {
    const dummy = { simulation: "training-dummy", config: {}, iterations: 1 } as const
    expect(describeWithSeed(dummy, all)).toBeNull()
    expect(describeWithSeed({ ...dummy, seed: "7" }, all)).toBe("seed 7")
    expect(describeWithSeed({ ...request, config: { level: 25 }, seed: "7" }, all)).toBe("Level 25, seed 7")
  })
})
