import { describe, expect, it } from "vitest"
import { ChunkRunner } from "./chunkRunner.ts"
import type { Iteration } from "./iteration.ts"
import { Ledger } from "./part.ts"
import { halfWidth95, summarise, type Summary } from "./summary.ts"

/** The summary of as many iterations as there are values; what else each one does is up to `also`. */
const summaryOf = (
  values: ReadonlyArray<number>,
  also: (iteration: Iteration) => void = () => undefined,
): Summary<"x"> => {
  const runner = new ChunkRunner(
    (iteration) => {
      also(iteration)
      return { x: values[iteration.index] }
    },
    { seed: "7", metrics: ["x"], bucket: 2, onIterationError: "skip" },
  )
  void runner.run(values.length)
  const ledger = new Ledger(1)
  for (const part of [runner.take(), runner.unfinished()]) if (part !== null) ledger.append(part)
  const { stats, timeline, charts } = summarise(ledger.sums(), ledger.tallies(), {
    metrics: [{ name: "x", unit: "damage" }],
    timeline: { bucket: 2, unit: "s" },
  })
  return {
    stats: { x: stats["x"] },
    timeline,
    charts: { ...charts, histograms: { x: charts.histograms["x"] } },
  }
}

const statsOf = (values: ReadonlyArray<number>) => summaryOf(values).stats.x

describe("the statistics of a metric", () => {
  it("are those of the textbook", () => {
    // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, sum of squares 32, of cubes 42, of fourth powers 356.
    const stats = statsOf([2, 4, 4, 4, 5, 5, 7, 9])
    const stdDev = Math.sqrt(32 / 7)
    const half = (2.364624251592785 * stdDev) / Math.sqrt(8)
    expect(stats).toMatchObject({
      unit: "damage",
      count: 8,
      mean: 5,
      stdDev: expect.closeTo(stdDev, 14),
      stdErr: expect.closeTo(stdDev / Math.sqrt(8), 14),
      ci95: { low: expect.closeTo(5 - half, 12), high: expect.closeTo(5 + half, 12) },
      min: { value: 2, iteration: 0 },
      max: { value: 9, iteration: 7 },
      skewness: expect.closeTo((Math.sqrt(8) * 42) / 32 ** 1.5, 14),
      kurtosis: expect.closeTo((8 * 356) / 32 ** 2 - 3, 14),
    })
  })

  it("have quantiles by rank, within 0.4 %", () => {
    const stats = statsOf(Array.from({ length: 1001 }, (_, index) => 1000 + index))
    for (const [name, exact] of [
      ["p1", 1010],
      ["p5", 1050],
      ["p25", 1250],
      ["p50", 1500],
      ["p75", 1750],
      ["p95", 1950],
      ["p99", 1990],
    ] as const) {
      expect(Math.abs((stats[name] ?? NaN) / exact - 1)).toBeLessThanOrEqual(1 / 256)
    }
  })

  it("never have a quantile outside the extremes", () => {
    for (const values of [[1000.1], [1000.1, 1000.2], [-0.3, -0.1], [5e-324]]) {
      const { p1, p50, p99 } = statsOf(values)
      for (const quantile of [p1, p50, p99]) {
        expect(quantile).toBeGreaterThanOrEqual(Math.min(...values))
        expect(quantile).toBeLessThanOrEqual(Math.max(...values))
      }
    }
  })

  it("of nothing are all null", () => {
    const { unit, count, ...figures } = statsOf([])
    expect({ unit, count }).toEqual({ unit: "damage", count: 0 })
    expect(new Set(Object.values(figures))).toEqual(new Set([null]))
  })

  it("of one value have no spread, which is not a spread of 0", () => {
    expect(statsOf([7])).toMatchObject({
      count: 1,
      mean: 7,
      stdDev: null,
      stdErr: null,
      ci95: null,
      skewness: null,
      kurtosis: null,
      min: { value: 7, iteration: 0 },
      max: { value: 7, iteration: 0 },
      p1: 7,
      p50: 7,
      p99: 7,
    })
  })

  it("of a constant have a spread of 0, and no shape", () => {
    expect(statsOf(Array(100).fill(0.1))).toMatchObject({
      count: 100,
      mean: 0.1,
      stdDev: 0,
      stdErr: 0,
      ci95: { low: 0.1, high: 0.1 },
      skewness: null,
      kurtosis: null,
      p1: 0.1,
      p99: 0.1,
    })
  })

  it("of two values have the interval of one degree of freedom", () => {
    const { ci95 } = statsOf([-1, 1])
    expect(ci95?.high).toBeCloseTo(12.7062047361747, 12)
    expect(ci95?.low).toBeCloseTo(-12.7062047361747, 12)
  })

  it("name the first iteration of equal extremes", () => {
    expect(statsOf([3, 1, 3, 1])).toMatchObject({
      min: { value: 1, iteration: 1 },
      max: { value: 3, iteration: 0 },
    })
  })

  it("count successes only", () => {
    expect(statsOf([1, NaN, 3, Infinity])).toMatchObject({
      count: 2,
      mean: 2,
      min: { value: 1, iteration: 0 },
      max: { value: 3, iteration: 2 },
    })
  })

  it.each([
    ["squares", [1e200, -1e200, 3e200, 0]],
    ["fourth powers", [1e100, -1e100, 3e100, 0]],
    ["sums", [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MAX_VALUE]],
    ["small cubes", [1e-120, 3e-120, 4e-120]],
  ])("are null, not infinite and not NaN, when %s don't fit into a double", (_, values) => {
    const stats = statsOf(values)
    expect(stats.count).toBe(values.length)
    expect(JSON.parse(JSON.stringify(stats))).toEqual(stats)
  })

  it("have the half-width that stop rules judge", () => {
    const ledger = new Ledger(1)
    expect(halfWidth95(ledger.sums().moments[0])).toBeNull()
  })
})

