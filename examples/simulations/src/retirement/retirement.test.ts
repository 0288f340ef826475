import { type InputOf, InvalidConfig, startBatch } from "@simstream/core"
import { describe, expect, it } from "vitest"
import { history, monthlyChanges } from "./history.ts"
import { monthlyGrowth, retirement } from "./retirement.ts"

type Config = InputOf<typeof retirement>

const run = (config: Config, iterations: number, seed: string | number) =>
  startBatch(retirement, { config, iterations, seed }).result

/** Distance of a mean from the truth, in standard errors. */
const distance = ({ mean, stdErr }: { mean: number | null; stdErr: number | null }, truth: number): number =>
  Math.abs((mean ?? Number.NaN) - truth) / (stdErr ?? Number.NaN)

/** Stocks alone, and what they did without dividends and inflation: the months of history as they are. */
const STOCKS_ONLY = { stockShare: 1, dividendPercent: 0, inflationPercent: 0 } satisfies Config
const growth = history.map(({ change }) => 1 + change)
const meanGrowth = growth.reduce((sum, factor) => sum + factor, 0) / growth.length

/** The growth of the months from one on, around the end of history. */
const growthFrom = (start: number, months: number): ReadonlyArray<number> =>
  Array.from({ length: months }, (_, month) => growth[(start + month) % growth.length] ?? Number.NaN)

const product = (factors: ReadonlyArray<number>): number => factors.reduce((left, right) => left * right, 1)

describe("the history", () => {
  it("has every month from February 2000 to March 2020 once, in order", () => {
    expect(history).toHaveLength(242)
    expect([history[0]?.month, history.at(-1)?.month]).toEqual(["2000-02", "2020-03"])
    expect(new Set(history.map(({ month }) => month)).size).toBe(242)
  })

  it("comes from the last close of one month to that of another", () => {
    // 1394.459961 at the end of January 2000, 2584.590088 at the end of March 2020
    expect(product(growth)).toBeCloseTo(2584.590088 / 1394.459961, 10)
    expect(Math.min(...growth) - 1).toBeCloseTo(-0.1694, 4)
  })

  it("leaves out the month in which the data end, and takes any order of columns", () => {
    const csv = "close,date\n100,2000-01-31\n105,2000-02-01\n110,2000-02-29\n99,2000-03-01\n"
    expect(monthlyChanges(csv)).toEqual([{ month: "2000-02", change: expect.closeTo(0.1, 12) }])
  })

  it("says which line it can't read", () => {
    expect(() => monthlyChanges("date,close\n2000-01-31,100\n2000-02-29,\n")).toThrow(/Line 3.*2000-02-29/)
  })
})

describe("a plan without stocks", () => {
  // 3 % a year is 1.03^(1/12) a month
  const rate = 1.03 ** (1 / 12)
  const grown = (months: number) => rate ** months
  /** What a dollar at the start of every month comes to. */
  const annuity = (months: number) => (rate * (grown(months) - 1)) / (rate - 1)
  const config = { stockShare: 0, safeRatePercent: 3, savings: 20_000, yearsSaving: 20, yearsRetired: 25 }

  it("is an annuity, the same every time", async () => {
    const { stats, timeline } = await run({ ...config, contribution: 6_000, withdrawal: 10_000 }, 50, 1)
    const saved = 20_000 * grown(240) + 500 * annuity(240)
    const left = saved * grown(300) - (10_000 / 12) * annuity(300)
    expect(left).toBeGreaterThan(0)
    expect((stats.wealthAtRetirement.mean ?? 0) / saved).toBeCloseTo(1, 12)
    expect((stats.finalWealth.mean ?? 0) / left).toBeCloseTo(1, 10)
    expect([stats.success.mean, stats.yearsPaid.mean]).toEqual([1, 25])
    expect(timeline.alive).toHaveLength(45)
    const [first = 0] = timeline.series["Wealth"]?.mean ?? []
    expect(first / (20_000 * grown(12) + 500 * annuity(12))).toBeCloseTo(1, 12)
  })

  it("runs out in the month that the formula says", async () => {
    const { stats, charts, timeline } = await run({ ...config, contribution: 0, withdrawal: 6_000 }, 50, 1)
    const saved = 20_000 * grown(240)
    const paid = Array.from({ length: 301 }, (_, months) => months).filter(
      (months) => saved * grown(months) - 500 * annuity(months) >= 0,
    )
    expect(stats.yearsPaid.mean).toBe(Math.max(...paid) / 12)
    expect([stats.success.mean, stats.finalWealth.mean]).toEqual([0, 0])
    expect(charts.tally.map(({ category, mean }) => [category, mean])).toEqual([
      ["Ran out in years 1 to 10", 1],
    ])
    expect(timeline.series["Wealth"]?.mean.at(-1) ?? 0).toBe(0)
  })
})

