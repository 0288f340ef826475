/**
 * The figures of batches on worker processes, on Redis and on PostgreSQL:
 * `node bench/engine.ts`, on the built packages. An argument, such as `0.1`, scales the work; another, `Redis` or
 * `PostgreSQL`, leaves out the other.
 */
import { createHash, randomUUID } from "node:crypto"
import { Worker } from "node:worker_threads"
import { createClient } from "@simstream/client"
import { createBullEngine } from "@simstream/cluster"
import { type BatchEngine, createWorkerPool, startBatch, type WorkerPool } from "@simstream/core"
import { createShardRunner, type EncodedPart, type EngineBatch, versionOf } from "@simstream/core/shards"
import { type Bull, openBull } from "../src/engine/connection.ts"
import { newShardData, queueOf, shardId } from "../src/engine/shardJob.ts"
import type { ShardQueue, TakenShard } from "../src/engine/shardQueue.ts"
import { type BenchWorker, cpuMs, startWorker } from "./processes.ts"
import { createPlace, hearsProgress, kill, POSTGRES, startServer } from "./servers.ts"
import { craps, fight } from "./simulations.ts"

const scale = Number(process.argv[2] ?? 1)
const SERVERS = {
  Redis: process.env["SIMSTREAM_TEST_REDIS_URL"] ?? "redis://127.0.0.1:6379",
  PostgreSQL: POSTGRES,
}
/** Of a batch on two threads of this process. */
const LONG_MS = 60_000 * scale
const SHORT_MS = 3_000
const ROUNDS = 3
const CANCELS = Math.max(5, Math.round(50 * scale))
const KILLS = Math.max(2, Math.round(10 * scale))
const COORDINATOR_KILLS = Math.max(2, Math.round(6 * scale))

const quantile = (values: ReadonlyArray<number>, q: number): number => {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN
}
const row = (what: string, figure: string, target = "") =>
  console.log(`${what.padEnd(58)} ${figure.padEnd(44)} ${target}`)

const spawn = () => new Worker(new URL("./simulations.worker.ts", import.meta.url))
const config = {}

/** Runs a batch, watched; answers how long it took and the processor time of these processes and this one. */
const timed = async (
  by: { readonly engine: BatchEngine } | { readonly workers: WorkerPool },
  iterations: number,
  pids: ReadonlyArray<number>,
) => {
  const used = () => [process.pid, ...pids].reduce((sum, pid) => sum + cpuMs(pid), 0)
  const [beginMs, beginCpuMs, beginOwnMs] = [performance.now(), used(), cpuMs(process.pid)]
  const batch = startBatch(craps, { config, iterations, seed: 1, ...by })
  for await (const { progress } of batch.onProgress) void progress
  const { digest } = await batch.result
  return {
    ms: performance.now() - beginMs,
    cpuMs: used() - beginCpuMs,
    ownMs: cpuMs(process.pid) - beginOwnMs,
    digest,
  }
}

/** Counts the shards that an engine gives back. */
const counting = (engine: BatchEngine) => {
  const counts = { shards: 0 }
  const counted: BatchEngine = {
    open: (batch, events) =>
      engine.open(batch, {
        ...events,
        finished: (...end) => {
          counts.shards++
          events.finished(...end)
        },
      }),
  }
  return { counts, engine: counted }
}

/** How many iterations two threads of this process run in so long. */
const iterationsIn = async (ms: number, pool: WorkerPool): Promise<number> => {
  const probe = 4_000_000
  await timed({ workers: pool }, probe, [])
  const { ms: tookMs } = await timed({ workers: pool }, probe, [])
  return Math.min(1e9, Math.round((probe * ms) / tookMs))
}

const overhead = async (
  server: string,
  real: BatchEngine,
  workers: ReadonlyArray<BenchWorker>,
  used: () => Promise<number>,
) => {
  const pool = createWorkerPool({ spawn, count: 2 })
  const pids = workers.flatMap(({ child }) => child.pid ?? [])
  for (const lengthMs of [SHORT_MS, LONG_MS]) {
    const iterations = await iterationsIn(lengthMs, pool)
    // The first batch warms up the other side.
    await timed({ engine: real }, Math.min(iterations, 4_000_000), pids)
    const walls: Array<number> = []
    const cpus: Array<number> = []
    let last = ""
    for (let round = 0; round < ROUNDS; round++) {
      const { counts, engine } = counting(real)
      const before = await used()
      const shared = await timed({ engine }, iterations, pids)
      const serverMs = (await used()) - before
      const alone = await timed({ workers: pool }, iterations, [])
      if (shared.digest !== alone.digest) throw new Error("The digests differ.")
      walls.push(shared.ms / alone.ms)
      cpus.push((shared.cpuMs + serverMs) / alone.cpuMs)
      const each = (ms: number) => ((1000 * ms) / shared.ms).toFixed(0)
      last =
        `${counts.shards} shards; a second: ${each(serverMs)} ms of the server, ` +
        `${each(shared.ownMs)} ms of the coordinator`
    }
    row(
      `${server}: 2 worker processes, a batch of ${lengthMs / 1000} s`,
      `x ${quantile(walls, 0.5).toFixed(3)} the time of 2 threads (${walls.map((wall) => wall.toFixed(3)).join(", ")})`,
      "x 1.05",
    )
    row("  all processors, with the server's", `x ${quantile(cpus, 0.5).toFixed(3)}`)
    row("  in the last of these", last)
  }
  pool.close()
}

