// Jobs in a store that outlives the process, and that several processes share; here they are so many `createJobs`.
import { isTerminalEvent, type JobEvent, type JobSnapshot } from "@simstream/protocol"
import * as Schema from "effect/Schema"
import { afterEach, describe, expect, it, vi } from "vitest"
import { iterateFeed } from "../feed/iterateFeed.ts"
import { startBatch } from "../batch/startBatch.ts"
import { defineSimulation } from "../simulation/definition.ts"
import { createFakeEngine } from "../shards/engine.fixtures.ts"
import type { Summary } from "../kernel/summary.ts"
import { createGate, dice, scripted, turns } from "../simulation/simulations.fixtures.ts"
import { createJobs } from "./createJobs.ts"
import { StoreUnavailable, UnknownJob } from "./errors.ts"
import type { Jobs, JobsOptions } from "./jobs.ts"
import { createMemoryStore } from "./memoryStore.ts"
import { EVENTS_PER_ATTEMPT, type JobLease, type JobStore } from "./store.ts"

type Simulations = Jobs["simulations"]

const PACE = { saveEveryMs: 20, shareEveryMs: 10, leaseMs: 60_000, pollMs: 20 }

/** A store that outlives its `createJobs`, and may be made to fail, or to hand a job to another as if its process had died. */
const createShared = (pace: JobStore["pace"] = PACE) => {
  const memory = createMemoryStore()
  let failing: ((method: string) => boolean) | null = null
  const calls: Array<string> = []
  const checkpoints = new Map<string, number>()
  const leases: Array<JobLease> = []
  const guard =
    <Args extends ReadonlyArray<unknown>, A>(method: string, call: (...args: Args) => Promise<A>) =>
    async (...args: Args): Promise<A> => {
      calls.push(method)
      if (failing?.(method) === true) throw new Error("No space left on device")
      return call(...args)
    }
  const store: JobStore = {
    pace,
    create: guard("create", memory.create),
    get: guard("get", memory.get),
    read: guard("read", memory.read),
    list: guard("list", memory.list),
    claim: guard("claim", async (options) => {
      const claimed = await memory.claim(options)
      leases.push(...claimed.map(({ lease }) => lease))
      return claimed
    }),
    save: guard("save", async (lease, change) => {
      const kept = await memory.save(lease, change)
      if (kept.held && change.checkpoint !== undefined) {
        checkpoints.set(lease.jobId, change.checkpoint.iterations)
      }
      return kept
    }),
    release: guard("release", memory.release),
    end: guard("end", memory.end),
    cancel: guard("cancel", memory.cancel),
    watched: guard("watched", memory.watched),
    sweep: guard("sweep", memory.sweep),
    watch: memory.watch,
  }
  return {
    store,
    memory,
    leases,
    /** How many iterations a job's newest checkpoint has. */
    checkpointOf: (jobId: string) => checkpoints.get(jobId) ?? 0,
    /** How often a method was called. */
    calls: (method: string) => calls.filter((called) => called === method).length,
    fail: (which: typeof failing) => {
      failing = which
    },
    /** What a lease that runs out comes to: the next who asks gets the job. */
    expire: async (jobId: string) => {
      const lease = leases.filter((one) => one.jobId === jobId).at(-1)
      if (lease !== undefined) await memory.release(lease, { events: [] })
    },
  }
}

const opened: Array<Jobs> = []

const jobsOn = (
  store: JobStore,
  simulations: Simulations,
  options: Partial<JobsOptions<Simulations>> = {},
): Jobs => {
  const jobs = createJobs({ simulations, store, onError: () => undefined, ...options })
  opened.push(jobs)
  return jobs
}

afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(opened.splice(0).map((jobs) => jobs.shutdown({ graceMs: 0 })))
})

/** A simulation whose iteration 1,000 waits for a gate, and which says how often it was prepared. */
const held = () => {
  const gate = createGate()
  const script = scripted(async ({ index, random }) => {
    if (index === 1_000) await gate.opened
    return random.float()
  })
  return { ...script, gate }
}

const request = { simulation: "scripted", config: {}, iterations: 2_000, seed: 7 }

