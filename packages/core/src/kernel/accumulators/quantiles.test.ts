import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { accumulatorProperties, finiteNumber, finiteNumbers } from "./accumulator.properties.fixtures.ts"
import {
  addAllToQuantiles,
  addToQuantiles,
  QUANTILE_RELATIVE_ERROR,
  quantiles,
  type Quantiles,
  valuesAt,
} from "./quantiles.ts"

const ofValues = (values: ReadonlyArray<number>): Quantiles => {
  const state = quantiles.empty()
  for (const value of values) addToQuantiles(state, value)
  return state
}

const ASCENDING = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1]
const LEAST_NORMAL = 2 ** -1022

/** Values within some thirty magnitudes, and 0. Over all magnitudes there are so many buckets that tests take long. */
const usualNumbers = fc.array(
  fc.oneof(
    fc.double({ noNaN: true, min: -1e6, max: 1e6 }).filter((value) => Math.abs(value) > 1e-6),
    fc.constant(0),
  ),
)

describe("quantiles", () => {
  accumulatorProperties({ accumulator: quantiles, samples: usualNumbers })
  describe("over all magnitudes", () => {
    accumulatorProperties({ accumulator: quantiles, samples: finiteNumbers, runs: 6 })
  })

  it("are within their relative error of the value of that rank, negative or not", () => {
    expect(QUANTILE_RELATIVE_ERROR).toBe(1 / 256)
    fc.assert(
      fc.property(fc.array(finiteNumber, { minLength: 1, maxLength: 200 }), (values) => {
        const sorted = [...values].sort((left, right) => left - right)
        const found = valuesAt(ofValues(values), ASCENDING)
        expect(found).toHaveLength(ASCENDING.length)
        found.forEach((value, index) => {
          const exact = sorted[Math.floor(ASCENDING[index] * (sorted.length - 1))]
          // Below the least normal number there are no further digits to be relative to.
          const magnitude = exact === 0 ? 0 : Math.max(Math.abs(exact), LEAST_NORMAL)
          expect(Math.abs(value - exact)).toBeLessThanOrEqual(magnitude / 256)
        })
      }),
      { seed: 1, numRuns: 60 },
    )
  })

  it("are within their relative error at the ends of every magnitude", () => {
    for (let exponent = -1022; exponent <= 1023; exponent++) {
      for (const value of [2 ** exponent, 2 ** exponent * (2 - 2 ** -52), -(2 ** exponent * 1.25)]) {
        const [found] = valuesAt(ofValues([value]), [0.5])
        expect(Math.abs(found / value - 1)).toBeLessThanOrEqual(1 / 256)
      }
    }
  })

  it("never descend", () => {
    fc.assert(
      fc.property(fc.array(finiteNumber, { minLength: 1 }), (values) => {
        const found = valuesAt(ofValues(values), ASCENDING)
        expect(found).toEqual([...found].sort((left, right) => left - right))
      }),
      { seed: 2, numRuns: 20 },
    )
  })

  it("of 0 are 0, of −0 as well", () => {
    expect(valuesAt(ofValues([0, -0, 0]), ASCENDING)).toEqual(ASCENDING.map(() => 0))
  })

  it("of nothing are none", () => {
    expect(valuesAt(quantiles.empty(), ASCENDING)).toEqual([])
  })

  it("of an even count take the lower of the two in the middle", () => {
    expect(valuesAt(ofValues([-8, 0, 0, 8]), [0, 0.5, 1])).toEqual([
      expect.closeTo(-8, 1),
      0,
      expect.closeTo(8, 1),
    ])
  })

  it("take a few hundred buckets for a million values of one magnitude", () => {
    const state = quantiles.empty()
    for (let index = 0; index < 100_000; index++) addToQuantiles(state, 1000 + (index % 9000))
    expect(state.positive.counts.length).toBeLessThan(2000)
  })
})

describe("addAllToQuantiles", () => {
  it("gives to the bit what adding one by one gives, from any start and with any number of them", () => {
    const numbers = fc.oneof(
      { weight: 100, arbitrary: usualNumbers },
      { weight: 1, arbitrary: finiteNumbers },
    )
    fc.assert(
      fc.property(numbers, numbers, fc.nat(5), fc.nat(5), (before, values, skipped, dropped) => {
        const array = Float64Array.from(values)
        const bits = new Uint32Array(array.buffer)
        const first = Math.min(skipped, values.length)
        const count = Math.max(0, values.length - first - dropped)
        const state = ofValues(before)
        addAllToQuantiles(state, array, bits, first, count)
        const expected = ofValues([...before, ...values.slice(first, first + count)])
        expect(quantiles.encode(state)).toStrictEqual(quantiles.encode(expected))
      }),
      { seed: 3, numRuns: 500 },
    )
  })
})
