/**
 * The damage that a Dota 2 hero does with plain attacks, on the game's own data.
 *
 * A fight is a window of a longer one, as if the clock were started at a random moment. The first attack comes after a
 * uniformly random part of the time between attacks, so a fight of T seconds has T × attacks per second of them on
 * average, whole or not; and each critical strike starts with as many failures behind it as it has at a random moment
 * (pseudoRandom.ts). Then the mean of the damage per second is the long-run rate for every T:
 *
 *   attacks per second × mean damage × (1 + chance × (multiplier − 1)) × what the armour lets through
 *
 * Only the spread depends on T. A fight that opened with an attack at 0 and fresh counters would be off by up to one
 * attack, and by the critical strikes that such counters hold back.
 */
import { defineSimulation } from "@simstream/core"
import * as Schema from "effect/Schema"
import { formOf, multiSelect, number, select, wholeNumber } from "../fields.ts"
import { attackOf } from "./attack.ts"
import { heroes } from "./heroes.ts"
import { items } from "./items.ts"
import { pseudoRandom } from "./pseudoRandom.ts"

/** An hour, longer than nearly every game; with the game's limit on attack speed it bounds the cost of an iteration. */
const MAX_SECONDS = 3600
const MAX_LEVEL = 30
/** Slots of an inventory. */
const MAX_ITEMS = 6

const optionsOf = (entries: ReadonlyMap<string, { readonly key: string; readonly name: string }>) =>
  Array.from(entries.values(), ({ key, name }) => ({ value: key, label: name }))

const config = Schema.Struct({
  hero: select({ label: "Hero", options: optionsOf(heroes), default: "juggernaut" }),
  level: wholeNumber({ label: "Level", unit: null, min: 1, max: MAX_LEVEL, default: 1 }),
  items: multiSelect({
    label: "Items",
    description: "Plain bonuses and Critical Strike count; other abilities of an item are not simulated.",
    options: optionsOf(items),
    maxItems: MAX_ITEMS,
    default: ["greater_crit"],
  }),
  durationSeconds: number({
    label: "Fight length",
    unit: "s",
    min: 1,
    max: MAX_SECONDS,
    step: 10,
    default: 60,
  }),
  targetArmor: number({ label: "Target's armour", unit: null, min: -100, max: 100, step: 1, default: 0 }),
})

const ATTACK = "Attack"

/** What the schema has let through is in the data. */
const found = <A>(entries: ReadonlyMap<string, A>, key: string): A => {
  const entry = entries.get(key)
  if (entry === undefined) throw new Error(`${JSON.stringify(key)} passed the schema and is not in the data.`)
  return entry
}

/**
 * Attacks of a Dota hero. By default Juggernaut at level 1 with Daedalus: 142 to 144 damage, 1.0142857 attacks a second,
 * 30 % of them for 225 %, which makes 199.433928571 damage a second.
 */
export const dotaDps = defineSimulation({
  name: "dota-dps",
  config,
  metrics: { dps: { unit: "damage/s" }, attacks: {}, crits: {} },
  prepare: ({ hero, level, items: carried, durationSeconds, targetArmor }) => {
    const attack = attackOf(
      found(heroes, hero),
      level,
      carried.map((key) => found(items, key)),
      targetArmor,
    )
    const { minDamage, maxDamage, bonusDamage } = attack
    const interval = 1 / attack.perSecond
    const strikes = attack.criticalStrikes.map(({ item, chance, multiplier }, at, all) => ({
      category: `${item.name} crit`,
      multiplier,
      // Two of the same item have luck of their own, and no item's luck depends on the others that are carried.
      stream: `${item.key} ${all.slice(0, at).filter((other) => other.item === item).length}`,
      start: pseudoRandom(chance),
    }))

    return ({ random, timeline, tally }) => {
      const damage = random.stream("damage")
      const attempts = strikes.map(({ category, multiplier, stream, start }) => ({
        category,
        multiplier,
        attempt: start(random.stream(stream)),
      }))
      let total = 0
      let attacks = 0
      let crits = 0

      const first = interval * random.stream("first attack").float()
      for (let time = first; time < durationSeconds; time = first + attacks * interval) {
        let category = ATTACK
        let multiplier = 1
        // Every item tries at every attack, and the strongest that strikes counts.
        for (const strike of attempts) {
          if (strike.attempt() && multiplier === 1) ({ category, multiplier } = strike)
        }
        const amount = (damage.int(minDamage, maxDamage) + bonusDamage) * multiplier * attack.damageTaken
        timeline.add(category, time, amount)
        tally.add(category, amount)
        total += amount
        attacks++
        if (multiplier > 1) crits++
      }

      timeline.end(durationSeconds)
      return { dps: total / durationSeconds, attacks, crits }
    }
  },
})

export const dotaDpsForm = {
  title: "Dota 2 damage per second",
  description: "A hero's attacks with items, on the game's data, critical strikes by its pseudo-random rule.",
  fields: formOf(config),
}
