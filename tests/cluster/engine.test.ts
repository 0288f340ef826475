/** Batches on worker processes: the same as in one process, whatever becomes of the workers. */
import { SimulationFailed, startBatch } from "@simstream/core"
import { expect, it, onTestFinished } from "vitest"
import { createCluster, describeOnEach } from "../support/bullServers.ts"
import { type RunningProcess, startWorker, startWorkers } from "../support/workerProcesses.ts"
import { fight, unlucky } from "./fixtures/simulations.ts"

const SEED = 7

/** A machine on which a worker does not get far in a second would never be done. */
const KILLS = 10

/** Kills one of the ready workers every so often, ten times, and starts another in its place. */
const killNowAndThen = (everyMs: number, start: () => RunningProcess, workers: Array<RunningProcess>) => {
  const ready = new Set<RunningProcess>()
  let kills = 0
  let goesOn = true
  const watch = (worker: RunningProcess) =>
    void worker
      .said("ready")
      .then(() => ready.add(worker))
      .catch(() => undefined)
  for (const worker of workers) watch(worker)
  const timer = setInterval(() => {
    const victim = [...ready][Math.floor(Math.random() * ready.size)]
    if (victim === undefined || !goesOn || kills === KILLS) return
    ready.delete(victim)
    victim.child.kill("SIGKILL")
    kills++
    const next = start()
    workers.push(next)
    watch(next)
  }, everyMs)
  return async () => {
    goesOn = false
    clearInterval(timer)
    await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()))
    return kills
  }
}

await describeOnEach("a batch on worker processes", (kind) => {
  it.each([1, 2, 4])(
    "has the digest of one process, with %i workers of which one is killed every second",
    async (count) => {
      const cluster = await createCluster(kind)
      const iterations = 30_001
      const expected = await startBatch(fight, { config: { chunkMs: 0 }, iterations, seed: SEED }).result
      const workers = [...(await startWorkers(count, cluster))]
      const stop = killNowAndThen(1000, () => startWorker(cluster), workers)
      onTestFinished(async () => void (await stop()))
      const batch = startBatch(fight, {
        config: { chunkMs: 30 * count },
        iterations,
        seed: SEED,
        engine: cluster.engine,
      })
      const { digest, stopReason } = await batch.result
      expect({ digest, stopReason }).toEqual({ digest: expected.digest, stopReason: "iterations" })
      expect(await stop()).toBeGreaterThan(2)
    },
  )

  it("has the error of one process when an iteration throws", async () => {
    const cluster = await createCluster(kind)
    await using _workers = await startWorkers(2, cluster)
    const input = { config: { from: 1000 }, iterations: 20_000, seed: SEED }
    const alone: unknown = await startBatch(unlucky, input).result.catch((thrown: unknown) => thrown)
    const thrown: unknown = await startBatch(unlucky, { ...input, engine: cluster.engine }).result.catch(
      (failure: unknown) => failure,
    )
    expect(thrown).toBeInstanceOf(SimulationFailed)
    expect(thrown).toMatchObject({ phase: "iteration", iteration: 1001, seed: "7" })
    expect(String(thrown)).toBe(String(alone))
    const skip = { ...input, onIterationError: "collect" } as const
    const { digest } = await startBatch(unlucky, skip).result
    expect((await startBatch(unlucky, { ...skip, engine: cluster.engine }).result).digest).toBe(digest)
  })

  it("stops at the same count where precision is reached, and for a time budget at any", async () => {
    const cluster = await createCluster(kind)
    await using _workers = await startWorkers(2, cluster)
    const input = { config: { chunkMs: 1 }, iterations: 1_000_000, seed: SEED }
    const stop = { precision: { metric: "damage", relative: 0.01 } }
    const expected = await startBatch(fight, { ...input, config: { chunkMs: 0 }, stop }).result
    const { elapsedMs: _, ...shared } = await startBatch(fight, { ...input, stop, engine: cluster.engine })
      .result
    expect(shared).toEqual({ ...expected, elapsedMs: undefined, ...shared })
    expect(shared.stopReason).toBe("precision")
    expect(shared.digest).toBe(expected.digest)
    const timed = await startBatch(fight, { ...input, stop: { timeMs: 1500 }, engine: cluster.engine }).result
    expect(timed.stopReason).toBe("time")
    const again = await startBatch(fight, {
      config: { chunkMs: 0 },
      iterations: timed.iterations,
      seed: SEED,
    }).result
    expect(timed.digest).toBe(again.digest)
  })
})
