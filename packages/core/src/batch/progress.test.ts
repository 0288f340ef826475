import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { finalProgress, initialMeter, type Reading, readMeter } from "./progress.ts"

const reading = (nowMs: number, current: number, changes: Partial<Reading> = {}): Reading => ({
  nowMs,
  current,
  total: 1000,
  projected: null,
  timeMs: undefined,
  waitingFor: null,
  ...changes,
})

/** The progress after these readings. */
const after = (...list: ReadonlyArray<Reading>) => {
  let meter = initialMeter(0, 0)
  let progress = finalProgress(meter, 0, 0)
  for (const one of list) [meter, progress] = readMeter(meter, one)
  return progress
}

describe("progress", () => {
  it("begins at nothing, with no expectation", () => {
    expect(after(reading(0, 0))).toEqual({
      current: 0,
      total: 1000,
      percentage: 0,
      elapsedMs: 0,
      ratePerSecond: 0,
      etaMs: null,
    })
  })

  it("tells count, percentage, rate and expected time", () => {
    expect(after(reading(2000, 250))).toEqual({
      current: 250,
      total: 1000,
      percentage: 25,
      elapsedMs: 2000,
      ratePerSecond: 125,
      etaMs: 6000,
    })
  })

  it("rounds to what can be read: hundredths of a per cent, tenths of a rate, whole milliseconds", () => {
    expect(after(reading(1234.56, 333, { total: 999_983 }))).toMatchObject({
      percentage: 0.03,
      elapsedMs: 1235,
      ratePerSecond: 269.7,
    })
  })

  it("is of the time when a time budget will be spent first", () => {
    expect(after(reading(1000, 10, { timeMs: 4000 }))).toMatchObject({ percentage: 25, etaMs: 3000 })
    expect(after(reading(1000, 900, { timeMs: 4000 }))).toMatchObject({ percentage: 90, etaMs: 111 })
  })

  it("expects the rest of the time budget before anything has moved", () => {
    expect(after(reading(1000, 0, { timeMs: 4000 }))).toMatchObject({ percentage: 25, etaMs: 3000 })
  })

  it("never goes beyond 100, and expects nothing negative, when a budget is overrun", () => {
    expect(after(reading(5000, 10, { timeMs: 4000 }))).toMatchObject({ percentage: 100, etaMs: 0 })
  })

  it("is of the iterations that a precision is expected to take, up to the cap", () => {
    expect(after(reading(1000, 100, { projected: 400 }))).toMatchObject({ percentage: 25, etaMs: 3000 })
    expect(after(reading(1000, 100, { projected: 1e9 }))).toMatchObject({ percentage: 10, etaMs: 9000 })
  })

  it("never goes back, whatever the projection does", () => {
    const anyReading = fc.record({
      gap: fc.nat(500),
      step: fc.nat(50),
      projected: fc.option(fc.integer({ min: 1, max: 5000 })),
      timeMs: fc.constantFrom(undefined, 2000),
    })
    fc.assert(
      fc.property(fc.array(anyReading, { minLength: 1, maxLength: 30 }), (list) => {
        let meter = initialMeter(0, 0)
        let now = 0
        let current = 0
        let last = 0
        for (const { gap, step, projected, timeMs } of list) {
          now += gap
          current = Math.min(1000, current + step)
          const [next, progress] = readMeter(meter, reading(now, current, { projected, timeMs }))
          meter = next
          expect(progress.percentage).toBeGreaterThanOrEqual(last)
          expect(progress.percentage).toBeLessThanOrEqual(100)
          expect(progress.etaMs ?? 0).toBeGreaterThanOrEqual(0)
          expect(JSON.parse(JSON.stringify(progress))).toEqual(progress)
          last = progress.percentage ?? NaN
        }
      }),
      { seed: 1, numRuns: 500 },
    )
  })

  it("says what it waits for, and expects nothing of the count meanwhile", () => {
    const before = reading(1000, 100)
    expect(after(before, reading(2000, 100, { waitingFor: "queue" }))).toEqual({
      current: 100,
      total: 1000,
      percentage: 10,
      elapsedMs: 2000,
      ratePerSecond: 71,
      etaMs: null,
      waitingFor: "queue",
    })
    const budget = { timeMs: 4000 }
    expect(after(before, reading(2000, 100, { ...budget, waitingFor: "workers" })).etaMs).toBe(2000)
    const goesOn = after(before, reading(2000, 100, { waitingFor: "queue" }), reading(3000, 200))
    expect(goesOn).not.toHaveProperty("waitingFor")
    expect(goesOn.etaMs).toBeGreaterThan(0)
  })

  it("does not change the meter that it was read from", () => {
    const meter = initialMeter(0, 0)
    const before = structuredClone(meter)
    readMeter(meter, reading(1000, 10))
    expect(meter).toEqual(before)
  })

  it("counts elapsed time from its own start, and the rate from where it began", () => {
    const [, progress] = readMeter(initialMeter(5000, 600), reading(6000, 700))
    expect(progress).toMatchObject({
      current: 700,
      percentage: 70,
      elapsedMs: 1000,
      ratePerSecond: 100,
      etaMs: 3000,
    })
  })
})

describe("a meter that goes on after an interruption", () => {
  const before = { elapsedMs: 60_000, percentage: 70 }

  it("counts the time from before it, and never shows less than was shown", () => {
    const meter = initialMeter(5000, 600, before)
    expect(readMeter(meter, reading(5000, 600))[1]).toMatchObject({
      current: 600,
      percentage: 70,
      elapsedMs: 60_000,
    })
    expect(readMeter(meter, reading(6000, 800))[1]).toMatchObject({ percentage: 80, elapsedMs: 61_000 })
  })

  it("has the mean rate of all of it in the end", () => {
    expect(finalProgress(initialMeter(5000, 600, before), 25_000, 1600)).toMatchObject({
      elapsedMs: 80_000,
      ratePerSecond: 20,
    })
  })
})

describe("the last progress", () => {
  it("is of all that there was to do, at the mean rate", () => {
    expect(finalProgress(initialMeter(0, 0), 2000, 500)).toEqual({
      current: 500,
      total: 500,
      percentage: 100,
      elapsedMs: 2000,
      ratePerSecond: 250,
      etaMs: 0,
    })
  })

  it("has no rate when no time has passed", () => {
    expect(finalProgress(initialMeter(0, 0), 0, 500).ratePerSecond).toBe(0)
  })

  it("counts what was there already for no part of the rate", () => {
    expect(finalProgress(initialMeter(0, 400), 2000, 500)).toMatchObject({ current: 500, ratePerSecond: 50 })
  })
})
