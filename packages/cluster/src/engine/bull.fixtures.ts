/** BullMQ as a session sees it, in memory: what is in the queue, what was said, and words that get lost. */
import type { EncodedPart, ShardOutcome } from "@simstream/core/shards"
import type { SessionBull } from "./bullSession.ts"
import type { ShardData, ShardWish } from "./shardJob.ts"
import type { ShardQueue } from "./shardQueue.ts"

/** A shard in the queue. */
interface Entry {
  data: ShardData
  outcome: ShardOutcome | null
  wish: ShardWish["wish"] | null
  /** Whether a worker has it. */
  active: boolean
}

/** Makes one; `delay` is waited for by every call to the queue. */
export const createFakeBull = (delay: () => Promise<void> = () => Promise.resolve()) => {
  const entries = new Map<string, Entry>()
  const added: Array<string> = []
  const said: Array<{ readonly topic: string; readonly data: unknown }> = []
  const listeners = new Map<string, (message: { readonly data: unknown }) => void>()
  const counts = { gets: 0, closed: 0 }

  const queue: ShardQueue = {
    add: async (id, data, next) => {
      await delay()
      added.push(next ? `${id} next` : id)
      if (!entries.has(id)) entries.set(id, { data, outcome: null, wish: null, active: false })
    },
    get: async (id) => {
      counts.gets++
      const found = entries.get(id)
      // As it is now: what comes while the answer is on its way is not in it.
      const answer = found === undefined ? null : { ...found }
      await delay()
      return answer
    },
    remove: async (id) => {
      await delay()
      if (entries.get(id)?.active === true) return false
      entries.delete(id)
      return true
    },
    wish: async (id, wish) => {
      await delay()
      const entry = entries.get(id)
      if (entry !== undefined) entry.wish = wish
    },
  }

  const bull: SessionBull = {
    queue: () => queue,
    relay: {
      publish: async (topic, data) => {
        said.push({ topic, data })
        return { mid: "1", nodes: 1, endpoints: 1 }
      },
      subscribe: async (pattern, listener) => {
        listeners.set(
          pattern,
          ({ data }) =>
            void listener({ topic: pattern, data: data as never, mid: "1", ts: 0, retained: false }),
        )
        return { pattern, unsubscribe: async () => void listeners.delete(pattern) }
      },
      getRetained: async () => [],
    },
  }

  const entryOf = (id: string): Entry => {
    const entry = entries.get(id)
    if (entry === undefined) throw new Error(`There is no ${id}.`)
    return entry
  }

  return {
    bull,
    entries,
    added,
    said,
    counts,
    /** A worker takes it, */
    take: (id: string) => {
      entryOf(id).active = true
    },
    /** saves what it has, */
    save: (id: string, parts: ReadonlyArray<EncodedPart>) => {
      const entry = entryOf(id)
      entry.data = { ...entry.data, saved: JSON.stringify(parts) }
    },
    /** and ends it. */
    end: (id: string, outcome: ShardOutcome) => Object.assign(entryOf(id), { outcome, active: false }),
    /** Somebody says something. */
    say: (topic: string, data: unknown) => listeners.get(topic)?.({ data }),
    isHeard: (topic: string) => listeners.has(topic),
  }
}
