import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { HIGH_WORD, log } from "./log.ts"

const bitsOf = (value: number): bigint => new BigInt64Array(new Float64Array([value]).buffer)[0]

/** How many doubles lie between two of the same sign. */
const ulpsBetween = (left: number, right: number): number => {
  const distance = bitsOf(left) - bitsOf(right)
  return Number(distance < 0n ? -distance : distance)
}

/** `Math.log` of V8 (fdlibm) is itself within 1 unit in the last place. */
const ULPS = 2

describe("log", () => {
  it("agrees with Math.log over all magnitudes, subnormal numbers included", () => {
    let worst = 0
    for (let exponent = -1074; exponent <= 1023; exponent++) {
      for (let step = 0; step < 64; step++) {
        const x = 2 ** exponent * (1 + step / 64)
        if (x !== 1) worst = Math.max(worst, ulpsBetween(log(x), Math.log(x)))
      }
    }
    expect(worst).toBeLessThanOrEqual(ULPS)
  })

  it("agrees with Math.log near 1 and near √2, where digits cancel", () => {
    let worst = 0
    for (const center of [1, Math.SQRT2, Math.SQRT1_2, 2, 0.5]) {
      for (let exponent = -52; exponent <= -3; exponent++) {
        for (const x of [center * (1 - 2 ** exponent), center * (1 + 2 ** exponent)]) {
          if (x !== 1) worst = Math.max(worst, ulpsBetween(log(x), Math.log(x)))
        }
      }
    }
    expect(worst).toBeLessThanOrEqual(ULPS)
  })

  it("agrees with Math.log for any number above 0", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, minExcluded: true, noNaN: true, noDefaultInfinity: true }), (x) => {
        fc.pre(x !== 1)
        expect(ulpsBetween(log(x), Math.log(x))).toBeLessThanOrEqual(ULPS)
      }),
      { seed: 1, numRuns: 20_000 },
    )
  })

  it("never falls between two neighbours, so that a larger draw never gives a smaller variate", () => {
    for (let step = 1; step < 20_000; step++) {
      const x = step / 10_000
      expect(log(x * (1 + 2 ** -50))).toBeGreaterThanOrEqual(log(x))
    }
  })

  // A faster version must give these to the bit: every normal and exponential draw hangs on them.
  it("never changes", () => {
    expect([0.1, 0.7, 1.5, 3, 1 / 3, 1e-300, 5e-324, Number.MAX_VALUE].map(log)).toEqual([
      -2.3025850929940455, -0.35667494393873245, 0.4054651081081644, 1.0986122886681098, -1.0986122886681098,
      -690.7755278982137, -744.4400719213812, 709.782712893384,
    ])
  })

  it("of 1 is 0, of 0 is −∞, of ∞ is ∞", () => {
    expect(log(1)).toBe(0)
    expect(log(0)).toBe(-Infinity)
    expect(log(-0)).toBe(-Infinity)
    expect(log(Infinity)).toBe(Infinity)
  })

  it.each([-1, -5e-324, -Infinity, NaN])("of %s is no number", (x) => {
    expect(log(x)).toBeNaN()
  })
})

describe("HIGH_WORD", () => {
  it("is where a double has its sign", () => {
    const words = new Uint32Array(new Float64Array([-0]).buffer)
    expect(words[HIGH_WORD]).toBe(0x80000000)
    expect(words[1 - HIGH_WORD]).toBe(0)
  })
})
