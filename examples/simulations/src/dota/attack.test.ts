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

/** Takes everything. */
const bare = { armor: 0, magicResistance: 0 }

describe("the game's data", () => {
  it("has every hero of the package, with the numbers of Juggernaut", () => {
    expect(heroes.size).toBe(127)
    expect(hero("juggernaut")).toEqual({
      key: "juggernaut",
      name: "Juggernaut",
      primaryAttribute: "agility",
      isMelee: true,
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

  it("knows these abilities, and nothing that only looks like them", () => {
    const found = [...items.values()].flatMap(({ key, effects }) =>
      effects.map(({ kind, ...numbers }) => [kind, key, numbers] as const),
    )
    const bash = { chance: { melee: 0.25, ranged: 0.1 }, cooldownSeconds: 2.3 }
    expect(found.sort((left, right) => left.join().localeCompare(right.join()))).toEqual([
      ["armorReduction", "assault", { source: "aura", armor: 5 }],
      ["armorReduction", "blight_stone", { source: "corruption", armor: 2 }],
      ["armorReduction", "desolator", { source: "corruption", armor: 6 }],
      ["armorReduction", "orb_of_corrosion", { source: "corruption", armor: 2 }],
      ["bash", "abyssal_blade", { ...bash, damage: 120 }],
      ["bash", "basher", { ...bash, damage: 100 }],
      ["chainLightning", "maelstrom", { chance: 0.25, damage: 110, cooldownSeconds: 0.2 }],
      ["chainLightning", "mjollnir", { chance: 0.25, damage: 180, cooldownSeconds: 0.2 }],
      ["criticalStrike", "greater_crit", { chance: 0.3, multiplier: 2.25 }],
      ["criticalStrike", "lesser_crit", { chance: 0.3, multiplier: 1.6 }],
      ["echoStrike", "echo_sabre", { cooldownSeconds: 5 }],
      ["echoStrike", "harpoon", { cooldownSeconds: 5 }],
      ["pierce", "bloodthorn", { chance: 0.4, damage: 60 }],
      ["pierce", "javelin", { chance: 0.25, damage: 60 }],
      ["pierce", "monkey_king_bar", { chance: 0.8, damage: 70 }],
      ["poison", "witch_blade", { intelligenceFactor: 0.75, seconds: 4, cooldownSeconds: 9 }],
    ])
    expect(items.get("revenants_brooch")?.notSimulated).toEqual(["Phantom Critical"])
    expect(items.get("harpoon")?.notSimulated).toEqual(["Draw Forth"])
    // Its card has two cooldowns and doesn't say which is which
    expect(items.get("devastator")?.notSimulated).toEqual(["Witch Blade", "Magic Corruption"])
  })

  it("names each item once", () => {
    const names = [...items.values()].map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})

describe("attackOf", () => {
  it("is 142 to 144 damage at 1.0142857 attacks a second for Juggernaut with Daedalus", () => {
    const attack = attackOf(hero("juggernaut"), 1, carrying("greater_crit"), bare)
    expect(attack.minDamage + attack.bonusDamage).toBe(142)
    expect(attack.maxDamage + attack.bonusDamage).toBe(144)
    expect(attack.perSecond).toBeCloseTo((110 + 32) / 100 / 1.4, 12)
    expect(attack.criticalStrikes).toMatchObject([{ chance: 0.3, multiplier: 2.25 }])
    expect(attack.damageTaken).toBe(1)
  })

  it("adds the gains of each level behind the first, which count as damage and as attack speed", () => {
    const agility = 32 + 2.8 * 29
    const attack = attackOf(hero("juggernaut"), 30, [], bare)
    expect(attack.bonusDamage).toBeCloseTo(agility, 10)
    expect(attack.perSecond).toBeCloseTo((110 + agility) / 100 / 1.4, 12)
  })

  it("gives a universal hero 0.45 damage for each point of each attribute", () => {
    // Marci: 23 strength, 20 agility, 19 intelligence.
    const attack = attackOf(hero("marci"), 1, carrying("ultimate_orb"), bare)
    expect(attack.bonusDamage).toBeCloseTo(0.45 * (23 + 20 + 19 + 3 * 15), 12)
    expect(attack.perSecond).toBeCloseTo((100 + 20 + 15) / 100 / 1.7, 12)
  })

  it("keeps the attack speed within what the game allows", () => {
    const shards = carrying(...Array.from({ length: 6 }, () => "moon_shard"))
    expect(attackOf(hero("juggernaut"), 1, shards, bare).perSecond).toBeCloseTo(700 / 100 / 1.4, 12)
  })

  it("lists critical strikes with the strongest first, whatever the order of the items", () => {
    const { criticalStrikes } = attackOf(hero("axe"), 1, carrying("lesser_crit", "greater_crit"), bare)
    expect(criticalStrikes.map(({ item }) => item.key)).toEqual(["greater_crit", "lesser_crit"])
  })
})

describe("what items do to attacks", () => {
  const axe = (keys: ReadonlyArray<string>, target = bare) =>
    attackOf(hero("axe"), 1, carrying(...keys), target)

  it("is reduced by armour where it is physical, and by magic resistance where it is magical", () => {
    const { procs } = axe(["basher", "javelin", "maelstrom"], { armor: 10, magicResistance: 0.25 })
    expect(procs.map(({ category, damage }) => [category, damage])).toEqual([
      ["Skull Basher bash", 100 * 0.625],
      ["Javelin pierce", 60 * 0.75],
      ["Maelstrom lightning", 110 * 0.75],
    ])
  })

  it("stacks for Pierce alone; of the others the greatest counts", () => {
    const { procs } = axe(["basher", "abyssal_blade", "javelin", "monkey_king_bar", "maelstrom", "mjollnir"])
    expect(procs.map(({ category }) => category)).toEqual([
      "Abyssal Blade bash",
      "Javelin pierce",
      "Monkey King Bar pierce",
      "Mjollnir lightning",
    ])
    const armored = { armor: 8, magicResistance: 0 }
    expect(axe(["desolator", "blight_stone", "assault"], armored).damageTaken).toBe(damageTaken(8 - 6 - 5))
  })

  it("depends on the hero: who fights from afar bashes less and has no echo; some can't bash at all", () => {
    const carried = carrying("basher", "echo_sabre")
    const chances = (key: string) => attackOf(hero(key), 1, carried, bare).procs.map(({ chance }) => chance)
    expect(chances("axe")).toEqual([0.25])
    expect(chances("sniper")).toEqual([0.1])
    expect(chances("slardar")).toEqual([])
    expect(attackOf(hero("sniper"), 1, carried, bare).echo).toBeNull()
    expect(axe(["echo_sabre"]).echo).toMatchObject({ cooldownSeconds: 5 })
  })

  it("poisons by intelligence, that of the items included", () => {
    // Axe: 18 intelligence, and the blade's own 12
    expect(axe(["witch_blade"]).poison?.damage).toBe(0.75 * (18 + 12))
  })

  it("never lets a corruption end between two attacks, whoever attacks", () => {
    for (const slow of heroes.values()) {
      // Orb of Blight's, the shortest, lasts 3 seconds
      expect(1 / attackOf(slow, 1, [], bare).perSecond).toBeLessThan(3)
    }
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
