/** Batches that live through the end of their coordinator, a pulled cable, and a server that has forgotten everything. */
import { createBullEngine } from "@simstream/cluster"
import { startBatch } from "@simstream/core"
import type { Progress } from "@simstream/protocol"
import { fileURLToPath } from "node:url"
import { expect, it } from "vitest"
import {
  createCluster,
  layCableTo,
  describeOnEach,
  describeOnPrivateRedis,
  startPrivateRedis,
} from "../support/bullServers.ts"
import {
  createDatabase,
  describeOnPostgres,
  describeOnPrivatePostgres,
  startPrivatePostgres,
} from "../support/postgres.ts"
import { startNode, startWorkers } from "../support/workerProcesses.ts"
import { fight } from "./fixtures/simulations.ts"

const SEED = 7
const ITERATIONS = 20_001
const COORDINATOR = fileURLToPath(new URL("./fixtures/coordinator.ts", import.meta.url))

const expectedDigest = async (): Promise<string> =>
  (await startBatch(fight, { config: { chunkMs: 0 }, iterations: ITERATIONS, seed: SEED }).result).digest

/** Whether a batch said that it waits for the queue, each time that it changed. (Workers may need a while to find it again.) */
const createWaits = () => {
  const changes: Array<boolean> = []
  return {
    changes,
    note: ({ waitingFor }: Progress) => {
      const waits = waitingFor === "queue"
      if (changes[changes.length - 1] !== waits) changes.push(waits)
    },
  }
}

await describeOnEach("a batch", (kind) => {
  it("is gone on with by a coordinator after the one that was killed, which finds the shards that were run", async () => {
    const { connection, namespace } = await createCluster(kind)
    const args = [connection, namespace, "job_1", `${ITERATIONS}`, "30"]
    const workers = await startWorkers(2, { connection, namespace })
    {
      await using first = startNode(COORDINATOR, args)
      await first.said(/at [3-9]\d %/)
    }
    // Without any worker: all that the next one has is what it finds.
    await workers[Symbol.asyncDispose]()
    await using second = startNode(COORDINATOR, args)
    await second.said(/at [2-9]\d %/)
    await using _others = await startWorkers(2, { connection, namespace })
    expect(await second.said("digest")).toBe(`digest ${await expectedDigest()}`)
    expect(await second.ended).toBe(0)
  })

  it("goes on when the cable to the server was pulled for some seconds, for all of its processes", async () => {
    const { connection, namespace } = await createCluster(kind)
    await using cable = await layCableTo(connection)
    const told: Array<string> = []
    const engine = createBullEngine({
      connection: cable.url,
      namespace,
      onError: ({ message }) => told.push(message),
    })
    await using workers = await startWorkers(2, { connection: cable.url, namespace })
    const batch = startBatch(fight, { config: { chunkMs: 40 }, iterations: ITERATIONS, seed: SEED, engine })
    let pulls = 0
    const waits = createWaits()
    for await (const { progress } of batch.onProgress) {
      waits.note(progress)
      if ((progress.percentage ?? 0) < 25 * (pulls + 1) || pulls === 2) continue
      pulls++
      cable.pull()
      // Longer than a lock is held, so that the workers have lost their shards.
      setTimeout(cable.plugIn, 5000)
    }
    expect((await batch.result).digest).toBe(await expectedDigest())
    expect(pulls).toBe(2)
    expect(waits.changes).toEqual([false, true, false, true, false])
    expect(told).not.toEqual([])
    for (const { child, lines } of workers) {
      expect(child.exitCode).toBeNull()
      // The first line is that it is ready.
      expect(lines.length).toBeGreaterThan(1)
    }
    await engine.close()
  })
})

await describeOnPostgres("a batch on PostgreSQL", () => {
  it("goes on when PostgreSQL has ended every connection", async () => {
    const { connection, namespace, terminate, engine } = await createCluster("PostgreSQL")
    await using _workers = await startWorkers(2, { connection, namespace })
    const batch = startBatch(fight, { config: { chunkMs: 20 }, iterations: ITERATIONS, seed: SEED, engine })
    let terminations = 0
    for await (const { progress } of batch.onProgress) {
      if ((progress.percentage ?? 0) < 20 * (terminations + 1) || terminations === 4) continue
      terminations++
      await terminate()
    }
    expect((await batch.result).digest).toBe(await expectedDigest())
    expect(terminations).toBe(4)
  })
})

