/** An engine in this very process, whose worker processes a test can kill, and whose word it can delay, shuffle and lose. */
import { createServingWorker, randomOf } from "../worker/fakeWorker.fixtures.ts"
import { createWorkerPool } from "../worker/pool.ts"
import type { AnyIterationSimulation } from "../simulation/definition.ts"
import type { EncodedPart } from "../kernel/encodedPart.ts"
import type { BatchEngine, EngineBatch, EngineEvents, Shard, ShardOutcome } from "./engine.ts"
import { createShardRunner, type ShardRun } from "./shardRunner.ts"
import { versionOf } from "./version.ts"

/** A shard as a queue keeps it. It outlives sessions. */
interface KeptShard {
  readonly batch: EngineBatch
  readonly shard: Shard
  saved: ReadonlyArray<EncodedPart>
  outcome: ShardOutcome | null
  run: ShardRun | null
}

/** What a test makes of the engine. */
export interface FakeEngineOptions {
  /** Worker processes; each runs one shard at a time. */
  readonly workers?: number
  /** Decides by the numbers that it is given, 0 to 1, and those alone. */
  readonly seed?: number
  /** How likely a worker process is to die while it runs a shard. */
  readonly deaths?: number
  /** How likely a shard is to be ended early, by a worker that has to go. */
  readonly handBacks?: number
  /** What the workers have as the simulation, if that is another. */
  readonly serves?: AnyIterationSimulation
}

const keyOf = (batch: EngineBatch, first: number) => `${batch.id}.${first}`
const copy = <A>(value: A): A => JSON.parse(JSON.stringify(value)) as A

/** Makes one for a simulation. */
export const createFakeEngine = (
  simulation: AnyIterationSimulation,
  { workers = 2, seed = 1, deaths = 0, handBacks = 0, serves = simulation }: FakeEngineOptions = {},
) => {
  const random = randomOf(seed)
  const kept = new Map<string, KeptShard>()
  const waiting: Array<KeptShard> = []
  const sessions = new Map<string, EngineEvents>()
  const submitted: Array<Shard> = []
  const counts = { deaths: 0, handBacks: 0, runs: 0, closed: 0 }
  let busy = 0
  let holding = false

  /** As through a queue, and any number of turns later. */
  const tell = (batch: EngineBatch, say: (events: EngineEvents) => void) => {
    const later = () => {
      if (random() < 0.5) return void setImmediate(later)
      const events = sessions.get(batch.id)
      if (events !== undefined) say(events)
    }
    later()
  }
  const work = () => {
    while (busy < workers) {
      const next = holding ? undefined : waiting.shift()
      if (next === undefined) return
      busy++
      void runOne(next).finally(() => {
        busy--
        work()
      })
    }
  }

  const runOne = async (entry: KeptShard): Promise<void> => {
    const { batch, shard } = entry
    counts.runs++
    const pool = createWorkerPool({ count: 1, spawn: () => createServingWorker([serves]) })
    const runner = createShardRunner({
      simulation: serves,
      version: versionOf(serves),
      batch: copy(batch),
      pool,
      worker: `worker ${counts.runs % workers}`,
    })
    const run = runner.run(shard, entry.saved)
    entry.run = run
    const fate = random()
    let gone = false
    const looking = setInterval(() => {
      entry.saved = copy(run.whole())
      tell(batch, ({ running, partial }) => {
        running(shard.first, run.done())
        partial(shard.first, entry.saved)
      })
      if (fate < deaths) {
        gone = true
        void run.cancel()
      } else if (fate < deaths + handBacks) {
        counts.handBacks++
        run.stop()
      }
    })
    const outcome = await run.outcome
    clearInterval(looking)
    pool.close()
    entry.run = null
    if (gone) {
      counts.deaths++
      waiting.push(entry)
      return
    }
    if (outcome === null) return
    entry.outcome = copy(outcome)
    entry.saved = copy(run.parts())
    tell(batch, ({ finished }) => finished(shard.first, entry.saved, outcome))
  }

  const engine: BatchEngine = {
    open: (batch, events) => {
      sessions.set(batch.id, events)
      return {
        submit: async (shard, options) => {
          await Promise.resolve()
          const key = keyOf(batch, shard.first)
          const found = kept.get(key)
          if (found !== undefined && (found.outcome === null || found.outcome.type === "ran")) {
            const { outcome, saved } = found
            const end = outcome === null ? found.shard.until : (saved[saved.length - 1]?.until ?? 0)
            if (end > shard.first) {
              if (outcome !== null) tell(batch, ({ finished }) => finished(shard.first, saved, outcome))
              return found.shard
            }
          }
          const entry: KeptShard = { batch: copy(batch), shard, saved: [], outcome: null, run: null }
          kept.set(key, entry)
          submitted.push(shard)
          if (options?.next === true) waiting.unshift(entry)
          else waiting.push(entry)
          work()
          return shard
        },
        delivered: () => undefined,
        stop: () => {
          for (const entry of waiting.splice(0)) kept.delete(keyOf(entry.batch, entry.shard.first))
          for (const { run } of kept.values()) run?.stop()
        },
        close: async ({ keep } = { keep: false }) => {
          counts.closed++
          if (sessions.get(batch.id) === events) sessions.delete(batch.id)
          if (keep) return
          for (const entry of waiting.splice(0)) kept.delete(keyOf(entry.batch, entry.shard.first))
          for (const { run } of kept.values()) await run?.cancel()
        },
      }
    },
  }

  return {
    engine,
    counts,
    submitted,
    /** No worker is there, for as long as this is so. */
    hold: (held: boolean) => {
      holding = held
      work()
    },
    /** What the engine tells of every batch that is open. */
    tellAll: (say: (events: EngineEvents) => void) => sessions.forEach(say),
    /** The coordinator is no more; its shards are. */
    forgetSessions: () => sessions.clear(),
  }
}
