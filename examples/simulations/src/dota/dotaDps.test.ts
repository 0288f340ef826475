import { type InputOf, InvalidConfig, startBatch } from "@simstream/core"
import { describe, expect, it } from "vitest"
import { heroes } from "./heroes.ts"
import { items } from "./items.ts"
import { dotaDps } from "./dotaDps.ts"
import { pseudoRandomConstant } from "./pseudoRandom.ts"

type Config = InputOf<typeof dotaDps>

const run = (config: Config, iterations: number, seed: string | number) =>
  startBatch(dotaDps, { config, iterations, seed }).result

/** Juggernaut, level 1, Daedalus: 142 to 144 damage, 142 / 140 attacks a second, 30 % for 225 %. */
const PER_SECOND = 142 / 140
const CRIT_CHANCE = 0.3
const CRIT_MULTIPLIER = 2.25
const LONG_RUN = PER_SECOND * 143 * (1 + CRIT_CHANCE * (CRIT_MULTIPLIER - 1))

/**
 * The variance of the number of times that an event happens among some attacks, exactly: the chance of every pair of
 * failures behind and events so far, attack by attack, from the stationary start. After an event come `rest` attacks at
 * which it can't happen.
 */
const varianceOfEvents = (attacks: number, chance: number, rest = 0): number => {
  const constant = pseudoRandomConstant(chance)
  const strikeChance = (failures: number) =>
    failures < rest ? 0 : Math.min(1, (failures - rest + 1) * constant)
  const states = rest + Math.ceil(1 / constant)
  // chances[failures][strikes]
  const empty = () => Array.from({ length: states }, () => Array.from({ length: attacks + 1 }, () => 0))
  let chances = empty()
  let failing = 1
  for (let failures = 0; failures < states; failures++) {
    const row = chances[failures] ?? []
    row[0] = failing / (rest + 1 / chance)
    failing *= 1 - strikeChance(failures)
  }
  for (let attack = 0; attack < attacks; attack++) {
    const next = empty()
    const give = (failures: number, strikes: number, weight: number) => {
      const row = next[failures]
      if (row !== undefined) row[strikes] = (row[strikes] ?? 0) + weight
    }
    chances.forEach((row, failures) =>
      row.forEach((weight, strikes) => {
        give(0, strikes + 1, weight * strikeChance(failures))
        give(failures + 1, strikes, weight * (1 - strikeChance(failures)))
      }),
    )
    chances = next
  }
  const moment = (power: number) => {
    let sum = 0
    for (const row of chances) row.forEach((weight, strikes) => (sum += weight * strikes ** power))
    return sum
  }
  return moment(2) - moment(1) ** 2
}

/** The standard deviation of the damage per second of a fight, by the law of total variance over the number of attacks. */
const exactStdDev = (
  durationSeconds: number,
  perSecond: number,
  perAttack: number,
  varianceOf: (attacks: number) => number,
): number => {
  const expected = durationSeconds * perSecond
  const fewest = Math.floor(expected)
  const onceMore = expected - fewest
  const total =
    (1 - onceMore) * varianceOf(fewest) +
    onceMore * varianceOf(fewest + 1) +
    onceMore * (1 - onceMore) * perAttack ** 2
  return Math.sqrt(total) / durationSeconds
}

/** The variance of the damage of some attacks with Daedalus: 142 to 144, some of them multiplied. */
const varianceWithDaedalus = (attacks: number): number =>
  (attacks * 2 * (1 + CRIT_CHANCE * (CRIT_MULTIPLIER ** 2 - 1))) / 3 +
  143 ** 2 * (CRIT_MULTIPLIER - 1) ** 2 * varianceOfEvents(attacks, CRIT_CHANCE)

/** Distance of a mean from the truth, in standard errors. */
const distance = ({ mean, stdErr }: { mean: number | null; stdErr: number | null }, truth: number): number =>
  Math.abs((mean ?? Number.NaN) - truth) / (stdErr ?? Number.NaN)

describe("dota-dps by default", () => {
  it("comes to the long-run rate of Juggernaut with Daedalus", async () => {
    expect(LONG_RUN).toBeCloseTo(199.433928571, 9)
    const { stats } = await run({}, 20_000, 2026)
    expect(distance(stats.dps, 199.433928571)).toBeLessThan(1.96)
    expect(distance(stats.attacks, 60 * PER_SECOND)).toBeLessThan(4)
    expect(distance(stats.crits, 60 * PER_SECOND * CRIT_CHANCE)).toBeLessThan(4)
  })

  it("has a 95 % interval that holds the truth for 95 % of seeds", async () => {
    let held = 0
    for (let seed = 0; seed < 200; seed++) {
      const { ci95 } = (await run({}, 200, seed)).stats.dps
      if (ci95 !== null && ci95.low <= LONG_RUN && LONG_RUN <= ci95.high) held++
    }
    // 190 ± 3 standard deviations of a binomial.
    expect(held).toBeGreaterThanOrEqual(181)
    expect(held).toBeLessThanOrEqual(199)
  })

  // The intervals of 200 batches hold the truth even when it is a little beside it; many iterations tell.
  it.each([1, 1.5, 10.5, 60])(
    "has the same mean, and the exact spread, in a fight of %f s",
    async (durationSeconds) => {
      const { stats } = await run({ durationSeconds }, 50_000, 5)
      expect(distance(stats.dps, LONG_RUN)).toBeLessThan(3.5)
      const relative =
        (stats.dps.stdDev ?? Number.NaN) /
        exactStdDev(durationSeconds, PER_SECOND, LONG_RUN / PER_SECOND, varianceWithDaedalus)
      expect(Math.abs(relative - 1)).toBeLessThan(0.02)
    },
  )

  it("attacks once more in some fights than in others, and never differs by two", async () => {
    const { stats } = await run({ durationSeconds: 10 }, 2_000, 3)
    expect([stats.attacks.min?.value, stats.attacks.max?.value]).toEqual([10, 11])
  })
})

