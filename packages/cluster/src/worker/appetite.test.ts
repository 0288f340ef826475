import { expect, it } from "vitest"
import { isHungry, type Rest } from "./appetite.ts"

/** Shards that have so many iterations left, and time. */
const rests = (iterations: ReadonlyArray<number>, ms: number): ReadonlyArray<Rest> =>
  iterations.map((left) => ({ iterations: left, ms }))
const LONG_MS = 2000

it("a worker without a shard takes one", () => {
  expect(isHungry([], 8)).toBe(true)
})

it("takes the next one shortly before the end of the only one that it has, so that it is there in time", () => {
  expect(isHungry(rests([1_000_000], LONG_MS), 8)).toBe(false)
  expect(isHungry(rests([1_000_000], 500), 8)).toBe(true)
  expect(isHungry(rests([1_000_000, 1_000_000], 500), 8)).toBe(false)
})

it("has two at once while it can't tell how long they take, which may be a moment", () => {
  expect(isHungry(rests([1_000_000], 0), 8)).toBe(true)
  expect(isHungry(rests([1_000_000, 1_000_000], 0), 8)).toBe(false)
})

it("takes more while they have too few chunks for its threads, but no more than it has threads, and one", () => {
  // Of iterations that take long a shard is one chunk, which one thread runs.
  const chunks = (count: number) =>
    rests(
      Array.from({ length: count }, () => 64),
      LONG_MS,
    )
  expect(isHungry(chunks(1), 8)).toBe(true)
  expect(isHungry(chunks(8), 8)).toBe(true)
  expect(isHungry(chunks(9), 8)).toBe(false)
  expect(isHungry(rests([64 * 8, 64 * 8], LONG_MS), 8)).toBe(false)
})

it("takes another when those that it has come to their end", () => {
  expect(isHungry(rests([1_000_000, 1_000_000], LONG_MS), 4)).toBe(false)
  expect(isHungry(rests([200, 130], LONG_MS), 4)).toBe(true)
  expect(isHungry(rests([0, -3], LONG_MS), 4)).toBe(true)
})
