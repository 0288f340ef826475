import { describe, expect, it } from "vitest"
import { InvalidConfig, InvalidOption, SimulationFailed } from "../simulation/errors.ts"
import { dice, scripted } from "../simulation/simulations.fixtures.ts"
import { replay } from "./replay.ts"
import { startBatch } from "./startBatch.ts"

const config = { count: 5 }

describe("a replay", () => {
  it("gives the extremes of a result again, with all that they wrote", async () => {
    const { stats, seed } = await startBatch(dice, { config, iterations: 2000 }).result
    for (const extreme of [stats.total.min, stats.total.max]) {
      const { metrics, tally, timeline } = await replay(dice, {
        config,
        seed,
        index: extreme?.iteration ?? -1,
      })
      expect(metrics).toEqual({ total: extreme?.value })
      expect(tally.reduce((sum, { amount }) => sum + amount, 0)).toBe(extreme?.value)
      expect(timeline.map(({ time }) => time)).toEqual([0, 1, 2, 3, 4])
    }
  })

  it("of an iteration that failed fails again, and is named", async () => {
    const { simulation } = scripted(({ index, random }) => {
      if (random.float() < 0.01) throw new Error(`broken in ${index}`)
      return 1
    })
    const failed = await startBatch(simulation, { config: {}, seed: 7 }).result.catch(
      (error: unknown) => error,
    )
    const index = failed instanceof SimulationFailed ? (failed.iteration ?? -1) : -1
    expect(index).toBeGreaterThanOrEqual(0)
    await expect(replay(simulation, { config: {}, seed: 7, index })).rejects.toMatchObject({
      _tag: "SimulationFailed",
      phase: "iteration",
      iteration: index,
    })
    await expect(replay(simulation, { config: {}, seed: 7, index })).rejects.toThrow(`broken in ${index}`)
  })

  it.each([-1, 0.5, NaN, 1e9])("refuses the index %s", async (index) => {
    await expect(replay(dice, { config, seed: 7, index })).rejects.toBeInstanceOf(InvalidOption)
  })

  it("refuses a config that its schema refuses", async () => {
    await expect(replay(dice, { config: { count: 0.5 }, seed: 7, index: 0 })).rejects.toBeInstanceOf(
      InvalidConfig,
    )
  })
})
