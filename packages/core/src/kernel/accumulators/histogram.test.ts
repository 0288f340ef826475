import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { accumulatorProperties, finiteNumbers } from "./accumulator.properties.fixtures.ts"
import {
  addAllToHistogram,
  addToHistogram,
  type DyadicHistogram,
  emptyHistogram,
  histogram,
  HISTOGRAM_BINS,
} from "./histogram.ts"

/** Without numbers just below 0, which beside the largest can't be told from 0. */
const numbers = finiteNumbers.map((values) => values.filter((value) => value >= 0 || value <= -(2 ** -56)))

const ofValues = (values: ReadonlyArray<number>): DyadicHistogram => {
  const state = emptyHistogram()
  for (const value of values) addToHistogram(state, value)
  return state
}

/** The bins, each with its bounds. */
const binsOf = ({ exponent, first, length, counts }: DyadicHistogram) =>
  Array.from({ length }, (_, at) => ({
    from: (first + at) * 2 ** exponent,
    to: (first + at + 1) * 2 ** exponent,
    count: counts[at],
  }))

describe("a histogram", () => {
  accumulatorProperties({ accumulator: histogram, samples: numbers })

  it("depends on the values alone, not on their order", () => {
    fc.assert(
      fc.property(
        numbers.chain((values) =>
          fc.tuple(
            fc.constant(values),
            fc.shuffledSubarray([...values], { minLength: values.length, maxLength: values.length }),
          ),
        ),
        ([values, shuffled]) => {
          expect(histogram.encode(ofValues(shuffled))).toStrictEqual(histogram.encode(ofValues(values)))
        },
      ),
      { seed: 1, numRuns: 1000 },
    )
  })

  it("has each value in its bin, at most 128 bins, and no empty one at an end", () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const state = ofValues(values)
        const bins = binsOf(state)
        expect(bins.length).toBeLessThanOrEqual(HISTOGRAM_BINS)
        for (const { from, to, count } of bins) {
          expect(count).toBe(values.filter((value) => value >= from && value < to).length)
        }
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(values.length)
        for (const end of [bins.at(0), bins.at(-1)]) expect(end?.count).not.toBe(0)
      }),
      { seed: 2, numRuns: 1000 },
    )
  })

  it("has bins as narrow as the range allows", () => {
    const values = Array.from({ length: 1000 }, (_, index) => index / 10)
    const state = ofValues(values)
    expect(2 ** state.exponent).toBe(1)
    expect(binsOf(state)).toHaveLength(100)
  })

  it("puts a value on the bound of two bins into the upper one", () => {
    const bins = binsOf(ofValues([-128, 0, 1, 2, 100]))
    expect(bins.find(({ from }) => from === 0)).toEqual({ from: 0, to: 2, count: 2 })
    expect(bins.find(({ from }) => from === 2)).toEqual({ from: 2, to: 4, count: 1 })
  })

  it("of one value has one bin, that holds it", () => {
    for (const value of [0, 1, -1, 0.1, 1e300, -1e300, 5e-324, -5e-324, Number.MAX_VALUE]) {
      const [bin, ...rest] = binsOf(ofValues([value, value]))
      expect(rest).toEqual([])
      expect(bin.count).toBe(2)
      expect(bin.from <= value && value < bin.to).toBe(true)
    }
  })

  it("tells neighbouring doubles apart", () => {
    const bins = binsOf(ofValues([1, 1 + 2 ** -52, 1 + 2 ** -51]))
    expect(bins.map(({ count }) => count)).toEqual([1, 1, 1])
  })

  it("keeps a tiny number below 0 below 0, whatever else there is", () => {
    for (const values of [
      [1e300, -1e-15],
      [-1e-15, 1e300],
      [-(2 ** -56), Number.MAX_VALUE],
      [Number.MAX_VALUE, -(2 ** -56)],
    ]) {
      const bins = binsOf(ofValues(values))
      expect(bins.at(0)).toMatchObject({ to: expect.closeTo(0), count: 1 })
    }
  })

  it("of nothing has no bin", () => {
    expect(binsOf(emptyHistogram())).toEqual([])
  })
})

describe("addAllToHistogram", () => {
  it("gives to the bit what adding one by one gives, from any start and with any number of them", () => {
    fc.assert(
      fc.property(numbers, numbers, fc.nat(5), fc.nat(5), (before, values, skipped, dropped) => {
        const first = Math.min(skipped, values.length)
        const count = Math.max(0, values.length - first - dropped)
        const state = ofValues(before)
        addAllToHistogram(state, Float64Array.from(values), first, count)
        const expected = ofValues([...before, ...values.slice(first, first + count)])
        expect(histogram.encode(state)).toStrictEqual(histogram.encode(expected))
      }),
      { seed: 3, numRuns: 1000 },
    )
  })
})