describe("what items do to attacks", () => {
  // By hand, from the cards. Axe: 31 to 35 damage, 25 strength, 20 agility, 18 intelligence, one attack in 1.7 s at 100.
  // Juggernaut: 22 to 24, 32 agility, 14 intelligence, 110 of 1.4 s. Magic resistance is 25 %, armour 0.
  const JUGGERNAUT = (attackSpeed: number) => (110 + 32 + attackSpeed) / 140
  const AXE = (100 + 20) / 170

  it.each<[string, Config, number]>([
    // 1.417 s between attacks: at the one behind a bash there is none, then 4 attempts on average
    ["Skull Basher", { hero: "axe", items: ["basher"] }, AXE * (33 + 25 + 10 + 30 + 100 / (1 + 4))],
    // 0.986 s: every sixth attack has its cooldown behind it
    ["Echo Sabre", { items: ["echo_sabre"] }, JUGGERNAUT(0) * (23 + 32 + 20) * (1 + 1 / 6)],
    ["Monkey King Bar", { items: ["monkey_king_bar"] }, JUGGERNAUT(50) * (23 + 32 + 50 + 0.8 * 70 * 0.75)],
    // 0.6034 s is longer than its cooldown
    ["Mjollnir", { items: ["mjollnir"] }, JUGGERNAUT(90) * (23 + 32 + 25 + 0.25 * 180 * 0.75)],
    // 0.769 s: every twelfth attack poisons, for four seconds
    ["Witch Blade", { items: ["witch_blade"] }, JUGGERNAUT(40) * (55 + (4 * 0.75 * 26 * 0.75) / 12)],
    ["Desolator", { items: ["desolator"], targetArmor: 16 }, JUGGERNAUT(0) * (55 + 55) * 0.625],
    // The second of two attacks may pierce and strike critically, and leaves the lightning alone
    [
      "all at once",
      { items: ["echo_sabre", "javelin", "maelstrom", "greater_crit"] },
      JUGGERNAUT(25) *
        ((1 + 1 / 6) * ((23 + 32 + 20 + 25 + 88) * (1 + 0.3 * 1.25) + 0.25 * 60 * 0.75) + 0.25 * 110 * 0.75),
    ],
  ])("come to what arithmetic says of %s, in short fights and in long ones", async (_, config, longRun) => {
    for (const durationSeconds of [3, 14.5]) {
      const { stats } = await run({ ...config, durationSeconds }, 20_000, 11)
      expect([durationSeconds, distance(stats.dps, longRun)]).toEqual([
        durationSeconds,
        expect.toSatisfy((errors: number) => errors < 3.5),
      ])
    }
  })

  it("have a 95 % interval that holds the truth for 95 % of seeds", async () => {
    const longRun = AXE * (98 + 100 / 5)
    let held = 0
    for (let seed = 0; seed < 200; seed++) {
      const { ci95 } = (await run({ hero: "axe", items: ["basher"] }, 200, seed)).stats.dps
      if (ci95 !== null && ci95.low <= longRun && longRun <= ci95.high) held++
    }
    // 190 ± 3 standard deviations of a binomial.
    expect(held).toBeGreaterThanOrEqual(181)
    expect(held).toBeLessThanOrEqual(199)
  })

  it("spread the damage of bashes as exactly as its mean", async () => {
    const durationSeconds = 30
    const { stats } = await run({ hero: "axe", items: ["basher"], durationSeconds }, 50_000, 12)
    // 31 to 35, each as likely: a variance of 2
    const exact = exactStdDev(
      durationSeconds,
      AXE,
      98 + 100 / 5,
      (attacks) => 2 * attacks + 100 ** 2 * varianceOfEvents(attacks, 0.25, 1),
    )
    expect(Math.abs((stats.dps.stdDev ?? Number.NaN) / exact - 1)).toBeLessThan(0.02)
  })

  it("never bash again within the cooldown, and count as procs", async () => {
    const { stats } = await run({ hero: "axe", items: ["basher"], durationSeconds: 2.8 }, 5_000, 13)
    expect(stats.attacks.max?.value).toBe(2)
    expect(stats.procs.max?.value).toBe(1)
  })

  it("are each a line of the timeline and of the breakdown", async () => {
    const { timeline, charts } = await run({ items: ["echo_sabre", "witch_blade", "mjollnir"] }, 200, 14)
    const names = ["Attack", "Echo Sabre attack", "Mjollnir lightning", "Witch Blade poison"]
    expect(Object.keys(timeline.series).sort()).toEqual(names)
    expect(charts.tally.map(({ category }) => category).sort()).toEqual(names)
  })
})

