import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { addToCounts, type Counts, decodeCounts, emptyCounts, encodeCounts, mergeCounts } from "./counts.ts"

type Addition = readonly [key: number, amount: number]

const additions = fc.array(fc.tuple(fc.integer({ min: -300, max: 300 }), fc.integer({ min: 1, max: 1000 })))

const countsOf = (list: ReadonlyArray<Addition>): Counts => {
  const state = emptyCounts()
  for (const [key, amount] of list) addToCounts(state, key, amount)
  return state
}

/** What a plain map would hold, as the counts encode it. */
const expectedOf = (list: ReadonlyArray<Addition>) => {
  const totals = new Map<number, number>()
  for (const [key, amount] of list) totals.set(key, (totals.get(key) ?? 0) + amount)
  if (totals.size === 0) return [0, []]
  const first = Math.min(...totals.keys())
  const length = Math.max(...totals.keys()) - first + 1
  return [first, Array.from({ length }, (_, at) => totals.get(first + at) ?? 0)]
}

describe("counts", () => {
  it("hold what a map would, whatever the order of the keys", () => {
    fc.assert(
      fc.property(additions, (list) => {
        expect(encodeCounts(countsOf(list))).toEqual(expectedOf(list))
      }),
      { seed: 1, numRuns: 500 },
    )
  })

  it("merge to what one of both would hold, and leave both alone", () => {
    fc.assert(
      fc.property(additions, additions, (first, second) => {
        const left = countsOf(first)
        const right = countsOf(second)
        expect(encodeCounts(mergeCounts(left, right))).toEqual(expectedOf([...first, ...second]))
        expect(encodeCounts(left)).toEqual(expectedOf(first))
        expect(encodeCounts(right)).toEqual(expectedOf(second))
      }),
      { seed: 2, numRuns: 500 },
    )
  })

  it("survive JSON, and grow on from there in both directions", () => {
    fc.assert(
      fc.property(additions, additions, (first, second) => {
        const state = decodeCounts(JSON.parse(JSON.stringify(encodeCounts(countsOf(first)))))
        for (const [key, amount] of second) addToCounts(state, key, amount)
        expect(encodeCounts(state)).toEqual(expectedOf([...first, ...second]))
      }),
      { seed: 3, numRuns: 500 },
    )
  })

  it("hold up to four billion for a key", () => {
    expect(encodeCounts(countsOf([[5, 4_000_000_000]]))).toEqual([5, [4_000_000_000]])
  })

  it("grow in few steps: a key at a time, both ways, reallocates rarely", () => {
    const state = emptyCounts()
    const arrays = new Set<Uint32Array>()
    for (let key = 0; key < 10_000; key++) {
      addToCounts(state, key, 1)
      addToCounts(state, -key, 1)
      arrays.add(state.counts)
    }
    expect(arrays.size).toBeLessThan(20)
  })
})
