/** What every store of jobs has to do. Each kind of store runs these tests, in a file of its own. */
import type { PartialEvent, ProgressEvent, TerminalEvent } from "@simstream/protocol"
import { afterEach, describe, expect, it } from "vitest"
import type { Checkpoint } from "../batch/checkpoint.ts"
import type { FeedEntry } from "../feed/feed.ts"
import {
  type ClaimedJob,
  EVENTS_PER_ATTEMPT,
  type JobHint,
  type JobRecord,
  type JobStore,
  type NewJob,
} from "./store.ts"

/** A store that is empty, and how it is left. */
export interface OpenedStore {
  readonly store: JobStore
  readonly close: () => Promise<void>
}

/** What is to be tested. */
export interface Conformance {
  /** Opens an empty store; leases last for `leaseMs` where they can run out. */
  readonly open: (options: { readonly leaseMs: number }) => Promise<OpenedStore>
  /** Whether a lease runs out: it does where a process can die and the store stay. */
  readonly leasesRunOut: boolean
}

const ROOM = { running: Infinity, queued: Infinity, ofOwner: Infinity }
const HOUR_MS = 3_600_000
/** Longer than any test. */
const LONG_LEASE_MS = 600_000

let count = 0

const newJob = (fields: Partial<NewJob> & { readonly simulation?: string } = {}): NewJob => {
  const { simulation = "dice", ...rest } = fields
  return {
    jobId: `job_${String(++count).padStart(8, "0")}`,
    owner: null,
    idempotency: null,
    request: { simulation, config: { count: 2 }, iterations: 100, seed: "7", stop: {} },
    ...rest,
  }
}

const progress = (revision: number, current = revision): FeedEntry<ProgressEvent> => ({
  revision,
  event: {
    type: "progress",
    current,
    total: 100,
    percentage: current,
    elapsedMs: 10,
    ratePerSecond: 5,
    etaMs: null,
  },
})

const partial = (revision: number, mean = revision): FeedEntry<PartialEvent> => ({
  revision,
  event: { type: "partial", stats: { mean } },
})

const complete = (revision: number): FeedEntry<TerminalEvent> => ({
  revision,
  event: {
    type: "complete",
    stats: { mean: 3.5 },
    timeline: null,
    charts: null,
    iterations: 100,
    seed: "7",
    stopReason: "iterations",
    elapsedMs: 20,
    failures: { count: 0, examples: [] },
    digest: "0".repeat(64),
    schemaVersion: 1,
  },
})

const failed = (revision: number): FeedEntry<TerminalEvent> => ({
  revision,
  event: { type: "error", code: "simulation_failed", message: "It broke." },
})

const cancelled = (revision: number, stats?: unknown): FeedEntry<TerminalEvent> => ({
  revision,
  event: { type: "cancelled", ...(stats === undefined ? {} : { stats }) },
})

/** Anything will do, for a store looks into none; numbers that need all their digits, and a zero with a sign. */
const checkpoint = (iterations: number): Checkpoint => ({
  version: 1,
  simulation: "dice",
  seed: "7",
  config: "digest",
  random: "scheme",
  chunkSize: 256,
  iterations,
  nodes: [],
  tallies: JSON.parse('{"sum":0.1000000000000000055511151231257827,"tiny":5e-324,"text":"\\u0000\\ud800ü"}'),
})

