/**
 * A feed of events in which each one replaces the one before it of its kind. A subscriber is a cursor: it holds the last
 * revision that it was given, and takes what is newer when it can. So there is no queue anywhere; a subscriber that is
 * slow, one that resumes and one that arrives late are the same case; and the last event is never lost.
 */

/** An event with its place in the feed. */
export interface FeedEntry<Event> {
  /** Grows with every event published: by one, from 1, unless it was given elsewhere. */
  readonly revision: number
  /** As it was published. */
  readonly event: Event
}

/** Reads a feed from a cursor. */
export interface FeedSubscription<Event> {
  /** What is newer than the cursor, oldest first: at most one event of each kind. Moves the cursor behind it. */
  take(): ReadonlyArray<FeedEntry<Event>>
  /** Whether the feed has ended and all of it was taken. */
  done(): boolean
  /** Stops the calls of `wake`. May be called again. */
  close(): void
}

/** The newest event of each kind. */
export interface Feed<Event extends { readonly type: string }> {
  /**
   * Publishes an event behind the newest one, or at a revision that was given to it elsewhere.
   *
   * @throws Error after the end, RangeError for a revision that is not above the newest
   */
  readonly publish: (event: Event, revision?: number) => FeedEntry<Event>
  /** Publishes the last event, if there is one, and ends the feed. */
  readonly end: (event?: Event, revision?: number) => void
  /** The newest events with a revision above this one, oldest first. */
  readonly since: (revision: number) => ReadonlyArray<FeedEntry<Event>>
  /** Revision of the newest event; 0 before the first. */
  readonly revision: () => number
  /** How many events were published here, those among them that were replaced. */
  readonly published: () => number
  /** Whether it was ended: nothing is published any more. */
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
  const subscribers = new Set<Subscription<Event>>()
  let last = revision
  let published = 0
  /** What is new to whoever has seen all but the last event, which is most subscribers: made once for all of them. */
  let lastOnly: ReadonlyArray<FeedEntry<Event>> = []
  let ended = false

  const wakeAll = () => {
    for (const subscriber of subscribers) {
      try {
        subscriber.wake()
      } catch (thrown) {
        // As an EventTarget does it: neither the publisher nor other subscribers suffer from one that fails.
        queueMicrotask(() => {
          throw thrown
        })
      }
    }
  }

  const publish = (event: Event, at = last + 1): FeedEntry<Event> => {
    if (ended) throw new Error(`This feed has ended; the event "${event.type}" came too late.`)
    if (at <= last) throw new RangeError(`Revision ${at} is not above ${last}, the newest of this feed.`)
    last = at
    published++
    const entry: FeedEntry<Event> = { revision: last, event }
    // Deleted first, so that the map stays in the order of revisions.
    newest.delete(event.type)
    newest.set(event.type, entry)
    lastOnly = [entry]
    wakeAll()
    return entry
  }

  const since = (after: number): ReadonlyArray<FeedEntry<Event>> => {
    if (after >= last) return NOTHING
    if (after === last - 1) return lastOnly
    const entries: Array<FeedEntry<Event>> = []
    for (const entry of newest.values()) if (entry.revision > after) entries.push(entry)
    return entries
  }

  const feed: Feed<Event> = {
    publish,
    end: (event, at) => {
      if (ended) return
      if (event !== undefined) publish(event, at)
      ended = true
      wakeAll()
    },
    since,
    revision: () => last,
    published: () => published,
    ended: () => ended,
    subscribe: (after, wake) => {
      const subscriber = new Subscription(feed, after, wake, leave)
      subscribers.add(subscriber)
      onSubscribers?.(subscribers.size)
      return subscriber
    },
    subscribers: () => subscribers.size,
  }
  const leave = (subscriber: Subscription<Event>) => {
    if (subscribers.delete(subscriber)) onSubscribers?.(subscribers.size)
  }
  return feed
}

const NOTHING: ReadonlyArray<never> = []

/** A class, for there are thousands: a closure for each of its functions would be more than all else that it keeps. */
class Subscription<Event extends { readonly type: string }> implements FeedSubscription<Event> {
  readonly wake: () => void
  readonly #feed: Feed<Event>
  readonly #leave: (subscription: Subscription<Event>) => void
  #cursor: number

  constructor(
    feed: Feed<Event>,
    cursor: number,
    wake: () => void,
    leave: (subscription: Subscription<Event>) => void,
  ) {
    this.#feed = feed
    this.#cursor = cursor
    this.wake = wake
    this.#leave = leave
  }

  take(): ReadonlyArray<FeedEntry<Event>> {
    // Whoever claims to have seen more than there ever was has not seen the end.
    if (this.#feed.ended() && this.#cursor > this.#feed.revision()) this.#cursor = 0
    const entries = this.#feed.since(this.#cursor)
    this.#cursor = entries[entries.length - 1]?.revision ?? this.#cursor
    return entries
  }

  done(): boolean {
    return this.#feed.ended() && this.#cursor === this.#feed.revision()
  }

  close(): void {
    this.#leave(this)
  }
}
