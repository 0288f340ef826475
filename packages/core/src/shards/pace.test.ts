import { describe, expect, it } from "vitest"
import { CHUNK_SIZE } from "../kernel/chunk.ts"
import { initialPace, mayCut, measure, type Pace, shardEnd } from "./pace.ts"

const plenty = { from: 0, end: 1e9, timeLeftMs: Infinity }

/** The pace after many shards of one size, one by each worker in turn. */
const paceOf = (iterationMs: ReadonlyArray<number>, iterations = 1_000_000): Pace => {
  let pace = initialPace
  for (let round = 0; round < 20; round++) {
    for (const [at, ms] of iterationMs.entries()) {
      pace = measure(pace, { worker: `w${at}`, iterations, tookMs: iterations * ms }, round)
    }
  }
  return pace
}

/** How long the next shard would take by the mean of the workers, in milliseconds. */
const shardMs = (pace: Pace, iterationMs: number, uncut = plenty) =>
  (shardEnd(pace, uncut) - uncut.from) * iterationMs

describe("a shard", () => {
  it("is one chunk until something has been measured", () => {
    expect(shardEnd(initialPace, plenty)).toBe(CHUNK_SIZE)
    expect(shardEnd(initialPace, { ...plenty, end: 7 })).toBe(7)
  })

  it("is at most four times the largest that was measured, and sixteen times where that one was over in no time", () => {
    expect(shardEnd(paceOf([1], CHUNK_SIZE), plenty)).toBe(4 * CHUNK_SIZE)
    expect(shardEnd(paceOf([0.0001], CHUNK_SIZE), plenty)).toBe(16 * CHUNK_SIZE)
  })

  it("is not kept small by the first one, in whose time the threads were started, nor by others that had to wait", () => {
    const first = measure(initialPace, { worker: "w", iterations: CHUNK_SIZE, tookMs: 500 }, 0)
    const second = measure(first, { worker: "w", iterations: CHUNK_SIZE, tookMs: 0.1 }, 1)
    expect(shardEnd(second, plenty)).toBe(16 * CHUNK_SIZE)
    const settled = paceOf([0.001])
    const end = shardEnd(settled, plenty)
    const waited = measure(settled, { worker: "w0", iterations: end, tookMs: 4_000 }, 21)
    const again = measure(waited, { worker: "w0", iterations: end, tookMs: end * 0.001 }, 22)
    expect(shardEnd(waited, plenty)).toBeLessThan(end)
    expect(shardEnd(again, plenty)).toBe(end)
  })

  it("takes about two seconds, whatever an iteration takes", () => {
    for (const iterationMs of [0.0002, 0.05, 1, 7]) {
      const ms = shardMs(paceOf([iterationMs, iterationMs], 1e8), iterationMs)
      expect(ms).toBeGreaterThan(1000)
      expect(ms).toBeLessThanOrEqual(2000)
    }
    // One chunk is the least there is.
    expect(shardEnd(paceOf([500]), plenty)).toBe(CHUNK_SIZE)
  })

  it("is of a size that a slow machine among quick ones can bear", () => {
    const mixed = paceOf([0.01, 0.01, 0.32])
    // Some seconds for the slow one, not minutes.
    expect(shardMs(mixed, 0.32)).toBeLessThan(6000)
  })

  it("begins and ends at multiples of a power of two of chunks, so that its sums are few nodes", () => {
    const pace = paceOf([0.001])
    let from = 3 * CHUNK_SIZE
    // The first one is what is missing to the next multiple.
    from = shardEnd(pace, { ...plenty, from })
    for (let round = 0; round < 40; round++) {
      const until = shardEnd(pace, { ...plenty, from })
      const size = until - from
      expect(Math.log2(size / CHUNK_SIZE) % 1).toBe(0)
      expect(until % size).toBe(0)
      from = until
    }
  })

  it("is smaller where little is left, so that all workers end at about the same time, but not tiny", () => {
    const pace = paceOf([0.01, 0.01])
    const left = 200_000
    expect(shardMs(pace, 0.01, { ...plenty, end: left })).toBeLessThanOrEqual(left * 0.01 * 0.25)
    expect(shardMs(pace, 0.01, { ...plenty, end: 10_000 })).toBeGreaterThan(50)
  })

  it("is smaller near the end of a time budget", () => {
    expect(shardMs(paceOf([0.01]), 0.01, { ...plenty, timeLeftMs: 1000 })).toBeLessThanOrEqual(500)
    expect(shardMs(paceOf([0.01]), 0.01, { ...plenty, timeLeftMs: -5 })).toBeGreaterThan(50)
  })
})

it("a worker that has delivered nothing for a minute is not counted any more", () => {
  const before = measure(initialPace, { worker: "gone", iterations: 1000, tookMs: 1e6 }, 0)
  const after = measure(before, { worker: "here", iterations: 1000, tookMs: 10 }, 60_001)
  expect([...after.workers.keys()]).toEqual(["here"])
})

describe("more is cut", () => {
  it("until a few wait, and one more for each that is run", () => {
    const pace = paceOf([1])
    expect(mayCut(pace, { waiting: 3, running: 0, ended: 0 })).toBe(true)
    expect(mayCut(pace, { waiting: 4, running: 0, ended: 0 })).toBe(false)
    expect(mayCut(pace, { waiting: 103, running: 100, ended: 0 })).toBe(true)
    expect(mayCut(pace, { waiting: 104, running: 100, ended: 0 })).toBe(false)
  })

  it("until each that is run has another behind it, before the first has ended", () => {
    expect(mayCut(initialPace, { waiting: 0, running: 0, ended: 0 })).toBe(true)
    expect(mayCut(initialPace, { waiting: 1, running: 0, ended: 0 })).toBe(false)
    expect(mayCut(initialPace, { waiting: 100, running: 100, ended: 0 })).toBe(true)
    expect(mayCut(initialPace, { waiting: 101, running: 100, ended: 0 })).toBe(false)
  })

  it("when none waits, while they are too small to be worth it", () => {
    const pace = paceOf([0.001], 64)
    expect(mayCut(pace, { waiting: 0, running: 100, ended: 0 })).toBe(true)
    expect(mayCut(pace, { waiting: 1, running: 100, ended: 0 })).toBe(false)
  })

  it("not while too much waits for a shard that is missing", () => {
    expect(mayCut(paceOf([1]), { waiting: 0, running: 1, ended: 31 })).toBe(true)
    expect(mayCut(paceOf([1]), { waiting: 0, running: 1, ended: 32 })).toBe(false)
    expect(mayCut(paceOf([1, 1, 1, 1, 1, 1, 1, 1]), { waiting: 0, running: 1, ended: 63 })).toBe(true)
    expect(mayCut(paceOf([1, 1, 1, 1, 1, 1, 1, 1]), { waiting: 0, running: 1, ended: 64 })).toBe(false)
  })
})