const until = async <A>(ask: () => A | Promise<A>, so: (answer: A) => boolean): Promise<A> => {
  for (;;) {
    const answer = await ask()
    if (so(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

const statusIs = (jobs: Jobs, jobId: string, status: JobSnapshot["status"]) =>
  until(
    () => jobs.get(jobId),
    (job) => job.status === status,
  )

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error("It did not reject.")
    },
    (error: unknown) => error,
  )

/** All that a job says from now on, to the end of its feed. */
const listen = async (jobs: Jobs, jobId: string) => {
  const { feed } = await jobs.subscribe(jobId)
  const events: Array<JobEvent> = []
  const revisions: Array<number> = []
  const done = (async () => {
    for await (const { event, revision } of iterateFeed(feed, (entry) => entry)) {
      events.push(event)
      revisions.push(revision)
    }
  })()
  return { events, revisions, done }
}

/** The same iterations, undisturbed. */
const undisturbed = async () => {
  const { simulation } = scripted(({ random }) => random.float())
  const batch = startBatch(simulation, { config: {}, iterations: 2_000, seed: 7 })
  return (await batch.result).digest
}

/** Until the job is held, and that is saved, with the last chunk before it. */
const savedWith = (shared: ReturnType<typeof createShared>, jobId: string) =>
  until(
    () => shared.memory.get(jobId),
    (record) => record?.progress?.current === 1_000 && shared.checkpointOf(jobId) > 900,
  )

describe("a job whose process has died", () => {
  it("goes on in the next from its last checkpoint, to the same digest", async () => {
    const shared = createShared()
    const first = held()
    const dead = jobsOn(shared.store, [first.simulation])
    const { jobId } = await dead.start(request)
    await savedWith(shared, jobId)
    // As good as dead: all that it still writes is refused, once another has the job.
    await shared.expire(jobId)
    const second = held()
    second.gate.open()
    const jobs = jobsOn(shared.store, [second.simulation])
    const { result } = await statusIs(jobs, jobId, "completed")
    expect(result?.digest).toBe(await undisturbed())
    // It did not begin again.
    expect(second.counts.iterations).toBeLessThan(1_500)
    expect(second.counts.iterations).toBeGreaterThanOrEqual(1_000)
    first.gate.open()
  })

  it("numbers what it says behind all that may have been told, and its time goes on", async () => {
    const shared = createShared()
    const first = held()
    const dead = jobsOn(shared.store, [first.simulation])
    const { jobId } = await dead.start(request)
    await savedWith(shared, jobId)
    const before = await shared.memory.get(jobId)
    const second = held()
    const jobs = jobsOn(shared.store, [second.simulation])
    const watching = await listen(jobs, jobId)
    await shared.expire(jobId)
    await until(
      () => second.counts.prepared,
      (prepared) => prepared === 1,
    )
    second.gate.open()
    await watching.done
    const { revisions, events } = watching
    expect(revisions).toEqual([...new Set(revisions)].sort((left, right) => left - right))
    expect(revisions.some((revision) => revision < EVENTS_PER_ATTEMPT)).toBe(true)
    expect(revisions.at(-1)).toBeGreaterThan(EVENTS_PER_ATTEMPT)
    const elapsed = events.flatMap((event) => (event.type === "progress" ? [event.elapsedMs] : []))
    expect(elapsed.at(-1)).toBeGreaterThanOrEqual(before?.progress?.elapsedMs ?? Infinity)
    expect(await jobs.get(jobId)).toMatchObject({
      status: "completed",
      startedAt: new Date(before?.startedAtMs ?? 0).toISOString(),
    })
    first.gate.open()
  })

  it("is left alone by the process that was thought dead, which then shows it like any other", async () => {
    const shared = createShared()
    const first = held()
    const slow = jobsOn(shared.store, [first.simulation])
    const { jobId } = await slow.start(request)
    await savedWith(shared, jobId)
    const watching = await listen(slow, jobId)
    const second = held()
    const jobs = jobsOn(shared.store, [second.simulation])
    await shared.expire(jobId)
    await until(
      () => second.counts.prepared,
      (prepared) => prepared === 1,
    )
    second.gate.open()
    await watching.done
    expect(watching.events.at(-1)).toMatchObject({ type: "complete", digest: await undisturbed() })
    expect(watching.events.filter(isTerminalEvent)).toHaveLength(1)
    expect(watching.revisions).toEqual([...new Set(watching.revisions)].sort((left, right) => left - right))
    // Of the slow one's batch nothing has run on.
    expect(first.counts.iterations).toBe(1_001)
    first.gate.open()
    expect((await slow.get(jobId)).result).toEqual((await jobs.get(jobId)).result)
  })

  it("fails in words when nobody can run it any more", async () => {
    const shared = createShared()
    const first = held()
    const dead = jobsOn(shared.store, [first.simulation])
    const { jobId } = await dead.start(request)
    await savedWith(shared, jobId)
    const errors: Array<unknown> = []
    // The same name, and another config.
    const { simulation } = scripted()
    const changed = {
      ...simulation,
      config: {
        "~standard": {
          version: 1 as const,
          vendor: "test",
          validate: () => ({ issues: [{ message: "No more." }] }),
        },
      },
    }
    const jobs = jobsOn(shared.store, [changed], { onError: (error) => errors.push(error) })
    await shared.expire(jobId)
    const job = await statusIs(jobs, jobId, "failed")
    expect(job.error).toEqual({
      code: "not_resumable",
      message: "The server was changed or restarted, and can't go on with this job.",
    })
    expect(errors).toMatchObject([{ _tag: "InvalidConfig" }])
    first.gate.open()
  })

  it("is left to those who know its simulation", async () => {
    const shared = createShared()
    const { simulation, gate } = held()
    const other = jobsOn(shared.store, [dice])
    const starting = jobsOn(shared.store, [simulation], { concurrency: 1 })
    gate.open()
    const { jobId } = await starting.start(request)
    expect((await statusIs(other, jobId, "completed")).simulation).toBe("scripted")
  })
})

describe("a job that another process runs", () => {
  const setUp = async () => {
    const shared = createShared()
    const { simulation, gate, counts } = held()
    const runner = jobsOn(shared.store, [simulation])
    const { jobId } = await runner.start(request)
    await savedWith(shared, jobId)
    const other = jobsOn(shared.store, [simulation])
    return { shared, runner, other, jobId, gate, counts }
  }

  it("is shown as it was last saved: its state, its place in the list, its events", async () => {
    const { other, jobId, gate } = await setUp()
    expect(await other.get(jobId)).toMatchObject({ status: "running", progress: { current: 1_000 } })
    expect((await other.list()).jobs).toMatchObject([
      { jobId, status: "running", progress: { current: 1_000 } },
    ])
    const watching = await listen(other, jobId)
    gate.open()
    await watching.done
    expect(watching.events.at(-1)).toMatchObject({ type: "complete", iterations: 2_000 })
    expect(watching.events.filter(isTerminalEvent)).toHaveLength(1)
  })

  it("is at the same revisions everywhere, so that a cursor is good anywhere", async () => {
    const { runner, other, jobId, gate } = await setUp()
    const here = await listen(runner, jobId)
    const there = await listen(other, jobId)
    gate.open()
    await Promise.all([here.done, there.done])
    const hereBy = new Map(here.revisions.map((revision, at) => [revision, here.events[at]]))
    const both = there.revisions.flatMap((revision, at) =>
      hereBy.has(revision) ? [[hereBy.get(revision), there.events[at]]] : [],
    )
    expect(both.length).toBeGreaterThan(0)
    for (const [one, same] of both) expect(one).toEqual(same)
    expect(there.revisions.at(-1)).toBe(here.revisions.at(-1))
    expect((await other.get(jobId)).lastEventId).toBe((await runner.get(jobId)).lastEventId)
  })

  it("takes a cursor that has come further than is known here", async () => {
    const { runner, other, jobId, gate } = await setUp()
    const here = await runner.subscribe(jobId)
    const there = await other.subscribe(jobId)
    expect(there.reached()).toBeGreaterThanOrEqual(here.feed.revision())
    gate.open()
    await statusIs(other, jobId, "completed")
    await until(
      () => there.feed.ended(),
      (ended) => ended,
    )
    expect(there.reached()).toBe(there.feed.revision())
  })

  it("is shown to its end where somebody begins to watch just as it ends", async () => {
    // Nobody looks for what no hint tells of.
    const shared = createShared({ ...PACE, pollMs: 600_000 })
    const first = held()
    const runner = jobsOn(shared.store, [first.simulation])
    const { jobId } = await runner.start(request)
    await savedWith(shared, jobId)
    const answer = createGate()
    const other = jobsOn(
      {
        ...shared.store,
        get: async (id) => {
          const record = await shared.store.get(id)
          await answer.opened
          return record
        },
      },
      [dice],
    )
    const watching = listen(other, jobId)
    first.gate.open()
    await statusIs(runner, jobId, "completed")
    answer.open()
    const { done, events } = await watching
    await done
    expect(events.at(-1)).toMatchObject({ type: "complete", digest: await undisturbed() })
  })

  it("is cancelled from here, and has stopped when that resolves", async () => {
    const { runner, other, jobId, gate, counts } = await setUp()
    await other.cancel(jobId)
    expect(await other.get(jobId)).toMatchObject({
      status: "cancelled",
      partial: { stats: { value: { count: 1_000 } } },
    })
    expect(await runner.get(jobId)).toEqual(await other.get(jobId))
    gate.open()
    await turns()
    expect(counts.iterations).toBe(1_001)
  })

  it("is cancelled even when the hint is lost, with the next save", async () => {
    const { shared, runner, jobId } = await setUp()
    // Straight in the store, as by a process whose notice did not come through.
    const deaf = { ...shared.memory }
    expect(await deaf.cancel(jobId, 1_000_000)).toBe("requested")
    await statusIs(runner, jobId, "cancelled")
  })

  it("is forgotten when nobody watches it here any more", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const shared = createShared({ ...PACE, pollMs: 1e9 })
    const { simulation } = held()
    // One that runs nothing.
    const jobs = jobsOn({ ...shared.store, claim: async () => [] }, [simulation])
    const { jobId } = await jobs.start(request)
    const first = await jobs.subscribe(jobId)
    const watching = first.feed.subscribe(0, () => undefined)
    await vi.advanceTimersByTimeAsync(1e6)
    expect((await jobs.subscribe(jobId)).feed).toBe(first.feed)
    watching.close()
    await vi.advanceTimersByTimeAsync(9_999)
    expect((await jobs.subscribe(jobId)).feed).toBe(first.feed)
    await vi.advanceTimersByTimeAsync(1)
    expect((await jobs.subscribe(jobId)).feed).not.toBe(first.feed)
  })
})

describe("two processes on one store", () => {
  it("run each job once, and as many at a time as each may", async () => {
    const shared = createShared()
    const { simulation, gate, counts } = held()
    const both = [1, 2].map(() => jobsOn(shared.store, [simulation], { concurrency: 2 }))
    const [one, two] = both
    if (one === undefined || two === undefined) throw new Error("There are not two.")
    const ids: Array<string> = []
    for (let at = 0; at < 6; at++) ids.push((await (at % 2 === 0 ? one : two).start(request)).jobId)
    await until(
      () => counts.prepared,
      (prepared) => prepared === 4,
    )
    await turns()
    const statuses = async (jobs: Jobs) => Promise.all(ids.map(async (id) => (await jobs.get(id)).status))
    expect(await statuses(one)).toEqual(["running", "running", "running", "running", "queued", "queued"])
    expect(await statuses(two)).toEqual(await statuses(one))
    gate.open()
    for (const jobId of ids) await statusIs(one, jobId, "completed")
    expect(counts.prepared).toBe(6)
    expect(shared.leases.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1, 1])
  })

  it("find a job by its idempotency key, whoever started it", async () => {
    const shared = createShared()
    const { simulation, gate } = held()
    const keyed = { ...request, idempotencyKey: "click" }
    const started = await Promise.all([1, 2, 3].map(() => jobsOn(shared.store, [simulation]).start(keyed)))
    expect(new Set(started.map(({ jobId }) => jobId)).size).toBe(1)
    expect(started.filter(({ created }) => created)).toHaveLength(1)
    gate.open()
  })

  it("count an owner's jobs and the queue together", async () => {
    const shared = createShared()
    const { simulation, gate } = held()
    const both = [1, 2].map(() => jobsOn(shared.store, [simulation], { concurrency: 1, queueLimit: 2 }))
    const own = { ...request, owner: "ann", ownerLimit: 2 }
    await both[0]?.start(own)
    await both[1]?.start(own)
    expect(await rejection(both[0]?.start(own) ?? Promise.resolve())).toMatchObject({ _tag: "TooManyJobs" })
    gate.open()
  })
})

