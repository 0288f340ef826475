import { type InputOf, InvalidConfig, startBatch } from "@simstream/core"
import { describe, expect, it } from "vitest"
import { GLOBAL_COOLDOWN_MS, type SpellKey, SPELLS } from "./spells.ts"
import { hasted, spellRotation } from "./spellRotation.ts"

type Config = InputOf<typeof spellRotation>

const run = (config: Config, iterations: number, seed: string | number) =>
  startBatch(spellRotation, { config, iterations, seed }).result

/** Distance of a mean from the truth, in standard errors. */
const distance = ({ mean, stdErr }: { mean: number | null; stdErr: number | null }, truth: number): number =>
  Math.abs((mean ?? Number.NaN) - truth) / (stdErr ?? Number.NaN)

const KEYS: ReadonlyArray<SpellKey> = ["kindle", "brand", "meteor", "spark", "fireball"]
const FIREBALL_FIRST = ["fireball", "kindle", "brand", "meteor", "spark"]

describe("the rotation with Fireball above all else", () => {
  // 90 casts of 2 s; 380 to 460 damage, twice as much at 20 %. E[U²] is 420² + 80²/12.
  const MEAN = (90 * 420 * 1.2) / 180
  const STD_DEV = Math.sqrt(90 * ((420 ** 2 + 80 ** 2 / 12) * (0.8 + 0.2 * 4) - (420 * 1.2) ** 2)) / 180

  it("casts nothing else, with the mean and the spread of its closed form", async () => {
    expect(MEAN).toBeCloseTo(252, 12)
    const { stats, charts } = await run({ priority: FIREBALL_FIRST }, 20_000, 1)
    expect(distance(stats.dps, MEAN)).toBeLessThan(1.96)
    expect(Math.abs((stats.dps.stdDev ?? Number.NaN) / STD_DEV - 1)).toBeLessThan(0.02)
    expect([stats.casts.min?.value, stats.casts.max?.value]).toEqual([90, 90])
    expect(charts.tally.map(({ category }) => category)).toEqual(["Fireball"])
  })

  it("has a 95 % interval that holds the truth for 95 % of seeds", async () => {
    let held = 0
    for (let seed = 0; seed < 200; seed++) {
      const { ci95 } = (await run({ priority: FIREBALL_FIRST }, 100, seed)).stats.dps
      if (ci95 !== null && ci95.low <= MEAN && MEAN <= ci95.high) held++
    }
    // 190 ± 3 standard deviations of a binomial.
    expect(held).toBeGreaterThanOrEqual(181)
    expect(held).toBeLessThanOrEqual(199)
  })
})

describe("the rotation without critical strikes", () => {
  const priority = ["brand", "meteor", "spark", "fireball", "kindle"]

  it("casts what a person with a stopwatch would", async () => {
    const { stats, charts, timeline } = await run({ priority, durationSeconds: 20, critChance: 0 }, 5_000, 2)
    // Brand at 0 and 15.5, Meteor landing at 4, Spark at 4 and 17, Fireballs landing at 7.5, 9.5, 11.5, 13.5 and 15.5;
    // the next would land at 20.5. Ticks at 2, 4 … 14, 17.5 and 19.5.
    expect([stats.casts.min?.value, stats.casts.max?.value]).toEqual([10, 10])
    expect(distance(stats.dps, (9 * 80 + 1000 + 2 * 380 + 5 * 420) / 20)).toBeLessThan(3.5)
    const mean = new Map(charts.tally.map((entry) => [entry.category, entry.mean]))
    expect(mean.get("Searing Brand")).toBe(720)
    expect(mean.get("Fireball")).toBeCloseTo(2100, -1)
    const seconds = (name: string) =>
      timeline.series[name]?.mean.flatMap((damage, second) => (damage > 0 ? [second] : []))
    expect(seconds("Searing Brand")).toEqual([2, 4, 6, 8, 10, 12, 14, 17, 19])
    expect(seconds("Meteor")).toEqual([4])
    expect(seconds("Spark")).toEqual([4, 17])
    expect(seconds("Fireball")).toEqual([7, 9, 11, 13, 15])
  })

  it("is faster with haste, which shortens casts and pauses and no cooldown", async () => {
    const { timeline } = await run({ priority, durationSeconds: 12, critChance: 0, hastePercent: 100 }, 10, 2)
    const seconds = (name: string) =>
      timeline.series[name]?.mean.flatMap((damage, second) => (damage > 0 ? [second] : []))
    // Brand at 0, Meteor from 0.75 to 2, Spark at 2, then a Fireball a second from 2.75 on; Spark again at 12.
    expect(seconds("Meteor")).toEqual([2])
    expect(seconds("Spark")).toEqual([2])
    expect(seconds("Fireball")).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11])
  })
})

/**
 * The mean damage of a fight, exactly: every way that it can go, each with its chance. It shares the spells with the
 * simulation, and none of its code: there are no draws here, and no clocks that tick.
 */
