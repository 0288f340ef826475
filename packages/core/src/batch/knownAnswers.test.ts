/** Simulations whose answer is known in closed form: the engine must find it, and be as sure of it as it says. */
import type { Interval, MetricStats } from "@simstream/protocol"
import { describe, expect, it } from "vitest"
import { ChunkRunner } from "../kernel/chunkRunner.ts"
import { Ledger } from "../kernel/part.ts"
import { summarise } from "../kernel/summary.ts"
import { call, craps, ruin } from "../simulation/simulations.fixtures.ts"
import { startBatch } from "./startBatch.ts"

const contains = (interval: Interval | null, value: number): boolean =>
  interval !== null && interval.low <= value && value <= interval.high

/** How many standard errors the mean is off. */
const errorsOff = ({ mean, stdErr }: MetricStats, exact: number): number =>
  Math.abs((mean ?? NaN) - exact) / (stdErr ?? NaN)

const market = { spot: 100, strike: 100, rate: 0.05, volatility: 0.2 }

describe("a known answer lies within the interval of", () => {
  it("craps: won in 244 of 495 games, in 557/165 throws", async () => {
    const { stats } = await startBatch(craps, { config: {}, iterations: 50_000, seed: 1 }).result
    expect(contains(stats.win.ci95, 244 / 495)).toBe(true)
    expect(contains(stats.rolls.ci95, 557 / 165)).toBe(true)
    expect(stats.win.stdDev).toBeCloseTo(Math.sqrt((244 * 251) / 495 ** 2), 3)
    expect(stats.win.stdErr).toBeLessThan(0.0023)
  })

  it("a European call by Black and Scholes: 10.450583572185565", async () => {
    const { stats } = await startBatch(call, { config: market, iterations: 50_000, seed: 1 }).result
    expect(contains(stats.payoff.ci95, 10.450583572185565)).toBe(true)
    expect(stats.payoff.stdDev).toBeCloseTo(14.7194, 0)
  })

  it("gambler's ruin: won in 25.85 % of games, in 91.76 steps", async () => {
    const { stats } = await startBatch(ruin, { config: {}, iterations: 20_000, seed: 1 }).result
    expect(contains(stats.win.ci95, 0.258533412957)).toBe(true)
    expect(contains(stats.steps.ci95, 91.7573030765)).toBe(true)
  })

  it("all of them for other seeds too, within four standard errors", async () => {
    for (const seed of [2, 3, 4, 5]) {
      const { stats } = await startBatch(craps, { config: {}, iterations: 10_000, seed }).result
      expect(errorsOff(stats.win, 244 / 495)).toBeLessThan(4)
      expect(errorsOff(stats.rolls, 557 / 165)).toBeLessThan(4)
      const { stats: prices } = await startBatch(call, { config: market, iterations: 10_000, seed }).result
      expect(errorsOff(prices.payoff, 10.450583572185565)).toBeLessThan(4)
    }
  })
})

describe("the 95 % interval", () => {
  it("holds the truth for 95 % of a thousand seeds", () => {
    const covers = (seed: number, count: number, exact: number): boolean => {
      const runner = new ChunkRunner(({ random }) => ({ x: random.exponential() }), {
        seed: String(seed),
        metrics: ["x"],
        bucket: 1,
        onIterationError: "fail",
      })
      void runner.run(count)
      const ledger = new Ledger(1)
      for (const part of [runner.take(), runner.unfinished()]) if (part !== null) ledger.append(part)
      const { stats } = summarise(ledger.sums(), ledger.tallies(), {
        metrics: [{ name: "x", unit: null }],
        timeline: { bucket: 1, unit: "s" },
      })
      return contains(stats["x"]?.ci95 ?? null, exact)
    }
    let covered = 0
    for (let seed = 0; seed < 1000; seed++) covered += covers(seed, 300, 1) ? 1 : 0
    // Within three standard errors of 950.
    expect(Math.abs(covered - 950)).toBeLessThan(21)
  })

  it("holds the truth for a batch that its precision ended", async () => {
    let covered = 0
    for (let seed = 0; seed < 100; seed++) {
      const { stats, stopReason } = await startBatch(craps, {
        config: {},
        seed,
        stop: { precision: { metric: "rolls", relative: 0.05 } },
      }).result
      expect(stopReason).toBe("precision")
      covered += contains(stats.rolls.ci95, 557 / 165) ? 1 : 0
    }
    // Judging again and again makes it a little too sure: 93 % is what the study measured at worst.
    expect(covered).toBeGreaterThanOrEqual(88)
  })
})