/** Asks until it is so; for what a clock or another process decides. */
const until = async <A>(ask: () => Promise<A>, so: (answer: A) => boolean): Promise<A> => {
  for (;;) {
    const answer = await ask()
    if (so(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

const take = async (store: JobStore, fields: Parameters<typeof newJob>[0] = {}): Promise<JobRecord> => {
  const admission = await store.create(newJob(fields), ROOM)
  if (admission.outcome !== "created") throw new Error(admission.outcome)
  return admission.record
}

const claim = (
  store: JobStore,
  limit = 10,
  fields: { simulations?: Array<string>; except?: Array<string> } = {},
) => store.claim({ simulations: ["dice"], except: [], ...fields, limit })

const claimOne = async (store: JobStore): Promise<ClaimedJob> => {
  const [claimed] = await claim(store, 1)
  if (claimed === undefined) throw new Error("There was nothing to claim.")
  return claimed
}

/** A job that runs. */
const running = async (store: JobStore): Promise<ClaimedJob> => {
  await take(store)
  return claimOne(store)
}

const recordOf = async (store: JobStore, jobId: string): Promise<JobRecord> => {
  const record = await store.get(jobId)
  if (record === null) throw new Error("The job is gone.")
  return record
}

const keyed = (owner: string | null, digest = "a") => newJob({ owner, idempotency: { key: "click", digest } })

/** A page, by its ids. */
const pageOf = async (store: JobStore, query: Partial<Parameters<JobStore["list"]>[0]> = {}) => {
  const { heads, nextCursor } = await store.list({ limit: 100, ...query })
  return { ids: heads.map(({ jobId }) => jobId), nextCursor }
}

const listen = async (store: JobStore) => {
  const hints: Array<JobHint> = []
  const stop = store.watch((hint) => hints.push(hint))
  const heard = (hint: JobHint) =>
    until(
      async () => hints,
      (all) => all.some((one) => JSON.stringify(one) === JSON.stringify(hint)),
    )
  // Until it listens: then a job that is taken in is heard of.
  await until(
    () => take(store, { simulation: "probe" }),
    () => hints.length > 0,
  )
  return { hints, heard, stop }
}

/** Tests a kind of store. */
export const testJobStore = (kind: string, { open, leasesRunOut }: Conformance): void => {
  const opened: Array<OpenedStore> = []

  const openStore = async (leaseMs = LONG_LEASE_MS): Promise<JobStore> => {
    const own = await open({ leaseMs })
    opened.push(own)
    return own.store
  }

  describe(kind, () => {
    afterEach(async () => {
      await Promise.all(opened.splice(0).map(({ close }) => close()))
    })

    describe("a new job", () => {
      it("is queued, and kept as it was asked for", async () => {
        const store = await openStore()
        const request = {
          simulation: "dice",
          config: {
            text: 'quotes " and \\, \u0000, \ud800 and ü',
            tiny: 5e-324,
            deep: [[{ a: null }]],
            none: "",
          },
          iterations: 1_000_000_000,
          seed: "18446744073709551615",
          stop: { timeMs: 5000, precision: { metric: "total", relative: 0.01 } },
        }
        const job = newJob({ owner: "ann", request })
        const admission = await store.create(job, ROOM)
        const record = await store.get(job.jobId)
        expect(admission).toEqual({ outcome: "created", record })
        expect(record).toMatchObject({
          jobId: job.jobId,
          owner: "ann",
          simulation: "dice",
          status: "queued",
          request,
          requestDigest: null,
          startedAtMs: null,
          endedAtMs: null,
          progress: null,
          error: null,
          revision: 0,
          attempt: 0,
          events: [],
        })
        expect(Math.abs((record?.createdAtMs ?? 0) - Date.now())).toBeLessThan(60_000)
      })

      it("is unknown by any other id", async () => {
        const store = await openStore()
        await take(store)
        expect(await store.get("job_0")).toBeNull()
        expect(await store.cancel("job_0", HOUR_MS)).toBeNull()
        expect(await store.read([{ jobId: "job_0", revision: 0 }])).toEqual([])
      })

      it("is unknown by an id that anybody can make up, of whatever characters", async () => {
        const store = await openStore()
        const { jobId } = await take(store)
        for (const made of [
          "",
          "\u0000",
          `${jobId}\u0000`,
          "\ud800",
          "'; DROP TABLE jobs",
          "x".repeat(5_000),
        ]) {
          expect(await store.get(made)).toBeNull()
          expect(await store.cancel(made, HOUR_MS)).toBeNull()
          const news = await store.read([made, jobId].map((id) => ({ jobId: id, revision: 0 })))
          expect(news.map((told) => told.jobId)).toEqual([jobId])
          await store.watched([made, jobId])
        }
      })
    })

    describe("an idempotency key", () => {
      it("finds the job that it started, and tells what that was for", async () => {
        const store = await openStore()
        const first = await store.create(keyed("ann"), ROOM)
        const second = await store.create(keyed("ann", "b"), ROOM)
        expect(first.outcome).toBe("created")
        expect(second).toEqual({ ...first, outcome: "repeated" })
        expect(second).toMatchObject({ record: { requestDigest: "a" } })
      })

      it("is its owner's own, and that of all who have no name", async () => {
        const store = await openStore()
        const outcomes = []
        for (const owner of ["ann", "bob", null, "", null]) {
          outcomes.push((await store.create(keyed(owner), ROOM)).outcome)
        }
        expect(outcomes).toEqual(["created", "created", "created", "created", "repeated"])
      })

      it("starts one job when it is used many times at once", async () => {
        const store = await openStore()
        const all = await Promise.all(Array.from({ length: 10 }, () => store.create(keyed("ann"), ROOM)))
        const ids = all.map((admission) => ("record" in admission ? admission.record.jobId : ""))
        expect(new Set(ids).size).toBe(1)
        expect(all.filter(({ outcome }) => outcome === "created")).toHaveLength(1)
      })

      it("finds its job even when there is no room for another", async () => {
        const store = await openStore()
        const none = { running: 0, queued: 1, ofOwner: 1 }
        await store.create(keyed("ann"), none)
        expect((await store.create(keyed("ann"), none)).outcome).toBe("repeated")
      })

      it("is free again when its job has been removed", async () => {
        const store = await openStore()
        const first = keyed("ann")
        await store.create(first, ROOM)
        const { lease } = await claimOne(store)
        await store.end(lease, { events: [], last: complete(1), retentionMs: 1 })
        await until(
          () => store.get(first.jobId),
          (record) => record === null,
        )
        expect((await store.create(keyed("ann"), ROOM)).outcome).toBe("created")
      })
    })

    describe("room", () => {
      it("is for as many as may wait, and those that would run at once", async () => {
        const store = await openStore()
        const room = { running: 2, queued: 1, ofOwner: 9 }
        const outcomes = async (times: number) => {
          const all = []
          for (let at = 0; at < times; at++) all.push((await store.create(newJob(), room)).outcome)
          return all
        }
        expect(await outcomes(4)).toEqual(["created", "created", "created", "queue_full"])
        await claim(store, 2)
        expect(await outcomes(1)).toEqual(["queue_full"])
        await claim(store, 1)
        expect(await outcomes(2)).toEqual(["created", "queue_full"])
      })

      it("is given to no more than there is, when many come at once", async () => {
        const store = await openStore()
        const room = { running: 2, queued: 3, ofOwner: 9 }
        const all = await Promise.all(Array.from({ length: 20 }, () => store.create(newJob(), room)))
        expect(all.filter(({ outcome }) => outcome === "created")).toHaveLength(5)
      })

      it("of an owner is for what is queued or running, and nobody else's", async () => {
        const store = await openStore()
        const room = { running: 100, queued: 100, ofOwner: 2 }
        const start = async (owner: string | null) => (await store.create(newJob({ owner }), room)).outcome
        expect([await start("ann"), await start("ann"), await start("ann")]).toEqual([
          "created",
          "created",
          "owner_full",
        ])
        expect([await start("bob"), await start(null), await start(null), await start(null)]).toEqual([
          "created",
          "created",
          "created",
          "created",
        ])
        const { lease } = await claimOne(store)
        expect(await start("ann")).toBe("owner_full")
        await store.end(lease, { events: [], last: complete(1), retentionMs: HOUR_MS })
        expect(await start("ann")).toBe("created")
      })

      it("may be without end", async () => {
        const store = await openStore()
        const all = { running: Infinity, queued: Infinity, ofOwner: Infinity }
        expect((await store.create(newJob({ owner: "ann" }), all)).outcome).toBe("created")
      })
    })

    describe("a claim", () => {
      it("gets the oldest jobs, which are running then, and no more than it wants", async () => {
        const store = await openStore()
        const ids = []
        for (let at = 0; at < 4; at++) ids.push((await take(store)).jobId)
        const first = await claim(store, 3)
        expect(first.map(({ lease }) => lease)).toEqual(
          ids.slice(0, 3).map((jobId) => ({ jobId, attempt: 1 })),
        )
        expect(first[0]).toMatchObject({ checkpoint: null, cancelling: false, record: { status: "running" } })
        expect(first[0]?.record).toEqual(await store.get(ids[0] ?? ""))
        expect(first[0]?.record.startedAtMs).toBeGreaterThanOrEqual(first[0]?.record.createdAtMs ?? Infinity)
        expect((await claim(store)).map(({ lease }) => lease.jobId)).toEqual(ids.slice(3))
        expect(await claim(store)).toEqual([])
      })

      it("gets only what can be run, and is not run already", async () => {
        const store = await openStore()
        const { jobId } = await take(store, { simulation: "cards" })
        await take(store, { simulation: "dice" })
        const ids = async (
          ...args: Parameters<typeof claim> extends [unknown, ...infer Rest] ? Rest : never
        ) => (await claim(store, ...args)).map(({ lease }) => lease.jobId)
        expect(await ids(9, { simulations: ["chess"] })).toEqual([])
        expect(await ids(9, { simulations: [] })).toEqual([])
        expect(await ids(9, { simulations: ["cards"], except: [jobId] })).toEqual([])
        expect(await ids(9, { simulations: ["cards", "chess"] })).toEqual([jobId])
      })

      it("gets a job once, however many claim at once", async () => {
        const store = await openStore()
        const ids = []
        for (let at = 0; at < 10; at++) ids.push((await take(store)).jobId)
        const claims = await Promise.all(Array.from({ length: 20 }, () => claim(store, 2)))
        const claimed = claims.flat().map(({ lease }) => lease.jobId)
        expect(claimed.sort()).toEqual([...new Set(claimed)])
        // What one claim had to leave to another is there for the next.
        claimed.push(...(await claim(store, 10)).map(({ lease }) => lease.jobId))
        expect(claimed.sort()).toEqual(ids)
      })
    })

    describe("a running job", () => {
      it("is kept as it says, with the newest event of each kind in its place", async () => {
        const store = await openStore()
        const { lease } = await running(store)
        await store.save(lease, { events: [progress(1), partial(2)] })
        await store.save(lease, { events: [progress(5)] })
        const record = await recordOf(store, lease.jobId)
        expect(record.events).toEqual([partial(2), progress(5)])
        expect(record).toMatchObject({
          status: "running",
          revision: 5,
          progress: { current: 5 },
          error: null,
        })
        expect(record.progress).not.toHaveProperty("type")
        await store.save(lease, { events: [] })
        expect(await recordOf(store, lease.jobId)).toEqual(record)
      })

      it("tells what is newer than what was read", async () => {
        const store = await openStore()
        const { lease } = await running(store)
        await store.save(lease, { events: [partial(2), progress(5)] })
        const since = async (revision: number) => {
          const [news] = await store.read([{ jobId: lease.jobId, revision }])
          return news
        }
        expect(await since(0)).toMatchObject({ status: "running", attempt: 1, endedAtMs: null })
        expect((await since(0))?.events).toEqual([partial(2), progress(5)])
        expect((await since(2))?.events).toEqual([progress(5)])
        expect((await since(5))?.events).toEqual([])
        expect((await since(Number.MAX_SAFE_INTEGER))?.events).toEqual([])
      })

      it("is read with others, each from its own revision", async () => {
        const store = await openStore()
        const first = (await running(store)).lease
        const second = (await running(store)).lease
        await store.save(first, { events: [progress(1)] })
        await store.save(second, { events: [progress(3)] })
        const news = await store.read([
          { jobId: second.jobId, revision: 0 },
          { jobId: "job_0", revision: 0 },
          { jobId: first.jobId, revision: 1 },
        ])
        expect(new Map(news.map(({ jobId, events }) => [jobId, events]))).toEqual(
          new Map([
            [first.jobId, []],
            [second.jobId, [progress(3)]],
          ]),
        )
        expect(await store.read([])).toEqual([])
      })

      it("is told with each save whether it was asked to stop", async () => {
        const store = await openStore()
        const { lease } = await running(store)
        expect(await store.save(lease, { events: [] })).toEqual({ held: true, cancelling: false })
        expect(await store.cancel(lease.jobId, HOUR_MS)).toBe("requested")
        expect(await store.cancel(lease.jobId, HOUR_MS)).toBe("requested")
        expect((await recordOf(store, lease.jobId)).status).toBe("running")
        expect(await store.save(lease, { events: [progress(1)] })).toEqual({ held: true, cancelling: true })
      })

      it("can be given back, to go on elsewhere from its newest checkpoint, behind all its events", async () => {
        const store = await openStore()
        const { lease, record } = await running(store)
        await store.save(lease, { events: [progress(1)], checkpoint: checkpoint(256) })
        await store.save(lease, { events: [progress(2)] })
        expect(
          await store.release(lease, { events: [progress(3)], checkpoint: checkpoint(512) }),
        ).toMatchObject({
          held: true,
        })
        expect((await recordOf(store, lease.jobId)).status).toBe("running")
        const again = await claimOne(store)
        expect(again.lease).toEqual({ jobId: lease.jobId, attempt: 2 })
        expect(again.checkpoint).toEqual(checkpoint(512))
        expect(again.record).toMatchObject({ startedAtMs: record.startedAtMs, revision: 3 })
        expect(again.record.events).toEqual([progress(3)])
      })

      it("keeps its checkpoint when it is given back without another", async () => {
        const store = await openStore()
        const { lease } = await running(store)
        await store.save(lease, { events: [], checkpoint: checkpoint(256) })
        await store.release(lease, { events: [] })
        expect((await claimOne(store)).checkpoint).toEqual(checkpoint(256))
      })
    })

    describe("who has lost the lease", () => {
      it("can write nothing: not progress, not an end, not by giving it back", async () => {
        const store = await openStore()
        const { lease } = await running(store)
        await store.release(lease, { events: [] })
        const { lease: newer } = await claimOne(store)
        await store.save(newer, { events: [progress(EVENTS_PER_ATTEMPT + 1)] })
        const before = await store.get(lease.jobId)
        const lost = { held: false, cancelling: false }
        expect(await store.save(lease, { events: [progress(7)], checkpoint: checkpoint(1) })).toEqual(lost)
        expect(await store.release(lease, { events: [progress(7)] })).toEqual(lost)
        expect(await store.end(lease, { events: [], last: complete(8), retentionMs: 1 })).toEqual(lost)
        expect(await store.get(lease.jobId)).toEqual(before)
        expect(await store.save(newer, { events: [] })).toMatchObject({ held: true })
      })

      it("can't take it up again by writing, once it is given back", async () => {
        const store = await openStore()
        const { lease } = await running(store)
        await store.release(lease, { events: [] })
        expect(await store.save(lease, { events: [progress(7)] })).toMatchObject({ held: false })
        expect((await claimOne(store)).lease.attempt).toBe(2)
      })

      it("can't write behind the end", async () => {
        const store = await openStore()
        const { lease } = await running(store)
        await store.end(lease, { events: [], last: complete(2), retentionMs: HOUR_MS })
        const before = await store.get(lease.jobId)
        expect(await store.save(lease, { events: [progress(3)] })).toMatchObject({ held: false })
        expect(await store.end(lease, { events: [], last: failed(3), retentionMs: 1 })).toMatchObject({
          held: false,
        })
        expect(await store.get(lease.jobId)).toEqual(before)
      })
    })

    describe("the end of a job", () => {
      it("is its last event, with all that was said before it", async () => {
        const store = await openStore()
        const { lease } = await running(store)
        await store.save(lease, { events: [progress(1)], checkpoint: checkpoint(256) })
        const last = complete(5)
        expect(
          await store.end(lease, { events: [partial(3), progress(4)], last, retentionMs: HOUR_MS }),
        ).toEqual({ held: true, cancelling: false })
        const record = await recordOf(store, lease.jobId)
        expect(record).toMatchObject({ status: "completed", revision: 5, error: null })
        expect(record.events).toEqual([partial(3), progress(4), last])
        expect(record.endedAtMs).toBeGreaterThanOrEqual(record.startedAtMs ?? Infinity)
        const [news] = await store.read([{ jobId: lease.jobId, revision: 4 }])
        expect(news).toMatchObject({ status: "completed", endedAtMs: record.endedAtMs, events: [last] })
        expect((await store.read([{ jobId: lease.jobId, revision: 5 }]))[0]?.events).toEqual([])
        expect(await claim(store)).toEqual([])
        expect(await store.cancel(lease.jobId, HOUR_MS)).toBe("ended")
      })

      it("may be a failure, which a list shows", async () => {
        const store = await openStore()
        const { lease } = await running(store)
        await store.end(lease, { events: [partial(1)], last: failed(2), retentionMs: HOUR_MS })
        const error = { code: "simulation_failed", message: "It broke." }
        const record = await recordOf(store, lease.jobId)
        expect(record).toMatchObject({ status: "failed", error })
        expect(record.events).toEqual([partial(1), failed(2)])
        expect((await store.list({ limit: 1 })).heads[0]).toMatchObject({ status: "failed", error })
      })

      it("may be a cancellation, with what there was by then", async () => {
        const store = await openStore()
        const { lease } = await running(store)
        await store.save(lease, { events: [partial(1, 0.5)] })
        await store.end(lease, { events: [], last: cancelled(2, { mean: 0.5 }), retentionMs: HOUR_MS })
        const record = await recordOf(store, lease.jobId)
        expect(record.status).toBe("cancelled")
        expect(record.events).toEqual([partial(1, 0.5), cancelled(2, { mean: 0.5 })])
        expect((await store.read([{ jobId: lease.jobId, revision: 1 }]))[0]?.events).toEqual([
          cancelled(2, { mean: 0.5 }),
        ])
      })

      it("is kept for so long, and then no more", async () => {
        const store = await openStore()
        const { lease } = await running(store)
        const { jobId: other } = await take(store)
        await store.end(lease, { events: [], last: complete(1), retentionMs: 1 })
        await until(
          () => store.get(lease.jobId),
          (record) => record === null,
        )
        await store.sweep(HOUR_MS)
        expect(await store.read([{ jobId: lease.jobId, revision: 0 }])).toEqual([])
        expect(await store.cancel(lease.jobId, HOUR_MS)).toBeNull()
        expect((await store.list({ limit: 9 })).heads.map(({ jobId }) => jobId)).toEqual([other])
      })
    })

    describe("cancelling", () => {
      it("ends a job that waits, at once", async () => {
        const store = await openStore()
        const { jobId } = await take(store)
        expect(await store.cancel(jobId, HOUR_MS)).toBe("cancelled")
        const record = await recordOf(store, jobId)
        expect(record).toMatchObject({ status: "cancelled", startedAtMs: null, revision: 1 })
        expect(record.endedAtMs).not.toBeNull()
        expect(record.events).toEqual([cancelled(1)])
        expect(await store.cancel(jobId, HOUR_MS)).toBe("ended")
        expect(await claim(store)).toEqual([])
      })

      it("ends a job that was given back, with what there was by then, behind all that may have been told", async () => {
        const store = await openStore()
        const { lease } = await running(store)
        await store.release(lease, { events: [partial(3, 0.5)] })
        expect(await store.cancel(lease.jobId, HOUR_MS)).toBe("cancelled")
        expect((await recordOf(store, lease.jobId)).events).toEqual([
          partial(3, 0.5),
          cancelled(EVENTS_PER_ATTEMPT + 1, { mean: 0.5 }),
        ])
      })

      it("comes with the job to whoever claims it, or ends it in the sweep, when nobody could stop it", async () => {
        const store = await openStore()
        const first = await running(store)
        await store.cancel(first.lease.jobId, HOUR_MS)
        await store.release(first.lease, { events: [] })
        const again = await claimOne(store)
        expect(again.cancelling).toBe(true)
        await store.release(again.lease, { events: [] })
        await store.sweep(HOUR_MS)
        expect((await recordOf(store, first.lease.jobId)).status).toBe("cancelled")
      })
    })

    describe("a list", () => {
      it("has the newest first, of all, of one owner, or of those without a name", async () => {
        const store = await openStore()
        const all = []
        for (const owner of ["ann", "bob", null, "ann"]) all.push((await take(store, { owner })).jobId)
        const [first, second, third, fourth] = all
        expect((await pageOf(store)).ids).toEqual([fourth, third, second, first])
        expect((await pageOf(store, { owner: "ann" })).ids).toEqual([fourth, first])
        expect((await pageOf(store, { owner: null })).ids).toEqual([third])
        expect((await pageOf(store, { owner: "eve" })).ids).toEqual([])
      })

      it("goes on behind a page, whatever is started or removed meanwhile", async () => {
        const store = await openStore()
        const all = []
        for (let at = 0; at < 7; at++) all.push((await take(store)).jobId)
        all.reverse()
        const { lease } = await claimOne(store)
        const first = await pageOf(store, { limit: 3 })
        expect(first.ids).toEqual(all.slice(0, 3))
        // The last one of the page goes, and another comes.
        await store.cancel(first.ids[2] ?? "", 1)
        await until(
          () => store.get(first.ids[2] ?? ""),
          (record) => record === null,
        )
        await take(store)
        const second = await pageOf(store, { limit: 3, cursor: first.nextCursor ?? "" })
        expect(second.ids).toEqual(all.slice(3, 6))
        const third = await pageOf(store, { limit: 3, cursor: second.nextCursor ?? "" })
        expect(third).toEqual({ ids: [lease.jobId], nextCursor: null })
      })

      it("ends exactly with a full page when nothing follows", async () => {
        const store = await openStore()
        await take(store)
        await take(store)
        expect((await pageOf(store, { limit: 2 })).nextCursor).toBeNull()
        expect((await pageOf(store, { limit: Infinity })).nextCursor).toBeNull()
      })

      it("is empty behind a cursor that is none of its own", async () => {
        const store = await openStore()
        await take(store)
        for (const cursor of ["'; DROP TABLE jobs", "\u0000", "1_\u0000"]) {
          expect(await pageOf(store, { cursor })).toEqual({ ids: [], nextCursor: null })
        }
      })
    })

    describe("hints", () => {
      it("tell of jobs to claim, of news, and of what has to stop", async () => {
        const store = await openStore()
        const { hints, heard, stop } = await listen(store)
        const { lease } = await running(store)
        const { jobId } = lease
        await heard({ type: "queued" })
        await store.save(lease, { events: [progress(1)] })
        await heard({ type: "changed", jobId })
        await store.cancel(jobId, HOUR_MS)
        await heard({ type: "cancelling", jobId })
        hints.splice(0)
        await store.release(lease, { events: [] })
        await heard({ type: "queued" })
        hints.splice(0)
        await store.cancel(jobId, HOUR_MS)
        await heard({ type: "changed", jobId })
        stop()
      })

      it("come no more when nobody listens", async () => {
        const store = await openStore()
        const first = await listen(store)
        const second = await listen(store)
        first.stop()
        first.stop()
        first.hints.splice(0)
        const { jobId } = await take(store)
        await store.cancel(jobId, HOUR_MS)
        await second.heard({ type: "changed", jobId })
        second.stop()
        expect(first.hints).toEqual([])
      })
    })

    it("knows how long ago a job was last watched", async () => {
      const store = await openStore()
      const { jobId } = await take(store)
      const unwatchedMs = async () => (await store.read([{ jobId, revision: 0 }]))[0]?.unwatchedMs ?? NaN
      const before = await until(unwatchedMs, (ms) => ms >= 20)
      await store.watched([jobId, "job_0"])
      expect(await unwatchedMs()).toBeLessThan(before)
    })

    if (!leasesRunOut) return

    describe("a lease", () => {
      it("runs out when it is not renewed, and the job goes to the next who asks", async () => {
        const store = await openStore(30)
        const { lease } = await running(store)
        await store.save(lease, { events: [progress(7)], checkpoint: checkpoint(256) })
        const [again] = await until(
          () => claim(store),
          (claimed) => claimed.length > 0,
        )
        expect(again).toMatchObject({ lease: { attempt: 2 }, checkpoint: checkpoint(256), cancelling: false })
        expect(await store.save(lease, { events: [progress(8)] })).toMatchObject({ held: false })
      })

      it("that has run out is still good while nobody else has claimed the job", async () => {
        const store = await openStore(30)
        const { lease } = await running(store)
        // Nothing can be seen of it but by claiming the job, so that there is only the clock to go by.
        const begunMs = performance.now()
        await until(
          async () => performance.now() - begunMs,
          (ms) => ms > 60,
        )
        expect(await store.save(lease, { events: [progress(8)] })).toMatchObject({ held: true })
      })

      it("that is renewed is nobody else's", async () => {
        const store = await openStore()
        const { lease } = await running(store)
        await store.save(lease, { events: [] })
        expect(await claim(store)).toEqual([])
      })

      it("that has run out leaves nobody to ask: cancelling ends the job", async () => {
        const store = await openStore(30)
        const { lease } = await running(store)
        const [outcome] = await until(
          async () => [await store.cancel(lease.jobId, HOUR_MS)],
          ([answer]) => answer !== "requested",
        )
        expect(outcome).toBe("cancelled")
        expect(await store.end(lease, { events: [], last: complete(3), retentionMs: 1 })).toMatchObject({
          held: false,
        })
        expect(await recordOf(store, lease.jobId)).toMatchObject({
          status: "cancelled",
          revision: EVENTS_PER_ATTEMPT + 1,
        })
      })

      it("that has run out, of a job that was asked to stop before, is ended in the sweep", async () => {
        const store = await openStore(30)
        const { lease } = await running(store)
        expect(await store.cancel(lease.jobId, HOUR_MS)).toBe("requested")
        const ended = await until(
          async () => {
            await store.sweep(HOUR_MS)
            return recordOf(store, lease.jobId)
          },
          ({ status }) => status !== "running",
        )
        expect(ended.status).toBe("cancelled")
      })
    })
  })
}
