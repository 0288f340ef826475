/**
 * What it costs a reader to have a job's events: CPU time per event to parse, check and deliver it, as a ratio to
 * eventsource-parser and `JSON.parse` alone in the same run. `npm run bench -w @simstream/client`; an argument, such as
 * `0.1`, scales the work.
 */
import { baseline, readers, type Reader } from "./readers.ts"
import { fetchOf, record, type Recording } from "./stream.ts"

const scale = Number(process.argv[2] ?? 1)
const ROUNDS = 25
/** Rounds before those, for the just-in-time compiler. */
const WARM_UP = 5

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN

/** Microseconds of CPU time per event. */
const costOf = async (read: Reader, recording: Recording): Promise<number> => {
  const fetch = fetchOf(recording)
  let count = 0
  const before = process.cpuUsage()
  await read(fetch, () => count++)
  const { user, system } = process.cpuUsage(before)
  // Ours skips nothing here, and neither may the others
  if (count !== recording.events) throw new Error(`${count} of ${recording.events} events were delivered.`)
  return (user + system) / recording.events
}

const compare = async (title: string, recording: Recording) => {
  const all = Object.entries({ "eventsource-parser + JSON.parse": baseline, ...readers })
  const costs = new Map(all.map(([name]) => [name, new Array<number>()]))
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [name, read] of all) {
      const cost = await costOf(read, recording)
      if (round >= 0) costs.get(name)?.push(cost)
    }
  }
  console.log(`\n${title}`)
  const [base = []] = costs.values()
  for (const [name, values] of costs) {
    const ratio = median(values.map((value, round) => value / (base[round] ?? NaN)))
    console.log(`  ${name.padEnd(34)} ${median(values).toFixed(2).padStart(6)} us   x ${ratio.toFixed(2)}`)
  }
}

const events = Math.round(20_000 * scale)
const CHUNK_BYTES = 16_384

console.log(`Node ${process.versions.node}, CPU time per event, medians of ${ROUNDS} alternating rounds`)
for (const kind of ["progress", "partial"] as const) {
  // A job publishes some ten events a second, and what was missed is conflated: each event comes by itself
  const live = record(kind, events, 0)
  await compare(`events of ${live.bytes} B, each in a chunk of its own, as a live job's are`, live)
  const dense = record(kind, events, CHUNK_BYTES)
  await compare(`events of ${dense.bytes} B, in chunks of ${CHUNK_BYTES / 1024} KB`, dense)
}
