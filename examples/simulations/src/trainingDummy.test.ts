import { type InputOf, InvalidConfig, startBatch } from "@simstream/core"
import { describe, expect, it } from "vitest"
import { trainingDummy } from "./trainingDummy.ts"

type Config = InputOf<typeof trainingDummy>

const run = (config: Config, iterations: number, seed: string | number) =>
  startBatch(trainingDummy, { config, iterations, seed }).result

// 150 swings of 115 on average, 30 Fireballs of 600, 100 ticks of 50, in 300 s.
const MEAN = (150 * 115 + 30 * 600 + 100 * 50) / 300
// A swing: U[80, 120] times 1 or 2 or 0. E[U²] is 100² + 40²/12.
const SWING_VARIANCE = (100 ** 2 + 40 ** 2 / 12) * (0.75 + 0.2 * 4) - 115 ** 2
const FIREBALL_VARIANCE = 500 ** 2 * (0.8 + 0.2 * 4) - 600 ** 2
const STD_DEV = Math.sqrt(150 * SWING_VARIANCE + 30 * FIREBALL_VARIANCE) / 300

describe("the training dummy by default", () => {
  it("has the mean and the spread of its closed form", async () => {
    expect(MEAN).toBeCloseTo(134.1666666666667, 12)
    expect(STD_DEV).toBeCloseTo(4.179646449694573, 12)
    const { dps } = (await run({}, 20_000, 1)).stats
    expect(Math.abs((dps.mean ?? Number.NaN) - MEAN)).toBeLessThan((3.5 * STD_DEV) / Math.sqrt(20_000))
    expect(Math.abs((dps.stdDev ?? Number.NaN) / STD_DEV - 1)).toBeLessThan(0.02)
  })

  it("has a 95 % interval that holds the truth for 95 % of seeds", async () => {
    let held = 0
    for (let seed = 0; seed < 200; seed++) {
      const { ci95 } = (await run({}, 100, seed)).stats.dps
      if (ci95 !== null && ci95.low <= MEAN && MEAN <= ci95.high) held++
    }
    // 190 ± 3 standard deviations of a binomial.
    expect(held).toBeGreaterThanOrEqual(181)
    expect(held).toBeLessThanOrEqual(199)
  })

  it("tallies each ability", async () => {
    const { charts } = await run({}, 2_000, 1)
    const mean = new Map(charts.tally.map((entry) => [entry.category, entry.mean]))
    expect([...mean.keys()].sort()).toEqual(["Bleed", "Fireball", "Swing"])
    expect(mean.get("Bleed")).toBe(5000)
    expect(mean.get("Fireball")).toBeCloseTo(18_000, -2)
    expect(mean.get("Swing")).toBeCloseTo(17_250, -2)
  })

  it("shows when each ability does its damage", async () => {
    const { timeline } = await run({}, 2_000, 1)
    expect(timeline.alive).toEqual(Array.from({ length: 300 }, () => 2_000))
    const at = (ability: string, second: number) => timeline.series[ability]?.mean[second]
    // 0: a swing and a Fireball; 3: a tick; 8: a swing; the last tick, at the very end, belongs to the last second.
    expect((at("Swing", 0) ?? 0) + (at("Fireball", 0) ?? 0)).toBeCloseTo(715, -2)
    expect([at("Bleed", 0), at("Bleed", 3), at("Bleed", 299)]).toEqual([0, 50, 50])
    expect([at("Swing", 1), at("Fireball", 1), at("Fireball", 8)]).toEqual([0, 0, 0])
    expect(at("Swing", 8)).toBeGreaterThan(100)
    expect(at("Fireball", 290)).toBeGreaterThan(500)
  })
})

describe("the training dummy", () => {
  it("has one possible outcome when nothing is left to luck", async () => {
    const config: Config = { missChance: 0, critChance: 1, swingDamageMin: 100, swingDamageMax: 100 }
    const { dps } = (await run(config, 100, 1)).stats
    expect(dps.mean).toBe((150 * 200 + 30 * 1000 + 5000) / 300)
    expect(dps.stdDev).toBe(0)
  })

  it("does no damage with its swings when all of them miss", async () => {
    const { charts } = await run({ missChance: 1, critChance: 0 }, 100, 1)
    expect(charts.tally.map(({ category }) => category)).not.toContain("Swing")
  })

  it("leaves the luck of Fireball alone when swings change", async () => {
    const fireball = async (config: Config) =>
      (await run(config, 500, 3)).charts.tally.find(({ category }) => category === "Fireball")
    const { mean, stdDev } = (await fireball({})) ?? {}
    expect(await fireball({ missChance: 0.5, swingIntervalSeconds: 1.7 })).toMatchObject({ mean, stdDev })
  })

  // 2.1 / 0.7 is 3.0000000000000004, and 3.3 / 1.1 is 2.9999999999999996.
  it.each([
    [2.1, 0.7, 3, 3],
    [3.3, 1.1, 3, 3],
    [1.8, 0.6, 3, 3],
    [1, 0.3, 4, 3],
  ])("counts the intervals in %f s of %f s as a person would", async (duration, interval, casts, ticks) => {
    const config: Config = {
      durationSeconds: duration,
      critChance: 0,
      fireballIntervalSeconds: interval,
      fireballDamage: 1,
      bleedIntervalSeconds: interval,
      bleedDamage: 1,
    }
    const { charts } = await run(config, 2, 1)
    const count = (ability: string) => charts.tally.find(({ category }) => category === ability)?.mean
    expect([count("Fireball"), count("Bleed")]).toEqual([casts, ticks])
  })

  it.each<[unknown, string]>([
    [{ critChance: 1.2 }, "config.critChance: must be a chance from 0 to 1; got 1.2"],
    [{ missChance: 0.9 }, "config.critChance: must leave room for missChance"],
    [{ swingDamageMin: 200 }, "config.swingDamageMax: must be at least swingDamageMin; got 120 and 200"],
    [{ durationSeconds: 1e9 }, "config.durationSeconds: must be a number from 1 to 3600; got 1000000000"],
    [{ durationSeconds: null }, "config.durationSeconds: must be a number from 1 to 3600"],
    [{ fightLength: 10 }, "config.fightLength"],
  ])("refuses %j", async (config, message) => {
    // What arrives over HTTP has no type.
    const { result } = startBatch(trainingDummy, { config: config as Config, iterations: 1 })
    await expect(result).rejects.toSatisfy(
      (error) => error instanceof InvalidConfig && error.message.includes(message),
    )
  })
})