describe("a histogram", () => {
  it("says where its bins begin and how wide they are", () => {
    expect(summaryOf([0, 1, 1, 2, 100]).charts.histograms.x).toEqual({
      unit: "damage",
      start: 0,
      width: 1,
      counts: [1, 2, 1, ...Array(97).fill(0), 1],
    })
  })

  it("is null when there is nothing to count", () => {
    expect(summaryOf([NaN]).charts.histograms.x).toBeNull()
  })

  it("counts each iteration once", () => {
    const values = Array.from({ length: 300 }, (_, index) => Math.sin(index) * 1e6)
    const counts = summaryOf(values).charts.histograms.x?.counts ?? []
    expect(counts.length).toBeLessThanOrEqual(128)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(300)
  })
})

describe("a timeline", () => {
  it("averages over the iterations that were alive, those with nothing in a bucket as 0", () => {
    const { timeline } = summaryOf([0, 0, 0], (iteration) => {
      const line = iteration.timeline
      if (iteration.index === 0) {
        line.add("fire", 0, 6)
        line.add("fire", 1, 4)
        line.end(2)
      } else if (iteration.index === 1) {
        line.add("fire", 3, 8)
        line.end(4)
      } else {
        line.add("fire", 0.5, 2)
        line.end(6)
      }
    })
    expect(timeline).toEqual({
      bucket: 2,
      unit: "s",
      alive: [3, 2, 1],
      series: {
        fire: {
          mean: [expect.closeTo(4, 14), expect.closeTo(4, 14), 0],
          stdDev: [expect.closeTo(Math.sqrt(28), 14), expect.closeTo(Math.sqrt(32), 14), null],
        },
      },
    })
  })

  it("has as many buckets in each series as the longest iteration", () => {
    const { timeline } = summaryOf([0, 0], (iteration) => {
      iteration.timeline.add("early", 0, 1)
      iteration.timeline.add("late", 8, 1)
    })
    expect(timeline.alive).toEqual([2, 2, 2, 2, 2])
    expect(timeline.series["early"]).toEqual({ mean: [1, 0, 0, 0, 0], stdDev: [0, 0, 0, 0, 0] })
    expect(timeline.series["late"]).toEqual({ mean: [0, 0, 0, 0, 1], stdDev: [0, 0, 0, 0, 0] })
  })

  it("leaves out failed iterations, and those that recorded nothing", () => {
    const { timeline } = summaryOf([0, NaN, 0, 0], (iteration) => {
      if (iteration.index < 3) iteration.timeline.add("fire", 0, 6)
    })
    expect(timeline).toMatchObject({ alive: [2], series: { fire: { mean: [6], stdDev: [0] } } })
  })

  it("is empty when nothing was recorded", () => {
    expect(summaryOf([1, 2]).timeline).toEqual({ bucket: 2, unit: "s", alive: [], series: {} })
  })

  it("shows every series, whatever its name, in one order", () => {
    const names = ["b", "a", "__proto__", "constructor", "10", "9"]
    const { timeline } = summaryOf([1], (iteration) => {
      for (const name of names) iteration.timeline.add(name, 0, 1)
    })
    expect(Object.keys(JSON.parse(JSON.stringify(timeline.series))).sort()).toEqual([...names].sort())
  })
})

describe("a tally", () => {
  it("is the mean per iteration and the share, the largest first", () => {
    const { charts } = summaryOf([0, 0, 0, 0], (iteration) => {
      if (iteration.index === 0) iteration.tally.add("Fireball", 10)
      iteration.tally.add("Scorch", 1)
    })
    expect(charts.tally).toEqual([
      { category: "Fireball", mean: 2.5, stdDev: 5, share: 2.5 / 3.5 },
      { category: "Scorch", mean: 1, stdDev: 0, share: 1 / 3.5 },
    ])
  })

  it("has shares that add up to 1", () => {
    const { charts } = summaryOf(Array(100).fill(0), ({ index, tally, random }) => {
      for (let cast = 0; cast < 5; cast++) tally.add(`spell-${(index * cast) % 7}`, random.float())
    })
    expect(charts.tally.reduce((sum, { share }) => sum + (share ?? NaN), 0)).toBeCloseTo(1, 12)
    expect(charts.tally).toEqual([...charts.tally].sort((left, right) => right.mean - left.mean))
  })

  it("puts equal means in the order of their names", () => {
    const { charts } = summaryOf([0], ({ tally }) => {
      for (const category of ["b", "c", "a"]) tally.add(category, 1)
    })
    expect(charts.tally.map(({ category }) => category)).toEqual(["a", "b", "c"])
  })

  it("has no shares when all adds up to 0", () => {
    const { charts } = summaryOf([0], ({ tally }) => {
      tally.add("a", 0)
      tally.add("b", 0)
    })
    expect(charts.tally.map(({ share }) => share)).toEqual([null, null])
  })

  it("has no spread with a single iteration", () => {
    const { charts } = summaryOf([0], ({ tally }) => tally.add("a", 5))
    expect(charts.tally).toEqual([{ category: "a", mean: 5, stdDev: null, share: 1 }])
  })

  it("counts successful iterations only", () => {
    const { charts } = summaryOf([0, NaN], ({ tally }) => tally.add("a", 5))
    expect(charts.tally).toMatchObject([{ mean: 5, share: 1 }])
  })

  it("is empty when nothing was recorded", () => {
    expect(summaryOf([1]).charts.tally).toEqual([])
  })
})
