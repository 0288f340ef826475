import { describe, expect, it } from "vitest"
import { ChunkRunner } from "./chunkRunner.ts"
import type { Iterate } from "./iteration.ts"
import { replayIteration } from "./replay.ts"

const iterate: Iterate = ({ index, random, timeline, tally }) => {
  const x = random.normal()
  timeline.add("a", 1, x)
  timeline.add("a", 0, random.stream("crit").float())
  tally.add("b", x)
  timeline.end(3)
  return { x, index }
}

const options = { seed: "7", metrics: ["x", "index"], bucket: 1 }

describe("a replayed iteration", () => {
  it("draws what it drew in its batch", async () => {
    const seen: Array<unknown> = []
    const runner = new ChunkRunner(
      (iteration) => {
        const metrics = iterate(iteration)
        seen.push(metrics)
        return metrics
      },
      { ...options, onIterationError: "fail" },
    )
    void runner.run(50)
    for (const index of [0, 1, 49]) {
      const { metrics } = await replayIteration(iterate, options, index)
      expect(metrics).toEqual(seen[index])
    }
  })

  it("keeps all that it wrote, in order", async () => {
    const { metrics, timeline, tally, index, seed } = await replayIteration(iterate, options, 3)
    expect({ index, seed }).toEqual({ index: 3, seed: "7" })
    expect(timeline).toEqual([
      { series: "a", time: 1, amount: metrics["x"] },
      { series: "a", time: 0, amount: expect.any(Number) },
    ])
    expect(tally).toEqual([{ category: "b", amount: metrics["x"] }])
  })

  it("throws what the iteration throws", async () => {
    const broken: Iterate = ({ index }) => {
      throw new Error(`broken in ${index}`)
    }
    await expect(replayIteration(broken, options, 5)).rejects.toThrow("broken in 5")
  })

  it.each<[string, Iterate, RegExp]>([
    ["a metric that is no number", () => ({ x: NaN, index: 1 }), /"x" is NaN/],
    ["a metric that is missing", () => ({ x: 1 }), /"index" is missing/],
    [
      "a negative time",
      ({ timeline }) => {
        timeline.add("a", -1, 1)
        return { x: 1, index: 1 }
      },
      /takes a time from 0/,
    ],
    [
      "an event behind the end",
      ({ timeline }) => {
        timeline.end(2.2)
        timeline.add("a", 2.9, 1)
        return { x: 1, index: 1 }
      },
      /given the time 2\.9, .* ended at 2\.2/,
    ],
    [
      "an amount that is no number",
      ({ tally }) => {
        tally.add("a", Infinity)
        return { x: 1, index: 1 }
      },
      /added up to Infinity/,
    ],
  ])("fails of %s, as its batch did", async (_, iteration, message) => {
    await expect(replayIteration(iteration, options, 5)).rejects.toThrow(message)
    const runner = new ChunkRunner(iteration, { ...options, onIterationError: "fail" })
    expect(() => runner.run(1)).toThrow(message)
  })
})