describe("a job whose batch is run by an engine", () => {
  const setUp = () => {
    const { simulation } = scripted(({ random }) => random.float())
    const fake = createFakeEngine(simulation, { workers: 2 })
    const shared = createShared()
    return {
      fake,
      shared,
      /** One process that coordinates it; nobody runs its shards yet. */
      coordinate: () => jobsOn(shared.store, [simulation], { engine: fake.engine }),
    }
  }
  const submittedTwice = ({ submitted }: ReturnType<typeof createFakeEngine>) =>
    submitted.length - new Set(submitted.map(({ first }) => first)).size

  it("leaves its shards to the process that goes on with it, when this one ends", async () => {
    const { fake, coordinate } = setUp()
    fake.hold(true)
    const ending = coordinate()
    const { jobId } = await ending.start(request)
    await until(
      () => fake.submitted.length,
      (count) => count > 0,
    )
    await ending.shutdown({ graceMs: 60_000 })
    const jobs = coordinate()
    fake.hold(false)
    expect((await statusIs(jobs, jobId, "completed")).result?.digest).toBe(await undisturbed())
    expect(submittedTwice(fake)).toBe(0)
  })

  it("leaves its shards to the process that has taken it over, when this one was thought dead", async () => {
    const { fake, shared, coordinate } = setUp()
    fake.hold(true)
    const slow = coordinate()
    const { jobId } = await slow.start(request)
    await until(
      () => fake.submitted.length,
      (count) => count > 0,
    )
    const jobs = coordinate()
    await shared.expire(jobId)
    await until(
      () => fake.counts.closed,
      (closed) => closed === 1,
    )
    fake.hold(false)
    expect((await statusIs(jobs, jobId, "completed")).result?.digest).toBe(await undisturbed())
    expect(submittedTwice(fake)).toBe(0)
  })

  it("says in its progress what it waits for, to those who watch and to those who ask, until it goes on", async () => {
    const { fake, coordinate } = setUp()
    fake.hold(true)
    const jobs = coordinate()
    const { jobId } = await jobs.start(request)
    const { events, done } = await listen(jobs, jobId)
    await until(
      () => fake.submitted.length,
      (count) => count > 0,
    )
    fake.tellAll(({ waiting }) => waiting("workers"))
    const { status } = await until(
      () => jobs.get(jobId),
      ({ progress }) => progress?.waitingFor === "workers",
    )
    expect(status).toBe("running")
    fake.tellAll(({ waiting }) => waiting(null))
    fake.hold(false)
    expect((await statusIs(jobs, jobId, "completed")).progress).not.toHaveProperty("waitingFor")
    await done
    const words = events.flatMap((event) => (event.type === "progress" ? [event.waitingFor] : []))
    expect(words).toContain("workers")
    expect(words.at(-1)).toBeUndefined()
  })

  it("ends its shards when it is cancelled", async () => {
    const { fake, coordinate } = setUp()
    fake.hold(true)
    const jobs = coordinate()
    const { jobId } = await jobs.start(request)
    await until(
      () => fake.submitted.length,
      (count) => count > 0,
    )
    await jobs.cancel(jobId)
    fake.hold(false)
    expect((await jobs.get(jobId)).status).toBe("cancelled")
    expect(fake.counts).toMatchObject({ closed: 1, runs: 0 })
  })
})

