import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createFeed, type Feed } from "./feed.ts"
import { iterateFeed } from "./iterateFeed.ts"

interface Event {
  readonly type: string
  readonly value: number
}

const event = (type: string, value = 0): Event => ({ type, value })

const iterate = (feed: Feed<Event>, revision?: number): AsyncIterable<string> =>
  iterateFeed(feed, ({ revision: at, event: { type, value } }) => `${at} ${type} ${value}`, revision)

const collect = async (iterable: AsyncIterable<string>): Promise<ReadonlyArray<string>> => {
  const all: Array<string> = []
  for await (const one of iterable) all.push(one)
  return all
}

const iteratorOf = (feed: Feed<Event>) => {
  const iterator = iterate(feed)[Symbol.asyncIterator]()
  return {
    next: () => iterator.next(),
    return: async () => iterator.return?.(),
  }
}

/** Lets everything happen that waits for nothing but promises. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

const DONE = { done: true, value: undefined }

describe("a loop over a feed", () => {
  it("gets every event when it keeps up, and ends with the feed", async () => {
    const feed = createFeed<Event>()
    const all = collect(iterate(feed))
    feed.publish(event("a", 1))
    await settled()
    feed.publish(event("b", 2))
    await settled()
    feed.publish(event("a", 3))
    await settled()
    feed.end(event("z", 4))
    expect(await all).toEqual(["1 a 1", "2 b 2", "3 a 3", "4 z 4"])
    expect(feed.subscribers()).toBe(0)
  })

  it("gets the newest of each kind when it is slow", async () => {
    const feed = createFeed<Event>()
    const all = collect(iterate(feed))
    feed.publish(event("a", 1))
    for (let value = 2; value < 100; value++) feed.publish(event(value % 2 === 0 ? "b" : "a", value))
    feed.end(event("z"))
    expect(await all).toEqual(["1 a 1", "98 b 98", "99 a 99", "100 z 0"])
  })

  it("gets what there was, when it begins late", async () => {
    const feed = createFeed<Event>()
    feed.publish(event("a", 1))
    feed.publish(event("b", 2))
    feed.publish(event("a", 3))
    feed.end(event("z", 4))
    expect(await collect(iterate(feed))).toEqual(["2 b 2", "3 a 3", "4 z 4"])
    expect(await collect(iterate(feed, 3))).toEqual(["4 z 4"])
    expect(await collect(iterate(feed, 4))).toEqual([])
    expect(feed.subscribers()).toBe(0)
  })

  it("ends at once when the feed has ended with nothing in it", async () => {
    const feed = createFeed<Event>()
    feed.end()
    expect(await collect(iterate(feed))).toEqual([])
  })

  it("is a subscription of its own, each time", async () => {
    const feed = createFeed<Event>()
    const iterable = iterate(feed)
    const both = [collect(iterable), collect(iterable)]
    expect(feed.subscribers()).toBe(2)
    feed.publish(event("a"))
    feed.end(event("z"))
    expect(await Promise.all(both)).toEqual([
      ["1 a 0", "2 z 0"],
      ["1 a 0", "2 z 0"],
    ])
  })

  it("leaves no subscription when it is broken out of", async () => {
    const feed = createFeed<Event>()
    feed.publish(event("a"))
    for await (const _ of iterate(feed)) break
    expect(feed.subscribers()).toBe(0)
  })

  it("leaves no subscription when its body throws", async () => {
    const feed = createFeed<Event>()
    feed.publish(event("a"))
    const loop = async () => {
      for await (const one of iterate(feed)) throw new Error(one)
    }
    await expect(loop()).rejects.toThrow("1 a 0")
    expect(feed.subscribers()).toBe(0)
  })

  it("ends with the terminal event, and never before it, whatever the reader's pace", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.nat(3))), async (list) => {
        const feed = createFeed<Event>()
        const slow = (async () => {
          const all: Array<string> = []
          for await (const one of iterate(feed)) {
            all.push(one)
            await settled()
          }
          return all
        })()
        for (const [type, turns] of list) {
          feed.publish(event(type))
          for (let turn = 0; turn < turns * 5; turn++) await Promise.resolve()
        }
        feed.end(event("z"))
        const all = await slow
        const revisions = all.map((one) => Number.parseInt(one, 10))
        expect(revisions).toEqual([...new Set(revisions)].sort((left, right) => left - right))
        expect(all.at(-1)).toBe(`${list.length + 1} z 0`)
        expect(feed.subscribers()).toBe(0)
      }),
      { seed: 1, numRuns: 200 },
    )
  })
})

describe("its iterator", () => {
  it("answers calls of next in their order, several at a time", async () => {
    const feed = createFeed<Event>()
    const { next } = iteratorOf(feed)
    const pending = [next(), next(), next(), next()]
    feed.publish(event("a", 1))
    feed.publish(event("a", 2))
    feed.end(event("z", 3))
    expect(await Promise.all(pending)).toEqual([
      { done: false, value: "1 a 1" },
      { done: false, value: "2 a 2" },
      { done: false, value: "3 z 3" },
      DONE,
    ])
    expect(await next()).toEqual(DONE)
  })

  it("settles a pending next when it is returned from, with nothing published ever after", async () => {
    const feed = createFeed<Event>()
    const iterator = iteratorOf(feed)
    const pending = [iterator.next(), iterator.next()]
    expect(await iterator.return()).toEqual(DONE)
    expect(await Promise.all(pending)).toEqual([DONE, DONE])
    expect(feed.subscribers()).toBe(0)
    expect(await iterator.next()).toEqual(DONE)
    expect(await iterator.return()).toEqual(DONE)
  })

  it("gives up what it had taken but not handed out, when it is returned from", async () => {
    const feed = createFeed<Event>()
    feed.publish(event("a"))
    feed.publish(event("b"))
    const iterator = iteratorOf(feed)
    expect(await iterator.next()).toEqual({ done: false, value: "1 a 0" })
    await iterator.return()
    expect(await iterator.next()).toEqual(DONE)
  })

  it("rejects the next whose event can't be mapped, and harms neither the publisher nor other readers", async () => {
    const feed = createFeed<Event>()
    const broken = iterateFeed(feed, ({ event: { value } }) => {
      if (value === 1) throw new Error("can't be mapped")
      return value
    })[Symbol.asyncIterator]()
    const healthy = collect(iterate(feed))
    const first = broken.next()
    expect(() => feed.publish(event("a", 1))).not.toThrow()
    feed.end(event("z", 2))
    await expect(first).rejects.toThrow("can't be mapped")
    expect(await healthy).toEqual(["1 a 1", "2 z 2"])
  })
})
