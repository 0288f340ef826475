/**
 * What a hero's attack comes to with a level and items, by the rules of patch 7.41, the newest in the data. Innate
 * abilities, talents and the rounding of the game's display are left out.
 */
import { ATTRIBUTES, type Attribute, type Hero } from "./heroes.ts"
import type { Bonuses, Effect, Item } from "./items.ts"

/** Something that an attack may bring with it, at a chance, and then not again for a while. */
export interface Proc {
  readonly item: Item
  /** What it is called on a chart: "Skull Basher bash". */
  readonly category: string
  readonly chance: number
  /** 0 when it may happen at every attack. */
  readonly cooldownSeconds: number
  /** What of it reaches the target. */
  readonly damage: number
}

/** A poison: damage each second for some seconds. */
export interface Poison extends Proc {
  readonly seconds: number
}

/** An attack, before any die is cast. */
export interface Attack {
  readonly perSecond: number
  /** The range of the hero's own damage; a whole number in it is rolled for every attack. */
  readonly minDamage: number
  readonly maxDamage: number
  /** What attributes and items add to each roll. A critical strike multiplies the sum. */
  readonly bonusDamage: number
  /** What the target's armour lets through. */
  readonly damageTaken: number
  /** Strongest first; the strongest that strikes counts. */
  readonly criticalStrikes: ReadonlyArray<{
    readonly item: Item
    readonly chance: number
    readonly multiplier: number
  }>
  readonly procs: ReadonlyArray<Proc>
  /** A second attack right behind the first, whenever its cooldown is over. */
  readonly echo: { readonly item: Item; readonly cooldownSeconds: number } | null
  readonly poison: Poison | null
}

/** What is attacked. */
export interface Target {
  readonly armor: number
  /** The share of magical damage that it doesn't take. */
  readonly magicResistance: number
}

const DAMAGE_PER_PRIMARY_ATTRIBUTE = 1
/** "Universal Heroes' damage per attribute decreased from 0.7 to 0.45" (patch 7.38), of all three attributes. */
const UNIVERSAL_DAMAGE_PER_ATTRIBUTE = 0.45
const ATTACK_SPEED_PER_AGILITY = 1
/** https://liquipedia.net/dota2/Attack_Speed; six Moon Shards would go beyond. */
const MIN_ATTACK_SPEED = 20
const MAX_ATTACK_SPEED = 700
/** The attack speed at which a hero attacks once in its base attack time. */
const NORMAL_ATTACK_SPEED = 100
/** Patch 7.27: "Armor formula is now Armor * 0.06 / (1 + Armor * 0.06)". */
const ARMOR_FACTOR = 0.06
/** "The following heroes cannot trigger Bash on this item" (its card): they have a bash of their own. */
const WITHOUT_BASH: ReadonlySet<string> = new Set(["spirit_breaker", "faceless_void", "slardar"])

/** The share of physical damage that armour lets through: more than 1 when the armour is negative. */
export const damageTaken = (armor: number): number =>
  1 - (ARMOR_FACTOR * armor) / (1 + ARMOR_FACTOR * Math.abs(armor))

type EffectOf<Kind extends Effect["kind"]> = Extract<Effect, { readonly kind: Kind }>

/** The effects of one kind among the items, with the item of each. */
const effectsOf = <Kind extends Effect["kind"]>(
  items: ReadonlyArray<Item>,
  kind: Kind,
): ReadonlyArray<EffectOf<Kind> & { readonly item: Item }> =>
  items.flatMap((item) =>
    item.effects
      .filter((effect): effect is EffectOf<Kind> => effect.kind === kind)
      .map((effect) => ({ ...effect, item })),
  )

/** The one that counts where effects don't stack. */
const greatest = <A>(effects: ReadonlyArray<A>, size: (effect: A) => number): A | undefined =>
  [...effects].sort((left, right) => size(right) - size(left))[0]

