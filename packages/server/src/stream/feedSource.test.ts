import { createFeed, type JobFeed } from "@simstream/core"
import type { JobEvent } from "@simstream/protocol"
import { describe, expect, it } from "vitest"
import { feedSource } from "./feedSource.ts"
import { sseFormat } from "./format.ts"
import type { Bytes, ByteSource } from "./source.ts"

const setUp = () => {
  const feed = createFeed<JobEvent>()
  const job: JobFeed = { jobId: "job_1", status: () => "running", reached: feed.revision, feed }
  const open = () =>
    feedSource(job, sseFormat, { revision: 0, heartbeatMs: 1000, sent: () => undefined })(() => undefined)
  return { feed, open }
}

const partial = (size: number): JobEvent => ({ type: "partial", stats: { text: "x".repeat(size) } })
const cancelled = (size: number): JobEvent => ({ type: "cancelled", stats: { text: "y".repeat(size) } })

const pollAll = (source: ByteSource): ReadonlyArray<Bytes> => {
  const all: Array<Bytes> = []
  for (let bytes = source.poll(); bytes !== undefined; bytes = source.poll()) all.push(bytes)
  return all
}

const eventsOf = (all: ReadonlyArray<Bytes>): ReadonlyArray<string | undefined> =>
  all
    .map((bytes) => new TextDecoder().decode(bytes))
    .join("")
    .split("\n\n")
    .filter((frame) => frame !== "")
    .map((frame) => /^event: (\w+)/.exec(frame)?.[1])

describe("what a job says", () => {
  it("goes out in one piece while it is small", () => {
    const { feed, open } = setUp()
    feed.publish(partial(10))
    feed.end(cancelled(10))
    const all = pollAll(open())
    expect(all).toHaveLength(1)
    expect(eventsOf(all)).toEqual(["connected", "partial", "cancelled"])
  })

  it("is one piece of memory for all who are sent it when it is large, from their first events on", () => {
    const { feed, open } = setUp()
    feed.publish(partial(1_000_000))
    feed.end(cancelled(1_000_000))
    const [one, other] = [pollAll(open()), pollAll(open())]
    expect(eventsOf(one)).toEqual(["connected", "partial", "cancelled"])
    const large = one.filter(({ length }) => length > 1_000_000)
    expect(large).toHaveLength(2)
    for (const bytes of large) expect(other.some(({ buffer }) => buffer === bytes.buffer)).toBe(true)
    const own = one.filter(({ buffer }) => !other.some((bytes) => bytes.buffer === buffer))
    expect(own.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(1_000)
  })

  it("is not done before its last piece was taken, and keeps its order meanwhile", () => {
    const { feed, open } = setUp()
    feed.publish(partial(1_000_000))
    const source = open()
    const first = source.poll()
    feed.end(cancelled(1_000_000))
    expect(source.done()).toBe(false)
    const second = source.poll()
    expect(source.done()).toBe(false)
    const rest = pollAll(source)
    expect(source.done()).toBe(true)
    const all = [first, second, ...rest].flatMap((bytes) => bytes ?? [])
    expect(eventsOf(all)).toEqual(["connected", "partial", "cancelled"])
  })
})
