/** The spells of the rotation. Times are whole milliseconds, so that clocks that meet do so exactly. */

/** What a spell does when it is cast. */
export interface Spell {
  readonly name: string
  /** What it is, in a few words, for the list that people put in order. */
  readonly summary: string
  /** 0 for one that is instant. */
  readonly castMs: number
  /** From the end of the cast until it can be cast again. */
  readonly cooldownMs: number
  /** What lands when the cast ends; any damage in the range is as likely. */
  readonly hit: { readonly min: number; readonly max: number } | null
  /** Damage that follows, in ticks. It isn't cast again before the last of them. */
  readonly overTime: { readonly ticks: number; readonly everyMs: number; readonly damage: number } | null
  /** For how long it adds how much to the chance of critical strikes. */
  readonly buff: { readonly lastsMs: number; readonly critChance: number } | null
}

const NOTHING_ELSE = { hit: null, overTime: null, buff: null } as const

/** By key, in the order of the priorities that they have by default. */
export const SPELLS = {
  kindle: {
    ...NOTHING_ELSE,
    name: "Kindle",
    summary: "Instant, every 60 s: +30% critical chance for 15 s",
    castMs: 0,
    cooldownMs: 60_000,
    buff: { lastsMs: 15_000, critChance: 0.3 },
  },
  brand: {
    ...NOTHING_ELSE,
    name: "Searing Brand",
    summary: "Instant: 80 damage every 2 s for 14 s, once at a time",
    castMs: 0,
    cooldownMs: 0,
    overTime: { ticks: 7, everyMs: 2_000, damage: 80 },
  },
  meteor: {
    ...NOTHING_ELSE,
    name: "Meteor",
    summary: "2.5 s cast, every 20 s: 900 to 1,100 damage",
    castMs: 2_500,
    cooldownMs: 20_000,
    hit: { min: 900, max: 1_100 },
  },
  spark: {
    ...NOTHING_ELSE,
    name: "Spark",
    summary: "Instant, every 10 s, or behind a critical Fireball: 350 to 410",
    castMs: 0,
    cooldownMs: 10_000,
    hit: { min: 350, max: 410 },
  },
  fireball: {
    ...NOTHING_ELSE,
    name: "Fireball",
    summary: "2 s cast, always ready: 380 to 460 damage",
    castMs: 2_000,
    cooldownMs: 0,
    hit: { min: 380, max: 460 },
  },
} as const satisfies Readonly<Record<string, Spell>>

export type SpellKey = keyof typeof SPELLS

export const isSpell = (key: string): key is SpellKey => Object.hasOwn(SPELLS, key)

/** No spell is followed by another sooner than this. */
export const GLOBAL_COOLDOWN_MS = 1_500