/** What the items take from the target's armour: of several sources of the same kind, the greatest counts. */
const armorReduction = (items: ReadonlyArray<Item>): number => {
  const reductions = effectsOf(items, "armorReduction")
  const from = (wanted: (typeof reductions)[number]["source"]) =>
    Math.max(0, ...reductions.filter(({ source }) => source === wanted).map(({ armor }) => armor))
  return from("corruption") + from("aura")
}

/**
 * The attack of a hero of some level with some items, each as often as it is listed. The items' Pierce and Critical Strike
 * are tried by each; of Bash, Chain Lightning, Echo Strike, Witch Blade, Corruption and auras, which don't stack, the
 * greatest counts.
 */
export const attackOf = (hero: Hero, level: number, items: ReadonlyArray<Item>, target: Target): Attack => {
  const bonus = (of: keyof Bonuses) => items.reduce((sum, { bonuses }) => sum + bonuses[of], 0)
  const attribute = (of: Attribute) => {
    const { base, gain } = hero.attributes[of]
    return base + gain * (level - 1) + bonus(of)
  }
  const attributeDamage =
    hero.primaryAttribute === "universal"
      ? UNIVERSAL_DAMAGE_PER_ATTRIBUTE * ATTRIBUTES.reduce((sum, of) => sum + attribute(of), 0)
      : DAMAGE_PER_PRIMARY_ATTRIBUTE * attribute(hero.primaryAttribute)
  const attackSpeed =
    hero.attackSpeed + ATTACK_SPEED_PER_AGILITY * attribute("agility") + bonus("attackSpeed")
  const boundedSpeed = Math.min(MAX_ATTACK_SPEED, Math.max(MIN_ATTACK_SPEED, attackSpeed))
  const physical = damageTaken(target.armor - armorReduction(items))
  const magical = 1 - target.magicResistance

  const bash = WITHOUT_BASH.has(hero.key)
    ? undefined
    : greatest(effectsOf(items, "bash"), ({ damage }) => damage)
  const lightning = greatest(effectsOf(items, "chainLightning"), ({ damage }) => damage)
  const echo = greatest(effectsOf(items, "echoStrike"), ({ cooldownSeconds }) => -cooldownSeconds)
  const poison = greatest(effectsOf(items, "poison"), ({ intelligenceFactor }) => intelligenceFactor)

  const procs: ReadonlyArray<Proc> = [
    ...(bash === undefined
      ? []
      : [
          {
            item: bash.item,
            category: `${bash.item.name} bash`,
            chance: hero.isMelee ? bash.chance.melee : bash.chance.ranged,
            cooldownSeconds: bash.cooldownSeconds,
            damage: bash.damage * physical,
          },
        ]),
    ...effectsOf(items, "pierce").map(({ item, chance, damage }) => ({
      item,
      category: `${item.name} pierce`,
      chance,
      cooldownSeconds: 0,
      damage: damage * magical,
    })),
    ...(lightning === undefined
      ? []
      : [
          {
            item: lightning.item,
            category: `${lightning.item.name} lightning`,
            chance: lightning.chance,
            cooldownSeconds: lightning.cooldownSeconds,
            damage: lightning.damage * magical,
          },
        ]),
  ]

  return {
    perSecond: boundedSpeed / NORMAL_ATTACK_SPEED / hero.attackTimeSeconds,
    minDamage: hero.minDamage,
    maxDamage: hero.maxDamage,
    bonusDamage: attributeDamage + bonus("damage"),
    damageTaken: physical,
    criticalStrikes: [...effectsOf(items, "criticalStrike")].sort(
      (left, right) => right.multiplier - left.multiplier,
    ),
    procs,
    echo: echo === undefined || !hero.isMelee ? null : echo,
    poison:
      poison === undefined
        ? null
        : {
            item: poison.item,
            category: `${poison.item.name} poison`,
            chance: 1,
            cooldownSeconds: poison.cooldownSeconds,
            damage: poison.intelligenceFactor * attribute("intelligence") * magical,
            seconds: poison.seconds,
          },
  }
}
