import { describe, expect, it } from "vitest"
import { seedKey, streamKey } from "./key.ts"
import { SeekableRandom } from "./random.ts"

const at = (iteration: number, seed = "42"): SeekableRandom => {
  const random = new SeekableRandom(seedKey(seed))
  random.seek(iteration)
  return random
}

const times = <A>(count: number, draw: () => A): ReadonlyArray<A> => Array.from({ length: count }, draw)

const sum = (values: ReadonlyArray<number>): number => values.reduce((total, value) => total + value, 0)

/** Pearson's χ² of counts that should all be equal. */
const chiSquare = (counts: ReadonlyArray<number>): number => {
  const expected = sum(counts) / counts.length
  return sum(counts.map((count) => (count - expected) ** 2 / expected))
}

const moments = (values: ReadonlyArray<number>) => {
  const mean = sum(values) / values.length
  const central = (power: number) => sum(values.map((value) => (value - mean) ** power)) / values.length
  const variance = central(2)
  return { mean, variance, skewness: central(3) / variance ** 1.5, kurtosis: central(4) / variance ** 2 - 3 }
}

// Written down from a second implementation (in Python, on big integers): a faster version must give these to the bit.
describe("the draws of seed 42 never change", () => {
  it("float", () => {
    const first = at(0)
    expect(times(4, () => first.float())).toEqual([
      0.325961517923018, 0.3885063286806316, 0.2420442530891892, 0.19751982214972275,
    ])
    const second = at(1)
    expect(times(4, () => second.float())).toEqual([
      0.9213980114084118, 0.24440932575865415, 0.9896623343368898, 0.2721244635709229,
    ])
    const last = at(999_999_999)
    expect(times(4, () => last.float())).toEqual([
      0.6278916780386836, 0.5041945187400901, 0.6848905604319003, 0.14803631309821663,
    ])
  })

  it("int", () => {
    const dice = at(0)
    expect(times(12, () => dice.int(1, 6))).toEqual([2, 3, 3, 5, 2, 5, 2, 5, 2, 3, 5, 5])
    const wide = at(0)
    expect(times(3, () => wide.int(-(2 ** 51), 2 ** 51))).toEqual([
      684200527625202, 1247554100469096, -71658997645963,
    ])
  })

  it("bool", () => {
    const fair = at(0)
    expect(times(8, () => fair.bool())).toEqual([true, true, true, true, true, false, true, true])
    const rare = at(0)
    expect(times(16, () => rare.bool(0.1)).flatMap((hit, draw) => (hit ? [draw] : []))).toEqual([7, 12])
  })

  it("normal", () => {
    const standard = at(0)
    expect(times(5, () => standard.normal())).toEqual([
      -1.5828353460598907, -1.0140063376800763, -0.621469399819731, -0.7287380755698879, -0.719534017828855,
    ])
    const scaled = at(0)
    expect(times(3, () => scaled.normal(100, 15))).toEqual([
      76.25746980910164, 84.78990493479886, 90.67795900270403,
    ])
  })

  it("exponential", () => {
    const unit = at(0)
    expect(times(4, () => unit.exponential())).toEqual([
      0.39446807462998523, 0.4918506733453123, 0.27713027642817933, 0.22004812478112531,
    ])
    const scaled = at(0)
    expect(times(2, () => scaled.exponential(5))).toEqual([1.972340373149926, 2.4592533667265615])
  })

  it("pick", () => {
    const random = at(0)
    expect(times(10, () => random.pick([..."abcde"])).join("")).toBe("bbbdbdadbb")
  })

  it("shuffle", () => {
    expect(at(0).shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual([6, 4, 2, 0, 7, 1, 5, 8, 9, 3])
  })

  it("a named stream", () => {
    const random = new SeekableRandom(streamKey(seedKey("42"), "crit"))
    random.seek(0)
    expect(times(3, () => random.float())).toEqual([
      0.8561791812960485, 0.5517639609689943, 0.5283012469993926,
    ])
    random.seek(1)
    expect(times(2, () => random.float())).toEqual([0.7490765010692, 0.8261291459275885])
  })
})

describe("float", () => {
  it("is uniform in [0, 1): its moments and its bins are", () => {
    const random = at(0)
    const values = times(100_000, () => random.float())
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true)
    const { mean, variance } = moments(values)
    expect(Math.abs(mean - 1 / 2)).toBeLessThan(4 * Math.sqrt(1 / 12 / 100_000))
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / 100_000))
    const bins = times(100, () => 0).slice()
    for (const value of values) bins[Math.floor(value * 100)]++
    // The 99.9 % quantile of χ² with 99 degrees of freedom.
    expect(chiSquare(bins)).toBeLessThan(148.2)
  })

  it("has 53 random bits", () => {
    const random = at(0)
    const ones = times(53, () => 0).slice()
    for (let draw = 0; draw < 10_000; draw++) {
      let bits = BigInt(random.float() * 2 ** 53)
      for (let bit = 0; bit < 53; bit++, bits >>= 1n) ones[bit] += Number(bits & 1n)
    }
    for (const count of ones) expect(Math.abs(count - 5000)).toBeLessThan(4 * 50)
  })
})

