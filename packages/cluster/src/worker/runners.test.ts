import { createWorkerPool } from "@simstream/core"
import { defineSimulation } from "@simstream/core/simulation"
import { expect, it } from "vitest"
import { newShardData } from "../engine/shardJob.ts"
import { createRunners } from "./runners.ts"

const simulation = defineSimulation({
  name: "one",
  version: "1",
  config: { "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) } },
  metrics: { value: {} },
  prepare: () => () => ({ value: 1 }),
})

const pool = createWorkerPool({
  count: 1,
  spawn: () => {
    throw new Error("Nothing is run here.")
  },
})

const shardOf = (id: string, seed: string) =>
  newShardData(JSON.stringify({ id, seed }), { first: 0, until: 64, cuts: [] })

it("shards of one batch share a runner, for as long as there may be more of them", () => {
  let nowMs = 0
  const runners = createRunners({ pool, worker: "w", now: () => nowMs })
  const hold = (id: string, seed = "7") => runners.hold(shardOf(id, seed), { simulation, version: "1" })
  const first = hold("a")
  expect(first.batchId).toBe("a")
  expect(hold("a").runner).toBe(first.runner)
  expect(hold("b").runner).not.toBe(first.runner)
  // The same name, and another batch.
  expect(hold("a", "8").runner).not.toBe(first.runner)

  nowMs = 1_000_000
  runners.sweep()
  expect(hold("a").runner).toBe(first.runner)
})

it("a batch is forgotten some time after the last of its shards was over", () => {
  let nowMs = 0
  const runners = createRunners({ pool, worker: "w", now: () => nowMs })
  const hold = () => runners.hold(shardOf("a", "7"), { simulation, version: "1" })
  const held = [hold(), hold()]
  const runner = held[0]?.runner
  held[0]?.release()
  nowMs = 20_000
  held[1]?.release()
  nowMs = 29_999
  runners.sweep()
  const again = hold()
  expect(again.runner).toBe(runner)
  again.release()
  nowMs = 39_999
  runners.sweep()
  expect(hold().runner).not.toBe(runner)
})

it("the shards of a batch are expected to take as long as the last one that was measured", () => {
  const runners = createRunners({ pool, worker: "w" })
  const hold = (id: string) => runners.hold(shardOf(id, "7"), { simulation, version: "1" })
  const first = hold("a")
  expect(first.timeOf(1000)).toBe(0)
  first.measure(100, 50)
  expect(hold("a").timeOf(1000)).toBe(500)
  expect(hold("b").timeOf(1000)).toBe(0)
})
