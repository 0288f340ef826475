/**
 * The figures of jobs that outlive their process, in PGlite and on PostgreSQL: `node bench/store.ts`, on the built packages.
 * An argument, such as `0.1`, scales the work.
 */
import type { ChildProcess } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { createClient } from "@simstream/client"
import { createPostgresStore } from "@simstream/cluster"
import { createJobs, createMemoryStore, type JobChange, type JobStore } from "@simstream/core"
import { createPlace, hearsProgress, kill, startServer } from "./servers.ts"
import { craps } from "./simulations.ts"
import type { Usage } from "./store.server.ts"

const scale = Number(process.argv[2] ?? 1)
const ROUNDS = 3
/** Of one batch without a store. */
const BATCH_MS = 60_000 * scale
const KILLS = Math.max(2, Math.round(10 * scale))
const CANCELS = Math.max(10, Math.round(100 * scale))
const STREAMS = Math.max(100, Math.round(1_000 * scale))
const WATCH_MS = 20_000 * scale

const row = (what: string, figure: string, target = "") =>
  console.log(`${what.padEnd(58)} ${figure.padEnd(44)} ${target}`)

const quantile = (values: ReadonlyArray<number>, q: number): number => {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN
}
const median = (values: ReadonlyArray<number>): number => quantile(values, 0.5)
const per = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)} %`

/** Runs a job to its end on this thread, and answers with the processor time that the process took. */
const timed = async (store: JobStore, iterations: number): Promise<{ cpuMs: number; digest: string }> => {
  const jobs = createJobs({ simulations: [craps], store })
  const before = process.cpuUsage()
  const { jobId } = await jobs.start({ simulation: "craps", config: {}, iterations, seed: 7 })
  const { feed } = await jobs.subscribe(jobId)
  await new Promise<void>((resolve) => {
    const subscription = feed.subscribe(0, () => {
      if (!feed.ended()) return
      subscription.close()
      resolve()
    })
  })
  const { user, system } = process.cpuUsage(before)
  const { result } = await jobs.get(jobId)
  await jobs.shutdown()
  return { cpuMs: (user + system) / 1000, digest: result?.digest ?? "" }
}

/** The processor time of the saves of a batch, on a job of their own. It is little beside the batch, and hard to see there. */
const savingMs = async (store: JobStore, changes: ReadonlyArray<JobChange>): Promise<number> => {
  const request = { simulation: "saved", config: {}, iterations: 1, seed: "7", stop: {} }
  const room = { running: Infinity, queued: Infinity, ofOwner: Infinity }
  await store.create({ jobId: `job_${randomUUID()}`, owner: null, idempotency: null, request }, room)
  const [claimed] = await store.claim({ simulations: ["saved"], except: [], limit: 1 })
  if (claimed === undefined) throw new Error("There was nothing to claim.")
  const before = process.cpuUsage()
  for (const change of changes) await store.save(claimed.lease, change)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const overhead = async (kind: "PGlite" | "PostgreSQL"): Promise<void> => {
  const place = createPlace(kind)
  const store = await createPostgresStore(place.where)
  const changes: Array<JobChange> = []
  const listening: JobStore = {
    ...store,
    save: (lease, change) => {
      changes.push(change)
      return store.save(lease, change)
    },
  }
  const probe = 2_000_000
  await timed(createMemoryStore(), probe)
  const { cpuMs } = await timed(createMemoryStore(), probe)
  const iterations = Math.min(1e9, Math.round((probe * BATCH_MS) / cpuMs))
  const ratios: Array<number> = []
  for (let round = 0; round < ROUNDS; round++) {
    const memory = await timed(createMemoryStore(), iterations)
    const kept = await timed(listening, iterations)
    if (memory.digest !== kept.digest) throw new Error("The digests differ.")
    ratios.push(kept.cpuMs / memory.cpuMs)
  }
  row(
    `a batch of ${(BATCH_MS / 1000).toFixed(0)} s of processor time kept in ${kind}`,
    `x ${median(ratios).toFixed(4)} (${ratios.map((ratio) => ratio.toFixed(4)).join(", ")})`,
    "x 1.02 at most",
  )
  const saving = await savingMs(store, changes)
  row(
    "  the processor time of its saves alone, done again at once",
    `${(changes.length / ROUNDS).toFixed(0)} of ${(saving / changes.length).toFixed(2)} ms, ${per(saving / ROUNDS, BATCH_MS)}`,
    "2 % at most",
  )
  await store.close()
  await place.remove()
}

const usageOf = async (child: ChildProcess): Promise<Usage> => {
  const answer = once(child, "message")
  child.send("usage")
  const [usage] = await answer
  return usage as Usage
}

const recovery = async (kind: "PGlite" | "PostgreSQL", how: "started again" | "another takes over") => {
  const place = createPlace(kind)
  const options = { store: place.where, runs: true }
  const takenMs: Array<number> = []
  let server = await startServer(options)
  let other = how === "started again" ? null : await startServer(options)
  const { jobId } = await createClient({ url: server.base }).start("craps", {
    config: {},
    iterations: 1e9,
    seed: 7,
  })
  await hearsProgress(server.base, jobId, 1_000)
  for (let round = 0; round < KILLS; round++) {
    // Anywhere between two saves.
    await new Promise((resolve) => setTimeout(resolve, 2_500 + 2_000 * Math.random()))
    const { progress } = await createClient({ url: server.base }).get(jobId)
    const beginMs = performance.now()
    await kill(server.child)
    if (other === null) {
      server = await startServer(options)
    } else {
      server = other
    }
    await hearsProgress(server.base, jobId, progress?.current ?? 0)
    takenMs.push(performance.now() - beginMs)
    if (other !== null) other = await startServer(options)
  }
  row(
    `from kill -9 to progress beyond what was shown: ${how}, ${kind}`,
    `p50 ${(median(takenMs) / 1000).toFixed(2)} s, most ${(Math.max(...takenMs) / 1000).toFixed(2)} s of ${KILLS}`,
  )
  await kill(server.child)
  if (other !== null) await kill(other.child)
  await place.remove()
}

/** How long a client waits that cancels a job by way of a server that does not run it. It has stopped then, and is kept. */
const cancelling = async (): Promise<void> => {
  const place = createPlace("PostgreSQL")
  const runner = await startServer({ store: place.where, runs: true })
  const web = await startServer({ store: place.where, runs: false })
  const client = createClient({ url: web.base })
  const takenMs: Array<number> = []
  for (let round = 0; round < CANCELS; round++) {
    const { jobId } = await client.start("craps", { config: {}, iterations: 1e9, seed: 7 })
    await hearsProgress(web.base, jobId, 0)
    const beginMs = performance.now()
    await client.cancel(jobId)
    takenMs.push(performance.now() - beginMs)
  }
  row(
    "cancelling by way of an instance that does not run the job",
    `p50 ${median(takenMs).toFixed(0)} ms, p99 ${quantile(takenMs, 0.99).toFixed(0)} ms of ${CANCELS}`,
    "well under a second",
  )
  await kill(runner.child)
  await kill(web.child)
  await place.remove()
}

const openStream = async (base: string, jobId: string): Promise<Socket> => {
  const { port, pathname } = new URL(base)
  const socket = connect(Number(port), "127.0.0.1")
  socket.write(`GET ${pathname}/${jobId}/stream HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n`)
  await once(socket, "data")
  return socket
}

/** What streams cost an instance that doesn't run their jobs. */
const streams = async (): Promise<void> => {
  const place = createPlace("PostgreSQL")
  const runner = await startServer({ store: place.where, runs: true })
  const { jobId } = await createClient({ url: runner.base }).start("craps", {
    config: {},
    iterations: 1e9,
    seed: 7,
  })
  const web = await startServer({ store: place.where, runs: false })
  await hearsProgress(web.base, jobId, 0)
  const before = await usageOf(web.child)
  const sockets: Array<Socket> = []
  while (sockets.length < STREAMS) {
    const some = Math.min(50, STREAMS - sockets.length)
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => openStream(web.base, jobId)))))
  }
  const opened = await usageOf(web.child)
  let events = 0
  for (const socket of sockets) {
    socket.setEncoding("latin1").on("data", (text) => {
      events += String(text).split("\nevent: ").length - (String(text).startsWith("event: ") ? 0 : 1)
    })
  }
  const beginMs = performance.now()
  await new Promise((resolve) => setTimeout(resolve, WATCH_MS))
  const ms = performance.now() - beginMs
  const after = await usageOf(web.child)
  const busy = (after.cpuMs - opened.cpuMs) / ms
  row(
    `${STREAMS} streams on an instance that does not run the job`,
    `${(100 * busy).toFixed(1)} % of a core, ${((opened.rss - before.rss) / STREAMS / 1024).toFixed(1)} KB each`,
  )
  row(
    "  events delivered a second, and the streams that fill a core",
    `${((1000 * events) / ms).toFixed(0)}/s; ${Math.round(STREAMS / busy).toLocaleString("en")} streams`,
  )
  for (const socket of sockets) socket.destroy()
  await kill(runner.child)
  await kill(web.child)
  await place.remove()
}

for (const kind of ["PGlite", "PostgreSQL"] as const) await overhead(kind)
await recovery("PGlite", "started again")
await recovery("PostgreSQL", "started again")
await recovery("PostgreSQL", "another takes over")
await cancelling()
await streams()
