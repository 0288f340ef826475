/**
 * The figures of `@simstream/server`: what a delivery costs the server's processor, and a stream its memory, beside what
 * one would use instead; and how late the event loop is with thousands of streams. `npm run bench -w @simstream/server`;
 * `-- --rounds 100 --runs 2 --hold 10` has a quick look, `--only streams` or `--only hold` has a part of it.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { cpus } from "node:os"
import { parseArgs } from "node:util"
import type { Ask } from "./contender.ts"

const { values: args } = parseArgs({
  options: {
    /** Events that are published to each stream. */
    rounds: { type: "string", default: "400" },
    /** How often each contender is measured, one after the other and all over again. */
    runs: { type: "string", default: "5" },
    /** Seconds for which thousands of streams are held. */
    hold: { type: "string", default: "60" },
    only: { type: "string" },
  },
})
const STREAMS = 500
const ROUNDS = Number(args.rounds)
const RUNS = Number(args.runs)
const HOLD_MS = Number(args.hold) * 1000
/** As many of one job as it may have by default. */
const MANY_JOBS = ["job_1", "job_2", "job_3", "job_4", "job_5"]
const MANY = 1000 * MANY_JOBS.length
const WARM_UP = 100

/** tRPC's is a procedure, and has no job in its path. */
const pathOf = (name: string, jobId: string) => (name === "tRPC" ? "/stream" : `/${jobId}/stream`)

const ask = async <A>(server: ChildProcess, question: Ask): Promise<A> => {
  server.send(question)
  const [answer] = (await once(server, "message")) as [A]
  return answer
}

interface Memory {
  readonly heap: number
  readonly rss: number
}

const start = async (name: string) => {
  const server = fork(new URL("./contender.ts", import.meta.url), [name], { execArgv: ["--expose-gc"] })
  const [{ port }] = (await once(server, "message")) as [{ port: number }]
  const connect = async (streams: number, jobIds: ReadonlyArray<string>) => {
    const paths = jobIds.map((jobId) => pathOf(name, jobId))
    const clients = fork(new URL("./clients.ts", import.meta.url), [String(port), String(streams), ...paths])
    await once(clients, "message")
    return clients
  }
  const publish = (rounds: number) =>
    ask<{ cpuUs: number; streams: number }>(server, { publish: rounds, jobId: "job_1" })

  // What is loaded and compiled with the first streams is not what a stream costs.
  const first = await connect(WARM_UP, ["job_1"])
  await publish(20)
  first.disconnect()
  while ((await publish(1)).streams > 0);
  return { server, connect, publish, memory: () => ask<Memory>(server, { memory: true }) }
}

const expectStreams = (name: string, streams: number, wanted: number) => {
  if (streams !== wanted) throw new Error(`${name} has ${streams} streams, not ${wanted}.`)
}

/** Per delivery and per stream, in microseconds and bytes. */
const measure = async (name: string) => {
  const { server, connect, publish, memory } = await start(name)
  const empty = await memory()
  const clients = await connect(STREAMS, ["job_1"])
  await publish(Math.ceil(ROUNDS / 4))
  const { cpuUs, streams } = await publish(ROUNDS)
  const full = await memory()
  clients.disconnect()
  server.disconnect()
  expectStreams(name, streams, STREAMS)
  return {
    cpu: cpuUs / (ROUNDS * STREAMS),
    heap: (full.heap - empty.heap) / STREAMS,
    rss: (full.rss - empty.rss) / STREAMS,
  }
}

type Figures = Awaited<ReturnType<typeof measure>>

const median = (values: ReadonlyArray<number>) =>
  [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN

const BARE = "bare res.write"
const TARGETS: ReadonlyMap<string, string> = new Map([
  [BARE, ""],
  ["Simstream, toNodeHandler", "x 1.1, x 1.3"],
  ["bare body, Hono on Node", ""],
  ["Simstream, Hono on Node", "x 1.25, x 1.6"],
  ["Simstream, past Hono", ""],
  ["better-sse", ""],
  ["Hono streamSSE", ""],
  ["tRPC", ""],
])

/** Runs of all contenders, alternating, and each one's ratio to the bare one of its own run. */
const printStreams = async () => {
  console.log(
    `${STREAMS} streams, ${ROUNDS} events of 1 KB to each; medians of ${RUNS} runs, ratios of one run each to ${BARE}\n`,
  )
  const runs: Array<ReadonlyMap<string, Figures>> = []
  for (let run = 0; run < RUNS; run++) {
    const figures = new Map<string, Figures>()
    for (const name of TARGETS.keys()) figures.set(name, await measure(name))
    runs.push(figures)
  }
  const columns = ["CPU a delivery", "heap a stream", "resident memory a stream", "to reach (CPU, memory)"]
  console.log(`${"".padEnd(28)}${columns.map((column) => column.padEnd(26)).join("")}`)
  for (const [name, target] of TARGETS) {
    const of = (key: keyof Figures) => median(runs.map((run) => run.get(name)?.[key] ?? NaN))
    const ratio = (key: keyof Figures) =>
      median(runs.map((run) => (run.get(name)?.[key] ?? NaN) / (run.get(BARE)?.[key] ?? NaN))).toFixed(2)
    const cells = [
      `${of("cpu").toFixed(1)} us, x ${ratio("cpu")}`,
      `${(of("heap") / 1024).toFixed(1)} KB, x ${ratio("heap")}`,
      `${(of("rss") / 1024).toFixed(1)} KB, x ${ratio("rss")}`,
      target,
    ]
    console.log(`${name.padEnd(28)}${cells.map((cell) => cell.padEnd(26)).join("")}`)
  }
}

interface Held {
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly cpu: number
  readonly streams: number
}

const printHold = async () => {
  console.log(
    `\n${MANY} streams of ${MANY_JOBS.length} jobs on one process for ${HOLD_MS / 1000} s, an event a second to each; event-loop delay`,
  )
  for (const name of [BARE, "Simstream, toNodeHandler", "Simstream, Hono on Node"]) {
    const { server, connect } = await start(name)
    const clients = await connect(MANY, MANY_JOBS)
    const held = await ask<Held>(server, { hold: HOLD_MS, jobIds: MANY_JOBS })
    clients.disconnect()
    server.disconnect()
    expectStreams(name, held.streams, MANY)
    const [p50, p99, max] = [held.p50, held.p99, held.max].map((ms) => ms.toFixed(1))
    const cpu = (held.cpu * 100).toFixed(0)
    console.log(`${name.padEnd(28)}p50 ${p50} ms, p99 ${p99} ms, max ${max} ms; ${cpu} % of a processor`)
  }
}

console.log(`Node ${process.versions.node}, ${cpus().length} processors`)
if (args.only !== "hold") await printStreams()
if (args.only !== "streams") await printHold()