describeOnPrivatePostgres("a batch on PostgreSQL", () => {
  it("goes on when PostgreSQL has crashed and was away for some seconds", async () => {
    await using postgres = await startPrivatePostgres()
    const place = { connection: postgres.url, namespace: "simstream" }
    await using workers = await startWorkers(2, place)
    const told: Array<string> = []
    const engine = createBullEngine({ ...place, onError: ({ message }) => told.push(message) })
    const batch = startBatch(fight, { config: { chunkMs: 20 }, iterations: ITERATIONS, seed: SEED, engine })
    let crashed = false
    for await (const { progress } of batch.onProgress) {
      if ((progress.percentage ?? 0) < 30 || crashed) continue
      crashed = true
      await postgres.stop()
      await expect
        .poll(() => told, { timeout: 30_000 })
        .toContainEqual(expect.stringContaining("ECONNREFUSED"))
      await postgres.start()
    }
    expect((await batch.result).digest).toBe(await expectedDigest())
    expect(crashed).toBe(true)
    expect(workers.map(({ child }) => child.exitCode)).toEqual([null, null])
    await engine.close()
  })

  it("waits while PostgreSQL takes no writes, as hosts make it where the disk is full, says so, and goes on", async () => {
    await using postgres = await startPrivatePostgres()
    await using admin = await createDatabase(postgres.url)
    const takesWrites = async (takes: boolean) => {
      await admin.query(`ALTER SYSTEM SET default_transaction_read_only = ${takes ? "off" : "on"}`)
      await admin.query("SELECT pg_reload_conf()")
    }
    const place = { connection: postgres.url, namespace: "simstream" }
    await using _workers = await startWorkers(2, place)
    const told: Array<string> = []
    const engine = createBullEngine({ ...place, onError: ({ message }) => told.push(message) })
    const batch = startBatch(fight, { config: { chunkMs: 20 }, iterations: ITERATIONS, seed: SEED, engine })
    let filled = false
    let emptied = false
    const waits = createWaits()
    for await (const { progress } of batch.onProgress) {
      waits.note(progress)
      if (filled && !emptied && progress.waitingFor === "queue") {
        emptied = true
        await takesWrites(true)
      }
      if ((progress.percentage ?? 0) < 20 || filled) continue
      filled = true
      await takesWrites(false)
    }
    expect((await batch.result).digest).toBe(await expectedDigest())
    expect([filled, emptied]).toEqual([true, true])
    expect(told).toContainEqual(expect.stringContaining("read-only transaction"))
    expect(waits.changes[waits.changes.length - 1]).toBe(false)
    await engine.close()
  })
})

describeOnPrivateRedis("a batch on Redis", () => {
  it("goes on when Redis was killed, and another knows nothing of what there was", async () => {
    await using redis = await startPrivateRedis()
    const place = { connection: redis.url, namespace: "simstream" }
    await using _workers = await startWorkers(2, place)
    const engine = createBullEngine({ ...place, onError: () => undefined })
    const batch = startBatch(fight, { config: { chunkMs: 30 }, iterations: ITERATIONS, seed: SEED, engine })
    let restarted = false
    for await (const { progress } of batch.onProgress) {
      if ((progress.percentage ?? 0) < 40 || restarted) continue
      restarted = true
      await redis.restart()
    }
    expect((await batch.result).digest).toBe(await expectedDigest())
    expect(restarted).toBe(true)
    await engine.close()
  })

  it("waits while Redis is full, says so, can be cancelled, and goes on when there is room again", async () => {
    await using redis = await startPrivateRedis()
    const place = { connection: redis.url, namespace: "simstream" }
    await using _workers = await startWorkers(2, place)
    const told: Array<string> = []
    const engine = createBullEngine({ ...place, onError: ({ message }) => told.push(message) })
    const input = { config: { chunkMs: 20 }, iterations: ITERATIONS, seed: SEED, engine }
    const batch = startBatch(fight, input)
    let filled = false
    let emptied = false
    const waits = createWaits()
    for await (const { progress } of batch.onProgress) {
      waits.note(progress)
      if (filled && !emptied && progress.waitingFor === "queue") {
        emptied = true
        const other = startBatch(fight, input)
        await other.cancel()
        await redis.limitMemory("0")
      }
      if ((progress.percentage ?? 0) < 20 || filled) continue
      filled = true
      await redis.limitMemory("1b")
    }
    expect((await batch.result).digest).toBe(await expectedDigest())
    expect([filled, emptied]).toEqual([true, true])
    expect(told).toContainEqual(expect.stringContaining("OOM"))
    expect(waits.changes[waits.changes.length - 1]).toBe(false)
    await engine.close()
  })
})
