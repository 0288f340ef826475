/**
 * The figures of `@simstream/server`: what a delivery costs the server's processor, and a stream its memory, beside what
 * one would use instead. `npm run bench -w @simstream/server`; an argument, such as `0.1`, scales the work.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import type { Ask } from "./contender.ts"

const scale = Number(process.argv[2] ?? 1)
const STREAMS = 500
const ROUNDS = Math.max(20, Math.round(400 * scale))
const MANY = 5000
const HOLD_MS = Math.max(3000, Math.round(60_000 * scale))

const path = (name: string) => (name === "tRPC" ? "/stream" : "/job_x/stream")

const start = async (name: string, streams: number) => {
  const server = fork(new URL("./contender.ts", import.meta.url), [name], { execArgv: ["--expose-gc"] })
  const [{ port }] = (await once(server, "message")) as [{ port: number }]
  const empty = await ask<{ bytes: number }>(server, { memory: true })
  const clients = fork(new URL("./clients.ts", import.meta.url), [String(port), String(streams), path(name)])
  await once(clients, "message")
  return {
    server,
    emptyBytes: empty.bytes,
    stop: () => {
      clients.disconnect()
      server.disconnect()
    },
  }
}

const ask = async <A>(server: ChildProcess, question: Ask): Promise<A> => {
  server.send(question)
  const [answer] = (await once(server, "message")) as [A]
  return answer
}

const measure = async (name: string) => {
  const { server, emptyBytes, stop } = await start(name, STREAMS)
  await ask(server, { publish: Math.ceil(ROUNDS / 4) })
  const { cpuUs, streams } = await ask<{ cpuUs: number; streams: number }>(server, { publish: ROUNDS })
  const { bytes } = await ask<{ bytes: number }>(server, { memory: true })
  stop()
  if (streams !== STREAMS) throw new Error(`${name} has ${streams} streams, not ${STREAMS}.`)
  return { cpu: cpuUs / (ROUNDS * STREAMS), memory: (bytes - emptyBytes) / STREAMS }
}

const NAMES = [
  "bare res.write",
  "Simstream, toNodeHandler",
  "Simstream, Hono on Node",
  "better-sse",
  "Hono streamSSE",
  "tRPC",
]
const TARGETS: Readonly<Record<string, string>> = {
  "Simstream, toNodeHandler": "x 1.1, x 1.3",
  "Simstream, Hono on Node": "x 1.25, x 1.6",
}

const median = (values: ReadonlyArray<number>) =>
  [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN

console.log(
  `Node ${process.versions.node}; ${STREAMS} streams, ${ROUNDS} events of 1 KB to each; medians of 3 runs of all\n`,
)
const runs = new Map<string, Array<{ readonly cpu: number; readonly memory: number }>>(
  NAMES.map((name) => [name, []]),
)
for (let round = 0; round < 3; round++) {
  for (const name of NAMES) runs.get(name)?.push(await measure(name))
}
const figure = (name: string, key: "cpu" | "memory") => median((runs.get(name) ?? []).map((run) => run[key]))
console.log(`${"".padEnd(28)}${"CPU a delivery".padEnd(26)}${"memory a stream".padEnd(26)}to reach`)
for (const name of NAMES) {
  const cpu = figure(name, "cpu")
  const memory = figure(name, "memory")
  const cpuRatio = cpu / figure("bare res.write", "cpu")
  const memoryRatio = memory / figure("bare res.write", "memory")
  console.log(
    `${name.padEnd(28)}${`${cpu.toFixed(1)} us, x ${cpuRatio.toFixed(2)}`.padEnd(26)}` +
      `${`${(memory / 1024).toFixed(1)} KB, x ${memoryRatio.toFixed(2)}`.padEnd(26)}${TARGETS[name] ?? ""}`,
  )
}

const many = await start("Simstream, toNodeHandler", MANY)
const { lateMs, streams } = await ask<{ lateMs: number; streams: number }>(many.server, { hold: HOLD_MS })
many.stop()
console.log(
  `\n${streams} streams on one process for ${HOLD_MS / 1000} s, an event a second to each: event-loop delay p99 ${lateMs.toFixed(1)} ms`,
)
