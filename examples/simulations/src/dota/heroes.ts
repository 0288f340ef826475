/** The heroes of the game data, in the terms of the simulation. */
import { type HeroData, readHeroes } from "./data.ts"

export const ATTRIBUTES = ["strength", "agility", "intelligence"] as const
export type Attribute = (typeof ATTRIBUTES)[number]
export type PrimaryAttribute = Attribute | "universal"

export interface Hero {
  /** The short name: "juggernaut". */
  readonly key: string
  readonly name: string
  readonly primaryAttribute: PrimaryAttribute
  readonly isMelee: boolean
  /** Each attribute at level 1, and what a level adds. */
  readonly attributes: { readonly [A in Attribute]: { readonly base: number; readonly gain: number } }
  /** Attack damage before attributes. */
  readonly minDamage: number
  readonly maxDamage: number
  /** Attack speed before agility and items. */
  readonly attackSpeed: number
  /** Seconds between attacks at an attack speed of 100. */
  readonly attackTimeSeconds: number
}

const PREFIX = "npc_dota_hero_"
const PRIMARY = { str: "strength", agi: "agility", int: "intelligence", all: "universal" } as const

const heroOf = (data: HeroData): Hero => ({
  key: data.name.replace(PREFIX, ""),
  name: data.localized_name,
  primaryAttribute: PRIMARY[data.primary_attr],
  isMelee: data.attack_type === "Melee",
  attributes: {
    strength: { base: data.base_str, gain: data.str_gain },
    agility: { base: data.base_agi, gain: data.agi_gain },
    intelligence: { base: data.base_int, gain: data.int_gain },
  },
  minDamage: data.base_attack_min,
  maxDamage: data.base_attack_max,
  attackSpeed: data.base_attack_time,
  attackTimeSeconds: data.attack_rate,
})

/** All heroes by short name, in the order of the names that people know them by. */
export const heroes: ReadonlyMap<string, Hero> = new Map(
  readHeroes()
    .map(heroOf)
    .sort((left, right) => left.name.localeCompare(right.name, "en"))
    .map((hero) => [hero.key, hero]),
)
