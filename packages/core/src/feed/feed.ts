/**
 * A feed of events in which each one replaces the one before it of its kind. A subscriber is a cursor: it holds the last
 * revision that it was given, and takes what is newer when it can. So there is no queue anywhere; a subscriber that is
 * slow, one that resumes and one that arrives late are the same case; and the last event is never lost.
 */

/** An event with its place in the feed. */
export interface FeedEntry<Event> {
  /** Grows by one with every event published, from 1. */
  readonly revision: number
  readonly event: Event
}

/** Reads a feed from a cursor. */
export interface FeedSubscription<Event> {
  /** What is newer than the cursor, oldest first: at most one event of each kind. Moves the cursor behind it. */
  readonly take: () => ReadonlyArray<FeedEntry<Event>>
  /** Whether the feed has ended and all of it was taken. */
  readonly done: () => boolean
  /** Stops the calls of `wake`. May be called again. */
  readonly close: () => void
}

/** The newest event of each kind. */
export interface Feed<Event extends { readonly type: string }> {
  /** @throws Error after the end */
  readonly publish: (event: Event) => FeedEntry<Event>
  /** Publishes the last event, if there is one, and ends the feed. */
  readonly end: (event?: Event) => void
  /** The newest events with a revision above this one, oldest first. */
  readonly since: (revision: number) => ReadonlyArray<FeedEntry<Event>>
  /** Revision of the newest event; 0 before the first. */
  readonly revision: () => number
  readonly ended: () => boolean
  /**
   * Subscribes from behind `revision`; `wake` is called, at once and not waited for, whenever there may be something to
   * take. It is not called for what is already there.
   */
  readonly subscribe: (revision: number, wake: () => void) => FeedSubscription<Event>
  /** How many subscriptions are open. */
  readonly subscribers: () => number
}

/** What a feed starts with, and tells. */
export interface FeedOptions {
  /** Events are numbered from the one behind it; 0 by default. */
  readonly revision?: number
  /** Told of the number of subscriptions whenever it changes. */
  readonly onSubscribers?: (count: number) => void
}

/** Makes an empty feed. */
export const createFeed = <Event extends { readonly type: string }>({
  revision = 0,
  onSubscribers,
}: FeedOptions = {}): Feed<Event> => {
  const newest = new Map<string, FeedEntry<Event>>()
  const wakers = new Set<() => void>()
  let last = revision
  let ended = false

  const wakeAll = () => {
    for (const wake of wakers) {
      try {
        wake()
      } catch (thrown) {
        // As an EventTarget does it: neither the publisher nor other subscribers suffer from one that fails.
        queueMicrotask(() => {
          throw thrown
        })
      }
    }
  }

  const publish = (event: Event): FeedEntry<Event> => {
    if (ended) throw new Error(`This feed has ended; the event "${event.type}" came too late.`)
    last++
    const entry: FeedEntry<Event> = { revision: last, event }
    // Deleted first, so that the map stays in the order of revisions.
    newest.delete(event.type)
    newest.set(event.type, entry)
    wakeAll()
    return entry
  }

  const since = (after: number): ReadonlyArray<FeedEntry<Event>> => {
    if (after >= last) return []
    const entries: Array<FeedEntry<Event>> = []
    for (const entry of newest.values()) if (entry.revision > after) entries.push(entry)
    return entries
  }

  return {
    publish,
    end: (event) => {
      if (ended) return
      if (event !== undefined) publish(event)
      ended = true
      wakeAll()
    },
    since,
    revision: () => last,
    ended: () => ended,
    subscribe: (after, wake) => {
      let cursor = after
      // A waker of its own, so that a function subscribed twice is called twice.
      const own = () => wake()
      wakers.add(own)
      onSubscribers?.(wakers.size)
      return {
        take: () => {
          const entries = since(cursor)
          cursor = entries[entries.length - 1]?.revision ?? cursor
          return entries
        },
        done: () => ended && cursor >= last,
        close: () => {
          if (wakers.delete(own)) onSubscribers?.(wakers.size)
        },
      }
    },
    subscribers: () => wakers.size,
  }
}
