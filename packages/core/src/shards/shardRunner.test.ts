import { describe, expect, it, onTestFinished } from "vitest"
import { configDigest } from "../batch/checkpoint.ts"
import { CHUNK_SIZE } from "../kernel/chunk.ts"
import { createGate, scripted } from "../simulation/simulations.fixtures.ts"
import { createServingWorker, type FakeWorker } from "../worker/fakeWorker.fixtures.ts"
import { createWorkerPool } from "../worker/pool.ts"
import type { EngineBatch, Shard } from "./engine.ts"
import { createShardRunner } from "./shardRunner.ts"
import { versionOf } from "./version.ts"

const shard = (first: number, until: number, ...cuts: ReadonlyArray<number>): Shard => ({
  first,
  until,
  cuts,
})

/** A runner on one worker. */
const setUp = (...script: Parameters<typeof scripted>) => {
  const { simulation, counts } = scripted(...script)
  const workers: Array<FakeWorker> = []
  const pool = createWorkerPool({
    count: 1,
    spawn: () => {
      const worker = createServingWorker([simulation])
      workers.push(worker)
      return worker
    },
  })
  onTestFinished(pool.close)
  const version = versionOf(simulation)
  const batch: EngineBatch = {
    id: "job_1",
    simulation: simulation.name,
    version,
    config: {},
    configDigest: configDigest({}),
    seed: "7",
    bucket: 1,
    onIterationError: "fail",
  }
  const runner = createShardRunner({ simulation, version, batch, pool, worker: "w1" })
  return { runner, counts, workers }
}

describe("a runner", () => {
  it("has its workers prepare once for all shards of the batch, and forget it when it is closed", async () => {
    const { runner, counts, workers } = setUp()
    const runs = [runner.run(shard(0, 640)), runner.run(shard(640, 1280))]
    for (const { outcome } of runs) expect(await outcome).toMatchObject({ type: "ran", iterations: 640 })
    expect(await runner.run(shard(1280, 1344)).outcome).toMatchObject({ type: "ran", worker: "w1" })
    expect(counts).toEqual({ prepared: 1, iterations: 1344 })
    const sent = () => workers.flatMap(({ received }) => received.map(({ type }) => type))
    expect(sent().filter((type) => type === "open")).toHaveLength(1)
    expect(sent()).not.toContain("close")
    runner.close()
    await expect.poll(sent).toContain("close")
  })

  it("ends parts where the batch will be judged", async () => {
    const run = setUp().runner.run(shard(128, 1000, 192, 512))
    await run.outcome
    expect(run.parts().map(({ first, until }) => [first, until])).toEqual([
      [128, 192],
      [192, 512],
      [512, 960],
      [960, 1000],
    ])
    expect(run.whole().map(({ until }) => until)).toEqual([192, 512, 960])
    expect(run.done()).toBe(1000 - 128)
  })

  it("goes on with what another had, and runs nothing of that again", async () => {
    const { runner, counts } = setUp()
    const first = runner.run(shard(0, 640))
    await first.outcome
    const before = counts.iterations
    // What ends within a chunk was not saved as such, and is run again.
    const had = first.parts().map((part) => ({ ...part, until: part.until }))
    const rest = runner.run(shard(0, 1280), had)
    expect(await rest.outcome).toMatchObject({ type: "ran", iterations: 640 })
    expect(counts.iterations - before).toBe(640)
    expect(rest.parts().map(({ first: from, until }) => [from, until])).toEqual([
      [0, 640],
      [640, 1280],
    ])
  })

  it("ends at once with all of a shard that another had run", async () => {
    const { runner, counts } = setUp()
    const first = runner.run(shard(0, 640))
    await first.outcome
    const again = runner.run(shard(0, 640), first.parts())
    expect(await again.outcome).toMatchObject({ type: "ran", iterations: 0 })
    expect(again.parts()).toEqual(first.parts())
    expect(counts.iterations).toBe(640)
  })

  it("stopped early, gives what it has, down to the iteration", async () => {
    const gate = createGate()
    const { runner } = setUp(({ index, random }) =>
      index < 100 ? random.float() : gate.opened.then(() => random.float()),
    )
    const run = runner.run(shard(0, 10_000))
    await expect.poll(run.done).toBeGreaterThanOrEqual(CHUNK_SIZE)
    run.stop()
    gate.open()
    expect(await run.outcome).toMatchObject({ type: "ran" })
    const ended = run.parts()[run.parts().length - 1]?.until ?? 0
    expect(ended).toBeGreaterThanOrEqual(CHUNK_SIZE)
    expect(ended).toBeLessThan(10_000)
  })

  it("cancelled, says nothing of how it ended, and leaves the batch to its other shards", async () => {
    const { runner, counts } = setUp()
    const run = runner.run(shard(0, 1e9))
    await expect.poll(run.done).toBeGreaterThan(0)
    await run.cancel()
    expect(await run.outcome).toBeNull()
    expect(await runner.run(shard(0, 64)).outcome).toMatchObject({ type: "ran" })
    expect(counts.prepared).toBe(1)
  })

  it("tells what was thrown, and where", async () => {
    const { runner } = setUp(({ index }) => {
      if (index === 70) throw new RangeError("too much")
      return 1
    })
    expect(await runner.run(shard(0, 640)).outcome).toMatchObject({
      type: "failed",
      failure: { phase: "iteration", iteration: 70, message: "too much", isPublic: false },
    })
  })
})
