import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { accumulatorProperties, finiteNumber } from "./accumulator.properties.fixtures.ts"
import { bucketOver, type Buckets, namesOf, type Series, series, type SeriesSample } from "./series.ts"

const names = fc.constantFrom("fire", "frost", "", "__proto__", "constructor", "é", "10", "9")

const samples = fc.array(fc.record({ name: names, bucket: fc.nat(12), total: finiteNumber }), {
  maxLength: 60,
})

const bucketsIn = (state: Series, name: string): Buckets =>
  state.get(name) ?? { length: 0, data: new Float64Array(0) }

/** Equal but for rounding. What has overflowed can't be compared. */
const expectClose = (actual: Series, expected: Series, all: ReadonlyArray<SeriesSample>): void => {
  expect(namesOf(actual)).toEqual(namesOf(expected))
  for (const name of namesOf(expected)) {
    const [left, right] = [bucketsIn(actual, name), bucketsIn(expected, name)]
    expect(left.length).toBe(right.length)
    for (let bucket = 0; bucket < right.length; bucket++) {
      const totals = all.filter((one) => one.name === name && one.bucket === bucket).map(({ total }) => total)
      const count = totals.length
      expect(left.data[3 * bucket]).toBe(count)
      const largest = Math.max(0, ...totals.map(Math.abs))
      const rounding = 16 * count * count * (Number.EPSILON * largest + 5e-324)
      const overflows = count * largest > 1e150
      const errorOf = (offset: number) =>
        overflows ? 0 : Math.abs(left.data[3 * bucket + offset] - right.data[3 * bucket + offset])
      expect(errorOf(1)).toBeLessThanOrEqual(rounding)
      expect(errorOf(2)).toBeLessThanOrEqual(rounding * largest)
    }
  }
}

describe("series", () => {
  accumulatorProperties({ accumulator: series, samples, expectClose })

  it("list their names in one order, whichever came first", () => {
    const state = series.empty()
    for (const name of ["b", "é", "a", "10", "9", "B"]) series.add(state, { name, bucket: 0, total: 1 })
    expect(namesOf(state)).toEqual(["10", "9", "B", "a", "b", "é"])
    expect(series.encode(state).map(([name]) => name)).toEqual(["10", "9", "B", "a", "b", "é"])
  })

  it("cost nothing for buckets that were never touched but their place", () => {
    const state = series.empty()
    series.add(state, { name: "a", bucket: 3, total: 7 })
    expect(series.encode(state)).toEqual([["a", [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 7, 0]]])
  })

  it("count iterations that never touched a bucket as 0", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1000, max: 1000 }), { maxLength: 30 }),
        fc.nat(30),
        (totals, untouched) => {
          const state = series.empty()
          for (const total of totals) series.add(state, { name: "a", bucket: 1, total })
          const all = [...totals, ...Array<number>(untouched).fill(0)]
          const mean = all.reduce((sum, value) => sum + value, 0) / Math.max(1, all.length)
          const m2 = all.reduce((sum, value) => sum + (value - mean) ** 2, 0)
          const over = bucketOver(bucketsIn(state, "a"), 1, all.length)
          expect(over.count).toBe(all.length)
          expect(over.mean).toBeCloseTo(mean, 9)
          expect(over.m2).toBeCloseTo(m2, 5)
        },
      ),
      { seed: 1, numRuns: 500 },
    )
  })

  it("are 0 in a bucket behind the last one, and where nothing was counted", () => {
    const state = series.empty()
    series.add(state, { name: "a", bucket: 0, total: 7 })
    expect(bucketOver(bucketsIn(state, "a"), 5, 10)).toEqual({ count: 10, mean: 0, m2: 0 })
    expect(bucketOver(bucketsIn(state, "b"), 0, 0)).toEqual({ count: 0, mean: 0, m2: 0 })
  })
})