const expectedDps = ({
  priority,
  durationSeconds,
  critChance,
  critMultiplier,
  hastePercent,
}: Required<Config>): number => {
  const end = 1000 * durationSeconds
  const { ticks, everyMs, damage } = SPELLS.brand.overTime
  const { lastsMs, critChance: extra } = SPELLS.kindle.buff
  const known = new Map<string, number>()

  interface Moment {
    readonly now: number
    readonly ready: Readonly<Record<SpellKey, number>>
    /** When Searing Brand was cast last, and Kindle. */
    readonly branded: number
    readonly kindled: number
  }

  const chanceAt = (time: number, kindled: number) =>
    Math.min(1, critChance + (time < kindled + lastsMs ? extra : 0))
  const worth = (amount: number, chance: number) => amount * (1 + chance * (critMultiplier - 1))

  /** The ticks that come in (from, to], of a brand from `branded`. */
  const burning = ({ branded, kindled }: Moment, from: number, to: number): number =>
    Array.from({ length: ticks }, (_, tick) => branded + (tick + 1) * everyMs)
      .filter((time) => time > from && time <= to)
      .reduce((sum, time) => sum + worth(damage, chanceAt(time, kindled)), 0)

  /** Everything that comes after `now`. */
  const after = (moment: Moment): number => {
    const key = JSON.stringify(moment)
    const found = known.get(key)
    if (found !== undefined) return found
    const { now, ready, branded, kindled } = moment
    const isReady = (spell: SpellKey) =>
      spell === "brand" ? branded + ticks * everyMs <= now : ready[spell] <= now
    const cast = KEYS.filter(isReady).sort(
      (left, right) => priority.indexOf(left) - priority.indexOf(right),
    )[0]
    const castMs = cast === undefined ? Infinity : hasted(SPELLS[cast].castMs, hastePercent)
    const lands = now + castMs
    if (cast === undefined || lands > end) return burning(moment, now, end)

    const next = now + Math.max(castMs, hasted(GLOBAL_COOLDOWN_MS, hastePercent))
    const landed: Moment = {
      now: next,
      ready: { ...ready, [cast]: lands + SPELLS[cast].cooldownMs },
      branded: cast === "brand" ? lands : branded,
      kindled: cast === "kindle" ? lands : kindled,
    }
    const until = Math.min(next, end)
    const burnt = burning(moment, now, lands) + burning(landed, lands, until)
    const hit = cast === "meteor" || cast === "spark" || cast === "fireball" ? SPELLS[cast].hit : null
    const chance = chanceAt(lands, kindled)
    const dealt = burnt + (hit === null ? 0 : worth((hit.min + hit.max) / 2, chance))
    const goesOn =
      cast === "fireball"
        ? chance * after({ ...landed, ready: { ...landed.ready, spark: Math.min(ready.spark, lands) } }) +
          (1 - chance) * after(landed)
        : after(landed)
    known.set(key, dealt + goesOn)
    return dealt + goesOn
  }

  const longAgo = -1e9
  const fresh: Moment = {
    now: 0,
    ready: { kindle: 0, brand: 0, meteor: 0, spark: 0, fireball: 0 },
    branded: longAgo,
    kindled: longAgo,
  }
  return after(fresh) / durationSeconds
}

describe("the rotation", () => {
  const base: Required<Config> = {
    priority: KEYS,
    durationSeconds: 60,
    critChance: 0.2,
    critMultiplier: 2,
    hastePercent: 0,
  }

  it.each<[string, Partial<Config>]>([
    ["by default", {}],
    ["with Spark first", { priority: ["spark", "meteor", "kindle", "brand", "fireball"] }],
    ["without Kindle", { priority: ["brand", "spark", "meteor", "fireball", "kindle"], critChance: 0.5 }],
    ["with haste", { hastePercent: 33, durationSeconds: 45 }],
    ["when every strike is critical", { critChance: 0.9, critMultiplier: 3, durationSeconds: 31.7 }],
    ["in a fight of six seconds", { durationSeconds: 6 }],
  ])("has the mean of everything that can happen, %s", async (_, changes) => {
    const config = { ...base, ...changes }
    const exact = expectedDps(config)
    const { stats } = await run(config, 20_000, 3)
    expect(distance(stats.dps, exact)).toBeLessThan(3.5)
  })

  it("is better with Kindle than without, and best with Spark above Fireball", async () => {
    const without = expectedDps({ ...base, priority: ["brand", "meteor", "spark", "fireball", "kindle"] })
    const last = expectedDps({ ...base, priority: ["kindle", "brand", "meteor", "fireball", "spark"] })
    const all = expectedDps(base)
    expect(all).toBeGreaterThan(without)
    expect(all).toBeGreaterThan(last)
  })

  it("leaves the luck of a spell alone when others change their places", async () => {
    const critsOf = async (priority: ReadonlyArray<string>) =>
      (await run({ priority, durationSeconds: 1.6, critChance: 0.5 }, 500, 4)).stats.crits.mean
    // One Spark, at 0 or at 1.5
    expect(await critsOf(["spark", "brand", "fireball", "kindle", "meteor"])).toBe(
      await critsOf(["brand", "spark", "fireball", "kindle", "meteor"]),
    )
  })

  it.each<[unknown, string]>([
    [{ priority: ["fireball"] }, "config.priority: must name each of these once: kindle, brand, "],
    [{ priority: ["kindle", "brand", "meteor", "spark", "spark"] }, "config.priority: must name each"],
    [{ priority: ["kindle", "brand", "meteor", "spark", "frostbolt"] }, "config.priority: must name each"],
    [{ priority: "fireball" }, "config.priority: must name each of these once"],
    [{ hastePercent: 101 }, "config.hastePercent: must be a number from 0 to 100; got 101"],
  ])("refuses %j and says what is allowed", async (config, message) => {
    // What arrives over HTTP has no type.
    const { result } = startBatch(spellRotation, { config: config as Config, iterations: 1 })
    await expect(result).rejects.toSatisfy(
      (error) => error instanceof InvalidConfig && error.message.includes(message),
    )
  })
})
