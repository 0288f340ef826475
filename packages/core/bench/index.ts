/**
 * The figures of `@simstream/core`, each as a ratio against a rival in the same run: `npm run bench -w @simstream/core`.
 * An argument, such as `0.1`, scales the work.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Worker } from "node:worker_threads"
import { createWorkerPool, startBatch, type WorkerPool } from "@simstream/core"
import { Piscina } from "piscina"
import { type ByHand, mergeByHand, playByHand } from "./byHand.ts"
import { craps } from "./craps.ts"

const scale = Number(process.argv[2] ?? 1)
const iterations = (count: number) => Math.max(1000, Math.round(count * scale))
const ROUNDS = 7

const quantile = (values: ReadonlyArray<number>, q: number): number => {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN
}
const median = (values: ReadonlyArray<number>) => quantile(values, 0.5)

const row = (what: string, figure: string, target: string) =>
  console.log(`${what.padEnd(58)} ${figure.padEnd(44)} ${target}`)

const time = async (work: () => unknown): Promise<number> => {
  const start = performance.now()
  await work()
  return performance.now() - start
}

const runBatchOf = async (count: number, workers?: WorkerPool) => {
  const batch = startBatch(craps, {
    config: {},
    iterations: count,
    seed: 1,
    ...(workers === undefined ? {} : { workers }),
  })
  for await (const { progress } of batch.onProgress) void progress
  return batch.result
}

/** Rounds of both, alternating, so that what the machine does besides strikes both. */
const ratios = async (subject: () => unknown, rival: () => unknown) => {
  await rival()
  await subject()
  const pairs: Array<number> = []
  for (let round = 0; round < ROUNDS; round++) pairs.push((await time(subject)) / (await time(rival)))
  return median(pairs)
}

/** What is shipped, and not the sources that this process runs, so that both sides of a row on one thread are one code. */
const spawn = () => new Worker(new URL("./.build/craps.worker.js", import.meta.url), { execArgv: [] })

const overhead = async () => {
  const count = iterations(1e7)
  const ratio = await ratios(
    () => runBatchOf(count),
    () => playByHand(0, count),
  )
  row(
    `one thread, ${count.toExponential(0)} craps iterations, progress on`,
    `x ${ratio.toFixed(3)} the bare loop`,
    "x 1.05",
  )
}

const workers = async () => {
  const count = iterations(2e7)
  const one = createWorkerPool({ spawn, count: 1 })
  const two = createWorkerPool({ spawn, count: 2 })
  const piscina = new Piscina({
    filename: new URL("./.build/piscina.worker.js", import.meta.url).href,
    minThreads: 2,
    maxThreads: 2,
  })
  const chunk = Math.ceil(count / 64)
  const byPiscina = async () => {
    const parts: Array<Promise<ByHand>> = []
    for (let first = 0; first < count; first += chunk) {
      parts.push(piscina.run({ first, until: Math.min(count, first + chunk) }))
    }
    return (await Promise.all(parts)).reduce(mergeByHand)
  }
  const speedUp =
    1 /
    (await ratios(
      () => runBatchOf(count, two),
      () => runBatchOf(count, one),
    ))
  row(`2 workers against 1, ${count.toExponential(0)} iterations`, `x ${speedUp.toFixed(2)} as fast`, "x 1.9")
  const against = await ratios(() => runBatchOf(count, two), byPiscina)
  row("2 workers against a hand-chunked piscina pool", `x ${against.toFixed(2)} its time`, "x 1 at most")
  one.close()
  two.close()
  await piscina.destroy()
}

/** Round trips of small requests on one connection, from a thread that has nothing else to do. */
const pingsFrom = async (port: number, count: number): Promise<ReadonlyArray<number>> => {
  const client = new Worker(new URL("./ping.worker.ts", import.meta.url), { workerData: { port, count } })
  const took = await new Promise<ReadonlyArray<number>>((resolve) => client.once("message", resolve))
  await client.terminate()
  return took
}

const responsiveness = async () => {
  const server = createServer((_request, response) => response.end("pong"))
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  const { port } = server.address() as AddressInfo
  const idle = quantile(await pingsFrom(port, 500), 0.99)
  const batch = startBatch(craps, { config: {}, iterations: 1e9, seed: 1 })
  const busy = quantile(await pingsFrom(port, 500), 0.99)
  await batch.cancel()
  server.close()
  row(
    "HTTP ping p99 while a batch runs in process",
    `${busy.toFixed(1)} ms (idle ${idle.toFixed(1)} ms)`,
    "20 ms",
  )
}

/** How much more memory the process has at the peak of a batch than before it. */
const peakOf = async (count: number) => {
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  let peak = before
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 20)
  await runBatchOf(count)
  clearInterval(timer)
  return Math.max(peak, process.memoryUsage().rss) - before
}

const memory = async () => {
  await peakOf(iterations(1e7))
  const few = await peakOf(iterations(1e5))
  const many = await peakOf(iterations(1e8))
  row(
    "memory for 1e8 iterations over that for 1e5",
    `${((many - few) / 2 ** 20).toFixed(1)} MB more at its peak`,
    "10 MB",
  )
}

const cancelling = async () => {
  const pool = createWorkerPool({ spawn, count: 2 })
  await runBatchOf(iterations(1e6), pool)
  const took: Array<number> = []
  for (let round = 0; round < 200; round++) {
    const batch = startBatch(craps, { config: {}, iterations: 1e9, seed: 1, workers: pool })
    for await (const { progress } of batch.onProgress) if (progress.current > 5000) break
    took.push(await time(batch.cancel))
  }
  pool.close()
  row(
    "cancel to stopped, 2 workers busy, p99 of 200",
    `${quantile(took, 0.99).toFixed(1)} ms (median ${median(took).toFixed(1)})`,
    "25 ms",
  )
}

/** How long it takes until a worker says something. */
const untilHeard = (start: () => Worker) =>
  time(async () => {
    const worker = start()
    await new Promise((heard) => worker.once("message", heard))
    void worker.terminate()
  })

const spawnEmpty = () =>
  new Worker('require("node:worker_threads").parentPort.postMessage(0)', { eval: true })

const startUp = async () => {
  const ours: Array<number> = []
  const bare: Array<number> = []
  for (let round = 0; round < 20; round++) {
    ours.push(await untilHeard(spawn))
    bare.push(await untilHeard(spawnEmpty))
  }
  row(
    "a worker is ready, median of 20",
    `${median(ours).toFixed(0)} ms (an empty one ${median(bare).toFixed(0)} ms)`,
    "60 ms",
  )
}

console.log(
  `Node ${process.versions.node}, ${navigator.hardwareConcurrency} processors; ratios of one run, median of ${ROUNDS}\n`,
)
await overhead()
await workers()
await responsiveness()
await memory()
await cancelling()
await startUp()
