import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { attackOf, damageTaken } from "./attack.ts"
import { type Hero, heroes } from "./heroes.ts"
import { type Item, items } from "./items.ts"

const hero = (key: string): Hero => {
  const found = heroes.get(key)
  if (found === undefined) throw new Error(`There is no hero ${key}.`)
  return found
}

const carrying = (...keys: ReadonlyArray<string>): ReadonlyArray<Item> =>
  keys.map((key) => {
    const found = items.get(key)
    if (found === undefined) throw new Error(`There is no item ${key}.`)
    return found
  })

describe("the game's data", () => {
  it("has every hero of the package, with the numbers of Juggernaut", () => {
    expect(heroes.size).toBe(127)
    expect(hero("juggernaut")).toEqual({
      key: "juggernaut",
      name: "Juggernaut",
      primaryAttribute: "agility",
      attributes: {
        strength: { base: 20, gain: 2 },
        agility: { base: 32, gain: 2.8 },
        intelligence: { base: 14, gain: 1.4 },
      },
      minDamage: 22,
      maxDamage: 24,
      attackSpeed: 110,
      attackTimeSeconds: 1.4,
    })
  })

  it("has whole numbers as damage, least first, for every hero", () => {
    for (const { minDamage, maxDamage } of heroes.values()) {
      expect(Number.isInteger(minDamage) && Number.isInteger(maxDamage) && minDamage <= maxDamage).toBe(true)
    }
  })

  it("takes an item's bonuses from the lines of its card", () => {
    const [skadi, rapier, ethereal] = carrying("skadi", "rapier", "ethereal_blade")
    const none = { damage: 0, strength: 0, agility: 0, intelligence: 0, attackSpeed: 0 }
    expect(skadi?.bonuses).toEqual({ ...none, strength: 35, agility: 35, intelligence: 35 })
    // The other 250 are those of Transmute.
    expect(rapier?.bonuses).toEqual({ ...none, damage: 100 })
    expect(rapier?.notSimulated).toEqual(["Transmute", "Everlasting"])
    expect(ethereal?.bonuses).toEqual({ ...none, strength: 24, agility: 24, intelligence: 24 })
  })

  it("knows Critical Strike, and nothing that only looks like it", () => {
    const striking = [...items.values()].filter(({ criticalStrike }) => criticalStrike !== null)
    expect(striking.map(({ key, criticalStrike }) => [key, criticalStrike])).toEqual([
      ["lesser_crit", { chance: 0.3, multiplier: 1.6 }],
      ["greater_crit", { chance: 0.3, multiplier: 2.25 }],
    ])
    expect(items.get("revenants_brooch")?.notSimulated).toEqual(["Phantom Critical"])
  })

  it("names each item once", () => {
    const names = [...items.values()].map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe("attackOf", () => {
  it("is 142 to 144 damage at 1.0142857 attacks a second for Juggernaut with Daedalus", () => {
    const attack = attackOf(hero("juggernaut"), 1, carrying("greater_crit"), 0)
    expect(attack.minDamage + attack.bonusDamage).toBe(142)
    expect(attack.maxDamage + attack.bonusDamage).toBe(144)
    expect(attack.perSecond).toBeCloseTo((110 + 32) / 100 / 1.4, 12)
    expect(attack.criticalStrikes).toMatchObject([{ chance: 0.3, multiplier: 2.25 }])
    expect(attack.damageTaken).toBe(1)
  })

  it("adds the gains of each level behind the first, which count as damage and as attack speed", () => {
    const agility = 32 + 2.8 * 29
    const attack = attackOf(hero("juggernaut"), 30, [], 0)
    expect(attack.bonusDamage).toBeCloseTo(agility, 10)
    expect(attack.perSecond).toBeCloseTo((110 + agility) / 100 / 1.4, 12)
  })

  it("gives a universal hero 0.45 damage for each point of each attribute", () => {
    // Marci: 23 strength, 20 agility, 19 intelligence.
    const attack = attackOf(hero("marci"), 1, carrying("ultimate_orb"), 0)
    expect(attack.bonusDamage).toBeCloseTo(0.45 * (23 + 20 + 19 + 3 * 15), 12)
    expect(attack.perSecond).toBeCloseTo((100 + 20 + 15) / 100 / 1.7, 12)
  })

  it("keeps the attack speed within what the game allows", () => {
    const shards = carrying(...Array.from({ length: 6 }, () => "moon_shard"))
    expect(attackOf(hero("juggernaut"), 1, shards, 0).perSecond).toBeCloseTo(700 / 100 / 1.4, 12)
  })

  it("lists critical strikes with the strongest first, whatever the order of the items", () => {
    const { criticalStrikes } = attackOf(hero("axe"), 1, carrying("lesser_crit", "greater_crit"), 0)
    expect(criticalStrikes.map(({ item }) => item.key)).toEqual(["greater_crit", "lesser_crit"])
  })
})

describe("damageTaken", () => {
  it.each([
    [0, 1],
    [10, 0.625],
    [-10, 1.375],
  ])("with an armour of %f is %f", (armor, share) => {
    expect(damageTaken(armor)).toBeCloseTo(share, 12)
  })

  it("stays between 0 and 2, and falls as armour grows", () => {
    const armor = fc.double({ min: -1000, max: 1000, noNaN: true })
    fc.assert(
      fc.property(armor, armor, (one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)]
        expect(damageTaken(more)).toBeGreaterThan(0)
        expect(damageTaken(less)).toBeLessThan(2)
        expect(damageTaken(more)).toBeLessThanOrEqual(damageTaken(less))
      }),
    )
  })
})