describe("dota-dps", () => {
  it("counts the stronger strike when two items strike, and lets both try at every attack", async () => {
    const config: Config = { items: ["lesser_crit", "greater_crit"] }
    const { stats, charts } = await run(config, 20_000, 9)
    const multiplier = 0.3 * 2.25 + 0.7 * 0.3 * 1.6 + 0.49
    expect(distance(stats.dps, PER_SECOND * (143 + 32) * multiplier)).toBeLessThan(4)
    expect(distance(stats.crits, 60 * PER_SECOND * 0.51)).toBeLessThan(4)
    const share = new Map(charts.tally.map((entry) => [entry.category, entry.share]))
    expect(share.get("Daedalus crit")).toBeCloseTo((0.3 * 2.25) / multiplier, 2)
    expect(share.get("Crystalys crit")).toBeCloseTo((0.21 * 1.6) / multiplier, 2)
    expect(share.get("Attack")).toBeCloseTo(0.49 / multiplier, 2)
  })

  it("gives two of the same item luck of their own", async () => {
    const { stats } = await run({ items: ["greater_crit", "greater_crit"] }, 20_000, 9)
    expect(distance(stats.crits, 60 * PER_SECOND * 0.51)).toBeLessThan(4)
  })

  it("scales with the target's armour and nothing else", async () => {
    const bare = await run({}, 500, 4)
    const armoured = await run({ targetArmor: 10 }, 500, 4)
    expect(armoured.stats.dps.mean).toBeCloseTo(0.625 * (bare.stats.dps.mean ?? 0), 9)
    expect(armoured.stats.crits).toEqual(bare.stats.crits)
  })

  it("leaves the critical strikes as they are when an item for damage is added", async () => {
    const without = await run({}, 500, 4)
    const withDamage = await run({ items: ["greater_crit", "demon_edge"] }, 500, 4)
    expect(withDamage.stats.crits).toEqual(without.stats.crits)
  })

  it("has a level timeline, from the first second to the last", async () => {
    const { timeline } = await run({ durationSeconds: 20 }, 20_000, 6)
    expect(timeline.alive).toHaveLength(20)
    for (let second = 0; second < 20; second++) {
      const damage = Object.values(timeline.series).reduce((sum, { mean }) => sum + (mean[second] ?? 0), 0)
      expect(damage / LONG_RUN).toBeCloseTo(1, 1)
    }
  })

  it("runs for every hero at the first level and the last, with finite and positive damage", async () => {
    for (const hero of heroes.keys()) {
      for (const level of [1, 30]) {
        const { stats } = await run({ hero, level, items: [] }, 50, hero)
        expect(stats.dps.count).toBe(50)
        expect(stats.dps.min?.value).toBeGreaterThan(0)
        expect(stats.crits.max?.value).toBe(0)
      }
    }
  })

  it("runs for every item, and none makes a hero weaker", async () => {
    const { stats: bare } = await run({ items: [] }, 50, 1)
    for (const item of items.keys()) {
      const { stats } = await run({ items: [item] }, 50, 1)
      expect(stats.dps.count).toBe(50)
      expect(stats.dps.mean).toBeGreaterThanOrEqual(bare.dps.mean ?? Number.NaN)
    }
  })

  it.each<[unknown, string]>([
    [{ hero: "jugernaut" }, 'config.hero: "jugernaut" is not one of: abaddon, alchemist, '],
    [{ level: 31 }, "config.level: must be a whole number from 1 to 30; got 31"],
    [{ level: 1.5 }, "config.level: must be a whole number from 1 to 30; got 1.5"],
    [{ level: "1" }, "config.level: must be a whole number from 1 to 30"],
    [{ items: ["tpscroll"] }, 'config.items.0: "tpscroll" is not one of: abyssal_blade, '],
    [{ items: Array.from({ length: 7 }, () => "skadi") }, "config.items: must be a list of at most 6; got 7"],
    [{ durationSeconds: 1e9 }, "config.durationSeconds: must be a number from 1 to 3600; got 1000000000"],
  ])("refuses %j and says what is allowed", async (config, message) => {
    // What arrives over HTTP has no type.
    const { result } = startBatch(dotaDps, { config: config as Config, iterations: 1 })
    await expect(result).rejects.toSatisfy(
      (error) => error instanceof InvalidConfig && error.message.includes(message),
    )
  })
})
