/**
 * Simulations whose results are known to the bit, on every runtime. They load no Effect, and draw on everything that a
 * result is made of: every kind of random number, named streams, the timeline and tallies.
 */
import { type ConfigSchema, defineSimulation, type Random } from "@simstream/core/simulation"

/** Takes a config as it comes: what is checked here is not configs. */
export const anything = <Config>() =>
  ({
    "~standard": {
      version: 1,
      vendor: "simstream-tests",
      validate: (value: unknown) => ({ value: value as Config }),
      types: undefined as { readonly input: Config; readonly output: Config } | undefined,
    },
  }) satisfies ConfigSchema

/** The pass line of craps: integers without bias, and loops of any length. */
export const craps = defineSimulation({
  name: "craps",
  config: anything<Readonly<Record<string, never>>>(),
  metrics: { win: { unit: "1" }, rolls: {} },
  prepare:
    () =>
    ({ random }) => {
      const roll = () => random.int(1, 6) + random.int(1, 6)
      const point = roll()
      if (point === 7 || point === 11) return { win: 1, rolls: 1 }
      if (point === 2 || point === 3 || point === 12) return { win: 0, rolls: 1 }
      for (let rolls = 2; ; rolls++) {
        const next = roll()
        if (next === point) return { win: 1, rolls }
        if (next === 7) return { win: 0, rolls }
      }
    },
})

const SPELLS = [
  { name: "Fireball", seconds: 2.25, damage: 900.3 },
  { name: "Scorch", seconds: 1.5, damage: 410.7 },
  { name: "Flamestrike", seconds: 3, damage: 1337.1 },
]

/** A fight that lasts longer or shorter: a timeline, tallies, and a stream of its own for crits. */
export const raid = defineSimulation({
  name: "raid",
  config: anything<{ readonly seconds: number }>(),
  metrics: { dps: { unit: "damage/s" }, crits: {} },
  timeline: { bucket: 5 },
  prepare: ({ seconds }) => {
    const order = [...SPELLS]
    return ({ random, timeline, tally }) => {
      const ends = seconds * (0.5 + random.float())
      const luck: Random = random.stream("crits")
      let total = 0
      let crits = 0
      order.splice(0, order.length, ...SPELLS)
      random.shuffle(order)
      for (let time = 0; time < ends;) {
        const spell = random.bool(0.6) ? order[0] : random.pick(order)
        if (spell === undefined) throw new Error("There is no spell.")
        const crit = luck.bool(0.2)
        const damage = spell.damage * (crit ? 2.1 : 1)
        time += spell.seconds
        total += damage
        if (crit) crits++
        timeline.add("damage", Math.min(time, ends), damage)
        tally.add(spell.name, damage)
      }
      timeline.end(ends)
      return { dps: total / ends, crits }
    }
  },
})

/** Customers of one till: exponential and normal variates. */
export const queue = defineSimulation({
  name: "queue",
  config: anything<{ readonly customers: number }>(),
  metrics: { wait: { unit: "min" }, longest: { unit: "min" } },
  prepare:
    ({ customers }) =>
    ({ random }) => {
      let arrives = 0
      let free = 0
      let waited = 0
      let longest = 0
      for (let customer = 0; customer < customers; customer++) {
        arrives += random.exponential(2)
        const begins = Math.max(arrives, free)
        free = begins + Math.max(0.1, random.normal(1.7, 0.4))
        waited += begins - arrives
        longest = Math.max(longest, begins - arrives)
      }
      return { wait: waited / customers, longest }
    },
})

/** All of them. */
export const simulations = [craps, raid, queue]