describe("shutdown", () => {
  it("cancels nothing: what runs goes on elsewhere from where it stopped, and what waits stays", async () => {
    const shared = createShared()
    const first = held()
    const ending = jobsOn(shared.store, [first.simulation], { concurrency: 1 })
    const running = await ending.start(request)
    const waiting = await ending.start({ ...request, iterations: 100 })
    await savedWith(shared, running.jobId)
    await ending.shutdown({ graceMs: 60_000 })
    expect((await ending.list()).jobs.map(({ status }) => status)).toEqual(["queued", "running"])
    const second = held()
    second.gate.open()
    const jobs = jobsOn(shared.store, [second.simulation], { concurrency: 1 })
    expect((await statusIs(jobs, running.jobId, "completed")).result?.digest).toBe(await undisturbed())
    await statusIs(jobs, waiting.jobId, "completed")
    // Down to the chunk in which it was stopped.
    expect(second.counts.iterations).toBeLessThan(100 + 1_500)
    first.gate.open()
  })

  it("hands over a job whose present throws on what there is by then, and says so in the log", async () => {
    const shared = createShared()
    const first = held()
    let isLeaving = false
    const shy = {
      ...first.simulation,
      present: (summary: Summary) => {
        if (isLeaving) throw new Error("too few")
        return first.simulation.present(summary, {})
      },
    }
    const errors: Array<string> = []
    const ending = jobsOn(shared.store, [shy], { onError: (error) => errors.push(String(error)) })
    const { jobId } = await ending.start(request)
    await savedWith(shared, jobId)
    isLeaving = true
    await ending.shutdown({ graceMs: 0 })
    expect(errors).toEqual([expect.stringContaining("too few")])
    const second = held()
    second.gate.open()
    const { result } = await statusIs(jobsOn(shared.store, [second.simulation]), jobId, "completed")
    expect(result?.digest).toBe(await undisturbed())
    first.gate.open()
  })

  it("ends the streams of those who watch without a last event, so that they come again elsewhere", async () => {
    const shared = createShared()
    const { simulation, gate } = held()
    const ending = jobsOn(shared.store, [simulation])
    const { jobId } = await ending.start(request)
    await savedWith(shared, jobId)
    const watching = await listen(ending, jobId)
    await ending.shutdown()
    await watching.done
    expect(watching.events.some(isTerminalEvent)).toBe(false)
    gate.open()
  })

  it("gives what can't be put aside its time, and then to another to begin again", async () => {
    const shared = createShared()
    const gate = createGate()
    let runs = 0
    const remote = defineSimulation({
      name: "remote",
      config: Schema.Struct({}),
      async *run() {
        runs++
        if (runs === 1) await gate.opened
        yield { type: "result" as const, iterations: 1, stats: { runs } }
      },
    })
    const ending = jobsOn(shared.store, [remote])
    const { jobId } = await ending.start({ simulation: "remote", config: {} })
    await until(
      () => runs,
      (count) => count === 1,
    )
    let over = false
    const shutdown = ending.shutdown({ graceMs: 50 }).then(() => {
      over = true
    })
    await turns()
    expect(over).toBe(false)
    await shutdown
    const jobs = jobsOn(shared.store, [remote])
    expect((await statusIs(jobs, jobId, "completed")).result?.stats).toEqual({ runs: 2 })
    gate.open()
  })

  it("leaves a job that was starting just then in the store, for the next", async () => {
    const shared = createShared()
    const { simulation, gate } = held()
    gate.open()
    const ending = jobsOn(shared.store, [simulation])
    const starting = ending.start(request)
    await until(
      () => shared.memory.list({ limit: 1 }),
      ({ heads }) => heads.length === 1,
    )
    await ending.shutdown()
    const { jobId } = await starting
    const job = await statusIs(jobsOn(shared.store, [simulation]), jobId, "completed")
    expect(job.result?.digest).toBe(await undisturbed())
  })
})

