import type { EncodedPart, EngineBatch, EngineEvents, Shard, ShardOutcome } from "@simstream/core/shards"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { createFakeBull } from "./bull.fixtures.ts"
import { createBullSession } from "./bullSession.ts"
import { newShardData } from "./shardJob.ts"

const batch: EngineBatch = {
  id: "job_1",
  simulation: "dice",
  version: "1-ab",
  config: { count: 2 },
  configDigest: "cd",
  seed: "7",
  bucket: 1,
  onIterationError: "fail",
}

const shard = (first: number, until: number): Shard => ({ first, until, cuts: [] })
const part = (first: number, until: number): EncodedPart => ({
  first,
  until,
  nodes: [],
  tallies: { distributions: [], failed: 0, failures: [] },
})
const ran: ShardOutcome = { type: "ran", worker: "w", iterations: 64, tookMs: 1 }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A session, and all that it has told. */
const open = (fake = createFakeBull(), of = batch) => {
  const told: Array<readonly [event: string, ...with_: ReadonlyArray<unknown>]> = []
  const errors: Array<string> = []
  const events: EngineEvents = {
    running: (first, done) => told.push(["running", first, done]),
    partial: (first, parts) => told.push(["partial", first, parts.map(({ until }) => until)]),
    finished: (first, parts, { type }) =>
      told.push(["finished", first, parts.map(({ until }) => until), type]),
    waiting: (what) => told.push(["waiting", what]),
    failed: ({ message }) => told.push(["failed", message]),
  }
  const closing = new AbortController()
  const session = createBullSession({
    bull: Promise.resolve(fake.bull),
    batch: of,
    events,
    versionWaitMs: 60_000,
    engineSignal: closing.signal,
    onError: ({ message }) => errors.push(message),
  })
  return {
    ...fake,
    session,
    told,
    errors,
    closeEngine: () => closing.abort(new Error("The engine was closed.")),
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0)

describe("a shard", () => {
  it("is added under its batch and its first iteration, and idle workers are told", async () => {
    const { session, entries, said } = open()
    expect(await session.submit(shard(0, 128))).toEqual(shard(0, 128))
    expect([...entries.keys()]).toEqual(["job_1.0"])
    expect(said.filter(({ topic }) => topic.startsWith("work."))).toHaveLength(1)
  })

  it("is told of when those that workers were told of before are taken: till then no worker is idle", async () => {
    const { session, take, say, end, said } = open()
    const tellings = () => said.filter(({ topic }) => topic.startsWith("work.")).length
    for (const first of [0, 128, 256, 384]) await session.submit(shard(first, first + 128))
    expect(tellings()).toBe(1)
    take("job_1.0")
    say("batch.job_1", [{ first: 0, done: 1, saved: 0, ended: false }])
    await settle()
    // With this one all that wait are told of.
    expect(tellings()).toBe(2)
    say("batch.job_1", [{ first: 0, done: 5, saved: 0, ended: false }])
    say("batch.job_1", [{ first: 128, done: 0, saved: 0, ended: false }])
    end("job_1.256", ran)
    say("batch.job_1", [{ first: 256, done: 128, saved: 384, ended: true }])
    await session.submit(shard(512, 640))
    expect(tellings()).toBe(2)
    say("batch.job_1", [{ first: 384, done: 0, saved: 0, ended: false }])
    await settle()
    expect(tellings()).toBe(3)
    // Nobody is told of nothing.
    say("batch.job_1", [{ first: 512, done: 0, saved: 0, ended: false }])
    await settle()
    expect(tellings()).toBe(3)
  })

  it("is told of as its worker tells, and is read where that has saved something or has ended", async () => {
    const { session, take, save, end, say, told } = open()
    await session.submit(shard(0, 128))
    take("job_1.0")
    save("job_1.0", [part(0, 64)])
    say("batch.job_1", [{ first: 0, done: 70, saved: 64, ended: false }])
    expect(told).toEqual([["running", 0, 70]])
    await vi.advanceTimersByTimeAsync(500)
    expect(told.slice(1)).toEqual([
      ["running", 0, 64],
      ["partial", 0, [64]],
    ])
    save("job_1.0", [part(0, 64), part(64, 128)])
    end("job_1.0", ran)
    say("batch.job_1", [{ first: 0, done: 128, saved: 128, ended: true }])
    await settle()
    expect(told.slice(3)).toEqual([["finished", 0, [64, 128], "ran"]])
  })

  it("is read again when its end was told of while it was being read", async () => {
    const gates: Array<() => void> = []
    let gated = false
    const fake = createFakeBull(() =>
      gated ? new Promise((resolve) => gates.push(resolve)) : Promise.resolve(),
    )
    const { session, take, save, end, say, told } = open(fake)
    await session.submit(shard(0, 128))
    take("job_1.0")
    save("job_1.0", [part(0, 64)])
    gated = true
    say("batch.job_1", [{ first: 0, done: 64, saved: 64, ended: false }])
    await vi.advanceTimersByTimeAsync(500)
    expect(gates).toHaveLength(1)
    say("batch.job_1", [{ first: 0, done: 128, saved: 128, ended: true }])
    gated = false
    gates[0]?.()
    end("job_1.0", ran)
    await settle()
    expect(told[told.length - 1]).toEqual(["finished", 0, [64], "ran"])
  })

  it("is told of once, however often its end is heard of", async () => {
    const { session, end, say, told } = open()
    await session.submit(shard(0, 128))
    end("job_1.0", ran)
    for (let time = 0; time < 5; time++)
      say("batch.job_1", [{ first: 0, done: 128, saved: 128, ended: true }])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(told).toEqual([["finished", 0, [], "ran"]])
  })

  it("is looked up when nothing was heard of it: words get lost", async () => {
    const { session, take, save, end, told } = open()
    await session.submit(shard(0, 128))
    take("job_1.0")
    save("job_1.0", [part(0, 64)])
    await vi.advanceTimersByTimeAsync(4000)
    expect(told).toEqual([
      ["running", 0, 64],
      ["partial", 0, [64]],
    ])
    end("job_1.0", ran)
    await vi.advanceTimersByTimeAsync(4000)
    expect(told.slice(2)).toEqual([["finished", 0, [64], "ran"]])
  })

  it("is added again, before those that wait, when the server has lost it", async () => {
    const { session, entries, added } = open()
    await session.submit(shard(0, 128))
    entries.clear()
    await vi.advanceTimersByTimeAsync(4000)
    expect(added).toEqual(["job_1.0", "job_1.0 next"])
  })

  it("is forgotten some time after it was delivered, for the batch's own checkpoint may be older", async () => {
    const { session, end, say, entries } = open()
    await session.submit(shard(0, 128))
    end("job_1.0", ran)
    say("batch.job_1", [{ first: 0, done: 128, saved: 128, ended: true }])
    await settle()
    session.delivered(128)
    await vi.advanceTimersByTimeAsync(119_000)
    expect(entries.size).toBe(1)
    await vi.advanceTimersByTimeAsync(4000)
    expect(entries.size).toBe(0)
  })
})

describe("a session after a restart", () => {
  const before = async (of: Shard, parts: ReadonlyArray<EncodedPart>, outcome: ShardOutcome | null) => {
    const fake = createFakeBull()
    const id = `job_1.${of.first}`
    fake.entries.set(id, {
      data: newShardData(JSON.stringify(batch), of),
      outcome,
      wish: null,
      active: false,
    })
    fake.save(id, parts)
    return open(fake)
  }

  it("finds a shard that was cut otherwise, and what there is of it", async () => {
    const { session, told } = await before(shard(0, 640), [part(0, 64)], null)
    expect(await session.submit(shard(0, 128))).toEqual(shard(0, 640))
    await vi.advanceTimersByTimeAsync(4000)
    expect(told).toContainEqual(["partial", 0, [64]])
  })

  it("finds one that has ended, and tells so after it has answered", async () => {
    const { session, told } = await before(shard(0, 128), [part(0, 128)], ran)
    expect(await session.submit(shard(0, 128))).toEqual(shard(0, 128))
    expect(told).toEqual([])
    await settle()
    expect(told).toEqual([["finished", 0, [128], "ran"]])
  })

  it("has one run again that gave nothing, or was refused", async () => {
    for (const outcome of [ran, { type: "refused", message: "another version" } as const]) {
      const { session, entries } = await before(shard(0, 640), [], outcome)
      expect(await session.submit(shard(0, 128))).toEqual(shard(0, 128))
      expect(entries.get("job_1.0")).toMatchObject({ outcome: null, data: { shard: shard(0, 128) } })
    }
  })

  it("refuses one that is of another batch with the same id", async () => {
    const fake = createFakeBull()
    await open(fake).session.submit(shard(0, 128))
    const other = open(fake, { ...batch, seed: "8" })
    await expect(other.session.submit(shard(0, 128))).rejects.toThrow(
      'the id "job_1" is that of another batch',
    )
  })
})

describe("at its end", () => {
  it("what waits is removed, what is run is told to stop being, and workers hear of it at once", async () => {
    const { session, take, entries, said, isHeard } = open()
    await session.submit(shard(0, 128))
    await session.submit(shard(128, 256))
    take("job_1.0")
    await session.close()
    expect([...entries.keys()]).toEqual(["job_1.0"])
    expect(entries.get("job_1.0")?.wish).toBe("cancel")
    expect(said).toContainEqual({ topic: "wish", data: { batchId: "job_1", wish: "cancel" } })
    expect(isHeard("batch.job_1")).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  })

  it("nobody is told when all has been run, and nothing is left", async () => {
    const { session, end, say, entries, said } = open()
    await session.submit(shard(0, 128))
    end("job_1.0", ran)
    say("batch.job_1", [{ first: 0, done: 128, saved: 128, ended: true }])
    await settle()
    await session.close()
    expect(entries.size).toBe(0)
    expect(said.filter(({ topic }) => topic === "wish")).toEqual([])
  })

  it("those who run its shards are told before the many that have ended are removed", async () => {
    const fake = createFakeBull()
    const { publish } = fake.bull.relay
    const order: Array<string> = []
    const queue = fake.bull.queue("")
    const { session, take, end, say, entries } = open({
      ...fake,
      bull: {
        queue: () => ({
          ...queue,
          remove: (id) => {
            order.push(id)
            return queue.remove(id)
          },
        }),
        relay: {
          ...fake.bull.relay,
          publish: (topic, data) => {
            if (topic === "wish") order.push(topic)
            return publish(topic, data)
          },
        },
      },
    })
    for (let first = 0; first < 20; first++) await session.submit(shard(64 * first, 64 * (first + 1)))
    for (let first = 0; first < 18; first++) {
      end(`job_1.${64 * first}`, ran)
      say("batch.job_1", [{ first: 64 * first, done: 64, saved: 64 * (first + 1), ended: true }])
    }
    await settle()
    session.delivered(64 * 18)
    take(`job_1.${64 * 18}`)
    await session.close()
    expect(order.slice(0, 3).sort()).toEqual([`job_1.${64 * 18}`, `job_1.${64 * 19}`, "wish"].sort())
    expect(order.filter((id) => id.startsWith("job_1."))).toHaveLength(21)
    expect([...entries.keys()]).toEqual([`job_1.${64 * 18}`])
  })

  it("left to another process, it takes back nothing and tells nobody to stop", async () => {
    const { session, entries, said, take, end, isHeard } = open()
    for (const first of [0, 128, 256]) await session.submit(shard(first, first + 128))
    end("job_1.0", ran)
    take("job_1.128")
    await session.close({ keep: true })
    expect([...entries.keys()]).toEqual(["job_1.0", "job_1.128", "job_1.256"])
    expect([...entries.values()].map(({ wish }) => wish)).toEqual([null, null, null])
    expect(said.filter(({ topic }) => topic === "wish")).toEqual([])
    expect(isHeard("batch.job_1")).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  })

  it("a shard that is just being added is removed, too", async () => {
    const gates: Array<() => void> = []
    const fake = createFakeBull(() => new Promise((resolve) => gates.push(resolve)))
    const { session, entries } = open(fake)
    const submitting = session.submit(shard(0, 128)).catch(() => undefined)
    await settle()
    const closing = session.close()
    while (gates.length > 0) {
      gates.shift()?.()
      await settle()
    }
    await closing
    await submitting
    expect(entries.size).toBe(0)
  })

  it("does not wait for a server that does not answer", async () => {
    const fake = createFakeBull(() => new Promise(() => undefined))
    const { session } = open(fake)
    const submitting = session.submit(shard(0, 128))
    submitting.catch(() => undefined)
    await settle()
    const closing = session.close()
    await vi.advanceTimersByTimeAsync(2000)
    await closing
    await expect(submitting).rejects.toThrow("The session was closed.")
    expect(vi.getTimerCount()).toBe(0)
  })

  it("stopped early, it removes what waits, and leaves what has ended", async () => {
    const { session, take, end, say, entries, said } = open()
    for (const first of [0, 128, 256]) await session.submit(shard(first, first + 128))
    end("job_1.0", ran)
    say("batch.job_1", [{ first: 0, done: 128, saved: 128, ended: true }])
    take("job_1.128")
    await settle()
    session.stop()
    await settle()
    expect([...entries.keys()]).toEqual(["job_1.0", "job_1.128"])
    expect(entries.get("job_1.128")?.wish).toBe("stop")
    expect(said).toContainEqual({ topic: "wish", data: { batchId: "job_1", wish: "stop" } })
    // What was removed on purpose is not taken for lost.
    await vi.advanceTimersByTimeAsync(10_000)
    expect(entries.size).toBe(2)
  })
})

it("fails its batch when the engine is closed", async () => {
  const { closeEngine, told, session } = open()
  closeEngine()
  expect(told).toEqual([["failed", "the engine was closed."]])
  await session.close()
})

describe("what it waits for", () => {
  /** What was told of that so far. */
  const waits = (told: ReadonlyArray<readonly [event: string, ...with_: ReadonlyArray<unknown>]>) =>
    told.flatMap(([event, what]) => (event === "waiting" ? [what] : []))

  it("is the queue while that does not answer, and nothing when it does", async () => {
    const gates: Array<() => void> = []
    let gated = true
    const fake = createFakeBull(() =>
      gated ? new Promise((resolve) => gates.push(resolve)) : Promise.resolve(),
    )
    const { session, told } = open(fake)
    const submitting = session.submit(shard(0, 128))
    await vi.advanceTimersByTimeAsync(1900)
    expect(waits(told)).toEqual([])
    await vi.advanceTimersByTimeAsync(600)
    expect(waits(told)).toEqual(["queue"])
    gated = false
    for (const open_ of gates) open_()
    await submitting
    expect(waits(told)).toEqual(["queue", null])
  })

  it("is the queue while that refuses what is to be written, as a full disk makes it", async () => {
    const fake = createFakeBull()
    const queue = fake.bull.queue("")
    let full = true
    const { session, told, errors } = open({
      ...fake,
      bull: {
        ...fake.bull,
        queue: () => ({
          ...queue,
          add: (id, data, next) =>
            full ? Promise.reject(new Error("MISCONF: the disk is full.")) : queue.add(id, data, next),
        }),
      },
    })
    const submitting = session.submit(shard(0, 128))
    await vi.advanceTimersByTimeAsync(2500)
    expect(waits(told)).toEqual(["queue"])
    expect(errors).toContain("MISCONF: the disk is full.")
    full = false
    await vi.advanceTimersByTimeAsync(1000)
    await submitting
    expect(waits(told)).toEqual(["queue", null])
  })

  it("is the queue where only what is said to workers is refused", async () => {
    const fake = createFakeBull()
    let full = false
    const { session, told } = open({
      ...fake,
      bull: {
        ...fake.bull,
        relay: {
          ...fake.bull.relay,
          publish: (topic, data) =>
            full ? Promise.reject(new Error("OOM")) : fake.bull.relay.publish(topic, data),
        },
      },
    })
    await session.submit(shard(0, 128))
    full = true
    await vi.advanceTimersByTimeAsync(10_000)
    expect(waits(told)).toEqual(["workers", "queue"])
    full = false
    await vi.advanceTimersByTimeAsync(1000)
    expect(waits(told)).toEqual(["workers", "queue", null])
  })

  it("is workers while none takes it up, and nothing when one says that it has", async () => {
    const { session, told, take, say } = open()
    await session.submit(shard(0, 128))
    await vi.advanceTimersByTimeAsync(5500)
    expect(waits(told)).toEqual(["workers"])
    take("job_1.0")
    say("batch.job_1", [{ first: 0, done: 0, saved: 0, ended: false }])
    expect(waits(told)).toEqual(["workers", null])
  })

  it("is nothing while all that was asked for is there", async () => {
    const { session, told, end, say } = open()
    await session.submit(shard(0, 128))
    end("job_1.0", ran)
    say("batch.job_1", [{ first: 0, done: 128, saved: 128, ended: true }])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(waits(told)).toEqual([])
  })

  it("is the server that was never reached, and nobody hears of it after the end", async () => {
    const told: Array<string | null> = []
    const session = createBullSession({
      bull: new Promise(() => undefined),
      batch,
      events: {
        running: () => undefined,
        partial: () => undefined,
        finished: () => undefined,
        failed: () => undefined,
        waiting: (what) => told.push(what),
      },
      versionWaitMs: 60_000,
      engineSignal: new AbortController().signal,
      onError: () => undefined,
    })
    session.submit(shard(0, 128)).catch(() => undefined)
    await vi.advanceTimersByTimeAsync(2500)
    expect(told).toEqual(["queue"])
    const closing = session.close()
    await vi.advanceTimersByTimeAsync(10)
    await closing
    expect(told).toEqual(["queue"])
    expect(vi.getTimerCount()).toBe(0)
  })
})
