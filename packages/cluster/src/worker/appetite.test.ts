import { expect, it } from "vitest"
import { isHungry } from "./appetite.ts"

it("a worker has two shards at once, so that one is there when the other ends", () => {
  expect(isHungry([], 8)).toBe(true)
  expect(isHungry([1_000_000], 8)).toBe(true)
  expect(isHungry([1_000_000, 1_000_000], 8)).toBe(false)
})

it("takes more while they have too few chunks for its threads, but no more than it has threads, and one", () => {
  // Of iterations that take long a shard is one chunk, which one thread runs.
  expect(isHungry([64, 64], 8)).toBe(true)
  expect(
    isHungry(
      Array.from({ length: 8 }, () => 64),
      8,
    ),
  ).toBe(true)
  expect(
    isHungry(
      Array.from({ length: 9 }, () => 64),
      8,
    ),
  ).toBe(false)
  expect(isHungry([64 * 8, 64 * 8], 8)).toBe(false)
})

it("takes another when those that it has come to their end", () => {
  expect(isHungry([1_000_000, 1_000_000], 4)).toBe(false)
  expect(isHungry([200, 130], 4)).toBe(true)
  expect(isHungry([0, -3], 4)).toBe(true)
})
