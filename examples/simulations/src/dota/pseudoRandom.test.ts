import { defineSimulation, startBatch } from "@simstream/core"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { longRunChance, pseudoRandom, pseudoRandomConstant } from "./pseudoRandom.ts"

describe("pseudoRandomConstant", () => {
  // The table of https://liquipedia.net/dota2/Pseudo_Random_Distribution, which has five digits; 30 % by the study.
  it.each([
    [0.05, 0.0038, 5],
    [0.1, 0.01475, 5],
    [0.15, 0.03222, 5],
    [0.2, 0.0557, 5],
    [0.25, 0.08474, 5],
    [0.3, 0.118949192725, 12],
    [0.5, 0.3021, 5],
  ])("of %f is %f", (chance, constant, digits) => {
    expect(pseudoRandomConstant(chance)).toBeCloseTo(constant, digits)
  })

  it("is 2 - 1/p where the second attempt can't fail", () => {
    fc.assert(
      fc.property(fc.double({ min: 2 / 3, max: 1, noNaN: true }), (chance) => {
        expect(pseudoRandomConstant(chance)).toBeCloseTo(2 - 1 / chance, 12)
      }),
    )
  })

  it("gives back the chance in the long run", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.005, max: 1, noNaN: true }), (chance) => {
        expect(longRunChance(pseudoRandomConstant(chance)) / chance).toBeCloseTo(1, 12)
      }),
    )
  })

  it.each([0, -0.1, 1.1, Number.NaN])("refuses a chance of %f", (chance) => {
    expect(() => pseudoRandomConstant(chance)).toThrow(`above 0 and at most 1; got ${chance}`)
  })
})

describe("pseudoRandom", () => {
  const CHANCE = 0.3
  const ATTEMPTS = 12

  const attempts = defineSimulation({
    name: "attempts",
    config: Schema.Struct({}),
    metrics: { first: {}, second: {}, last: {}, streaks: {}, pairs: {} },
    prepare: () => {
      const start = pseudoRandom(CHANCE)
      return ({ random }) => {
        const { next } = start(random)
        const outcomes = Array.from({ length: ATTEMPTS }, () => (next() ? 1 : 0))
        const [first = 0, second = 0] = outcomes
        return {
          first,
          second,
          last: outcomes.at(-1) ?? 0,
          streaks: outcomes.slice(0, 9).includes(1) ? 0 : 1,
          pairs: first * second,
        }
      }
    },
  })

  it("succeeds with its chance at every attempt, the first one included, and right after a success with C", async () => {
    const { stats } = await startBatch(attempts, { config: {}, iterations: 100_000, seed: 7 }).result
    for (const { mean, stdErr } of [stats.first, stats.second, stats.last]) {
      expect(Math.abs((mean ?? 0) - CHANCE)).toBeLessThan(4 * (stdErr ?? 0))
    }
    const both = CHANCE * pseudoRandomConstant(CHANCE)
    expect(Math.abs((stats.pairs.mean ?? 0) - both)).toBeLessThan(4 * (stats.pairs.stdErr ?? 0))
  })

  it("rests for as many attempts as it is told, and has its long-run chance from the first attempt on", async () => {
    const REST = 2
    const resting = defineSimulation({
      name: "resting",
      config: Schema.Struct({}),
      metrics: { first: {}, last: {}, early: {}, soonest: {}, since: {} },
      prepare: () => {
        const start = pseudoRandom(CHANCE, REST)
        return ({ random }) => {
          const { next, since } = start(random)
          const happened = Array.from({ length: ATTEMPTS }, () => (next() ? 1 : 0))
          const [first = 0, second = 0, third = 0, fourth = 0] = happened
          return {
            first,
            last: happened.at(-1) ?? 0,
            early: first * (second + third),
            soonest: first * fourth,
            since,
          }
        }
      },
    })
    const { stats } = await startBatch(resting, { config: {}, iterations: 100_000, seed: 9 }).result
    const longRun = 1 / (REST + 1 / CHANCE)
    for (const { mean, stdErr } of [stats.first, stats.last]) {
      expect(Math.abs((mean ?? 0) - longRun)).toBeLessThan(4 * (stdErr ?? 0))
    }
    expect(stats.early.max?.value).toBe(0)
    const soonest = longRun * pseudoRandomConstant(CHANCE)
    expect(Math.abs((stats.soonest.mean ?? 0) - soonest)).toBeLessThan(4 * (stats.soonest.stdErr ?? 0))
    expect([stats.since.min?.value, stats.since.max?.value]).toEqual([
      0,
      // At 30 % the ninth attempt can't fail
      REST + 8,
    ])
  })

  it("never fails nine times in a row at 30 %, for 9C is above 1", async () => {
    const { stats } = await startBatch(attempts, { config: {}, iterations: 20_000, seed: 8 }).result
    expect(stats.streaks.max?.value).toBe(0)
  })
})