const isRunning = async (queue: ShardQueue, id: string): Promise<boolean> => {
  const found = await queue.get(id)
  return found !== null && found.outcome === null
}

/** Until every worker has let go of its shard, which is when its threads have stopped. */
const cancel = async (server: string, engine: BatchEngine, bull: Bull) => {
  const queue = bull.queue(queueOf(craps.name, versionOf(craps)))
  const tookMs: Array<number> = []
  for (let round = 0; round < CANCELS; round++) {
    const batchId = `cancel_${round}_${randomUUID().slice(0, 8)}`
    const batch = startBatch(craps, { config, iterations: 1e9, seed: 1, engine, batchId })
    for await (const { progress } of batch.onProgress) if (progress.current > 5_000_000) break
    const first = batch.checkpoint()?.iterations ?? 0
    // By now shards take a while, and the first one that was not delivered is being run.
    const id = shardId(batchId, first)
    const sinceMs = performance.now()
    const cancelled = batch.cancel()
    while (await isRunning(queue, id)) await new Promise((resolve) => setTimeout(resolve, 1))
    tookMs.push(performance.now() - sinceMs)
    await cancelled
  }
  const [p50, p99] = [0.5, 0.99].map((q) => quantile(tookMs, q).toFixed(0))
  row(
    `${server}: cancel to stopped in its worker (${CANCELS})`,
    `p50 ${p50} ms, p99 ${p99} ms`,
    "p99 < 1000 ms",
  )
}

