import type { StandardSchemaV1 } from "@standard-schema/spec"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { startBatch } from "../batch/startBatch.ts"
import { type ConfigSchema, defineSimulation } from "./definition.ts"
import { InvalidConfig } from "./errors.ts"
import { validateConfig } from "./validateConfig.ts"

/** A simulation with this schema, and the configs that it was prepared with. */
const withSchema = (config: ConfigSchema) => {
  const prepared: Array<unknown> = []
  const simulation = defineSimulation({
    name: "checked",
    config,
    metrics: { x: {} },
    prepare: (given) => {
      prepared.push(given)
      return () => ({ x: 1 })
    },
  })
  return { simulation, prepared }
}

/** The config as the simulation gets it, or the error. */
const outcomeOf = async (schema: ConfigSchema, config: unknown): Promise<unknown> => {
  const { simulation, prepared } = withSchema(schema)
  try {
    await startBatch(simulation, { config, iterations: 1 }).result
    return prepared[0]
  } catch (error) {
    expect(prepared).toEqual([])
    return error
  }
}

const fight = Schema.Struct({
  seconds: Schema.Finite,
  target: Schema.Struct({ armor: Schema.Int, resistances: Schema.Array(Schema.Finite) }),
})

const armored = { seconds: 300, target: { armor: 3000, resistances: [0.1, 0.2] } }

/** A Standard Schema written by hand: `{ level: number }`, 1 by default. */
const level: StandardSchemaV1<{ readonly level?: number }, { readonly level: number }> = {
  "~standard": {
    version: 1,
    vendor: "by-hand",
    validate: (value) => {
      if (typeof value !== "object" || value === null) {
        return { issues: [{ message: "Expected an object" }] }
      }
      const found: unknown = "level" in value ? value.level : 1
      return typeof found === "number"
        ? { value: { level: found } }
        : { issues: [{ message: "Expected a number", path: ["level"] }] }
    },
  },
}

describe("a config checked by an Effect Schema", () => {
  it("reaches the simulation as the schema decodes it", async () => {
    expect(await outcomeOf(fight, armored)).toEqual(armored)
    expect(await outcomeOf(Schema.Struct({ at: Schema.NumberFromString }), { at: "5" })).toEqual({ at: 5 })
  })

  it("is refused with all that is wrong, each by a path that starts with config", async () => {
    const error = await outcomeOf(fight, {
      seconds: "300",
      target: { armor: 0.5, resistances: [0.1, "none"] },
    })
    expect(error).toBeInstanceOf(InvalidConfig)
    expect(error).toMatchObject({ _tag: "InvalidConfig", simulation: "checked" })
    expect(error).toHaveProperty(
      "issues",
      expect.arrayContaining([
        { path: ["config", "seconds"], message: expect.any(String) },
        { path: ["config", "target", "armor"], message: expect.any(String) },
        { path: ["config", "target", "resistances", 1], message: expect.any(String) },
      ]),
    )
  })

  it("is refused when a field is missing, and when one is too many", async () => {
    expect(await outcomeOf(fight, { seconds: 300 })).toMatchObject({
      issues: [{ path: ["config", "target"] }],
    })
    expect(await outcomeOf(fight, { ...armored, secnods: 1 })).toMatchObject({
      issues: [{ path: ["config", "secnods"] }],
    })
  })

  it.each([undefined, null, 5, "config", []])("is refused when it is %j", async (config) => {
    expect(await outcomeOf(fight, config)).toMatchObject({
      _tag: "InvalidConfig",
      issues: [{ path: ["config"] }],
    })
  })

  it("says the first thing that is wrong, and of what, in its message", async () => {
    expect(await outcomeOf(fight, { seconds: 300 })).toHaveProperty(
      "message",
      expect.stringMatching(/^The config of "checked" is not valid: config\.target: ./),
    )
  })

  it("is refused with twenty issues at most", async () => {
    const error = await outcomeOf(
      Schema.Array(Schema.Int),
      Array.from({ length: 1000 }, () => "x"),
    )
    expect(error).toHaveProperty("issues", expect.objectContaining({ length: 20 }))
  })
})

describe("a config checked by a Standard Schema", () => {
  it("reaches the simulation as the schema gives it", async () => {
    expect(await outcomeOf(level, { level: 7 })).toEqual({ level: 7 })
    expect(await outcomeOf(level, {})).toEqual({ level: 1 })
  })

  it("is refused by paths that start with config", async () => {
    expect(await outcomeOf(level, { level: "7" })).toMatchObject({
      _tag: "InvalidConfig",
      issues: [{ path: ["config", "level"], message: "Expected a number" }],
      message: 'The config of "checked" is not valid: config.level: Expected a number',
    })
    expect(await outcomeOf(level, 7)).toMatchObject({ issues: [{ path: ["config"] }] })
  })

  it("may be checked asynchronously", async () => {
    const later: StandardSchemaV1<number> = {
      "~standard": {
        version: 1,
        vendor: "by-hand",
        validate: async (value) =>
          typeof value === "number" ? { value: value + 1 } : { issues: [{ message: "Expected a number" }] },
      },
    }
    expect(await outcomeOf(later, 4)).toBe(5)
    expect(await outcomeOf(later, "4")).toBeInstanceOf(InvalidConfig)
  })

  it("may have steps in its paths that are objects or symbols", async () => {
    const steps: StandardSchemaV1<unknown> = {
      "~standard": {
        version: 1,
        vendor: "by-hand",
        validate: () => ({ issues: [{ message: "no", path: ["a", { key: "b" }, { key: 0 }, Symbol("s")] }] }),
      },
    }
    expect(await outcomeOf(steps, {})).toMatchObject({
      issues: [{ path: ["config", "a", "b", 0, "Symbol(s)"], message: "no" }],
    })
  })

  it("is refused even when the schema does not say why", async () => {
    const silent: StandardSchemaV1<unknown> = {
      "~standard": { version: 1, vendor: "by-hand", validate: () => ({ issues: [] }) },
    }
    expect(await outcomeOf(silent, {})).toMatchObject({
      _tag: "InvalidConfig",
      issues: [],
      message: 'The config of "checked" is not valid.',
    })
  })

  it("may be a function, as ArkType's are", async () => {
    const callable = Object.assign(() => undefined, level)
    expect(await outcomeOf(callable, { level: 3 })).toEqual({ level: 3 })
  })
})

describe("validateConfig", () => {
  it("fails in the typed channel", async () => {
    const { simulation } = withSchema(level)
    const error = await Effect.runPromise(Effect.flip(validateConfig(simulation, 5)))
    expect(error).toBeInstanceOf(InvalidConfig)
  })
})
