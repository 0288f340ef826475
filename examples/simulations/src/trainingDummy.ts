/**
 * A fight against a training dummy: weapon swings, a spell and a damage-over-time effect, each on its own clock. Every
 * moment of it has a closed form, which makes it a test of the engine as much as an example.
 */
import { defineSimulation } from "@simstream/core"
import * as Schema from "effect/Schema"
import { chance, formOf, number } from "./fields.ts"

/** An hour: the longest fight worth asking for, and a bound on what one iteration can cost. */
const MAX_SECONDS = 3600
/** The fastest clock, for the same reason: at most 36,000 events an ability. */
const MIN_INTERVAL_SECONDS = 0.1
const MAX_DAMAGE = 1_000_000

const seconds = (label: string, byDefault: number) =>
  number({
    label,
    unit: "s",
    min: MIN_INTERVAL_SECONDS,
    max: MAX_SECONDS,
    step: 0.1,
    default: byDefault,
  })

const damage = (label: string, byDefault: number) =>
  number({ label, unit: "damage", min: 0, max: MAX_DAMAGE, step: 10, default: byDefault })

const config = Schema.Struct({
  durationSeconds: number({
    label: "Fight length",
    unit: "s",
    min: 1,
    max: MAX_SECONDS,
    step: 10,
    default: 300,
  }),
  missChance: chance({ label: "Miss chance", description: "Of a swing; spells always hit.", default: 0.05 }),
  critChance: chance({ label: "Crit chance", description: "Of a swing and of Fireball.", default: 0.2 }),
  critMultiplier: number({ label: "Crit multiplier", unit: "×", min: 1, max: 10, step: 0.1, default: 2 }),
  swingIntervalSeconds: seconds("Time between swings", 2),
  swingDamageMin: damage("Least damage of a swing", 80),
  swingDamageMax: damage("Most damage of a swing", 120),
  fireballIntervalSeconds: seconds("Time between Fireballs", 10),
  fireballDamage: damage("Damage of a Fireball", 500),
  bleedIntervalSeconds: seconds("Time between ticks of Bleed", 3),
  bleedDamage: damage("Damage of a tick of Bleed", 50),
}).check(
  Schema.makeFilter(({ missChance, critChance, swingDamageMin, swingDamageMax }) => {
    const issues: Array<Schema.FilterIssue> = []
    if (missChance + critChance > 1) {
      issues.push({
        path: ["critChance"],
        issue: `must leave room for missChance, for one roll decides both; got ${critChance} and ${missChance}`,
      })
    }
    if (swingDamageMax < swingDamageMin) {
      issues.push({
        path: ["swingDamageMax"],
        issue: `must be at least swingDamageMin; got ${swingDamageMax} and ${swingDamageMin}`,
      })
    }
    return issues
  }),
)

/** Division rounds: what is this close to a whole number of intervals is one (2.1 / 0.7 is not 3). */
const ROUNDING = 1e-9

/** How many times something happens that happens at 0 and then every `interval`, before the end. */
const casts = (duration: number, interval: number): number => Math.ceil(duration / interval - ROUNDING)

/** How many times something happens that happens every `interval`, the end included. */
const ticks = (duration: number, interval: number): number => Math.floor(duration / interval + ROUNDING)

const SWING = "Swing"
const FIREBALL = "Fireball"
const BLEED = "Bleed"

/**
 * The training dummy. By default 150 swings (one roll: 5 % miss, 20 % crit for double, else hit; 80 to 120 damage), 30
 * Fireballs of 500 (20 % crit for double) and 100 ticks of 50 in 300 seconds: 134.1666… damage a second, with a standard
 * deviation of 4.179646449694573.
 */
export const trainingDummy = defineSimulation({
  name: "training-dummy",
  config,
  metrics: { dps: { unit: "damage/s" } },
  prepare: (fight) => {
    const { durationSeconds, critChance, critMultiplier } = fight
    const swings = casts(durationSeconds, fight.swingIntervalSeconds)
    const fireballs = casts(durationSeconds, fight.fireballIntervalSeconds)
    const bleeds = ticks(durationSeconds, fight.bleedIntervalSeconds)
    const swingSpread = fight.swingDamageMax - fight.swingDamageMin

    return ({ random, timeline, tally }) => {
      let total = 0
      const deal = (ability: string, time: number, amount: number) => {
        total += amount
        timeline.add(ability, time, amount)
        tally.add(ability, amount)
      }

      // A stream each, and the same draws whatever comes of them: changing one ability leaves the others' luck alone.
      const attackTable = random.stream("swing outcome")
      const weapon = random.stream("swing damage")
      for (let swing = 0; swing < swings; swing++) {
        const roll = attackTable.float()
        const amount = fight.swingDamageMin + swingSpread * weapon.float()
        const isMiss = roll < fight.missChance
        const isCrit = !isMiss && roll < fight.missChance + critChance
        if (isMiss) continue
        deal(SWING, swing * fight.swingIntervalSeconds, isCrit ? amount * critMultiplier : amount)
      }

      const spell = random.stream("fireball")
      for (let cast = 0; cast < fireballs; cast++) {
        const amount = spell.bool(critChance) ? fight.fireballDamage * critMultiplier : fight.fireballDamage
        deal(FIREBALL, cast * fight.fireballIntervalSeconds, amount)
      }

      for (let tick = 1; tick <= bleeds; tick++) {
        deal(BLEED, tick * fight.bleedIntervalSeconds, fight.bleedDamage)
      }

      timeline.end(durationSeconds)
      return { dps: total / durationSeconds }
    }
  },
})

export const trainingDummyForm = {
  title: "Training dummy",
  shortTitle: "Dummy",
  headline: "dps",
  description: "Swings, Fireballs and a bleed against a target that doesn't fight back.",
  fields: formOf(config),
}
