/** What the engine's figures are measured on: a quick simulation, and one with a timeline. */
import { defineSimulation } from "@simstream/core/simulation"

const noConfig = {
  "~standard": { version: 1, vendor: "bench", validate: (value: unknown) => ({ value }) },
} as const

/** The pass line of craps. */
export const craps = defineSimulation({
  name: "craps",
  version: "1",
  config: noConfig,
  metrics: { win: {}, rolls: {} },
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

/** A fight of five minutes: four metrics, three series of 300 buckets, ten categories. */
export const fight = defineSimulation({
  name: "fight",
  version: "1",
  config: noConfig,
  metrics: { damage: {}, healing: {}, hits: {}, luck: {} },
  prepare:
    () =>
    ({ random, timeline, tally }) => {
      let damage = 0
      let healing = 0
      let hits = 0
      for (let second = 0; second < 300; second++) {
        const hit = random.normal(1000, 300)
        timeline.add("damage", second, hit)
        timeline.add("mana", second, random.float())
        timeline.add("healing", second, hit / 3)
        tally.add(`spell ${random.int(0, 9)}`, hit)
        damage += hit
        healing += hit / 3
        hits++
      }
      timeline.end(300)
      return { damage, healing, hits, luck: random.exponential() }
    },
})
