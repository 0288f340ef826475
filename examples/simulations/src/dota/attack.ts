/**
 * What a hero's attack comes to with a level and items, by the rules of patch 7.41, the newest in the data. Innate
 * abilities, talents and the rounding of the game's display are left out.
 */
import { ATTRIBUTES, type Attribute, type Hero } from "./heroes.ts"
import type { Bonuses, CriticalStrike, Item } from "./items.ts"

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
  /** Strongest first. */
  readonly criticalStrikes: ReadonlyArray<CriticalStrike & { readonly item: Item }>
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

/** The share of physical damage that armour lets through: more than 1 when the armour is negative. */
export const damageTaken = (armor: number): number =>
  1 - (ARMOR_FACTOR * armor) / (1 + ARMOR_FACTOR * Math.abs(armor))

/** The attack of a hero of some level with some items, each as often as it is listed, on a target with some armour. */
export const attackOf = (
  hero: Hero,
  level: number,
  items: ReadonlyArray<Item>,
  targetArmor: number,
): Attack => {
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

  return {
    perSecond: boundedSpeed / NORMAL_ATTACK_SPEED / hero.attackTimeSeconds,
    minDamage: hero.minDamage,
    maxDamage: hero.maxDamage,
    bonusDamage: attributeDamage + bonus("damage"),
    damageTaken: damageTaken(targetArmor),
    criticalStrikes: items
      .flatMap((item) => (item.criticalStrike === null ? [] : [{ ...item.criticalStrike, item }]))
      .sort((left, right) => right.multiplier - left.multiplier),
  }
}
