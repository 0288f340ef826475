/**
 * The items whose numbers the simulation understands. What it takes from an item is written on the item's card: plain
 * bonuses to damage, attributes and attack speed, and the passive abilities of ABILITIES. All else an item does is listed
 * as not simulated.
 */
import { type ItemData, readItems } from "./data.ts"
import { ATTRIBUTES, type Attribute } from "./heroes.ts"

/** What an item adds to a hero who carries it. */
export type Bonuses = { readonly [B in Attribute | "damage" | "attackSpeed"]: number }

/** What an item's passive ability does to a single target. Chances are long-run shares of attacks. */
export type Effect =
  /** Multiplies an attack's damage. */
  | { readonly kind: "criticalStrike"; readonly chance: number; readonly multiplier: number }
  /** Adds physical damage and stuns, and then not again for a while. */
  | {
      readonly kind: "bash"
      readonly chance: { readonly melee: number; readonly ranged: number }
      readonly damage: number
      readonly cooldownSeconds: number
    }
  /** Adds magical damage. */
  | { readonly kind: "pierce"; readonly chance: number; readonly damage: number }
  /** Does magical damage, and then not again for a moment. */
  | {
      readonly kind: "chainLightning"
      readonly chance: number
      readonly damage: number
      readonly cooldownSeconds: number
    }
  /** A melee attack is followed by another at once, whenever the cooldown is over. */
  | { readonly kind: "echoStrike"; readonly cooldownSeconds: number }
  /** An attack poisons, whenever the cooldown is over: magical damage each second by the hero's intelligence. */
  | {
      readonly kind: "poison"
      readonly intelligenceFactor: number
      readonly seconds: number
      readonly cooldownSeconds: number
    }
  /** The target's armour is less by this for as long as it is attacked or near. */
  | { readonly kind: "armorReduction"; readonly source: "corruption" | "aura"; readonly armor: number }

export interface Item {
  /** The key in the data: "greater_crit". */
  readonly key: string
  readonly name: string
  readonly bonuses: Bonuses
  readonly effects: ReadonlyArray<Effect>
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

/** Reads numbers of an item by their keys: the first key that the item has; NaN when it has none of them. */
type Numbers = (...keys: ReadonlyArray<string>) => number

const percent = (value: number): number => value / 100

const corruption = (numbers: Numbers): Effect => ({
  kind: "armorReduction",
  source: "corruption",
  armor: -numbers("corruption_armor"),
})

/** The item's own cooldown is that of the ability that is used; a passive one beside it has a cooldown by itself. */
const passiveCooldown = (numbers: Numbers, { abilities = [], cd }: ItemData): number => {
  const own = numbers("passive_cooldown")
  if (abilities.some(({ type }) => type !== "passive")) return own
  // Parasma has both numbers and nothing that is used: it can't be told which is which.
  return Number.isNaN(own) && cd !== false ? cd : Number.NaN
}

/**
 * The abilities that are simulated, by their titles: an ability by another name does something else with the same
 * numbers (Revenant's Brooch's Phantom Critical adds magical damage).
 */
const ABILITIES = new Map<string, (numbers: Numbers, data: ItemData) => Effect>([
  [
    "Critical Strike",
    (numbers) => ({
      kind: "criticalStrike",
      chance: percent(numbers("crit_chance")),
      multiplier: percent(numbers("crit_multiplier")),
    }),
  ],
  [
    "Bash",
    (numbers) => ({
      kind: "bash",
      chance: {
        melee: percent(numbers("bash_chance_melee")),
        ranged: percent(numbers("bash_chance_ranged")),
      },
      damage: numbers("bonus_chance_damage"),
      cooldownSeconds: numbers("bash_cooldown"),
    }),
  ],
  [
    "Pierce",
    (numbers) => ({
      kind: "pierce",
      chance: percent(numbers("bonus_chance", "proc_chance")),
      damage: numbers("bonus_chance_damage", "passive_proc_damage"),
    }),
  ],
  [
    "Chain Lightning",
    (numbers) => ({
      kind: "chainLightning",
      chance: percent(numbers("chain_chance")),
      damage: numbers("chain_damage"),
      cooldownSeconds: numbers("chain_cooldown"),
    }),
  ],
  [
    "Echo Strike",
    (numbers, data) => ({ kind: "echoStrike", cooldownSeconds: passiveCooldown(numbers, data) }),
  ],
  [
    "Witch Blade",
    (numbers, data) => ({
      kind: "poison",
      intelligenceFactor: numbers("int_damage_multiplier"),
      seconds: numbers("slow_duration"),
      cooldownSeconds: passiveCooldown(numbers, data),
    }),
  ],
  ["Corruption", corruption],
  ["Lesser Corruption", corruption],
  ["Corrosion", corruption],
  [
    "Assault Aura",
    (numbers) => ({ kind: "armorReduction", source: "aura", armor: -numbers("aura_negative_armor") }),
  ],
])

const isComplete = (effect: Effect): boolean =>
  Object.values(effect)
    .flatMap((value): ReadonlyArray<unknown> => (typeof value === "object" ? Object.values(value) : [value]))
    .every((value) => !Number.isNaN(value))

const itemOf = (key: string, data: ItemData): Item => {
  const numbers: Numbers = (...keys) =>
    Number(data.attrib.find((line) => keys.includes(line.key))?.value ?? Number.NaN)
  const effects: Array<Effect> = []
  const notSimulated: Array<string> = []
  for (const { title } of data.abilities ?? []) {
    const effect = ABILITIES.get(title)?.(numbers, data)
    if (effect !== undefined && isComplete(effect)) effects.push(effect)
    else notSimulated.push(title)
  }
  return { key, name: data.dname ?? key, bonuses: bonusesOf(data), effects, notSimulated }
}

const isUnderstood = ({ bonuses, effects }: Item): boolean =>
  effects.length > 0 || Object.values(bonuses).some((amount) => amount !== 0)

/** The items that have a price and numbers that are understood, by key, in the order of their names. */
export const items: ReadonlyMap<string, Item> = new Map(
  Object.entries(readItems())
    .filter(([, { cost }]) => cost !== null && cost > 0)
    .map(([key, data]) => itemOf(key, data))
    .filter(isUnderstood)
    .sort((left, right) => left.name.localeCompare(right.name, "en"))
    .map((item) => [item.key, item]),
)
