/**
 * The items whose numbers the simulation understands. What it takes from an item is written on the item's card: plain
 * bonuses to damage, attributes and attack speed, and Critical Strike. All else an item does is listed as not simulated.
 */
import { type ItemData, readItems } from "./data.ts"
import { ATTRIBUTES, type Attribute } from "./heroes.ts"

/** What an item adds to a hero who carries it. */
export type Bonuses = { readonly [B in Attribute | "damage" | "attackSpeed"]: number }

export interface CriticalStrike {
  /** The long-run share of attacks that it strikes on. */
  readonly chance: number
  /** What such an attack's damage is multiplied by. */
  readonly multiplier: number
}

export interface Item {
  /** The key in the data: "greater_crit". */
  readonly key: string
  readonly name: string
  readonly bonuses: Bonuses
  readonly criticalStrike: CriticalStrike | null
  /** The item's abilities that the simulation leaves out, by their titles. */
  readonly notSimulated: ReadonlyArray<string>
}

/**
 * Lines of an item's card and what they add to. The line decides, not the key: many items have a `bonus_damage` that
 * holds only while an ability is on (Divine Rapier's 250), and such a number has no line.
 */
const CARD_LINES = new Map<string, ReadonlyArray<keyof Bonuses>>([
  ["+ {value} Damage", ["damage"]],
  ["+ {value} Strength", ["strength"]],
  ["+ {value} Agility", ["agility"]],
  ["+ {value} Intelligence", ["intelligence"]],
  ["+ {value} All Attributes", ATTRIBUTES],
  ["+ {value} Attack Speed", ["attackSpeed"]],
])

const CRITICAL_STRIKE = "Critical Strike"

const bonusesOf = ({ attrib }: ItemData): Bonuses => {
  const bonuses = { strength: 0, agility: 0, intelligence: 0, damage: 0, attackSpeed: 0 }
  for (const { display, value } of attrib) {
    const amount = Number(value)
    // Some have a value per level ("6 / 7 / 8"), and there are no levels of items here.
    if (display === undefined || !Number.isFinite(amount)) continue
    for (const bonus of CARD_LINES.get(display) ?? []) bonuses[bonus] += amount
  }
  return bonuses
}

const criticalStrikeOf = ({ attrib, abilities = [] }: ItemData): CriticalStrike | null => {
  const percent = (wanted: string) => Number(attrib.find(({ key }) => key === wanted)?.value) / 100
  const chance = percent("crit_chance")
  const multiplier = percent("crit_multiplier")
  // An ability by another name does something else with the same two numbers: Revenant's Brooch adds magic damage.
  return abilities.some(({ title }) => title === CRITICAL_STRIKE) && chance > 0 && multiplier > 1
    ? { chance, multiplier }
    : null
}

const itemOf = (key: string, data: ItemData): Item => {
  const criticalStrike = criticalStrikeOf(data)
  return {
    key,
    name: data.dname ?? key,
    bonuses: bonusesOf(data),
    criticalStrike,
    notSimulated: (data.abilities ?? [])
      .map(({ title }) => title)
      .filter((title) => !(criticalStrike !== null && title === CRITICAL_STRIKE)),
  }
}

const isUnderstood = ({ bonuses, criticalStrike }: Item): boolean =>
  criticalStrike !== null || Object.values(bonuses).some((amount) => amount !== 0)

/** The items that have a price and numbers that are understood, by key, in the order of their names. */
export const items: ReadonlyMap<string, Item> = new Map(
  Object.entries(readItems())
    .filter(([, { cost }]) => cost !== null && cost > 0)
    .map(([key, data]) => itemOf(key, data))
    .filter(isUnderstood)
    .sort((left, right) => left.name.localeCompare(right.name, "en"))
    .map((item) => [item.key, item]),
)
