/**
 * A caster at a training dummy, who at every turn casts the first spell of a list that is ready. Spells have cast times
 * and cooldowns; one burns on, one makes critical strikes likelier for a while, and a critical Fireball makes Spark ready,
 * so that the order in which spells come depends on luck, and the damage on the order of the list.
 *
 * All clocks are whole milliseconds: whether a spell is ready is never a matter of rounding.
 */
import { defineSimulation } from "@simstream/core"
import * as Schema from "effect/Schema"
import { chance, formOf, number, priority } from "../fields.ts"
import { GLOBAL_COOLDOWN_MS, isSpell, type Spell, type SpellKey, SPELLS } from "./spells.ts"

const MAX_SECONDS = 3600
const MS = 1000

const config = Schema.Struct({
  priority: priority({
    label: "Priorities",
    description:
      "The first that is ready is cast. Fireball is always ready, so nothing that stands below it ever is.",
    options: Object.entries(SPELLS).map(([value, { name, summary }]) => ({
      value,
      label: name,
      description: summary,
    })),
  }),
  durationSeconds: number({
    label: "Fight length",
    unit: "s",
    min: 1,
    max: MAX_SECONDS,
    step: 10,
    default: 180,
  }),
  critChance: chance({ label: "Critical chance", default: 0.2 }),
  critMultiplier: number({
    label: "Critical multiplier",
    unit: "×",
    min: 1,
    max: 10,
    step: 0.1,
    default: 2,
  }),
  hastePercent: number({
    label: "Haste",
    description: "Shortens casts and the pause of 1.5 s behind instant spells.",
    unit: "%",
    min: 0,
    max: 100,
    step: 1,
    default: 0,
  }),
})

/** What the simulation keeps of a spell while a fight goes on. */
interface Clock {
  readonly key: SpellKey
  readonly spell: Spell
  // A stream a spell: another order of the list leaves the luck of each spell as it was
  readonly damageStream: string
  readonly critStream: string
  /** How long the caster does nothing else. */
  readonly castMs: number
  readonly busyMs: number
  readyAtMs: number
  /** Of what burns on: the next tick, and how many are left. */
  tickAtMs: number
  ticksLeft: number
}

/** How long something takes with some haste. */
export const hasted = (ms: number, hastePercent: number): number => Math.round(ms / (1 + hastePercent / 100))

const isReady = ({ readyAtMs, ticksLeft }: Clock, nowMs: number): boolean =>
  readyAtMs <= nowMs && ticksLeft === 0

/**
 * The rotation. There is no closed form of it by default, for luck decides what is cast when; where luck is taken out of
 * it there is one, and the mean of any fight can be computed exactly by going through everything that can happen
 * (spellRotation.test.ts).
 */
export const spellRotation = defineSimulation({
  name: "spell-rotation",
  config,
  metrics: { dps: { unit: "damage/s" }, casts: {}, crits: {} },
  prepare: (fight) => {
    const { durationSeconds, critChance, critMultiplier, hastePercent } = fight
    const durationMs = Math.round(durationSeconds * MS)
    const order = fight.priority.filter(isSpell)

    const clocks = order.map((key): Clock => {
      const spell: Spell = SPELLS[key]
      const castMs = hasted(spell.castMs, hastePercent)
      return {
        key,
        spell,
        damageStream: `${key} damage`,
        critStream: `${key} crit`,
        castMs,
        busyMs: Math.max(castMs, hasted(GLOBAL_COOLDOWN_MS, hastePercent)),
        readyAtMs: 0,
        tickAtMs: 0,
        ticksLeft: 0,
      }
    })
    const spark = clocks.find(({ key }) => key === "spark")

    return ({ random, timeline, tally }) => {
      let total = 0
      let casts = 0
      let crits = 0
      let buffEndsMs = 0
      let buffChance = 0
      for (const clock of clocks) {
        clock.readyAtMs = 0
        clock.ticksLeft = 0
      }

      /** Deals damage that may be critical, and says whether it was. */
      const deal = ({ critStream, spell: { name } }: Clock, atMs: number, damage: number): boolean => {
        const isCrit = random.stream(critStream).bool(critChance + (atMs < buffEndsMs ? buffChance : 0))
        const amount = isCrit ? damage * critMultiplier : damage
        timeline.add(name, atMs / MS, amount)
        tally.add(name, amount)
        total += amount
        if (isCrit) crits++
        return isCrit
      }

      const burnUntil = (wantedMs: number) => {
        const untilMs = Math.min(wantedMs, durationMs)
        for (const clock of clocks) {
          const { overTime } = clock.spell
          if (overTime === null) continue
          while (clock.ticksLeft > 0 && clock.tickAtMs <= untilMs) {
            deal(clock, clock.tickAtMs, overTime.damage)
            clock.tickAtMs += overTime.everyMs
            clock.ticksLeft--
          }
        }
      }

      /** What the end of a cast brings. */
      const land = (clock: Clock, atMs: number) => {
        const { key, spell } = clock
        const { hit, overTime, buff } = spell
        casts++
        clock.readyAtMs = atMs + spell.cooldownMs
        if (buff !== null) {
          buffEndsMs = atMs + buff.lastsMs
          buffChance = buff.critChance
        }
        if (overTime !== null) {
          clock.tickAtMs = atMs + overTime.everyMs
          clock.ticksLeft = overTime.ticks
        }
        if (hit === null) return
        const damage = hit.min + (hit.max - hit.min) * random.stream(clock.damageStream).float()
        const isCrit = deal(clock, atMs, damage)
        if (isCrit && key === "fireball" && spark !== undefined) {
          spark.readyAtMs = Math.min(spark.readyAtMs, atMs)
        }
      }

      let nowMs = 0
      for (;;) {
        burnUntil(nowMs)
        const at = nowMs
        const next = clocks.find((clock) => isReady(clock, at))
        // The list has Fireball in it, which always is ready
        if (next === undefined || nowMs + next.castMs > durationMs) break
        burnUntil(nowMs + next.castMs)
        land(next, nowMs + next.castMs)
        nowMs += next.busyMs
      }
      burnUntil(durationMs)

      timeline.end(durationSeconds)
      return { dps: total / durationSeconds, casts, crits }
    }
  },
})

export const spellRotationForm = {
  title: "Spell rotation",
  shortTitle: "Rotation",
  headline: "dps",
  description: "A caster at a training dummy, who always casts the first spell of a list that is ready.",
  fields: formOf(config),
}
