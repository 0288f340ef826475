/** Simulations for tests: one that can be held and let go, one with a known answer. */
import { defineSimulation } from "@simstream/core"
import * as Schema from "effect/Schema"

/** The pass line of craps: the probability of winning is 244/495. */
export const craps = defineSimulation({
  name: "craps",
  config: Schema.Struct({}),
  metrics: { win: { unit: "1" } },
  prepare:
    () =>
    ({ random }) => {
      const roll = () => random.int(1, 6) + random.int(1, 6)
      const point = roll()
      if (point === 7 || point === 11) return { win: 1 }
      if (point === 2 || point === 3 || point === 12) return { win: 0 }
      for (;;) {
        const next = roll()
        if (next === point) return { win: 1 }
        if (next === 7) return { win: 0 }
      }
    },
})

const gate = () => {
  const settlers: Array<() => void> = []
  const promise = new Promise<void>((settle) => {
    settlers.push(settle)
  })
  return {
    promise,
    resolve: () => {
      for (const settle of settlers) settle()
    },
  }
}

/** A simulation whose iterations wait at a gate, so that a test decides when it goes on. */
export const createGated = () => {
  let opened = gate()
  opened.resolve()
  return {
    shut: () => {
      opened = gate()
    },
    open: () => opened.resolve(),
    simulation: defineSimulation({
      name: "gated",
      config: Schema.Struct({ holdAt: Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0))) }),
      metrics: { index: {} },
      prepare:
        ({ holdAt }) =>
        async ({ index }) => {
          if (index === holdAt) await opened.promise
          return { index }
        },
    }),
  }
}
