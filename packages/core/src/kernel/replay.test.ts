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

describe("a replayed iteration", () => {
  it("draws what it drew in its batch", async () => {
    const seen: Array<unknown> = []
    const runner = new ChunkRunner(
      (iteration) => {
        const metrics = iterate(iteration)
        seen.push(metrics)
        return metrics
      },
      { seed: "7", metrics: ["x", "index"], bucket: 1, onIterationError: "fail" },
    )
    void runner.run(50)
    for (const index of [0, 1, 49]) {
      const { metrics } = await replayIteration(iterate, "7", index)
      expect(metrics).toEqual(seen[index])
    }
  })

  it("keeps all that it wrote, in order", async () => {
    const { metrics, timeline, tally, index, seed } = await replayIteration(iterate, "7", 3)
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
    await expect(replayIteration(broken, "7", 5)).rejects.toThrow("broken in 5")
  })
})
