import { expect, it } from "vitest"
import { binsOf } from "./bins.ts"

const histogram = (start: number, counts: ReadonlyArray<number>) => ({
  unit: null,
  start,
  width: 0.5,
  counts,
})

it("keeps the bins of the wire where there is room for them", () => {
  expect(binsOf(histogram(2, [1, 2]), 10)).toEqual([
    { from: 2, to: 2.5, count: 1 },
    { from: 2.5, to: 3, count: 2 },
  ])
})

it("adds up neighbours at multiples of the new width, so that a bin stays where it is when values come in ahead of it", () => {
  const before = binsOf(histogram(1, [1, 2, 3]), 2)
  const after = binsOf(histogram(0.5, [7, 1, 2, 3]), 2)
  expect(before).toEqual([
    { from: 1, to: 2, count: 3 },
    { from: 2, to: 3, count: 3 },
  ])
  expect(after).toEqual([{ from: 0, to: 1, count: 7 }, ...before])
})

it("loses none, below 0 neither", () => {
  const counts = Array.from({ length: 128 }, (_, at) => at)
  const bins = binsOf(histogram(-31.5, counts), 30)
  expect(bins.length).toBeLessThanOrEqual(31)
  expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(counts.reduce((sum, count) => sum + count, 0))
})
