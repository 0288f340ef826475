/**
 * The damage that a Dota 2 hero does with attacks and what items make of them, on the game's own data.
 *
 * A fight is a window of a longer one, as if the clock were started at a random moment. The first attack comes after a
 * uniformly random part of the time between attacks, so a fight of T seconds has T × attacks per second of them on
 * average, whole or not; and each critical strike, bash and cooldown starts with as many attacks behind it as it has at a
 * random moment (pseudoRandom.ts). Then the mean of the damage per second is the long-run rate for every T:
 *
 *   attacks per second × (
 *       (1 + echoes) × (mean damage × (1 + chance × (multiplier − 1)) × what the armour lets through + pierces)
 *     + bashes + lightnings + poisonings × its ticks, each at 1 / (attacks of its cooldown + 1 / chance) of the attacks)
 *
 * Only the spread depends on T. A fight that opened with an attack at 0 and fresh counters would be off by up to one
 * attack, and by the critical strikes that such counters hold back.
 */
import { defineSimulation } from "@simstream/core"
import * as Schema from "effect/Schema"
import { chance, formOf, multiSelect, number, select, wholeNumber } from "../fields.ts"
import { attackOf } from "./attack.ts"
import { heroes } from "./heroes.ts"
import { type Item, items } from "./items.ts"
import { pseudoRandom } from "./pseudoRandom.ts"

/** An hour, longer than nearly every game; with the game's limit on attack speed it bounds the cost of an iteration. */
const MAX_SECONDS = 3600
const MAX_LEVEL = 30
/** Slots of an inventory. */
const MAX_ITEMS = 6

const heroOptions = Array.from(heroes.values(), ({ key, name }) => ({ value: key, label: name }))

const itemOptions = Array.from(items.values(), ({ key, name, notSimulated }) => ({
  value: key,
  label: name,
  ...(notSimulated.length === 0 ? {} : { description: `without ${notSimulated.join(", ")}` }),
}))

