import { describe, expect, it } from "vitest"
import { ChunkRunner } from "./chunkRunner.ts"
import {
  decodeSums,
  decodeTallies,
  emptySums,
  emptyTallies,
  encodeSums,
  encodeTallies,
  mergeSums,
  mergeTallies,
  type Sums,
  type Tallies,
} from "./sums.ts"

/** The sums and counts of a few iterations, of which some fail, and some write to timeline and tally. */
const of = (
  indices: ReadonlyArray<number>,
  writes: boolean,
): { readonly sums: Sums; readonly tallies: Tallies } => {
  const runner = new ChunkRunner(
    ({ index, timeline, tally }) => {
      const value = indices[index]
      if (value === undefined) throw new Error(`no. ${index}`)
      if (writes) {
        timeline.add("a", Math.abs(value) % 7, value)
        tally.add("b", value)
      }
      return { x: value, y: -value / 3 }
    },
    { seed: "7", metrics: ["x", "y"], bucket: 1, onIterationError: "collect" },
  )
  void runner.run(indices.length + 2)
  const part = runner.unfinished()
  const [node] = part?.nodes ?? []
  return { sums: node?.value ?? emptySums(2), tallies: part?.tallies ?? emptyTallies(2) }
}

const json = (sums: Sums, tallies: Tallies): string =>
  JSON.stringify([encodeSums(sums), encodeTallies(tallies)])

describe("sums and tallies", () => {
  it("of nothing are the identity of a merge", () => {
    const { sums, tallies } = of([1, 2.5, -7], true)
    expect(json(mergeSums(sums, emptySums(2)), mergeTallies(tallies, emptyTallies(2)))).toBe(
      json(sums, tallies),
    )
    expect(json(mergeSums(emptySums(2), sums), mergeTallies(emptyTallies(2), tallies))).toBe(
      json(sums, tallies),
    )
  })

  it("survive JSON to the bit, with a timeline and a tally or without", () => {
    for (const writes of [true, false]) {
      const { sums, tallies } = of([1, 0.1, -7, 1e-9], writes)
      const [encodedSums, encodedTallies] = JSON.parse(json(sums, tallies))
      expect(json(decodeSums(encodedSums), decodeTallies(encodedTallies))).toBe(json(sums, tallies))
    }
  })

  it("merge without changing either side", () => {
    const left = of([1, 2], true)
    const right = of([3, 4], true)
    const before = [json(left.sums, left.tallies), json(right.sums, right.tallies)]
    mergeSums(left.sums, right.sums)
    mergeTallies(left.tallies, right.tallies)
    expect([json(left.sums, left.tallies), json(right.sums, right.tallies)]).toEqual(before)
  })

  it("merge one that has a timeline and a tally with one that has none", () => {
    const left = of([1, 2], true).sums
    const right = of([3], false).sums
    for (const merged of [mergeSums(left, right), mergeSums(right, left)]) {
      expect(encodeSums(merged)).toMatchObject({
        timeline: { series: [["a", [0, 0, 0, 1, 1, 0, 1, 2, 0]]], ends: [1, [1, 1]] },
        tally: [["b", [2, 1.5, 0.5]]],
      })
      expect(merged.moments[0]).toMatchObject({ count: 3, min: 1, max: 3 })
    }
  })

  it("add up what failed, and keep the first messages", () => {
    const { tallies } = of([1], true)
    expect(tallies).toMatchObject({ failed: 2, failures: [{ iteration: 1 }, { iteration: 2 }] })
    const merged = mergeTallies({ ...tallies, failures: [{ iteration: 9, message: "late" }] }, tallies)
    expect(merged.failed).toBe(4)
    expect(merged.failures.map(({ iteration }) => iteration)).toEqual([1, 2, 9])
  })
})
