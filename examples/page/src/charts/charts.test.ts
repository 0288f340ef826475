import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { chartBins, niceTicks, withoutTails } from "./histogramBins.ts"
import { bucketsPerPoint, spreadPoints, timelinePoints } from "./timelineBuckets.ts"

const unit = null

describe("chartBins", () => {
  it("leaves few bins as they are", () => {
    expect(chartBins({ unit, start: 4, width: 2, counts: [1, 5, 2] })).toEqual([
      { from: 4, to: 6, count: 1 },
      { from: 6, to: 8, count: 5 },
      { from: 8, to: 10, count: 2 },
    ])
  })

  it("adds up neighbours until the chart has room for them", () => {
    const bins = chartBins({ unit, start: 150, width: 0.5, counts: Array.from({ length: 120 }, () => 3) })
    expect(bins.length).toBeLessThanOrEqual(45)
    expect(bins.every(({ from, to }) => to - from === 1.5)).toBe(true)
  })

  it("gives whole numbers a bin each, however narrow the bins of the wire are", () => {
    const counts = Array.from({ length: 65 }, (_, at) => (at === 0 ? 70 : at === 64 ? 30 : 0))
    expect(chartBins({ unit, start: 60, width: 1 / 64, counts })).toEqual([
      { from: 60, to: 61, count: 70 },
      { from: 61, to: 62, count: 30 },
    ])
  })

  it("counts every value once", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -500, max: 500 }),
        fc.integer({ min: -8, max: 8 }),
        fc.array(fc.nat(1000), { minLength: 1, maxLength: 128 }),
        (first, exponent, counts) => {
          const width = 2 ** exponent
          const bins = chartBins({ unit, start: first * width, width, counts })
          const sum = (values: ReadonlyArray<number>) => values.reduce((left, right) => left + right, 0)
          expect(sum(bins.map(({ count }) => count))).toBe(sum(counts))
          expect(bins[0]?.from).toBeLessThanOrEqual(first * width)
          expect(bins.at(-1)?.to).toBeGreaterThanOrEqual((first + counts.length) * width)
        },
      ),
    )
  })
})

describe("withoutTails", () => {
  it("leaves out a few values far out, and says how many those are", () => {
    const counts = [...Array.from({ length: 20 }, () => 50), ...Array.from({ length: 30 }, () => 0), 4, 1]
    expect(withoutTails({ unit, start: 100, width: 10, counts })).toEqual({
      histogram: { unit, start: 100, width: 10, counts: counts.slice(0, 20) },
      below: 0,
      above: expect.closeTo(5 / 1005, 12),
    })
    const { histogram, below } = withoutTails({ unit, start: 0, width: 10, counts: [...counts].reverse() })
    expect([histogram.start, histogram.counts.length]).toEqual([320, 20])
    expect(below).toBeGreaterThan(0)
  })

  it("leaves a chart as it is that has no long tail, or nothing in it", () => {
    const bell = { unit, start: 0, width: 1, counts: [1, 40, 300, 900, 300, 40, 1] }
    expect(withoutTails(bell)).toEqual({ histogram: bell, below: 0, above: 0 })
    const nothing = { unit, start: 0, width: 1, counts: [0, 0] }
    expect(withoutTails(nothing)).toEqual({ histogram: nothing, below: 0, above: 0 })
  })
})

describe("niceTicks", () => {
  it("picks round numbers within the range", () => {
    expect(niceTicks(172.5, 228, 6)).toEqual([180, 190, 200, 210, 220])
    expect(niceTicks(0.05, 0.42, 5)).toEqual([0.1, 0.2, 0.3, 0.4])
    expect(niceTicks(7, 7, 5)).toEqual([7])
  })

  it("gives one where there is no room for more, and comes to an end whatever the range", () => {
    expect(niceTicks(17.083333333333332, 17.083333333333336, 7)).toEqual([17.083333333333332])
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        (one, other) => {
          const ticks = niceTicks(Math.min(one, other), Math.max(one, other), 7)
          expect(ticks.length).toBeLessThanOrEqual(8)
        },
      ),
    )
  })
})

describe("the timeline", () => {
  const timeline = {
    bucket: 1,
    unit: "s",
    alive: Array.from({ length: 60 }, () => 100),
    series: {
      Attack: {
        mean: Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? 20 : 0)),
        stdDev: Array.from({ length: 60 }, (_, at) => (at === 59 ? null : 30)),
      },
    },
  }

  it("puts buckets together and shows what a second adds", () => {
    const size = bucketsPerPoint(timeline)
    expect(size).toBe(2)
    const points = timelinePoints(timeline, size)
    expect(points).toHaveLength(30)
    expect(points[1]).toEqual({ from: 2, to: 4, rates: { Attack: 10 } })
  })

  it("shows a shorter last point by what it has", () => {
    const points = timelinePoints(timeline, 50)
    expect(points[1]).toEqual({ from: 50, to: 60, rates: { Attack: 10 } })
  })

  it("keeps a band above zero, and has none where the spread is not known", () => {
    const points = spreadPoints(timeline, "Attack")
    expect(points[0]).toEqual({ from: 0, to: 1, mean: 20, band: [0, 50] })
    expect(points[59]?.band).toBeNull()
    expect(spreadPoints(timeline, "Fireball")).toEqual([])
  })
})
