/** When a worker takes another shard: its threads should never be without work, and shards not lie about. */

/** Iterations that a thread takes at once, at the least: one chunk. */
const CHUNK = 64
/** A worker has so many shards at once, so that its threads are busy while one ends and the next is fetched, */
const LEAST_SHARDS = 2
/** and more only while they have fewer chunks left than this for each thread. */
const CHUNKS_PER_THREAD = 2

/** Whether a worker with these shards, by the iterations that are left of each, should take one more. */
export const isHungry = (left: ReadonlyArray<number>, threads: number): boolean => {
  if (left.length < LEAST_SHARDS) return true
  const chunks = left.reduce((sum, iterations) => sum + Math.ceil(Math.max(0, iterations) / CHUNK), 0)
  return left.length <= threads && chunks < CHUNKS_PER_THREAD * threads
}
