import { afterEach, describe, expect, it, vi } from "vitest"
import { ChunkRunner } from "../kernel/chunkRunner.ts"
import { createSlicer, SLICE_MS } from "./slicer.ts"

afterEach(() => {
  vi.restoreAllMocks()
})

/** A runner whose iterations take as long as `costMs` says, on a clock of their own. */
const slicing = (costMs: (index: number) => number, stopped?: () => boolean) => {
  const clock = { now: 0, looks: 0 }
  vi.spyOn(performance, "now").mockImplementation(() => {
    clock.looks++
    return clock.now
  })
  const runner = new ChunkRunner(
    ({ index }) => {
      clock.now += costMs(index)
      return { x: 1 }
    },
    { seed: "1", metrics: ["x"], bucket: 1, onIterationError: "fail" },
  )
  return { clock, runner, slice: createSlicer(runner, stopped) }
}

describe("a time slice", () => {
  it.each([0.0001, 0.001, 0.01, 0.1, 1, 3])(
    "of iterations that take %s ms lasts 8 ms or a little more",
    (cost) => {
      const { clock, runner, slice } = slicing(() => cost)
      for (let count = 0; count < 20; count++) {
        const before = clock.now
        expect(slice(1e9)).toBeUndefined()
        expect(clock.now - before).toBeGreaterThanOrEqual(SLICE_MS - 1e-6)
        expect(clock.now - before).toBeLessThan(SLICE_MS + Math.max(0.6, cost) + 1e-6)
      }
      expect(runner.next).toBeGreaterThan(0)
    },
  )

  it("is one iteration when that alone takes longer", () => {
    const { runner, slice } = slicing(() => 50)
    for (let count = 1; count <= 5; count++) {
      void slice(1e9)
      expect(runner.next).toBe(count)
    }
  })

  it("ends where it is told to", () => {
    const { runner, slice } = slicing(() => 0.001)
    void slice(100)
    expect(runner.next).toBe(100)
    void slice(105)
    expect(runner.next).toBe(105)
  })

  it("ends soon when it is stopped", () => {
    let stopped = false
    const { runner, slice } = slicing(
      (index) => {
        if (index === 10) stopped = true
        return 0.1
      },
      () => stopped,
    )
    void slice(1e9)
    expect(runner.next).toBeLessThan(20)
  })

  it("looks at the clock rarely, however short the iterations", () => {
    const { clock, slice } = slicing(() => 0.0001)
    void slice(1e9)
    clock.looks = 0
    void slice(1e9)
    // 80,000 iterations.
    expect(clock.looks).toBeLessThan(80_000 / 200)
  })

  it("does not go on for long when cheap iterations become ten thousand times slower all at once", () => {
    const { clock, runner, slice } = slicing((index) => (index < 100_000 ? 0.0001 : 1))
    while (runner.next < 100_000) void slice(100_000)
    const before = clock.now
    void slice(1e9)
    expect(clock.now - before).toBeLessThan(300)
  })

  it("gets shorter steps when iterations get slower", () => {
    const { clock, slice } = slicing((index) => (index < 100_000 ? 0.0001 : 0.01))
    for (let count = 0; count < 10; count++) void slice(1e9)
    const before = clock.now
    void slice(1e9)
    expect(clock.now - before).toBeLessThan(SLICE_MS + 1)
  })

  it("ends on a clock that stands still", () => {
    const { runner, slice } = slicing(() => 0)
    void slice(1e9)
    expect(runner.next).toBeLessThan(2_000_000)
  })

  it("hands back the promise of an asynchronous iteration", async () => {
    const runner = new ChunkRunner(async () => ({ x: 1 }), {
      seed: "1",
      metrics: ["x"],
      bucket: 1,
      onIterationError: "fail",
    })
    const slice = createSlicer(runner)
    for (let count = 1; count <= 5; count++) {
      await slice(1e9)
      expect(runner.next).toBe(count)
    }
  })
})
