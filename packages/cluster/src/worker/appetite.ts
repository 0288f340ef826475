/** When a worker takes another shard: its threads should never be without work, and shards not lie about. */

/** Iterations that a thread takes at once, at the least: one chunk. */
const CHUNK = 64
/** Shards with fewer chunks left than this for each thread don't keep the threads busy. */
const CHUNKS_PER_THREAD = 2
/** The next one is taken when the last comes to its end within this, in milliseconds: longer than a few looks and the way there and back. */
const SOON_MS = 600

/** What is left of a shard that a worker has. */
export interface Rest {
  readonly iterations: number
  /** How long that will take; 0 while it can't be told. */
  readonly ms: number
}

/**
 * Whether a worker with these shards should take one more. One after the other is better than two at once: what is done
 * first is delivered first, and takes the time that shards are cut for.
 */
export const isHungry = (rests: ReadonlyArray<Rest>, threads: number): boolean => {
  if (rests.length === 0) return true
  const chunks = rests.reduce((sum, { iterations }) => sum + Math.ceil(Math.max(0, iterations) / CHUNK), 0)
  if (rests.length <= threads && chunks < CHUNKS_PER_THREAD * threads) return true
  return rests.length === 1 && rests.every(({ ms }) => ms < SOON_MS)
}