const config = Schema.Struct({
  hero: select({ label: "Hero", options: heroOptions, default: "juggernaut" }),
  level: wholeNumber({ label: "Level", unit: null, min: 1, max: MAX_LEVEL, default: 1 }),
  items: multiSelect({
    label: "Items",
    description:
      "Plain bonuses count, and what an item does to attacks by itself; what has to be used doesn't.",
    options: itemOptions,
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
  targetMagicResistance: chance({ label: "Target's magic resistance", default: 0.25 }),
})

const ATTACK = "Attack"
/** Division rounds: what is this close to a whole number of attacks is one. */
const ROUNDING = 1e-9
const TICK_SECONDS = 1

/** What the schema has let through is in the data. */
const found = <A>(entries: ReadonlyMap<string, A>, key: string): A => {
  const entry = entries.get(key)
  if (entry === undefined) throw new Error(`${JSON.stringify(key)} passed the schema and is not in the data.`)
  return entry
}

/** At how many attacks something can't happen again, when attacks come every `interval` seconds. */
const restOf = (cooldownSeconds: number, interval: number): number =>
  Math.max(0, Math.ceil(cooldownSeconds / interval - ROUNDING) - 1)

/**
 * The names of the streams of what several items do. Two of the same item have luck of their own, and no item's luck
 * depends on the others that are carried.
 */
const withStreams = <A extends { readonly item: Item }>(what: string, effects: ReadonlyArray<A>) =>
  effects.map((effect, at) => ({
    ...effect,
    stream: `${what}${effect.item.key} ${effects.slice(0, at).filter(({ item }) => item === effect.item).length}`,
  }))

/**
 * Attacks of a Dota hero. By default Juggernaut at level 1 with Daedalus: 142 to 144 damage, 1.0142857 attacks a second,
 * 30 % of them for 225 %, which makes 199.433928571 damage a second.
 */
export const dotaDps = defineSimulation({
  name: "dota-dps",
  config,
  metrics: { dps: { unit: "damage/s" }, attacks: {}, crits: {}, procs: {} },
  prepare: ({ hero, level, items: carried, durationSeconds, targetArmor, targetMagicResistance }) => {
    const attack = attackOf(
      found(heroes, hero),
      level,
      carried.map((key) => found(items, key)),
      { armor: targetArmor, magicResistance: targetMagicResistance },
    )
    const { minDamage, maxDamage, bonusDamage } = attack
    const interval = 1 / attack.perSecond
    const strikes = withStreams("", attack.criticalStrikes).map((strike) => ({
      ...strike,
      category: `${strike.item.name} crit`,
      start: pseudoRandom(strike.chance),
    }))
    const procs = withStreams("proc ", attack.procs).map((proc) => ({
      ...proc,
      start: pseudoRandom(proc.chance, restOf(proc.cooldownSeconds, interval)),
    }))
    const echo =
      attack.echo === null
        ? null
        : {
            category: `${attack.echo.item.name} attack`,
            start: pseudoRandom(1, restOf(attack.echo.cooldownSeconds, interval)),
          }
    const poison =
      attack.poison === null
        ? null
        : { ...attack.poison, start: pseudoRandom(1, restOf(attack.poison.cooldownSeconds, interval)) }

    return ({ random, timeline, tally }) => {
      const damage = random.stream("damage")
      const strikeAttempts = strikes.map(({ stream, start, ...strike }) => ({
        ...strike,
        attempts: start(random.stream(stream)),
      }))
      const procAttempts = procs.map(({ stream, start, ...proc }) => ({
        ...proc,
        attempts: start(random.stream(stream)),
      }))
      const echoes = echo?.start(random.stream("echo"))
      const poisonings = poison?.start(random.stream("poison"))
      let total = 0
      let swings = 0
      let attacks = 0
      let crits = 0
      let procced = 0

      const deal = (category: string, time: number, amount: number) => {
        timeline.add(category, time, amount)
        tally.add(category, amount)
        total += amount
      }

      const hit = (plain: string, time: number) => {
        let category = plain
        let multiplier = 1
        // Every item tries at every attack, and the strongest that strikes counts.
        for (const strike of strikeAttempts) {
          if (strike.attempts.next() && multiplier === 1) ({ category, multiplier } = strike)
        }
        deal(
          category,
          time,
          (damage.int(minDamage, maxDamage) + bonusDamage) * multiplier * attack.damageTaken,
        )
        attacks++
        if (multiplier > 1) crits++
      }

      const proc = (time: number, isEcho: boolean) => {
        for (const { category, cooldownSeconds, damage: amount, attempts } of procAttempts) {
          // What has a cooldown is tried by the first of two attacks that land at once.
          if ((isEcho && cooldownSeconds > 0) || !attempts.next()) continue
          deal(category, time, amount)
          procced++
        }
      }

      /** The ticks of a poisoning that fall into the fight: one from before it may still be at work. */
      const applyPoison = (time: number) => {
        if (poison === null) return
        for (let tick = 1; tick <= poison.seconds; tick++) {
          const at = time + tick * TICK_SECONDS
          if (at >= 0 && at < durationSeconds) deal(poison.category, at, poison.damage)
        }
      }

      const first = interval * random.stream("first attack").float()
      if (poisonings !== undefined) applyPoison(first - (poisonings.since + 1) * interval)

      for (let time = first; time < durationSeconds; time = first + swings * interval) {
        hit(ATTACK, time)
        proc(time, false)
        if (poisonings?.next()) {
          applyPoison(time)
          procced++
        }
        if (echo !== null && echoes?.next()) {
          hit(echo.category, time)
          proc(time, true)
          procced++
        }
        swings++
      }

      timeline.end(durationSeconds)
      return { dps: total / durationSeconds, attacks, crits, procs: procced }
    }
  },
})

export const dotaDpsForm = {
  title: "Dota 2 damage per second",
  shortTitle: "Dota 2",
  headline: "dps",
  description:
    "A hero's attacks with items, on the game's data: critical strikes, bashes and procs, by its pseudo-random rule.",
  fields: formOf(config),
}
