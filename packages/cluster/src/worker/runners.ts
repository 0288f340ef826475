/** The batches that a worker runs shards of. Each is checked and prepared once, and kept while there may be more of it. */
import type { AnyIterationSimulation, WorkerPool } from "@simstream/core"
import { createShardRunner, type ShardRunner } from "@simstream/core/shards"
import { batchOf, type ShardData } from "../engine/shardJob.ts"

/** A batch of which no shard was run for so long is forgotten, in milliseconds. */
const IDLE_MS = 10_000

/** A batch that this worker runs. */
export interface RunningBatch {
  readonly batchId: string
  readonly runner: ShardRunner
  /** How long so many of its iterations take here, by the last shard that was measured; 0 while none was. In milliseconds. */
  readonly timeOf: (iterations: number) => number
  /** Takes note of how long some took. */
  readonly measure: (iterations: number, ms: number) => void
  /** Says that one of its shards is over. */
  readonly release: () => void
}

/** What the batches are run with. */
export interface RunnersOptions {
  readonly pool: WorkerPool
  /** The name of this worker. */
  readonly worker: string
  /** Milliseconds on a clock that only goes forward; for tests. */
  readonly now?: () => number
}

/** The batches of one worker. */
export interface Runners {
  /** The batch of a shard, for as long as that is run. */
  readonly hold: (
    data: ShardData,
    served: { readonly simulation: AnyIterationSimulation; readonly version: string },
  ) => RunningBatch
  /** Forgets batches of which there was nothing for a while. To be called now and then. */
  readonly sweep: () => void
}

interface Kept {
  readonly batchId: string
  readonly runner: ShardRunner
  iterationMs: number
  shards: number
  sinceMs: number
}

export const createRunners = ({ pool, worker, now = () => performance.now() }: RunnersOptions): Runners => {
  const kept = new Map<string, Kept>()
  return {
    hold: (data, served) => {
      const batch = batchOf(data)
      const found = kept.get(data.batch)
      const entry: Kept = found ?? {
        batchId: batch.id,
        runner: createShardRunner({ ...served, batch, pool, worker }),
        iterationMs: 0,
        shards: 0,
        sinceMs: now(),
      }
      kept.set(data.batch, entry)
      entry.shards++
      return {
        batchId: entry.batchId,
        runner: entry.runner,
        timeOf: (iterations) => iterations * entry.iterationMs,
        measure: (iterations, ms) => {
          entry.iterationMs = ms / iterations
        },
        release: () => {
          entry.shards--
          entry.sinceMs = now()
        },
      }
    },
    sweep: () => {
      for (const [batch, { runner, shards, sinceMs }] of kept) {
        if (shards > 0 || now() - sinceMs < IDLE_MS) continue
        kept.delete(batch)
        runner.close()
      }
    },
  }
}
