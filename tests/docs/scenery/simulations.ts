// The simulations that the examples in doc comments are about.
import { createJobs, defineSimulation, type SimulationsOf } from "@simstream/core"
import * as Schema from "effect/Schema"

export const dice = defineSimulation({
  name: "dice",
  config: Schema.Struct({ count: Schema.Int }),
  metrics: { total: { unit: "pips" } },
  prepare:
    ({ count }) =>
    ({ random }) => {
      let total = 0
      for (let die = 0; die < count; die++) total += random.int(1, 6)
      return { total }
    },
})

export const dummy = defineSimulation({
  name: "training-dummy",
  config: Schema.Struct({
    durationSeconds: Schema.optionalKey(Schema.Finite),
    critChance: Schema.Finite,
  }),
  metrics: { dps: { unit: "damage/s" } },
  prepare:
    ({ critChance }) =>
    ({ random }) => ({ dps: random.bool(critChance) ? 200 : 100 }),
})

const simulations = [dice, dummy] as const

export const jobsOf = () => createJobs({ simulations })

export type Simulations = SimulationsOf<ReturnType<typeof jobsOf>>
