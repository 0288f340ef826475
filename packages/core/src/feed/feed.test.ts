import * as fc from "fast-check"
import { describe, expect, it, vi } from "vitest"
import { createFeed, type FeedEntry } from "./feed.ts"

interface Event {
  readonly type: string
  readonly value: number
}

const event = (type: string, value = 0): Event => ({ type, value })

const shown = (entries: ReadonlyArray<FeedEntry<Event>>): ReadonlyArray<string> =>
  entries.map(({ revision, event: { type, value } }) => `${revision} ${type} ${value}`)

describe("a feed", () => {
  it("is empty at first", () => {
    const feed = createFeed<Event>()
    expect(feed.revision()).toBe(0)
    expect(feed.ended()).toBe(false)
    expect(feed.since(0)).toEqual([])
  })

  it("numbers events from 1, whatever their kind", () => {
    const feed = createFeed<Event>()
    expect(feed.publish(event("a")).revision).toBe(1)
    expect(feed.publish(event("b")).revision).toBe(2)
    expect(feed.publish(event("a")).revision).toBe(3)
    expect(feed.revision()).toBe(3)
  })

  it("counts on from a revision that it is given", () => {
    const feed = createFeed<Event>({ revision: 41 })
    expect(feed.revision()).toBe(41)
    feed.publish(event("a"))
    expect(shown(feed.since(0))).toEqual(["42 a 0"])
  })

  it("takes a revision that was given elsewhere, and counts on from it", () => {
    const feed = createFeed<Event>()
    feed.publish(event("a"), 7)
    feed.publish(event("b"))
    feed.end(event("z"), 1_000_000_001)
    expect(shown(feed.since(0))).toEqual(["7 a 0", "8 b 0", "1000000001 z 0"])
    expect(shown(feed.since(8))).toEqual(["1000000001 z 0"])
  })

  it("refuses a revision that is not above the newest, so that none is given twice", () => {
    const feed = createFeed<Event>({ revision: 5 })
    expect(() => feed.publish(event("a"), 5)).toThrow("Revision 5 is not above 5")
    expect(feed.since(0)).toEqual([])
  })

  it("keeps the newest event of each kind, oldest first", () => {
    const feed = createFeed<Event>()
    feed.publish(event("a", 1))
    feed.publish(event("b", 2))
    feed.publish(event("c", 3))
    feed.publish(event("a", 4))
    expect(shown(feed.since(0))).toEqual(["2 b 2", "3 c 3", "4 a 4"])
    expect(shown(feed.since(2))).toEqual(["3 c 3", "4 a 4"])
    expect(shown(feed.since(4))).toEqual([])
    expect(shown(feed.since(99))).toEqual([])
  })

  it("counts what was published in it, and not what it keeps or where it is numbered from", () => {
    const feed = createFeed<Event>({ revision: 41 })
    expect(feed.published()).toBe(0)
    for (let value = 0; value < 5; value++) feed.publish(event("a", value))
    feed.publish(event("b"), 1_000)
    feed.end(event("z"))
    expect(feed.published()).toBe(7)
  })

  it("ends with a last event, or without one", () => {
    const silent = createFeed<Event>()
    silent.end()
    expect(silent.ended()).toBe(true)
    expect(silent.since(0)).toEqual([])
    const loud = createFeed<Event>()
    loud.publish(event("a"))
    loud.end(event("z", 9))
    expect(loud.ended()).toBe(true)
    expect(shown(loud.since(0))).toEqual(["1 a 0", "2 z 9"])
  })

  it("ends once: a second end changes nothing", () => {
    const feed = createFeed<Event>()
    feed.end(event("z", 1))
    feed.end(event("z", 2))
    expect(shown(feed.since(0))).toEqual(["1 z 1"])
  })

  it("refuses an event behind the end, and names it", () => {
    const feed = createFeed<Event>()
    feed.end()
    expect(() => feed.publish(event("late"))).toThrow('the event "late" came too late')
  })
})

