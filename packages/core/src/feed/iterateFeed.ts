/** A feed as an async iterable. */
import type { Feed, FeedEntry } from "./feed.ts"

/** A call of `next` that has not been answered. */
interface Waiting<A> {
  readonly resolve: (result: IteratorResult<A, undefined>) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Iterates over `map` of what a feed publishes, from behind a revision. Each loop over the iterable is a subscription of its own.
 * It is written by hand: `return()` of a native async generator waits for a pending `next()`, here perhaps for ever.
 */
export const iterateFeed = <Event extends { readonly type: string }, A>(
  feed: Feed<Event>,
  map: (entry: FeedEntry<Event>) => A,
  revision = 0,
): AsyncIterable<A> => ({
  [Symbol.asyncIterator]: () => {
    let pending: Array<FeedEntry<Event>> = []
    let waiting: ReadonlyArray<Waiting<A>> = []
    let closed = false

    const done = { done: true, value: undefined } as const
    const settle = () => {
      for (let [first] = waiting; first !== undefined; [first] = waiting) {
        try {
          const result = read()
          if (result === undefined) return
          first.resolve(result)
        } catch (thrown) {
          // `map` failed: that is the reader's business, not the publisher's, who is on the stack here.
          close()
          first.reject(thrown)
        }
        waiting = waiting.slice(1)
      }
    }
    const subscription = feed.subscribe(revision, settle)
    const close = () => {
      closed = true
      pending = []
      subscription.close()
    }
    const read = (): IteratorResult<A, undefined> | undefined => {
      if (closed) return done
      if (pending.length === 0) pending = [...subscription.take()]
      const entry = pending.shift()
      if (entry !== undefined) return { done: false, value: map(entry) }
      if (!subscription.done()) return undefined
      close()
      return done
    }

    return {
      next: () =>
        new Promise((resolve, reject) => {
          waiting = [...waiting, { resolve, reject }]
          settle()
        }),
      return: () => {
        close()
        settle()
        return Promise.resolve(done)
      },
    }
  },
})
