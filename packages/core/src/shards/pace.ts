/**
 * How large the next shard should be, and how many may be out at once. Only speed depends on it: a result is the same
 * however a batch is cut.
 */
import { CHUNK_SIZE } from "../kernel/chunk.ts"

/** How long a worker should be busy with a shard, in milliseconds: long enough to hide the way there and back. */
const SHARD_MS = 2000
/** A shard that is smaller because little is left should still take as long as this. */
const LEAST_MS = 100
/** A shard is at most so many times as large as the largest that was measured: the first iterations may be the cheap ones. */
const GROWTH = 4
/** Where that one took less than so long, in milliseconds, more is no risk, and workers that wait for work are a loss. */
const QUICK_MS = 50
const QUICK_GROWTH = 16
/**
 * Shards for each worker among which what is left is shared, so that all of them end at about the same time: the factor of
 * "Factoring" (Hummel, Schonberg and Flynn, Communications of the ACM 35(8), 1992).
 */
const SHARES = 2
/**
 * The weight of a new measurement of an iteration's time where it is slower than those before it. A quicker one counts by
 * itself: there is more in a shard's time than its iterations, the start of threads for one, but never less.
 */
const SLOWER_WEIGHT = 0.5
/** A worker that has delivered nothing for so long is not counted any more, in milliseconds. */
const WORKER_MS = 60_000
/** Shards that may wait for a worker beside one for each that is run: with them a new worker finds something to do, and a quick one more. */
const SPARE = 4
/** Shards that may be there behind one that is missing, for each worker, and at the least: what memory is bounded by. */
const AHEAD = 8
const LEAST_AHEAD = 32

/** What is known of the speed of the workers, by their names. */
export interface Pace {
  readonly workers: ReadonlyMap<string, { readonly iterationMs: number; readonly atMs: number }>
  /** Of the shards that were measured. */
  readonly largest: number
}

export const initialPace: Pace = { workers: new Map(), largest: 0 }

/** A shard that was run. */
export interface Measured {
  readonly worker: string
  readonly iterations: number
  readonly tookMs: number
}

/** Takes in how long a shard took. */
export const measure = (pace: Pace, { worker, iterations, tookMs }: Measured, nowMs: number): Pace => {
  if (iterations === 0) return pace
  const measured = tookMs / iterations
  const before = pace.workers.get(worker)?.iterationMs ?? measured
  const workers = new Map([...pace.workers].filter(([, { atMs }]) => nowMs - atMs < WORKER_MS))
  const slower = Math.max(0, measured - before)
  workers.set(worker, { iterationMs: Math.min(measured, before) + SLOWER_WEIGHT * slower, atMs: nowMs })
  return { workers, largest: Math.max(pace.largest, iterations) }
}

/** How much there is to cut up. */
export interface Uncut {
  readonly from: number
  readonly end: number
  /** What is left of the time budget; infinity without one. */
  readonly timeLeftMs: number
}

/**
 * Where the shard that begins at `from` ends: at a multiple of its own size, a power of two of chunks, so that its sums
 * are few nodes of the tree.
 */
export const shardEnd = ({ workers, largest }: Pace, { from, end, timeLeftMs }: Uncut): number => {
  const size = 2 ** Math.floor(Math.log2(Math.max(1, wanted() / CHUNK_SIZE)))
  return Math.min(end, (Math.floor(from / CHUNK_SIZE / size) + 1) * size * CHUNK_SIZE)

  function wanted(): number {
    if (workers.size === 0) return CHUNK_SIZE
    // The mean of the workers', and not of the shards': so the size is one that a slow machine can bear, too.
    const iterationMs = meanIterationMs(workers)
    // The end of a time budget should not find shards that are far from theirs.
    const ms = Math.max(LEAST_MS, Math.min(SHARD_MS, timeLeftMs / SHARES))
    const share = Math.max((end - from) / (SHARES * workers.size), LEAST_MS / iterationMs)
    const growth = largest * iterationMs < QUICK_MS ? QUICK_GROWTH : GROWTH
    return Math.min(ms / iterationMs, share, growth * largest)
  }
}

const meanIterationMs = (workers: Pace["workers"]): number => {
  let mean = 0
  for (const { iterationMs } of workers.values()) mean += iterationMs / workers.size
  return mean
}

/** The shards of a batch that are out. */
export interface Out {
  readonly waiting: number
  readonly running: number
  /** Those that have ended, and can't be delivered before others have. */
  readonly ended: number
}

/**
 * Whether there may be one more. While shards are too small to be worth their way there and back only one waits at a time:
 * it is quicker to measure it and cut larger ones. Before the first has ended all workers have one, for it may take minutes.
 */
export const mayCut = ({ workers, largest }: Pace, { waiting, running, ended }: Out): boolean => {
  if (workers.size === 0) return waiting < running + 1
  if (largest * meanIterationMs(workers) < LEAST_MS) return waiting < 1
  return waiting < running + SPARE && ended < Math.max(LEAST_AHEAD, AHEAD * workers.size)
}