describe("a store that fails", () => {
  const failed = async () => {
    const shared = createShared()
    const { simulation, gate } = held()
    const errors: Array<unknown> = []
    const jobs = jobsOn(shared.store, [simulation], { onError: (error) => errors.push(error) })
    const { jobId } = await jobs.start(request)
    await savedWith(shared, jobId)
    return { shared, jobs, jobId, gate, errors }
  }

  it("refuses what it can't keep, in words, and is told of once", async () => {
    const { shared, jobs, errors } = await failed()
    shared.fail(() => true)
    const refused = [jobs.start(request), jobs.get("job_0"), jobs.list(), jobs.subscribe("job_0")]
    for (const call of refused) {
      const error = await rejection(call)
      expect(error).toBeInstanceOf(StoreUnavailable)
      expect(error).toMatchObject({
        message: "The jobs can't be read or written at the moment: No space left on device",
        cause: new Error("No space left on device"),
      })
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(errors).toHaveLength(1)
    expect(errors[0]).toBeInstanceOf(StoreUnavailable)
    shared.fail(null)
    expect(await rejection(jobs.get("job_0"))).toBeInstanceOf(UnknownJob)
  })

  it("does not stop what runs: it goes on, ends, and is shown, and saved when that is possible again", async () => {
    const { shared, jobs, jobId, gate } = await failed()
    const watching = await listen(jobs, jobId)
    shared.fail((method) => method !== "get" && method !== "read")
    gate.open()
    await watching.done
    expect(watching.events.at(-1)).toMatchObject({ type: "complete", digest: await undisturbed() })
    expect((await shared.memory.get(jobId))?.status).toBe("running")
    // To those who ask here it has ended.
    expect(await jobs.get(jobId)).toMatchObject({ status: "completed", result: { iterations: 2_000 } })
    shared.fail(() => true)
    expect(await jobs.get(jobId)).toMatchObject({ status: "completed" })
    shared.fail(null)
    const kept = await until(
      () => shared.memory.get(jobId),
      (record) => record?.status === "completed",
    )
    expect(kept?.events.at(-1)?.event).toEqual(watching.events.at(-1))
  })

  it("can still be cancelled in what runs here", async () => {
    const { shared, jobs, jobId, gate } = await failed()
    shared.fail(() => true)
    await jobs.cancel(jobId)
    expect(await jobs.get(jobId)).toMatchObject({ status: "cancelled", partial: { stats: {} } })
    shared.fail(null)
    await until(
      () => shared.memory.get(jobId),
      (record) => record?.status === "cancelled",
    )
    gate.open()
  })

  it("ends the streams that it feeds, without a last event, when it is silent for long", async () => {
    const { shared, jobs, jobId, gate } = await failed()
    const { simulation } = held()
    const other = jobsOn(shared.store, [simulation])
    const watching = await listen(other, jobId)
    // By the clock that counts how long: five seconds would be as good as two turns.
    const now = vi.spyOn(performance, "now")
    shared.fail((method) => method === "read")
    const begun = performance.now()
    now.mockImplementation(() => begun)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(watching.events.some(isTerminalEvent)).toBe(false)
    now.mockImplementation(() => begun + 5_001)
    await watching.done
    now.mockRestore()
    expect(watching.events.some(isTerminalEvent)).toBe(false)
    shared.fail(null)
    expect((await other.get(jobId)).status).toBe("running")
    gate.open()
    await statusIs(jobs, jobId, "completed")
  })

  it("is asked again for jobs when it could not be asked", async () => {
    const shared = createShared()
    const { simulation, gate } = held()
    gate.open()
    shared.fail((method) => method === "claim")
    const jobs = jobsOn(shared.store, [simulation])
    const { jobId } = await jobs.start(request)
    expect((await jobs.get(jobId)).status).toBe("queued")
    shared.fail(null)
    await statusIs(jobs, jobId, "completed")
  })
})

describe("a job that nobody watches", () => {
  it("runs on while somebody watches it in another process, and is cancelled when nobody does", async () => {
    const shared = createShared()
    const { simulation, gate } = held()
    const runner = jobsOn(shared.store, [simulation], { whenUnwatched: { cancelAfterMs: 80 } })
    const { jobId } = await runner.start(request)
    const other = jobsOn(shared.store, [simulation], { whenUnwatched: { cancelAfterMs: 80 } })
    const { feed } = await other.subscribe(jobId)
    const watching = feed.subscribe(0, () => undefined)
    // It is noted four times within the time after which it would have been cancelled; so that is over many times by then.
    await until(
      () => shared.calls("watched"),
      (notes) => notes >= 20,
    )
    expect((await shared.memory.get(jobId))?.status).toBe("running")
    watching.close()
    await until(
      () => shared.memory.get(jobId),
      (record) => record?.status === "cancelled",
    )
    gate.open()
  })
})
