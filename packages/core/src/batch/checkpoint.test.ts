import { describe, expect, it } from "vitest"
import { CHUNK_SIZE } from "../kernel/chunk.ts"
import { InvalidOption } from "../simulation/errors.ts"
import { createGate, dice, scripted, turns } from "../simulation/simulations.fixtures.ts"
import type { Checkpoint } from "./checkpoint.ts"
import { startBatch } from "./startBatch.ts"

const input = { config: { count: 2 }, seed: 7 }

/** What storage does to a checkpoint. */
const stored = (checkpoint: Checkpoint | null): Checkpoint => {
  if (checkpoint === null) throw new Error("There is no checkpoint.")
  return JSON.parse(JSON.stringify(checkpoint))
}

const run = async (iterations: number, options: { readonly resume?: Checkpoint } = {}) => {
  const batch = startBatch(dice, { ...input, ...options, iterations })
  const { digest, iterations: ran } = await batch.result
  return { digest, iterations: ran, checkpoint: stored(batch.checkpoint()) }
}

describe("a checkpoint", () => {
  it("goes on to the same bits, wherever it was taken", async () => {
    const { digest } = await run(1000)
    for (const taken of [1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 500, 960, 999, 1000]) {
      const { checkpoint } = await run(taken)
      expect(checkpoint.iterations).toBe(taken - (taken % CHUNK_SIZE))
      expect(await run(1000, { resume: checkpoint })).toMatchObject({ digest, iterations: 1000 })
    }
  })

  it("goes on to the same bits through many hands", async () => {
    let { checkpoint } = await run(100)
    for (const iterations of [200, 300, 301, 302, 640, 777]) {
      ;({ checkpoint } = await run(iterations, { resume: checkpoint }))
    }
    expect((await run(1000, { resume: checkpoint })).digest).toBe((await run(1000)).digest)
  })

  it("of a batch that was cancelled goes on to the same bits, and runs no iteration twice", async () => {
    const gate = createGate()
    const halted = scripted(async ({ index, random }) => {
      if (index === 300) await gate.opened
      return random.float()
    })
    const batch = startBatch(halted.simulation, { config: {}, seed: 7, iterations: 1000 })
    while (halted.counts.iterations < 301) await turns(1)
    await batch.cancel()
    gate.open()
    const free = scripted()
    const resumed = await startBatch(free.simulation, {
      config: {},
      iterations: 1000,
      resume: stored(batch.checkpoint()),
    }).result
    const whole = await startBatch(free.simulation, { config: {}, iterations: 1000, seed: 7 }).result
    expect(resumed.digest).toBe(whole.digest)
    expect(free.counts.iterations).toBe(1000 + 1000 - (300 - (300 % CHUNK_SIZE)))
  })

  it("is there while a batch runs, and of an engine of one's own never", async () => {
    const batch = startBatch(dice, { ...input, iterations: 1000 })
    expect(batch.checkpoint()).toBeNull()
    await batch.result
    expect(batch.checkpoint()?.iterations).toBe(1000 - (1000 % CHUNK_SIZE))
  })

  it("brings its seed, unless another is given, which is refused", async () => {
    const { checkpoint } = await run(200)
    const { config } = input
    const resumed = await startBatch(dice, { config, iterations: 1000, resume: checkpoint }).result
    expect(resumed.seed).toBe("7")
    const other = startBatch(dice, { config, iterations: 1000, resume: checkpoint, seed: 8 }).result
    await expect(other).rejects.toThrow('its seed is "7", and this batch\'s is "8"')
  })

  it("counts progress from where it begins", async () => {
    const { checkpoint } = await run(640)
    const batch = startBatch(dice, { ...input, iterations: 1280, resume: checkpoint })
    for await (const { progress } of batch.onProgress) {
      expect(progress).toMatchObject({ current: 640, total: 1280, percentage: 50 })
      break
    }
  })

  it.each<readonly [string, Partial<Checkpoint>]>([
    ["version", { version: 2 }],
    ["simulation", { simulation: "cards" }],
    ["config", { config: "0".repeat(64) }],
    ["random", { random: "xoshiro" }],
    ["chunkSize", { chunkSize: 1 }],
  ])("of another %s is refused in words that say so", async (name, change) => {
    const { checkpoint } = await run(200)
    const refused = run(1000, { resume: { ...checkpoint, ...change } })
    await expect(refused).rejects.toBeInstanceOf(InvalidOption)
    await expect(refused).rejects.toThrow(`resume must be a checkpoint of this batch: its ${name} is`)
  })

  it("of another config is refused", async () => {
    const { checkpoint } = await run(200)
    const refused = startBatch(dice, { config: { count: 3 }, iterations: 1000, resume: checkpoint }).result
    await expect(refused).rejects.toThrow("its config is")
  })

  it("that is broken is refused: nodes that are missing, doubled or out of order", async () => {
    const { checkpoint } = await run(7 * CHUNK_SIZE)
    const { nodes } = checkpoint
    expect(nodes.length).toBe(3)
    for (const broken of [
      { ...checkpoint, nodes: nodes.slice(1) },
      { ...checkpoint, nodes: nodes.slice(0, -1) },
      { ...checkpoint, nodes: [...nodes].reverse() },
      { ...checkpoint, nodes: [...nodes, ...nodes.slice(-1)] },
      { ...checkpoint, iterations: checkpoint.iterations - 1 },
    ]) {
      await expect(run(1000, { resume: broken })).rejects.toBeInstanceOf(InvalidOption)
    }
  })

  it("that has more iterations than are wanted is refused, with both numbers", async () => {
    const { checkpoint } = await run(960)
    await expect(run(500, { resume: checkpoint })).rejects.toThrow(
      "it has 960 iterations already, and 500 are wanted",
    )
  })
})

describe("extend", () => {
  it("goes on to more iterations, as if it had run them all", async () => {
    const batch = startBatch(dice, { ...input, iterations: 500 })
    await batch.result
    const extended = batch.extend(1000)
    expect((await extended.result).digest).toBe((await run(1000)).digest)
  })

  it("keeps a seed that was chosen at random", async () => {
    const batch = startBatch(dice, { config: { count: 2 }, iterations: 500 })
    const { seed } = await batch.result
    const extended = await batch.extend(1000).result
    expect(extended.seed).toBe(seed)
    const whole = await startBatch(dice, { config: { count: 2 }, iterations: 1000, seed }).result
    expect(extended.digest).toBe(whole.digest)
  })
})
