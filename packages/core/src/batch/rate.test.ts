import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { etaMs, initialRate, type Rate, ratePerSecond, recordRate } from "./rate.ts"

type Reading = readonly [nowMs: number, current: number]

const readings = (...list: ReadonlyArray<Reading>): Rate =>
  list.reduce((rate, [nowMs, current]) => recordRate(rate, nowMs, current), initialRate(0, 0))

/** Readings every 100 ms at a constant rate. */
const steady = (perSecond: number, fromMs: number, untilMs: number, base = 0): ReadonlyArray<Reading> => {
  const list: Array<Reading> = []
  for (let now = fromMs + 100; now <= untilMs; now += 100) {
    list.push([now, base + ((now - fromMs) * perSecond) / 1000])
  }
  return list
}

describe("the rate", () => {
  it("is 0 before the first reading", () => {
    expect(ratePerSecond(initialRate(5, 0))).toBe(0)
  })

  it("is right from the first reading on, however soon it comes", () => {
    for (const afterMs of [0.1, 1, 100, 10_000, 600_000]) {
      expect(ratePerSecond(readings([afterMs, afterMs * 2]))).toBeCloseTo(2000, 6)
    }
  })

  it("of steady work is steady, however irregular the readings", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.5, max: 5000, noNaN: true }), { minLength: 1, maxLength: 50 }),
        (gaps) => {
          let now = 0
          let rate = initialRate(0, 0)
          for (const gap of gaps) {
            now += gap
            rate = recordRate(rate, now, now * 3)
            expect(ratePerSecond(rate)).toBeCloseTo(3000, 4)
          }
        },
      ),
      { seed: 1, numRuns: 200 },
    )
  })

  it("counts from where it began when the batch was resumed", () => {
    expect(ratePerSecond(recordRate(initialRate(0, 1_000_000), 1000, 1_000_500))).toBeCloseTo(500, 6)
  })

  it("falls with every reading while the work stalls, down to nothing", () => {
    let rate = readings(...steady(1000, 0, 10_000))
    let last = ratePerSecond(rate)
    for (let now = 11_000; now < 400_000; now += 1000) {
      rate = recordRate(rate, now, 10_000)
      expect(ratePerSecond(rate)).toBeLessThan(last)
      last = ratePerSecond(rate)
    }
    expect(last).toBeLessThan(1e-9)
    expect(etaMs(rate, 1)).toBeNull()
  })

  it("has gone most of the way to a new rate after half a minute", () => {
    const rate = readings(...steady(1000, 0, 60_000), ...steady(4000, 60_000, 90_000, 60_000))
    expect(ratePerSecond(rate)).toBeGreaterThan(3500)
    expect(ratePerSecond(rate)).toBeLessThanOrEqual(4000)
  })

  it("hardly moves for one slow reading", () => {
    const rate = recordRate(readings(...steady(1000, 0, 60_000)), 60_500, 60_000)
    expect(ratePerSecond(rate)).toBeGreaterThan(950)
    expect(ratePerSecond(rate)).toBeLessThan(1000)
  })

  it("does not change when no time has passed, or the clock has gone back", () => {
    const rate = readings([1000, 500])
    expect(recordRate(rate, 1000, 900)).toBe(rate)
    expect(recordRate(rate, 900, 900)).toBe(rate)
  })

  it("is never negative, even if the count goes back", () => {
    expect(ratePerSecond(readings([1000, 500], [2000, 100]))).toBeGreaterThanOrEqual(0)
  })
})

describe("the expected time", () => {
  it("is what remains by the rate", () => {
    expect(etaMs(readings([1000, 200]), 100)).toBe(500)
  })

  it("is unknown before anything has moved", () => {
    expect(etaMs(initialRate(0, 0), 10)).toBeNull()
    expect(etaMs(readings([1000, 0]), 10)).toBeNull()
  })

  it("is 0 when nothing remains, moved or not", () => {
    expect(etaMs(initialRate(0, 0), 0)).toBe(0)
    expect(etaMs(readings([1000, 200]), -5)).toBe(0)
  })
})
