import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { appendToFold, emptyFold, type Fold, foldAll, foldEnd } from "./fold.ts"

/** Not associative, so that a text shows the tree that made it. */
const merge = (left: string, right: string): string => `(${left} ${right})`

const label = (index: number): string => String(index)

/** What a worker hands over that ran the values from `first` to the one before `until`. */
const runOf = (first: number, until: number): Fold<string> => {
  const fold = emptyFold<string>()
  for (let index = first; index < until; index++) {
    appendToFold(fold, { level: 0, index, value: label(index) }, merge)
  }
  return fold
}

/** The tree by its definition: a node is the merge of its two halves; a lone half is carried up unchanged. */
const byDefinition = (level: number, index: number, count: number): string | undefined => {
  if (index * 2 ** level >= count) return undefined
  if (level === 0) return label(index)
  const left = byDefinition(level - 1, 2 * index, count)
  const right = byDefinition(level - 1, 2 * index + 1, count)
  return left === undefined || right === undefined ? left : merge(left, right)
}

describe("a fold", () => {
  it.each(Array.from({ length: 70 }, (_, index) => index + 1))(
    "of %i values is the tree of the definition",
    (count) => {
      expect(foldAll(runOf(0, count), merge)).toBe(byDefinition(7, 0, count))
    },
  )

  it("of eleven values is spelt out here", () => {
    expect(foldAll(runOf(0, 11), merge)).toBe("((((0 1) (2 3)) ((4 5) (6 7))) ((8 9) 10))")
  })

  it("is the same tree however its runs were cut up between workers", () => {
    fc.assert(
      fc.property(fc.nat(70), fc.uniqueArray(fc.nat(70), { maxLength: 20 }), (count, cuts) => {
        const bounds = [0, ...cuts.filter((cut) => cut < count).sort((left, right) => left - right), count]
        const fold = emptyFold<string>()
        bounds.slice(1).forEach((until, index) => {
          for (const node of runOf(bounds[index], until).nodes) appendToFold(fold, node, merge)
        })
        expect(fold).toEqual(runOf(0, count))
      }),
      { seed: 1, numRuns: 1000 },
    )
  })

  it("is the same tree when each worker owns whole subtrees", () => {
    for (const size of [1, 2, 4, 8, 16]) {
      const fold = emptyFold<string>()
      for (let first = 0; first < 70; first += size) {
        const { nodes } = runOf(first, Math.min(first + size, 70))
        for (const node of nodes) appendToFold(fold, node, merge)
      }
      expect(fold).toEqual(runOf(0, 70))
    }
  })

  it("holds one node for each bit of its count", () => {
    for (let count = 0; count <= 300; count++) {
      const bits = count.toString(2).replaceAll("0", "").length
      expect(runOf(0, count).nodes).toHaveLength(bits)
    }
  })

  it("holds the nodes of a run that begins anywhere in order, each aligned to its size", () => {
    expect(runOf(3, 13).nodes).toEqual([
      { level: 0, index: 3, value: "3" },
      { level: 2, index: 1, value: "((4 5) (6 7))" },
      { level: 2, index: 2, value: "((8 9) (10 11))" },
      { level: 0, index: 12, value: "12" },
    ])
  })

  it("ends behind its last value", () => {
    expect(foldEnd(emptyFold())).toBe(0)
    for (let first = 0; first < 20; first++) {
      for (let until = first + 1; until < 40; until++) expect(foldEnd(runOf(first, until))).toBe(until)
    }
  })

  it("of nothing is nothing", () => {
    expect(foldAll(emptyFold<string>(), merge)).toBeUndefined()
  })

  it("can be read at any time and go on", () => {
    const fold = emptyFold<string>()
    for (let index = 0; index < 40; index++) {
      appendToFold(fold, { level: 0, index, value: label(index) }, merge)
      expect(foldAll(fold, merge)).toBe(byDefinition(6, 0, index + 1))
    }
  })
})
