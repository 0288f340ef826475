import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { appendToFold, emptyFold, foldAll } from "../fold.ts"
import { seedKey } from "../random/key.ts"
import { SeekableRandom } from "../random/random.ts"
import { accumulatorProperties, finiteNumber, finiteNumbers } from "./accumulator.properties.fixtures.ts"
import { addToMoments, emptyMoments, type Moments, moments, momentsOf, variance } from "./moments.ts"

const samplesOf = (values: ReadonlyArray<number>) => values.map((value, iteration) => ({ value, iteration }))

const oneByOne = (values: ReadonlyArray<number>): Moments => {
  const state = emptyMoments()
  values.forEach((value, iteration) => addToMoments(state, value, iteration))
  return state
}

const atOnce = (values: ReadonlyArray<number>): Moments =>
  momentsOf(
    Float64Array.from(values),
    0,
    Float64Array.from(values, (_, iteration) => iteration),
    values.length,
  )

/** In chunks that a fixed tree folds, as a batch does it. */
const inChunks = (values: ReadonlyArray<number>, size: number): Moments => {
  const fold = emptyFold<Moments>()
  const all = Float64Array.from(values)
  const iterations = Float64Array.from(values, (_, iteration) => iteration)
  for (let first = 0; first < values.length; first += size) {
    const count = Math.min(size, values.length - first)
    const value = momentsOf(all, first, iterations.subarray(first), count)
    appendToFold(fold, { level: 0, index: first / size, value }, moments.merge)
  }
  return foldAll(fold, moments.merge) ?? emptyMoments()
}

/** The definition, in two passes with compensated sums. */
const byDefinition = (values: ReadonlyArray<number>) => {
  const sumOf = (terms: ReadonlyArray<number>): number => {
    let sum = 0
    let lost = 0
    for (const term of terms) {
      const next = sum + term
      lost += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum
      sum = next
    }
    return sum + lost
  }
  const mean = sumOf(values) / values.length
  const power = (exponent: number) => sumOf(values.map((value) => (value - mean) ** exponent))
  return { mean, m2: power(2), m3: power(3), m4: power(4) }
}

/** Equal but for rounding. What has overflowed can't be compared. */
const expectClose = (
  actual: Moments,
  expected: Moments,
  samples: ReadonlyArray<{ readonly value: number }>,
): void => {
  const { count, min, minIteration, max, maxIteration } = expected
  expect(actual).toMatchObject({ count, min, minIteration, max, maxIteration })
  if (count === 0) return
  const largest = Math.max(...samples.map(({ value }) => Math.abs(value)))
  const spread = max - min + Number.EPSILON * largest
  const rounding = (power: number) =>
    16 * count * count * (Number.EPSILON * largest * spread ** (power - 1) + 5e-324)
  for (const [index, name] of (["mean", "m2", "m3", "m4"] as const).entries()) {
    const power = index + 1
    const overflows = !((16 * count * Math.max(largest, spread)) ** Math.max(power, 2) < 1e300)
    const error = overflows ? 0 : Math.abs(actual[name] - expected[name])
    expect({ name, error }).toSatisfy(() => error <= rounding(power))
  }
}

describe("moments", () => {
  accumulatorProperties({
    accumulator: moments,
    samples: finiteNumbers.map(samplesOf),
    expectClose,
  })

  it("are those of the definition, to 12 digits where nothing cancels", () => {
    const random = new SeekableRandom(seedKey("moments"))
    for (let run = 0; run < 20; run++) {
      random.seek(run)
      const values = Array.from({ length: 1000 }, () => random.exponential(5) - 2)
      const expected = byDefinition(values)
      for (const state of [oneByOne(values), inChunks(values, 32), inChunks(values, 7)]) {
        for (const name of ["mean", "m2", "m3", "m4"] as const) {
          expect(Math.abs(state[name] / expected[name] - 1)).toBeLessThan(1e-12)
        }
      }
    }
  })

  it("of a constant are exact: no spread at all, however they were summed", () => {
    fc.assert(
      fc.property(finiteNumber, fc.integer({ min: 1, max: 200 }), (value, count) => {
        // Beyond, the fourth power of what rounding leaves in a mean overflows.
        fc.pre(Math.abs(value) < 1e80)
        const values = Array<number>(count).fill(value)
        for (const state of [oneByOne(values), inChunks(values, 32), inChunks(values, 5)]) {
          expect(state).toEqual({
            count,
            mean: value + 0,
            m2: 0,
            m3: expect.closeTo(0, 15),
            m4: 0,
            min: value,
            minIteration: 0,
            max: value,
            maxIteration: 0,
          })
        }
      }),
      { seed: 1, numRuns: 500 },
    )
  })

  it("keep the first iteration of equal extremes, whichever side of a merge it is on", () => {
    const early = oneByOne([])
    addToMoments(early, 5, 3)
    addToMoments(early, 5, 4)
    const late = oneByOne([])
    addToMoments(late, 5, 8)
    expect(moments.merge(early, late)).toMatchObject({ minIteration: 3, maxIteration: 3 })
    expect(moments.merge(late, early)).toMatchObject({ minIteration: 3, maxIteration: 3 })
  })

  it("have no variance below two values", () => {
    expect(variance(oneByOne([]))).toBeNull()
    expect(variance(oneByOne([7]))).toBeNull()
    expect(variance(oneByOne([7, 9]))).toBe(2)
  })

  it("stay what they were through JSON when they have overflowed: no number, not 0", () => {
    const overflowed = oneByOne([1e300, -1e300, 1e300])
    const encoded = JSON.stringify(moments.encode(overflowed))
    expect(encoded).toBe(`[3,${1e300 / 3},null,null,null,-1e+300,1,1e+300,0]`)
    expect(JSON.stringify(moments.encode(moments.decode(JSON.parse(encoded))))).toBe(encoded)
  })
})