describe("a plan that only saves", () => {
  const saving = { ...STOCKS_ONLY, withdrawal: 0, yearsRetired: 1, yearsSaving: 9 }

  it("grows by the mean month when no month knows of the one before", async () => {
    const config: Config = { ...saving, savings: 10_000, contribution: 1_200, blockMonths: 1 }
    const { stats } = await run(config, 40_000, 2)
    const months = 120
    // Nothing is paid in while retired
    const saved = 10_000 * meanGrowth ** 108 + (100 * meanGrowth * (meanGrowth ** 108 - 1)) / (meanGrowth - 1)
    expect(distance(stats.wealthAtRetirement, saved)).toBeLessThan(3.5)
    expect(distance(stats.finalWealth, saved * meanGrowth ** (months - 108))).toBeLessThan(3.5)
    expect(stats.success.mean).toBe(1)
  })

  it("grows by the mean block, which begins anywhere in history", async () => {
    const config: Config = { ...saving, savings: 10_000, contribution: 0, blockMonths: 24 }
    const { stats } = await run(config, 40_000, 3)
    const block = growth.reduce((sum, _, start) => sum + product(growthFrom(start, 24)), 0) / growth.length
    expect(distance(stats.finalWealth, 10_000 * block ** 5)).toBeLessThan(3.5)
    // Months that come together as they did spread wider than months by themselves
    const apart = await run({ ...config, blockMonths: 1 }, 40_000, 3)
    expect(stats.finalWealth.stdDev).toBeGreaterThan(1.05 * (apart.stats.finalWealth.stdDev ?? Infinity))
  })

  it("counts dividends, inflation and the mix of stocks month by month", () => {
    const mixed = monthlyGrowth({
      stockShare: 0.6,
      safeRatePercent: 1,
      dividendPercent: 2,
      inflationPercent: 3,
    })
    const first = growth[0] ?? Number.NaN
    expect(mixed[0]).toBeCloseTo(0.6 * first * (1.02 / 1.03) ** (1 / 12) + 0.4 * 1.01 ** (1 / 12), 14)
  })
})

describe("a plan within one block", () => {
  const config = {
    ...STOCKS_ONLY,
    savings: 100_000,
    yearsSaving: 0,
    yearsRetired: 5,
    withdrawal: 21_600,
    blockMonths: 60,
  } satisfies Config

  /** All that can happen: one outcome for each month of history that the plan can begin in. */
  const outcomes = history.map((_, start) => {
    let wealth = 100_000
    let paid = 0
    for (const factor of growthFrom(start, 60)) {
      if (wealth < 1_800) {
        wealth = 0
        break
      }
      wealth = (wealth - 1_800) * factor
      paid++
    }
    return { wealth, paid }
  })
  const meanOf = (value: (outcome: (typeof outcomes)[number]) => number) =>
    outcomes.reduce((sum, outcome) => sum + value(outcome), 0) / outcomes.length
  const successes = meanOf(({ paid }) => (paid === 60 ? 1 : 0))

  it("lasts as often as history says, and leaves as much", async () => {
    expect(successes).toBeGreaterThan(0.2)
    expect(successes).toBeLessThan(0.8)
    const { stats, charts } = await run(config, 40_000, 4)
    expect(distance(stats.success, successes)).toBeLessThan(3.5)
    expect(
      distance(
        stats.finalWealth,
        meanOf(({ wealth }) => wealth),
      ),
    ).toBeLessThan(3.5)
    expect(
      distance(
        stats.yearsPaid,
        meanOf(({ paid }) => paid / 12),
      ),
    ).toBeLessThan(3.5)
    const share = new Map(charts.tally.map(({ category, mean }) => [category, mean]))
    expect(share.get("Never ran out")).toBe(stats.success.mean)
    expect(share.get("Ran out in years 1 to 5")).toBeCloseTo(1 - (stats.success.mean ?? 0), 12)
  })

  it("has a 95 % interval that holds the truth for 95 % of seeds", async () => {
    let held = 0
    for (let seed = 0; seed < 200; seed++) {
      const { ci95 } = (await run(config, 400, seed)).stats.success
      if (ci95 !== null && ci95.low <= successes && successes <= ci95.high) held++
    }
    // 190 ± 3 standard deviations of a binomial.
    expect(held).toBeGreaterThanOrEqual(181)
    expect(held).toBeLessThanOrEqual(199)
  })
})

describe("a plan", () => {
  it("is the safer the less is spent, iteration by iteration", async () => {
    const [less, more] = await Promise.all(
      [28_000, 36_000].map((withdrawal) => run({ withdrawal }, 2_000, 5)),
    )
    expect(less?.stats.success.mean).toBeGreaterThan(more?.stats.success.mean ?? Infinity)
    expect(less?.stats.wealthAtRetirement).toEqual(more?.stats.wealthAtRetirement)
  })

  it("begins with spending where there are no years of saving", async () => {
    const { stats } = await run({ yearsSaving: 0, savings: 5_000, yearsRetired: 1 }, 100, 6)
    expect(stats.wealthAtRetirement.mean).toBe(5_000)
    expect(stats.yearsPaid.max?.value).toBeLessThan(0.5)
  })

  it.each<[unknown, string]>([
    [{ yearsRetired: 0 }, "config.yearsRetired: must be a whole number from 1 to 60; got 0"],
    [{ stockShare: 1.5 }, "config.stockShare: must be a chance from 0 to 1; got 1.5"],
    [{ blockMonths: 0 }, "config.blockMonths: must be a whole number from 1 to 120; got 0"],
    [{ savings: -1 }, "config.savings: must be a number from 0 to 100000000; got -1"],
  ])("refuses %j and says what is allowed", async (config, message) => {
    // What arrives over HTTP has no type.
    const { result } = startBatch(retirement, { config: config as Config, iterations: 1 })
    await expect(result).rejects.toSatisfy(
      (error) => error instanceof InvalidConfig && error.message.includes(message),
    )
  })
})