/** Until another worker has begun with every shard of one that was killed. */
const recovery = async (
  server: string,
  connection: string,
  namespace: string,
  engine: BatchEngine,
  bull: Bull,
) => {
  const queue = bull.queue(queueOf(craps.name, versionOf(craps)))
  const tookMs: Array<number> = []
  for (let round = 0; round < KILLS; round++) {
    const batchId = `kill_${round}_${randomUUID().slice(0, 8)}`
    const victim = await startWorker(connection, namespace)
    const batch = startBatch(craps, { config, iterations: 1e9, seed: 1, engine, batchId })
    for await (const { progress } of batch.onProgress) if (progress.current > 10_000_000) break
    const heir = await startWorker(connection, namespace)
    const first = batch.checkpoint()?.iterations ?? 0
    const sinceMs = performance.now()
    await victim.end()
    const id = shardId(batchId, first)
    // The one that takes it up writes down that it was lost; or it had ended just before.
    for (;;) {
      const found = await queue.get(id)
      if (found === null || found.outcome !== null || found.data.lost !== null) break
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    if ((await queue.get(id))?.data.lost !== null) tookMs.push(performance.now() - sinceMs)
    await batch.cancel()
    await heir.end()
  }
  const [least, p50, most] = [0, 0.5, 1].map((q) => (quantile(tookMs, q) / 1000).toFixed(1))
  row(
    `${server}: a killed worker's shard is taken up (${tookMs.length})`,
    `${least} to ${most} s, median ${p50} s`,
    "about 5 s",
  )
}

/** From the kill of the server that coordinates a job, to progress beyond what it had shown at the one that goes on. */
const succession = async (server: string, connection: string, namespace: string) => {
  const place = createPlace("PostgreSQL")
  const options = { store: place.where, runs: true, engine: { connection, namespace } }
  const workers = [await startWorker(connection, namespace), await startWorker(connection, namespace)]
  const tookMs: Array<number> = []
  let coordinator = await startServer(options)
  let next = await startServer(options)
  const { jobId } = await createClient({ url: coordinator.base }).start("craps", {
    config,
    iterations: 1e9,
    seed: 1,
  })
  await hearsProgress(coordinator.base, jobId, 10_000_000)
  for (let round = 0; round < COORDINATOR_KILLS; round++) {
    // Anywhere between two saves.
    await new Promise((resolve) => setTimeout(resolve, 2_500 + 2_000 * Math.random()))
    const { progress } = await createClient({ url: coordinator.base }).get(jobId)
    const beginMs = performance.now()
    await kill(coordinator.child)
    await hearsProgress(next.base, jobId, progress?.current ?? 0)
    tookMs.push(performance.now() - beginMs)
    coordinator = next
    next = await startServer(options)
  }
  const [p50, most] = [0.5, 1].map((q) => (quantile(tookMs, q) / 1000).toFixed(1))
  row(
    `${server}: the coordinator is killed, and another goes on (${tookMs.length})`,
    `median ${p50} s, most ${most} s to new progress`,
  )
  await createClient({ url: coordinator.base }).cancel(jobId)
  for (const { child } of [coordinator, next]) await kill(child)
  for (const worker of workers) await worker.end()
  await place.remove()
}

/** What one shard has when it is run. */
const partsOf = async (
  simulation: typeof craps | typeof fight,
  iterations: number,
): Promise<ReadonlyArray<EncodedPart>> => {
  const pool = createWorkerPool({ spawn, count: 1 })
  const runner = createShardRunner({
    simulation,
    version: versionOf(simulation),
    batch: batchOf(simulation),
    pool,
    worker: "bench",
  })
  const run = runner.run({ first: 0, until: iterations, cuts: [] })
  const outcome = await run.outcome
  pool.close()
  if (outcome?.type !== "ran") throw new Error(`The shard did not run: ${JSON.stringify(outcome)}`)
  return run.parts()
}

const batchOf = (simulation: typeof craps | typeof fight): EngineBatch => ({
  id: "bench",
  simulation: simulation.name,
  version: versionOf(simulation),
  config,
  configDigest: createHash("sha256").update(JSON.stringify(config)).digest("hex"),
  seed: "1",
  bucket: 1,
  onIterationError: "fail",
})

/** The life of a shard of two seconds in the queue: added, taken, saved four times, held on to, read, ended, removed. */
const lifeOf = async (bull: Bull, name: string, id: string, text: string, saved: string) => {
  const queue = bull.queue(name)
  const source = bull.source(name)
  const data = { ...newShardData(text, { first: 0, until: 64, cuts: [] }), saved }
  await queue.add(id, data, false)
  await queue.get(id)
  const taken: TakenShard | null = await source.take(`bench.${id}`)
  if (taken === null) throw new Error("There was nothing to take.")
  for (let time = 0; time < 3; time++) {
    await taken.save(data)
    await queue.get(taken.id)
  }
  for (let time = 0; time < 2; time++) await source.renew([taken])
  await taken.save(data)
  await taken.complete({ type: "ran", worker: "bench", iterations: 64, tookMs: 2000 })
  await queue.get(taken.id)
  await queue.remove(taken.id)
}

const shardCost = async (
  server: string,
  bull: Bull,
  simulation: typeof craps | typeof fight,
  used: () => Promise<number>,
) => {
  // A shard's size is a power of two of chunks, so that its sums are one node.
  const saved = JSON.stringify(await partsOf(simulation, 4096))
  const text = JSON.stringify(batchOf(simulation))
  const lives = Math.max(50, Math.round(1000 * scale))
  const [beginMs, beginOwnMs, beginServerMs] = [performance.now(), cpuMs(process.pid), await used()]
  const lane = async (from: number) => {
    for (let life = from; life < lives; life += 8)
      await lifeOf(bull, `cost@${simulation.name}`, `cost.${life}x`, text, saved)
  }
  await Promise.all(Array.from({ length: 8 }, (_, from) => lane(from)))
  const each = (total: number) => (total / lives).toFixed(2)
  row(
    `${server}: the life of a shard with ${(saved.length / 1024).toFixed(1)} KB (${simulation.name})`,
    `${each((await used()) - beginServerMs)} ms of the server, ${each(cpuMs(process.pid) - beginOwnMs)} ms of its clients`,
    `${each(performance.now() - beginMs)} ms each, 8 at a time`,
  )
}

/** The processor time of the server, by its own account or its processes', in milliseconds. */
const serverUsage = async (server: string, connection: string): Promise<() => Promise<number>> => {
  if (server === "Redis") {
    const { Redis } = await import("ioredis")
    const client = new Redis(connection)
    return async () => {
      const info = await client.info("cpu")
      const seconds = (field: string) => Number(new RegExp(`${field}:([\\d.]+)`).exec(info)?.[1] ?? 0)
      return 1000 * (seconds("used_cpu_user") + seconds("used_cpu_sys"))
    }
  }
  const { Pool } = await import("pg")
  const pool = new Pool({ connectionString: connection, max: 1 })
  return async () => {
    const { rows } = await pool.query<{ pid: number }>("SELECT pid FROM pg_stat_activity")
    return rows.reduce((sum, { pid }) => sum + cpuMs(pid), 0)
  }
}

console.log(`\nBatches on worker processes, on Node ${process.version}\n`)
const only = process.argv[3]
for (const [server, connection] of Object.entries(SERVERS)) {
  if (only !== undefined && only !== server) continue
  const namespace = `bench_engine_${randomUUID().slice(0, 8)}`
  const engine = createBullEngine({ connection, namespace })
  const bull = await openBull({ connection, namespace }, (error) => console.error(error.message))
  const workers = [await startWorker(connection, namespace), await startWorker(connection, namespace)]
  const used = await serverUsage(server, connection)
  await overhead(server, engine, workers, used)
  await cancel(server, engine, bull)
  for (const worker of workers) await worker.end()
  await recovery(server, connection, namespace, engine, bull)
  await succession(server, connection, namespace)
  await shardCost(server, bull, craps, used)
  await shardCost(server, bull, fight, used)
  await engine.close()
  await bull.close()
}
process.exit(0)
