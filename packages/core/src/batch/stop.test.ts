import { describe, expect, it } from "vitest"
import { momentsOf } from "../kernel/accumulators/moments.ts"
import { CHUNK_SIZE } from "../kernel/chunk.ts"
import { judgePrecision, nextCheckPoint } from "./stop.ts"

const momentsWith = (values: ReadonlyArray<number>) =>
  momentsOf(Float64Array.from(values), 0, new Float64Array(values.length), values.length)

const checkPoints = (rule: Parameters<typeof nextCheckPoint>[0], until: number): ReadonlyArray<number> => {
  const points: Array<number> = []
  for (let at = nextCheckPoint(rule, 0); at < until; at = nextCheckPoint(rule, at)) points.push(at)
  return points
}

describe("check points", () => {
  it("begin with the least count that a decision needs, in whole chunks", () => {
    expect(nextCheckPoint({ metric: "x" }, 0)).toBe(Math.ceil(100 / CHUNK_SIZE) * CHUNK_SIZE)
    expect(nextCheckPoint({ metric: "x", minIterations: 1000 }, 0)).toBe(
      Math.ceil(1000 / CHUNK_SIZE) * CHUNK_SIZE,
    )
  })

  it("are multiples of the chunk that lie further and further apart, at most a quarter", () => {
    const points = checkPoints({ metric: "x" }, 1e9)
    expect(points.length).toBeLessThan(100)
    points.forEach((point, index) => {
      expect(point % CHUNK_SIZE).toBe(0)
      const before = points[index - 1] ?? 0
      expect(point).toBeGreaterThan(before)
      expect(index === 0 || point <= Math.max(before + CHUNK_SIZE, before * 1.25)).toBe(true)
    })
  })

  it("are the same wherever one asks from", () => {
    const rule = { metric: "x", minIterations: 500 }
    const points = checkPoints(rule, 20_000)
    for (let from = 0; from < 15_000; from += 7) {
      expect(nextCheckPoint(rule, from)).toBe(points.find((point) => point > from))
    }
  })
})

describe("precision", () => {
  // Mean 10, standard deviation 1.005, half-width 0.1994 at 100 values.
  const values = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 9 : 11))
  const state = momentsWith(values)

  it("is reached when the half-width is as small as wanted", () => {
    expect(judgePrecision({ metric: "x", absolute: 0.2 }, state).reached).toBe(true)
    expect(judgePrecision({ metric: "x", absolute: 0.19 }, state).reached).toBe(false)
    expect(judgePrecision({ metric: "x", relative: 0.02 }, state).reached).toBe(true)
    expect(judgePrecision({ metric: "x", relative: 0.019 }, state).reached).toBe(false)
  })

  it("is reached by whichever of two widths comes first", () => {
    expect(judgePrecision({ metric: "x", absolute: 0.2, relative: 1e-9 }, state).reached).toBe(true)
    expect(judgePrecision({ metric: "x", absolute: 1e-9, relative: 0.02 }, state).reached).toBe(true)
  })

  it("is relative to the size of the mean, also below 0", () => {
    const negative = momentsWith(values.map((value) => -value))
    expect(judgePrecision({ metric: "x", relative: 0.02 }, negative).reached).toBe(true)
  })

  it("is never reached by values that are all equal: they prove nothing", () => {
    const equal = momentsWith(Array(1000).fill(0))
    expect(judgePrecision({ metric: "x", absolute: 1 }, equal)).toEqual({ reached: false, projected: null })
  })

  it("is never reached by fewer than two values", () => {
    expect(judgePrecision({ metric: "x", absolute: 1 }, momentsWith([]))).toEqual({
      reached: false,
      projected: null,
    })
    expect(judgePrecision({ metric: "x", absolute: 1 }, momentsWith([5]))).toEqual({
      reached: false,
      projected: null,
    })
  })

  it("is projected by the square of what is missing", () => {
    const { projected } = judgePrecision({ metric: "x", absolute: 0.1 }, state)
    expect(projected).toBeGreaterThanOrEqual(395)
    expect(projected).toBeLessThanOrEqual(400)
  })

  it("has no projection when the mean is 0 and the wish is relative", () => {
    const around = momentsWith([-1, 1, -1, 1])
    expect(judgePrecision({ metric: "x", relative: 0.01 }, around)).toEqual({
      reached: false,
      projected: null,
    })
  })
})