describe("a subscription", () => {
  it("takes what is there, then what is new, and moves on", () => {
    const feed = createFeed<Event>()
    feed.publish(event("a", 1))
    const subscription = feed.subscribe(0, () => undefined)
    expect(shown(subscription.take())).toEqual(["1 a 1"])
    expect(subscription.take()).toEqual([])
    feed.publish(event("a", 2))
    feed.publish(event("a", 3))
    feed.publish(event("b", 4))
    expect(shown(subscription.take())).toEqual(["3 a 3", "4 b 4"])
    expect(subscription.take()).toEqual([])
  })

  it("begins behind the revision that it is given", () => {
    const feed = createFeed<Event>()
    feed.publish(event("a", 1))
    feed.publish(event("b", 2))
    expect(shown(feed.subscribe(1, () => undefined).take())).toEqual(["2 b 2"])
    expect(shown(feed.subscribe(2, () => undefined).take())).toEqual([])
  })

  it("is woken for each event and for the end, at once, but not for what is already there", () => {
    const feed = createFeed<Event>()
    feed.publish(event("a"))
    let woken = 0
    feed.subscribe(0, () => woken++)
    expect(woken).toBe(0)
    feed.publish(event("a"))
    expect(woken).toBe(1)
    feed.end()
    expect(woken).toBe(2)
  })

  it("can take, while it is woken, what woke it", () => {
    const feed = createFeed<Event>()
    const taken: Array<string> = []
    const subscription = feed.subscribe(0, () => taken.push(...shown(subscription.take())))
    feed.publish(event("a", 1))
    feed.publish(event("b", 2))
    feed.end(event("z", 3))
    expect(taken).toEqual(["1 a 1", "2 b 2", "3 z 3"])
    expect(subscription.done()).toBe(true)
  })

  it("is woken no more once it is closed, even by another one that is woken with it", () => {
    const feed = createFeed<Event>()
    const woken: Array<string> = []
    const first = feed.subscribe(0, () => {
      woken.push("first")
      second.close()
    })
    const second = feed.subscribe(0, () => woken.push("second"))
    feed.publish(event("a"))
    first.close()
    first.close()
    feed.publish(event("a"))
    expect(woken).toEqual(["first"])
    expect(feed.subscribers()).toBe(0)
  })

  it("is counted until it is closed, also when one function subscribes twice", () => {
    const feed = createFeed<Event>()
    let woken = 0
    const wake = () => void woken++
    const subscriptions = [feed.subscribe(0, wake), feed.subscribe(0, wake)]
    expect(feed.subscribers()).toBe(2)
    feed.publish(event("a"))
    expect(woken).toBe(2)
    for (const subscription of subscriptions) subscription.close()
    expect(feed.subscribers()).toBe(0)
  })

  it("that throws when it is woken harms neither the publisher nor the others, and is not hidden", () => {
    const later: Array<() => void> = []
    const queue = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((run) => later.push(run))
    const feed = createFeed<Event>()
    let woken = 0
    feed.subscribe(0, () => {
      throw new Error("The socket is gone.")
    })
    feed.subscribe(0, () => woken++)
    expect(feed.publish(event("a")).revision).toBe(1)
    feed.end(event("z"))
    queue.mockRestore()
    expect(feed.ended()).toBe(true)
    expect(woken).toBe(3)
    expect(later).toHaveLength(3)
    for (const run of later) expect(run).toThrow("The socket is gone.")
  })

  it("tells how many there are whenever that changes", () => {
    const counts: Array<number> = []
    const feed = createFeed<Event>({ onSubscribers: (count) => counts.push(count) })
    const first = feed.subscribe(0, () => undefined)
    const second = feed.subscribe(0, () => undefined)
    first.close()
    first.close()
    second.close()
    expect(counts).toEqual([1, 2, 1, 0])
  })

  it("is done when the feed has ended and all of it was taken, not before", () => {
    const feed = createFeed<Event>()
    const subscription = feed.subscribe(0, () => undefined)
    feed.publish(event("a"))
    subscription.take()
    expect(subscription.done()).toBe(false)
    feed.end(event("z"))
    expect(subscription.done()).toBe(false)
    expect(shown(subscription.take())).toEqual(["2 z 0"])
    expect(subscription.done()).toBe(true)
  })

  it("to a feed that has ended takes what there is, and is done", () => {
    const feed = createFeed<Event>()
    feed.publish(event("a"))
    feed.end(event("z"))
    const late = feed.subscribe(0, () => undefined)
    expect(shown(late.take())).toEqual(["1 a 0", "2 z 0"])
    expect(late.done()).toBe(true)
    expect(feed.subscribe(2, () => undefined).done()).toBe(true)
  })

  it("from behind a revision that was never reached takes the end, too, with all that there is", () => {
    const feed = createFeed<Event>()
    feed.publish(event("a"))
    const woken = vi.fn<() => void>()
    const ahead = feed.subscribe(7, woken)
    expect(ahead.take()).toEqual([])
    feed.end(event("z"))
    expect(woken).toHaveBeenCalled()
    expect(ahead.done()).toBe(false)
    expect(shown(ahead.take())).toEqual(["1 a 0", "2 z 0"])
    expect(ahead.done()).toBe(true)
    expect(ahead.take()).toEqual([])

    const empty = createFeed<Event>()
    empty.end()
    const none = empty.subscribe(7, () => undefined)
    expect(none.take()).toEqual([])
    expect(none.done()).toBe(true)
  })

  it("ends up with the newest of each kind, in order and never twice, however it takes turns with publishing", () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant("publish" as const),
        type: fc.constantFrom("a", "b", "c"),
        who: fc.nat(2),
      }),
      fc.record({ do: fc.constant("take" as const), type: fc.constant(""), who: fc.nat(2) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, terminal) => {
        const feed = createFeed<Event>()
        const readers = Array.from({ length: 3 }, () => ({
          subscription: feed.subscribe(0, () => undefined),
          seen: Array<FeedEntry<Event>>(),
        }))
        const take = ({ subscription, seen }: (typeof readers)[number]) => seen.push(...subscription.take())
        const newest = new Map<string, number>()
        steps.forEach(({ do: what, type, who }, value) => {
          if (what === "publish") newest.set(type, feed.publish(event(type, value)).revision)
          else take(readers[who])
        })
        feed.end(terminal ? event("end") : undefined)
        if (terminal) newest.set("end", feed.revision())
        for (const reader of readers) {
          take(reader)
          expect(reader.subscription.done()).toBe(true)
          const revisions = reader.seen.map(({ revision }) => revision)
          expect(revisions).toEqual([...new Set(revisions)].sort((left, right) => left - right))
          const last = new Map(reader.seen.map(({ revision, event: { type } }) => [type, revision]))
          expect(last).toEqual(newest)
          expect(reader.seen.at(-1)?.event.type === "end").toBe(terminal)
        }
      }),
      { seed: 1, numRuns: 1000 },
    )
  })

  it("costs nothing while it sleeps: a hundred thousand events leave as many entries as kinds", () => {
    const feed = createFeed<Event>()
    const asleep = feed.subscribe(0, () => undefined)
    for (let value = 0; value < 100_000; value++) feed.publish(event(value % 2 === 0 ? "a" : "b", value))
    expect(shown(asleep.take())).toEqual(["99999 a 99998", "100000 b 99999"])
  })
})
