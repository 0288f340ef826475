import { type AnySimulation, type InputOf, startBatch } from "@simstream/core"
import { describe, expect, expectTypeOf, it } from "vitest"
import { catalogue, dotaDps, type FormField, forms, simulations, type SimulationName } from "./index.ts"

/** Values at the edges of what a field offers. */
const allowed = (field: FormField): ReadonlyArray<unknown> => {
  switch (field.kind) {
    case "number":
    case "chance":
      return [field.default, field.min, field.max]
    case "select":
      return [field.default, ...field.options.map(({ value }) => value)]
    case "multiselect":
      return [field.default, [], ...field.options.map(({ value }) => [value])]
    case "priority":
      return [field.default, [...field.default].reverse()]
  }
}

/** Values just beyond. */
const refused = (field: FormField): ReadonlyArray<unknown> => {
  switch (field.kind) {
    case "number":
    case "chance":
      return [field.min - field.step, field.max + field.step, Number.NaN, String(field.default), null]
    case "select":
      return ["", "constructor", 1, null]
    case "multiselect": {
      const [option] = field.options
      return ["", [""], Array.from({ length: field.maxItems + 1 }, () => option?.value), null]
    }
    case "priority": {
      const [first = "", ...others] = field.default
      return ["", [], others, [first, first, ...others.slice(1)], [...field.default, first], null]
    }
  }
}

const isAccepted = (simulation: AnySimulation, config: unknown): Promise<boolean> =>
  startBatch(simulation, { config, iterations: 1, seed: 1 }).result.then(
    () => true,
    () => false,
  )

const names: ReadonlyArray<SimulationName> = ["dota-dps", "spell-rotation", "retirement", "training-dummy"]

describe("the catalogue", () => {
  it("has a form for each simulation", () => {
    expect(simulations.map(({ name }) => name)).toEqual(names)
    expect(Object.keys(forms)).toEqual(names)
  })

  it("names a metric of each simulation as its headline", () => {
    for (const { name, metrics } of simulations) {
      const known: ReadonlyArray<string> = metrics.map((metric) => metric.name)
      expect(known).toContain(forms[name].headline)
    }
  })

  it("is JSON", () => {
    expect(JSON.parse(JSON.stringify(catalogue()))).toEqual(catalogue())
  })

  it("lists heroes and items under the keys that the config takes", () => {
    const { heroes, items } = catalogue()
    expect(heroes).toContainEqual({ key: "juggernaut", name: "Juggernaut", primaryAttribute: "agility" })
    expect(items).toContainEqual({ key: "greater_crit", name: "Daedalus", notSimulated: [] })
    expect(items).toContainEqual({
      key: "mjollnir",
      name: "Mjollnir",
      notSimulated: ["Static Charge"],
    })
  })

  it("has types for what a config may hold", () => {
    expectTypeOf<InputOf<typeof dotaDps>>().toEqualTypeOf<{
      readonly hero?: string
      readonly level?: number
      readonly items?: ReadonlyArray<string>
      readonly durationSeconds?: number
      readonly targetArmor?: number
      readonly targetMagicResistance?: number
    }>()
  })
})

describe.each(simulations.map((simulation) => [simulation.name, simulation] as const))(
  "the form of %s",
  (name, simulation) => {
    it("offers what the schema accepts", async () => {
      for (const field of forms[name].fields) {
        for (const value of allowed(field)) {
          // One roll decides miss and crit, so that one at its most leaves no room for the other.
          const others =
            name === "training-dummy" && field.kind === "chance" && value === 1
              ? { missChance: 0, critChance: 0 }
              : {}
          // Likewise the least damage and the most.
          const range = field.name === "swingDamageMin" ? { swingDamageMax: 1_000_000 } : {}
          const least = field.name === "swingDamageMax" ? { swingDamageMin: 0 } : {}
          const config = { ...others, ...range, ...least, [field.name]: value }
          expect([config, await isAccepted(simulation, config)]).toEqual([config, true])
        }
      }
    })

    it("offers nothing that the schema refuses", async () => {
      for (const field of forms[name].fields) {
        for (const value of refused(field)) {
          const config = { [field.name]: value }
          expect([config, await isAccepted(simulation, config)]).toEqual([config, false])
        }
      }
    })

    it("has defaults that are the schema's", async () => {
      const defaults = Object.fromEntries(forms[name].fields.map((field) => [field.name, field.default]))
      const digest = async (config: unknown) => {
        const any: AnySimulation = simulation
        return (await startBatch(any, { config, iterations: 64, seed: 1 }).result).stats
      }
      expect(await digest(defaults)).toEqual(await digest({}))
    })
  },
)
