/** Simulations for tests: small ones, ones with a known answer, and ones that a test holds by a gate. */
import * as Schema from "effect/Schema"
import type { Iteration } from "../kernel/iteration.ts"
import { defineSimulation } from "./definition.ts"

/** The sum of some dice. */
export const dice = defineSimulation({
  name: "dice",
  config: Schema.Struct({ count: Schema.Int }),
  metrics: { total: { unit: "pips" } },
  prepare:
    ({ count }) =>
    ({ random, tally, timeline }) => {
      let total = 0
      for (let die = 0; die < count; die++) {
        const pips = random.int(1, 6)
        total += pips
        tally.add(`die ${die}`, pips)
        timeline.add("pips", die, pips)
      }
      return { total }
    },
})

/** The pass line of craps: it wins with probability 244/495, in 557/165 throws on average. */
export const craps = defineSimulation({
  name: "craps",
  config: Schema.Struct({}),
  metrics: { win: {}, rolls: { unit: "rolls" } },
  prepare:
    () =>
    ({ random }) => {
      const first = random.int(1, 6) + random.int(1, 6)
      if (first === 7 || first === 11) return { win: 1, rolls: 1 }
      if (first === 2 || first === 3 || first === 12) return { win: 0, rolls: 1 }
      for (let rolls = 2; ; rolls++) {
        const roll = random.int(1, 6) + random.int(1, 6)
        if (roll === first) return { win: 1, rolls }
        if (roll === 7) return { win: 0, rolls }
      }
    },
})

/** A European call by Black and Scholes: spot and strike 100, rate 5 %, volatility 20 %, one year. */
export const call = defineSimulation({
  name: "call",
  config: Schema.Struct({
    spot: Schema.Finite,
    strike: Schema.Finite,
    rate: Schema.Finite,
    volatility: Schema.Finite,
  }),
  metrics: { payoff: { unit: "$" } },
  prepare: ({ spot, strike, rate, volatility }) => {
    const drift = rate - volatility ** 2 / 2
    const discount = Math.exp(-rate)
    return ({ random }) => {
      const end = spot * Math.exp(drift + volatility * random.normal())
      return { payoff: discount * Math.max(0, end - strike) }
    }
  },
})

/** Gambler's ruin: from 10 up to 20 or down to 0, a step up with probability 18/38. */
export const ruin = defineSimulation({
  name: "ruin",
  config: Schema.Struct({}),
  metrics: { win: {}, steps: {} },
  prepare:
    () =>
    ({ random }) => {
      let purse = 10
      let steps = 0
      while (purse > 0 && purse < 20) {
        purse += random.int(1, 38) <= 18 ? 1 : -1
        steps++
      }
      return { win: purse === 20 ? 1 : 0, steps }
    },
})

/** A simulation that does what a test says, and counts. */
export const scripted = (
  script: (iteration: Iteration) => number | Promise<number> = ({ random }) => random.float(),
  { prepare = () => undefined }: { readonly prepare?: () => void | Promise<void> } = {},
) => {
  const counts = { prepared: 0, iterations: 0 }
  const simulation = defineSimulation({
    name: "scripted",
    config: Schema.Struct({}),
    metrics: { value: {} },
    prepare: async () => {
      counts.prepared++
      await prepare()
      return (iteration) => {
        counts.iterations++
        const value = script(iteration)
        return typeof value === "number" ? { value } : value.then((later) => ({ value: later }))
      }
    },
  })
  return { simulation, counts }
}

/** A promise and what settles it. */
export const createGate = () => {
  const gate: { open?: () => void } = {}
  const opened = new Promise<void>((resolve) => {
    gate.open = resolve
  })
  return { opened, open: () => gate.open?.() }
}

/** Lets the event loop turn a few times: whatever waits for promises and immediates only has happened then. */
export const turns = async (count = 5): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