describe("momentsOf", () => {
  it("gives what adding one by one gives, within rounding", () => {
    fc.assert(
      fc.property(finiteNumbers, (values) => {
        const state = atOnce(values)
        expect(state.count).toBe(values.length)
        expectClose(state, oneByOne(values), samplesOf(values))
      }),
      { seed: 2, numRuns: 1000 },
    )
  })

  it("takes the values and iterations that it is told to, and no others", () => {
    const values = Float64Array.of(99, 99, 4, 2, 6, 99)
    expect(momentsOf(values, 2, Float64Array.of(10, 11, 13, 99), 3)).toStrictEqual({
      count: 3,
      mean: 4,
      m2: 8,
      m3: 0,
      m4: 32,
      min: 2,
      minIteration: 11,
      max: 6,
      maxIteration: 13,
    })
    expect(momentsOf(values, 2, Float64Array.of(10), 0)).toStrictEqual(emptyMoments())
  })
})

// https://www.itl.nist.gov/div898/strd/univ/homepage.html
describe("the reference data of NIST", () => {
  const alternating = (first: number, low: number, high: number): ReadonlyArray<number> => [
    first,
    ...Array.from({ length: 1000 }, (_, index) => (index % 2 === 0 ? low : high)),
  ]
  /** Digits that agree with the certified value. */
  const digits = (value: number, certified: number): number =>
    value === certified ? 16 : -Math.log10(Math.abs(value - certified) / Math.abs(certified))

  // The deviations of NumAcc3 and 4 themselves have only 9 and 8 digits when they are written in doubles.
  it.each([
    { name: "NumAcc1", values: [10000001, 10000003, 10000002], mean: 10000002, stdDev: 1, correct: 15 },
    { name: "NumAcc2", values: alternating(1.2, 1.1, 1.3), mean: 1.2, stdDev: 0.1, correct: 14 },
    {
      name: "NumAcc3",
      values: alternating(1000000.2, 1000000.1, 1000000.3),
      mean: 1000000.2,
      stdDev: 0.1,
      correct: 9,
    },
    {
      name: "NumAcc4",
      values: alternating(10000000.2, 10000000.1, 10000000.3),
      mean: 10000000.2,
      stdDev: 0.1,
      correct: 8,
    },
  ])("$name: the mean to 14 digits, the deviation to $correct", ({ values, mean, stdDev, correct }) => {
    for (const state of [oneByOne(values), inChunks(values, 32), inChunks(values, 1), atOnce(values)]) {
      expect(digits(state.mean, mean)).toBeGreaterThanOrEqual(14)
      expect(digits(Math.sqrt(variance(state) ?? NaN), stdDev)).toBeGreaterThanOrEqual(correct)
    }
  })

  it("NumAcc4 in chunks is right to 10 digits of what its doubles have", () => {
    const values = alternating(10000000.2, 10000000.1, 10000000.3)
    // The doubles are whole multiples of 2^-29, so their sums are exact as big integers.
    const steps = values.map((value) => BigInt(value * 2 ** 29))
    const count = BigInt(steps.length)
    const sum = steps.reduce((total, step) => total + step, 0n)
    const squares = steps.reduce((total, step) => total + (count * step - sum) ** 2n, 0n)
    const exact = Number(squares / count ** 2n) / 2 ** 58
    expect(digits(inChunks(values, 32).m2, exact)).toBeGreaterThanOrEqual(10)
  })
})
