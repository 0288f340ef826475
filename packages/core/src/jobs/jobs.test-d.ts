/** The types that the server exports for its clients. Checked by `tsc -b`, never run. */
import type { MetricStats } from "@simstream/protocol"
import type { StandardSchemaV1 } from "@standard-schema/spec"
import * as Schema from "effect/Schema"
import { describe, expectTypeOf, it } from "vitest"
import { defineSimulation } from "../simulation/definition.ts"
import { createJobs } from "./createJobs.ts"
import type { Jobs, SimulationsOf } from "./jobs.ts"

const dice = defineSimulation({
  name: "dice",
  config: Schema.Struct({ count: Schema.Int }),
  metrics: { total: {} },
  prepare: () => () => ({ total: 1 }),
})

declare const size: StandardSchemaV1<{ size?: number }, { size: number }>

const cards = defineSimulation({
  name: "cards",
  config: size,
  metrics: { value: {} },
  prepare: () => () => ({ value: 1 }),
  present: ({ stats }) => ({ stats: { mean: stats.value.mean } }),
})

const engine = defineSimulation({
  name: "engine",
  config: Schema.Struct({}),
  async *run(_config) {
    yield { type: "progress", current: 1 }
    yield { type: "result", stats: [1, 2] }
  },
})

describe("SimulationsOf", () => {
  const jobs = createJobs({ simulations: [dice, cards, engine] })
  type Simulations = SimulationsOf<typeof jobs>

  it("names the simulations", () => {
    expectTypeOf<keyof Simulations>().toEqualTypeOf<"dice" | "cards" | "engine">()
  })

  it("has what each takes as its config", () => {
    expectTypeOf<Simulations["dice"]["input"]>().toEqualTypeOf<{ readonly count: number }>()
    expectTypeOf<Simulations["cards"]["input"]>().toEqualTypeOf<{ size?: number }>()
  })

  it("has what each publishes", () => {
    expectTypeOf<Simulations["dice"]["outputs"]["stats"]>().toEqualTypeOf<{ readonly total: MetricStats }>()
    expectTypeOf<Simulations["cards"]["outputs"]>().toEqualTypeOf<{
      readonly stats: { mean: number | null }
      readonly timeline: null
      readonly charts: null
    }>()
    expectTypeOf<Simulations["engine"]["outputs"]["stats"]>().toEqualTypeOf<Array<number>>()
  })

  it("is of any jobs, too, for code that takes whichever it is given", () => {
    expectTypeOf(jobs).toExtend<Jobs>()
    expectTypeOf<SimulationsOf<Jobs>["whichever"]["outputs"]["stats"]>().toEqualTypeOf<unknown>()
  })
})