describe("int", () => {
  it("reaches both bounds and nothing else, without bias", () => {
    const random = at(1)
    const counts = new Map<number, number>()
    for (let draw = 0; draw < 60_000; draw++) {
      const value = random.int(1, 6)
      counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    expect([...counts.keys()].sort()).toEqual([1, 2, 3, 4, 5, 6])
    // The 99.9 % quantile of χ² with 5 degrees of freedom.
    expect(chiSquare([...counts.values()])).toBeLessThan(20.5)
  })

  it.each([
    [2_000_000, "just within what 32 bits serve"],
    [2_097_152, "the most that 32 bits serve"],
    [2_097_153, "the least that takes 53 bits"],
    // A remainder alone would give the lower half of this range two thirds of the draws.
    [6_004_799_503_160_661, "two thirds of 2^53"],
  ])("gives each third of %s outcomes (%s) a third of the draws", (range) => {
    const random = at(2)
    const thirds = [0, 0, 0]
    for (let draw = 0; draw < 30_000; draw++) thirds[Math.floor((random.int(0, range - 1) / range) * 3)]++
    // The 99.9 % quantile of χ² with 2 degrees of freedom.
    expect(chiSquare(thirds)).toBeLessThan(13.8)
  })

  it("takes bounds below 0, and bounds that are equal", () => {
    const random = at(3)
    const values = new Set(times(1000, () => random.int(-2, 1)))
    expect([...values].sort((left, right) => left - right)).toEqual([-2, -1, 0, 1])
    expect(random.int(7, 7)).toBe(7)
    expect(random.int(-0, 0)).toBe(0)
  })

  it("takes every safe integer from 0 on, which is 2^53 outcomes", () => {
    const random = at(0)
    expect(times(3, () => random.int(0, Number.MAX_SAFE_INTEGER))).toEqual([
      2936000341310450, 3499353914154344, 2180140816039285,
    ])
    expect(random.int(Number.MIN_SAFE_INTEGER, 0)).toBeLessThan(0)
  })

  it.each([
    [6, 1],
    [0, 1.5],
    [0.5, 1],
    [NaN, 1],
    [0, Infinity],
    [0, 2 ** 53],
    [-1, Number.MAX_SAFE_INTEGER],
    [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])("refuses the bounds %s and %s, and shows them", (min, max) => {
    expect(() => at(0).int(min, max)).toThrow(RangeError)
    expect(() => at(0).int(min, max)).toThrow(`got ${min} and ${max}`)
  })
})

describe("bool", () => {
  it("is true with its probability", () => {
    const random = at(0)
    const hits = times(100_000, () => random.bool(0.3)).filter(Boolean).length
    expect(Math.abs(hits - 30_000)).toBeLessThan(4 * Math.sqrt(100_000 * 0.3 * 0.7))
  })

  it("is always true at 1 and never at 0", () => {
    const random = at(0)
    expect(times(10_000, () => random.bool(1)).every(Boolean)).toBe(true)
    expect(times(10_000, () => random.bool(0)).some(Boolean)).toBe(false)
  })
})

describe("normal", () => {
  const COUNT = 100_000

  it("has the moments of the normal distribution", () => {
    const random = at(0)
    const { mean, variance, skewness, kurtosis } = moments(times(COUNT, () => random.normal(10, 2)))
    expect(Math.abs(mean - 10)).toBeLessThan((4 * 2) / Math.sqrt(COUNT))
    expect(Math.abs(variance / 4 - 1)).toBeLessThan(4 * Math.sqrt(2 / COUNT))
    expect(Math.abs(skewness)).toBeLessThan(4 * Math.sqrt(6 / COUNT))
    expect(Math.abs(kurtosis)).toBeLessThan(4 * Math.sqrt(24 / COUNT))
  })

  it("falls within one, two and three standard deviations as often as it should", () => {
    const random = at(1)
    const values = times(COUNT, () => Math.abs(random.normal()))
    for (const [within, share] of [
      [1, 0.682689492137],
      [2, 0.954499736104],
      [3, 0.997300203937],
    ] as const) {
      const count = values.filter((value) => value < within).length
      expect(Math.abs(count - share * COUNT)).toBeLessThan(4 * Math.sqrt(COUNT * share * (1 - share)))
    }
  })

  it("makes both of a pair independent", () => {
    const random = at(2)
    const pairs = times(COUNT / 2, () => [random.normal(), random.normal()] as const)
    const correlation = sum(pairs.map(([first, second]) => first * second)) / pairs.length
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(pairs.length))
  })

  it("scales the same draw, also the second of a pair", () => {
    const standard = at(5)
    const scaled = at(5)
    const first = [standard.normal(), standard.normal()]
    const second = [scaled.normal(3, 1), scaled.normal(0, 10)]
    expect(second).toEqual([3 + (first[0] ?? NaN), 10 * (first[1] ?? NaN)])
  })

  it("forgets the second of a pair when it goes to another iteration", () => {
    const random = at(7)
    const first = random.normal()
    random.seek(7)
    expect(random.normal()).toBe(first)
  })
})

describe("exponential", () => {
  it("has the moments of the exponential distribution", () => {
    const COUNT = 100_000
    const random = at(0)
    const values = times(COUNT, () => random.exponential(3))
    expect(Math.min(...values.slice(0, 1000))).toBeGreaterThanOrEqual(0)
    const { mean, variance } = moments(values)
    expect(Math.abs(mean / 3 - 1)).toBeLessThan(4 / Math.sqrt(COUNT))
    expect(Math.abs(variance / 9 - 1)).toBeLessThan(4 * Math.sqrt(8 / COUNT))
    const beyondMean = values.filter((value) => value > 3).length / COUNT
    expect(Math.abs(beyondMean - Math.exp(-1))).toBeLessThan(4 * Math.sqrt(0.2325 / COUNT))
  })
})

describe("pick", () => {
  it("gives each element the same chance", () => {
    const random = at(0)
    const counts = [0, 0, 0, 0, 0]
    for (let draw = 0; draw < 50_000; draw++) counts[random.pick([0, 1, 2, 3, 4])]++
    // The 99.9 % quantile of χ² with 4 degrees of freedom.
    expect(chiSquare(counts)).toBeLessThan(18.5)
  })

  it("draws as int does, also from a list with millions of elements", () => {
    // Each element is its own index, without three million of them.
    const picking = new Proxy(Array<number>(3_000_000), {
      get: (list, key) => (key === "length" ? list.length : Number(key)),
    })
    const random = at(0)
    const other = at(0)
    expect(times(10, () => random.pick(picking))).toEqual(times(10, () => other.int(0, 2_999_999)))
  })

  it("refuses an empty list", () => {
    expect(() => at(0).pick([])).toThrow(RangeError)
  })
})

describe("shuffle", () => {
  it("gives each of the orders the same chance", () => {
    const random = at(0)
    const counts = new Map<string, number>()
    for (let draw = 0; draw < 24_000; draw++) {
      const order = random.shuffle([..."abcd"]).join("")
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    // The 99.9 % quantile of χ² with 23 degrees of freedom.
    expect(chiSquare([...counts.values()])).toBeLessThan(49.7)
  })

  it("works in place and keeps every element", () => {
    const list = [1, 1, 2, 3]
    expect(at(9).shuffle(list)).toBe(list)
    expect([...list].sort()).toEqual([1, 1, 2, 3])
    expect(at(0).shuffle([])).toEqual([])
  })
})

/** How far mean, variance and lag-1 correlation are from those of independent uniform numbers, at most, in standard errors. */
const deviationOf = (values: ReadonlyArray<number>): number => {
  const { length } = values
  const { mean, variance } = moments(values)
  const products = values.slice(1).map((value, index) => (value - mean) * (values[index] - mean))
  const correlation = sum(products) / (length - 1) / variance
  return Math.max(
    Math.abs(mean - 1 / 2) / Math.sqrt(1 / 12 / length),
    Math.abs(variance - 1 / 12) / Math.sqrt(1 / 180 / length),
    Math.abs(correlation) * Math.sqrt(length),
  )
}

describe("neighbours are unrelated", () => {
  const COUNT = 10_000
  const draw = (random: SeekableRandom, index: number): number =>
    times(index, () => random.float())[index - 1]

  it.each([1, 2, 10])("seeds, draw %i", (index) => {
    const draws = Array.from({ length: COUNT }, (_, seed) => draw(at(0, String(1234 + seed)), index))
    expect(deviationOf(draws)).toBeLessThan(4)
  })

  it.each([1, 2, 10])("iterations, draw %i", (index) => {
    const draws = Array.from({ length: COUNT }, (_, iteration) => draw(at(iteration), index))
    expect(deviationOf(draws)).toBeLessThan(4)
  })

  it("draws of one iteration", () => {
    const random = at(0)
    expect(deviationOf(times(COUNT, () => random.float()))).toBeLessThan(4)
  })

  it("streams with names that differ in a number", () => {
    const draws = Array.from({ length: COUNT }, (_, number) => {
      const random = new SeekableRandom(streamKey(seedKey("42"), `target-${number}`))
      random.seek(0)
      return random.float()
    })
    expect(deviationOf(draws)).toBeLessThan(4)
  })

  it("the first draws of seeds 1 and 2 over ten thousand iterations", () => {
    const products = Array.from(
      { length: COUNT },
      (_, iteration) => (at(iteration, "1").float() - 1 / 2) * (at(iteration, "2").float() - 1 / 2),
    )
    expect(Math.abs((12 * sum(products)) / COUNT) * Math.sqrt(COUNT)).toBeLessThan(4)
  })
})
