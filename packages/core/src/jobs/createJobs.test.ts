import { isTerminalEvent, type JobEvent, type JobSnapshot, type JobSummary } from "@simstream/protocol"
import * as Schema from "effect/Schema"
import { afterEach, describe, expect, it, vi } from "vitest"
import { iterateFeed } from "../feed/iterateFeed.ts"
import { allOutputs, defineSimulation } from "../simulation/definition.ts"
import { InvalidConfig, InvalidOption, SimulationFailed } from "../simulation/errors.ts"
import { PublicError } from "../simulation/publicError.ts"
import { createGate, dice, scripted, turns } from "../simulation/simulations.fixtures.ts"
import { createJobs } from "./createJobs.ts"
import {
  IdempotencyConflict,
  JobEnded,
  QueueFull,
  ShuttingDown,
  TooManyJobs,
  UnknownJob,
  UnknownSimulation,
} from "./errors.ts"
import type { Jobs, JobsOptions } from "./jobs.ts"
import { createMemoryStore } from "./memoryStore.ts"
import type { JobStore } from "./store.ts"

type AnyJobs = Pick<Jobs, "get" | "subscribe" | "start" | "cancel" | "list">

const opened: Array<Jobs> = []

/** Jobs that the end of the test shuts down. Failures inside simulations are expected here, and not printed. */
const jobsOf = (options: JobsOptions<Jobs["simulations"]>): Jobs => {
  const jobs = createJobs({ onError: () => undefined, ...options })
  opened.push(jobs)
  return jobs
}

afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(opened.splice(0).map((jobs) => jobs.shutdown({ graceMs: 0 })))
})

/** A simulation whose iteration 10 waits for a gate. */
const held = () => {
  const gate = createGate()
  const script = scripted(async ({ index, random }) => {
    if (index === 10) await gate.opened
    return random.float()
  })
  return { ...script, gate }
}

/** Turns the event loop until it is so. */
const until = async (so: () => boolean | Promise<boolean>): Promise<void> => {
  for (let turn = 0; turn < 10_000; turn++) {
    if (await so()) return
    await turns(1)
  }
  throw new Error("It never came to that.")
}

const statusIs = (jobs: AnyJobs, jobId: string, status: JobSnapshot["status"]): Promise<void> =>
  until(async () => (await jobs.get(jobId)).status === status)

const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("It did not reject.")
}

const eventsOf = async (jobs: AnyJobs, jobId: string, revision = 0): Promise<ReadonlyArray<JobEvent>> => {
  const { feed } = await jobs.subscribe(jobId)
  const events: Array<JobEvent> = []
  for await (const event of iterateFeed(feed, (entry) => entry.event, revision)) events.push(event)
  return events
}

const rollDice = { simulation: "dice", config: { count: 2 }, iterations: 500, seed: 7 }

describe("a job", () => {
  it("runs to its end, and keeps its result", async () => {
    const jobs = jobsOf({ simulations: [dice] })
    const { jobId, created } = await jobs.start(rollDice)
    expect(created).toBe(true)
    expect(jobId).toMatch(/^job_[0-9a-f]{32}$/)
    await statusIs(jobs, jobId, "completed")
    const job = await jobs.get(jobId)
    expect(job).toMatchObject({
      jobId,
      simulation: "dice",
      status: "completed",
      progress: { current: 500, percentage: 100 },
      result: { iterations: 500, seed: "7", stats: { total: { count: 500 } } },
      error: null,
    })
    const times = [job.createdAt, job.startedAt, job.endedAt].map((time) => Date.parse(time ?? ""))
    expect(times).toEqual([...times].sort((left, right) => left - right))
    expect(job.lastEventId).toMatch(/^\d+-[0-9a-f]{6}$/)
  })

  it("says what it was started with, so that it can be shown, and started again to the same digest", async () => {
    const jobs = jobsOf({ simulations: [dice] })
    const { jobId } = await jobs.start({
      simulation: "dice",
      config: { count: 2 },
      stop: { precision: { metric: "total", absolute: 1 } },
    })
    await statusIs(jobs, jobId, "completed")
    const { request, result } = await jobs.get(jobId)
    expect(request).toEqual({
      simulation: "dice",
      config: { count: 2 },
      iterations: 10_000_000,
      seed: result?.seed,
      stop: { precision: { metric: "total", absolute: 1 } },
    })
    const again = await jobs.start(request)
    await statusIs(jobs, again.jobId, "completed")
    expect((await jobs.get(again.jobId)).result?.digest).toBe(result?.digest)
    expect((await jobs.list()).jobs[0]).not.toHaveProperty("request")
  })

  it("is queued, then running, then completed", async () => {
    const first = held()
    const jobs = jobsOf({ simulations: [first.simulation, dice], concurrency: 1 })
    const { jobId: holding } = await jobs.start({ simulation: "scripted", config: {}, iterations: 20 })
    const { jobId, status } = await jobs.start(rollDice)
    expect(status).toBe("queued")
    expect(await jobs.get(jobId)).toMatchObject({
      status: "queued",
      startedAt: null,
      endedAt: null,
      progress: null,
      partial: null,
      result: null,
      lastEventId: null,
    })
    await until(() => first.counts.iterations === 11)
    expect(await jobs.get(holding)).toMatchObject({ status: "running", endedAt: null, result: null })
    first.gate.open()
    await statusIs(jobs, jobId, "completed")
    expect((await jobs.get(holding)).status).toBe("completed")
  })

  it("publishes its progress, and its result as its last event", async () => {
    const jobs = jobsOf({ simulations: [dice] })
    const { jobId } = await jobs.start(rollDice)
    const events = await eventsOf(jobs, jobId)
    expect(events.at(-1)).toMatchObject({ type: "complete", iterations: 500, seed: "7" })
    expect(events.filter(isTerminalEvent)).toHaveLength(1)
    const { result } = await jobs.get(jobId)
    expect(events.at(-1)).toEqual({ type: "complete", ...result })
  })

  it("is unknown by any other id", async () => {
    const jobs = jobsOf({ simulations: [dice] })
    for (const call of [jobs.get("job_0"), jobs.cancel("job_0"), jobs.subscribe("job_0")]) {
      const error = await rejection(call)
      expect(error).toBeInstanceOf(UnknownJob)
      expect(error).toMatchObject({ _tag: "UnknownJob", jobId: "job_0" })
      expect(error).toHaveProperty("message", expect.stringContaining('no job "job_0"'))
    }
  })

  it("can't be guessed: ids are random", async () => {
    const jobs = jobsOf({ simulations: [dice], queueLimit: 100 })
    const ids = await Promise.all(Array.from({ length: 50 }, async () => (await jobs.start(rollDice)).jobId))
    expect(new Set(ids).size).toBe(50)
  })
})

describe("starting", () => {
  it("an unknown simulation is refused, with those that there are", async () => {
    const error = await rejection(jobsOf({ simulations: [dice] }).start({ simulation: "cards", config: {} }))
    expect(error).toBeInstanceOf(UnknownSimulation)
    expect(error).toMatchObject({
      simulation: "cards",
      known: ["dice"],
      message: 'There is no simulation "cards"; there are dice.',
    })
  })

  it("with a config or an option that is refused starts nothing", async () => {
    const jobs = jobsOf({ simulations: [dice] })
    expect(await rejection(jobs.start({ ...rollDice, config: { count: 0.5 } }))).toBeInstanceOf(InvalidConfig)
    expect(await rejection(jobs.start({ ...rollDice, iterations: 0 }))).toBeInstanceOf(InvalidOption)
    expect(await rejection(jobs.start({ ...rollDice, stop: { timeMs: -1 } }))).toBeInstanceOf(InvalidOption)
    expect((await jobs.list()).jobs).toEqual([])
  })

  it("runs as many at once as may, and the others in their order", async () => {
    const { simulation, counts, gate } = held()
    const jobs = jobsOf({ simulations: [simulation], concurrency: 2 })
    const ids: Array<string> = []
    for (let index = 0; index < 5; index++) {
      ids.push((await jobs.start({ simulation: "scripted", config: {}, iterations: 20 })).jobId)
    }
    await until(() => counts.iterations === 22)
    await turns()
    expect(counts.prepared).toBe(2)
    const statuses = async () => Promise.all(ids.map(async (id) => (await jobs.get(id)).status))
    expect(await statuses()).toEqual(["running", "running", "queued", "queued", "queued"])
    await jobs.cancel(ids[0] ?? "")
    expect(await statuses()).toEqual(["cancelled", "running", "running", "queued", "queued"])
    gate.open()
    await until(async () => (await statuses()).every((status) => status !== "queued" && status !== "running"))
    expect(await statuses()).toEqual(["cancelled", "completed", "completed", "completed", "completed"])
    expect(counts.prepared).toBe(5)
  })

  it("beyond the queue's limit is refused, until there is room again", async () => {
    const { simulation, gate } = held()
    const jobs = jobsOf({ simulations: [simulation], concurrency: 1, queueLimit: 1 })
    const request = { simulation: "scripted", config: {}, iterations: 20 }
    const { jobId } = await jobs.start(request)
    await jobs.start(request)
    const error = await rejection(jobs.start(request))
    expect(error).toBeInstanceOf(QueueFull)
    expect(error).toMatchObject({ limit: 1, message: "1 jobs are waiting; try again later." })
    expect((await jobs.list()).jobs).toHaveLength(2)
    await jobs.cancel(jobId)
    expect((await jobs.start(request)).created).toBe(true)
    gate.open()
  })

  it("at the same time never lets more in than there is room for", async () => {
    const { simulation, gate } = held()
    const jobs = jobsOf({ simulations: [simulation], concurrency: 2, queueLimit: 3 })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => jobs.start({ simulation: "scripted", config: {}, iterations: 20 })),
    )
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(5)
    gate.open()
  })
})

describe("an owner's limit", () => {
  const request = { simulation: "scripted", config: {}, iterations: 20, owner: "ann", ownerLimit: 2 }

  it("holds what is queued and running, not what has ended nor what is others'", async () => {
    const { simulation, gate } = held()
    const jobs = jobsOf({ simulations: [simulation, dice], concurrency: 1 })
    const done = await jobs.start({ ...rollDice, owner: "ann" })
    await statusIs(jobs, done.jobId, "completed")
    const { jobId } = await jobs.start(request)
    await jobs.start(request)
    const error = await rejection(jobs.start(request))
    expect(error).toBeInstanceOf(TooManyJobs)
    expect(error).toMatchObject({ owner: "ann", limit: 2 })
    expect((await jobs.start({ ...request, owner: "bob" })).created).toBe(true)
    expect((await jobs.start({ ...request, owner: null })).created).toBe(true)
    await jobs.cancel(jobId)
    expect((await jobs.start(request)).created).toBe(true)
    gate.open()
  })

  it("holds for jobs that start at the same time", async () => {
    const { simulation, gate } = held()
    const jobs = jobsOf({ simulations: [simulation] })
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => jobs.start(request)))
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2)
    gate.open()
  })
})

describe("an idempotency key", () => {
  const request = { ...rollDice, idempotencyKey: "click-1" }

  it("finds the job that it started", async () => {
    const jobs = jobsOf({ simulations: [dice] })
    const first = await jobs.start(request)
    const second = await jobs.start(request)
    expect(first.created).toBe(true)
    expect(second).toMatchObject({ jobId: first.jobId, created: false })
    await statusIs(jobs, first.jobId, "completed")
    expect(await jobs.start(request)).toEqual({ jobId: first.jobId, status: "completed", created: false })
    expect((await jobs.list()).jobs).toHaveLength(1)
  })

  it("starts one job when it is used twice at the same time", async () => {
    const jobs = jobsOf({ simulations: [dice] })
    const started = await Promise.all(Array.from({ length: 5 }, () => jobs.start(request)))
    expect(new Set(started.map(({ jobId }) => jobId)).size).toBe(1)
    expect(started.filter(({ created }) => created)).toHaveLength(1)
    expect((await jobs.list()).jobs).toHaveLength(1)
  })

  it('takes 7 and "7" for one seed, and the order of keys for nothing', async () => {
    const jobs = jobsOf({ simulations: [dice] })
    const { jobId } = await jobs.start(request)
    const { seed, ...rest } = request
    expect(await jobs.start({ seed: String(seed), ...rest })).toMatchObject({ jobId, created: false })
  })

  it.each([{ config: { count: 3 } }, { iterations: 501 }, { seed: 8 }, { stop: { timeMs: 1000 } }])(
    "is refused for another request: %j",
    async (change) => {
      const jobs = jobsOf({ simulations: [dice] })
      const { jobId } = await jobs.start(request)
      const error = await rejection(jobs.start({ ...request, ...change }))
      expect(error).toBeInstanceOf(IdempotencyConflict)
      expect(error).toMatchObject({ key: "click-1", jobId })
      expect((await jobs.list()).jobs).toHaveLength(1)
    },
  )

  it("is its owner's own", async () => {
    const jobs = jobsOf({ simulations: [dice] })
    const started = await Promise.all(
      [undefined, "ann", "bob"].map((owner) =>
        jobs.start(owner === undefined ? request : { ...request, owner }),
      ),
    )
    expect(new Set(started.map(({ jobId }) => jobId)).size).toBe(3)
  })

  it("is free again after a request that was refused", async () => {
    const jobs = jobsOf({ simulations: [dice] })
    expect(await rejection(jobs.start({ ...request, config: {} }))).toBeInstanceOf(InvalidConfig)
    expect((await jobs.start(request)).created).toBe(true)
  })

  it("is free again when its job has been removed", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const jobs = jobsOf({ simulations: [dice], retentionMs: 1000 })
    const { jobId } = await jobs.start(request)
    await statusIs(jobs, jobId, "completed")
    await vi.advanceTimersByTimeAsync(1000)
    const again = await jobs.start(request)
    expect(again.created).toBe(true)
    expect(again.jobId).not.toBe(jobId)
  })
})

describe("cancelling", () => {
  it("a running job stops it, and keeps what there was by then", async () => {
    const { simulation, counts, gate } = held()
    const jobs = jobsOf({ simulations: [simulation] })
    const { jobId } = await jobs.start({ simulation: "scripted", config: {}, iterations: 20 })
    await until(() => counts.iterations === 11)
    await jobs.cancel(jobId)
    const job = await jobs.get(jobId)
    expect(job).toMatchObject({
      status: "cancelled",
      endedAt: expect.any(String),
      progress: { current: 10 },
      partial: { stats: { value: { count: 10 } } },
      result: null,
      error: null,
    })
    gate.open()
    await turns()
    expect(counts.iterations).toBe(11)
    expect(await jobs.get(jobId)).toEqual(job)
    expect((await eventsOf(jobs, jobId)).at(-1)).toMatchObject({
      type: "cancelled",
      stats: { value: { count: 10 } },
    })
  })

  it.each([
    [
      "throws",
      (): number => {
        throw new Error("too few")
      },
    ],
    ["returns what has no form in JSON", () => 1n],
  ])(
    "a job whose present %s then is cancelled nonetheless, and the log has why it leaves nothing",
    async (_, present) => {
      const { simulation, counts, gate } = held()
      let isLeaving = false
      const shy = { ...simulation, present: () => allOutputs({ stats: isLeaving ? present() : null }) }
      const errors: Array<unknown> = []
      const jobs = jobsOf({
        simulations: [shy],
        onError: (error, job) => errors.push([String(error), job?.status]),
      })
      const { jobId } = await jobs.start({ simulation: "scripted", config: {}, iterations: 20 })
      await until(() => counts.iterations === 11)
      isLeaving = true
      await jobs.cancel(jobId)
      expect(await jobs.get(jobId)).toMatchObject({ status: "cancelled", result: null, error: null })
      expect((await eventsOf(jobs, jobId)).at(-1)).toMatchObject({ type: "cancelled" })
      expect(errors).toEqual([[expect.stringContaining('"scripted" failed in "present": '), "cancelled"]])
      gate.open()
    },
  )

  it("a queued job takes it out of the queue", async () => {
    const { simulation, counts, gate } = held()
    const jobs = jobsOf({ simulations: [simulation], concurrency: 1 })
    const request = { simulation: "scripted", config: {}, iterations: 20 }
    const { jobId: first } = await jobs.start(request)
    const { jobId } = await jobs.start(request)
    await jobs.cancel(jobId)
    expect(await jobs.get(jobId)).toMatchObject({ status: "cancelled", startedAt: null, partial: null })
    expect(await eventsOf(jobs, jobId)).toEqual([{ type: "cancelled" }])
    gate.open()
    await statusIs(jobs, first, "completed")
    expect(counts.prepared).toBe(1)
  })

  it("a job that is still preparing stops it", async () => {
    const gate = createGate()
    const { simulation, counts } = scripted(undefined, { prepare: () => gate.opened })
    const jobs = jobsOf({ simulations: [simulation] })
    const { jobId } = await jobs.start({ simulation: "scripted", config: {} })
    await until(() => counts.prepared === 1)
    await jobs.cancel(jobId)
    gate.open()
    await turns()
    expect((await jobs.get(jobId)).status).toBe("cancelled")
    expect(counts.iterations).toBe(0)
  })

  it("makes room for the next", async () => {
    const { simulation, gate } = held()
    const jobs = jobsOf({ simulations: [simulation, dice], concurrency: 1 })
    const { jobId } = await jobs.start({ simulation: "scripted", config: {}, iterations: 20 })
    const next = await jobs.start(rollDice)
    await jobs.cancel(jobId)
    await statusIs(jobs, next.jobId, "completed")
    expect((await jobs.get(jobId)).status).toBe("cancelled")
    gate.open()
  })

  it("what has ended is refused, by how it ended", async () => {
    const broken = scripted(() => {
      throw new Error("broken")
    })
    const jobs = jobsOf({ simulations: [dice, broken.simulation] })
    const completed = (await jobs.start(rollDice)).jobId
    const failed = (await jobs.start({ simulation: "scripted", config: {} })).jobId
    await statusIs(jobs, completed, "completed")
    await statusIs(jobs, failed, "failed")
    const cancelled = (await jobs.start({ ...rollDice, iterations: 1e9 })).jobId
    await jobs.cancel(cancelled)
    for (const [jobId, status, message] of [
      [completed, "completed", "The job has already been completed."],
      [failed, "failed", "The job has already failed."],
      [cancelled, "cancelled", "The job has already been cancelled."],
    ] as const) {
      const before = await jobs.get(jobId)
      const error = await rejection(jobs.cancel(jobId))
      expect(error).toBeInstanceOf(JobEnded)
      expect(error).toMatchObject({ jobId, status, message })
      expect(await jobs.get(jobId)).toEqual(before)
    }
  })

  it("is answered as it turns out, at whatever step of the job's end it comes", async () => {
    const outcomes = new Set<string>()
    for (let steps = 0; steps < 60; steps++) {
      const { simulation, counts, gate } = held()
      const jobs = jobsOf({ simulations: [simulation] })
      const { jobId } = await jobs.start({ simulation: "scripted", config: {}, iterations: 11 })
      await until(() => counts.iterations === 11)
      gate.open()
      for (let step = 0; step < steps; step++) await Promise.resolve()
      const answer = await jobs.cancel(jobId).then(
        () => "cancelled",
        (error: JobEnded) => error.status,
      )
      expect((await jobs.get(jobId)).status).toBe(answer)
      outcomes.add(answer)
    }
    expect(outcomes).toEqual(new Set(["cancelled", "completed"]))
  })

  it("a job whose end is being saved is refused once it is", async () => {
    const { simulation, counts, gate } = held()
    const saving = createGate()
    const memory = createMemoryStore()
    let ending = false
    const store: JobStore = {
      ...memory,
      end: async (lease, end) => {
        ending = true
        await saving.opened
        return memory.end(lease, end)
      },
    }
    const jobs = jobsOf({ simulations: [simulation], store })
    const { jobId } = await jobs.start({ simulation: "scripted", config: {}, iterations: 11 })
    await until(() => counts.iterations === 11)
    gate.open()
    await until(() => ending)
    const refused = rejection(jobs.cancel(jobId))
    await turns()
    saving.open()
    expect(await refused).toMatchObject({ _tag: "JobEnded", status: "completed" })
    expect((await jobs.get(jobId)).status).toBe("completed")
  })

  it("twice at the same time ends it once", async () => {
    const jobs = jobsOf({ simulations: [dice] })
    const { jobId } = await jobs.start({ ...rollDice, iterations: 1e9 })
    const outcomes = await Promise.allSettled([jobs.cancel(jobId), jobs.cancel(jobId), jobs.cancel(jobId)])
    expect(outcomes[0]?.status).toBe("fulfilled")
    expect((await jobs.get(jobId)).status).toBe("cancelled")
    expect((await eventsOf(jobs, jobId)).filter(isTerminalEvent)).toHaveLength(1)
  })
})

describe("a job that fails", () => {
  const failing = (thrown: unknown) => {
    const errors: Array<{ error: unknown; job: JobSummary | null }> = []
    const { simulation } = scripted(({ index }) => {
      if (index === 5) throw thrown
      return 1
    })
    const jobs = jobsOf({
      simulations: [simulation, dice],
      onError: (error, job) => errors.push({ error, job }),
    })
    return { jobs, errors }
  }

  it("tells its owner no more than that, and the server's log all", async () => {
    const secret = new Error("password=hunter2")
    const { jobs, errors } = failing(secret)
    const { jobId } = await jobs.start({ simulation: "scripted", config: {}, seed: 7 })
    await statusIs(jobs, jobId, "failed")
    const job = await jobs.get(jobId)
    expect(job).toMatchObject({
      status: "failed",
      result: null,
      error: { code: "simulation_failed", message: "The simulation failed. The server's log says why." },
    })
    const events = await eventsOf(jobs, jobId)
    expect(events.at(-1)).toEqual({ type: "error", ...job.error })
    expect(JSON.stringify([job, events, await jobs.list()])).not.toContain("hunter2")
    expect(errors).toHaveLength(1)
    expect(errors[0]?.error).toBeInstanceOf(SimulationFailed)
    expect(errors[0]?.error).toMatchObject({ phase: "iteration", iteration: 5, seed: "7", cause: secret })
    expect(errors[0]?.job).toMatchObject({ jobId, simulation: "scripted", status: "failed" })
  })

  it("tells its owner what the simulation marked as public", async () => {
    const { jobs, errors } = failing(new PublicError("There is no spell called Firebal."))
    const { jobId } = await jobs.start({ simulation: "scripted", config: {} })
    await statusIs(jobs, jobId, "failed")
    expect((await jobs.get(jobId)).error).toEqual({
      code: "simulation_failed",
      message: "There is no spell called Firebal.",
    })
    expect(errors).toHaveLength(1)
  })

  it("tells what was public in prepare, too", async () => {
    const { simulation } = scripted(undefined, {
      prepare: () => {
        throw new PublicError("The patch 7.99 is not known.")
      },
    })
    const jobs = jobsOf({ simulations: [simulation] })
    const { jobId } = await jobs.start({ simulation: "scripted", config: {} })
    await statusIs(jobs, jobId, "failed")
    expect((await jobs.get(jobId)).error?.message).toBe("The patch 7.99 is not known.")
  })

  it("keeps its partial statistics, up to the iteration that failed", async () => {
    const { jobs } = failing(new Error("broken"))
    const { jobId } = await jobs.start({ simulation: "scripted", config: {}, iterations: 20 })
    const events = await eventsOf(jobs, jobId)
    expect(events.at(-2)).toMatchObject({ type: "partial", stats: { value: { count: 5 } } })
    expect(await jobs.get(jobId)).toMatchObject({
      status: "failed",
      progress: { current: 5, total: 20 },
      partial: { stats: { value: { count: 5 } } },
    })
  })

  it.each<[what: string, stats: unknown]>([
    ["a bigint", { count: 1n }],
    [
      "an object that contains itself",
      (() => {
        const self: Record<string, unknown> = {}
        self["self"] = self
        return self
      })(),
    ],
  ])("for its outputs have no form in JSON (%s) says so in the log, and can be read", async (_, stats) => {
    const present = defineSimulation({
      name: "present",
      config: Schema.Struct({}),
      metrics: { x: {} },
      prepare: () => () => ({ x: 1 }),
      present: () => ({ stats }),
    })
    const partials = defineSimulation({
      name: "partials",
      config: Schema.Struct({}),
      async *run() {
        yield { type: "partial" as const, stats }
        yield { type: "result" as const, stats: {} }
      },
    })
    const results = defineSimulation({
      name: "results",
      config: Schema.Struct({}),
      async *run() {
        yield { type: "result" as const, stats }
      },
    })
    for (const simulation of [present, partials, results]) {
      const errors: Array<string> = []
      const jobs = jobsOf({ simulations: [simulation], onError: (error) => errors.push(String(error)) })
      const { jobId } = await jobs.start({ simulation: simulation.name, config: {}, iterations: 10 })
      const events = await eventsOf(jobs, jobId)
      expect(events.at(-1)).toMatchObject({ type: "error", code: "simulation_failed" })
      expect(JSON.parse(JSON.stringify(await jobs.get(jobId)))).toMatchObject({ status: "failed" })
      expect(errors).toEqual([expect.stringMatching(/JSON|call stack/)])
    }
  })

  it("makes room for the next, even when onError throws", async () => {
    const print = vi.spyOn(console, "error").mockImplementation(() => undefined)
    const gate = createGate()
    const { simulation } = scripted(undefined, {
      prepare: async () => {
        await gate.opened
        throw new Error("broken")
      },
    })
    const jobs = jobsOf({
      simulations: [simulation, dice],
      concurrency: 1,
      onError: () => {
        throw new Error("The log is full.")
      },
    })
    const { jobId: failed } = await jobs.start({ simulation: "scripted", config: {} })
    const { jobId, status } = await jobs.start(rollDice)
    expect(status).toBe("queued")
    gate.open()
    await statusIs(jobs, failed, "failed")
    await statusIs(jobs, jobId, "completed")
    const printed = print.mock.calls.map(([, error]) => String(error))
    print.mockRestore()
    expect(printed).toEqual([expect.stringContaining("broken"), expect.stringContaining("The log is full.")])
  })
})

describe("a list of jobs", () => {
  const started = async (count: number, options: Partial<JobsOptions<Jobs["simulations"]>> = {}) => {
    const jobs = jobsOf({ simulations: [dice], ...options })
    const ids: Array<string> = []
    for (let index = 0; index < count; index++) {
      ids.push((await jobs.start({ ...rollDice, owner: index % 2 === 0 ? "ann" : "bob" })).jobId)
    }
    return { jobs, newestFirst: [...ids].reverse() }
  }
  const idsOf = ({ jobs }: { readonly jobs: ReadonlyArray<JobSummary> }) => jobs.map(({ jobId }) => jobId)

  it("has the newest first", async () => {
    const { jobs, newestFirst } = await started(5)
    const page = await jobs.list()
    expect(idsOf(page)).toEqual(newestFirst)
    expect(page.nextCursor).toBeNull()
    expect(page.jobs[0]).not.toHaveProperty("result")
    expect(page.jobs[0]).not.toHaveProperty("partial")
  })

  it("may be of one owner, or of those without one", async () => {
    const { jobs, newestFirst } = await started(5)
    const { jobId } = await jobs.start(rollDice)
    expect(idsOf(await jobs.list({ owner: "ann" }))).toEqual(
      newestFirst.filter((_, index) => index % 2 === 0),
    )
    expect(idsOf(await jobs.list({ owner: "bob" }))).toEqual(
      newestFirst.filter((_, index) => index % 2 === 1),
    )
    expect(idsOf(await jobs.list({ owner: null }))).toEqual([jobId])
    expect(idsOf(await jobs.list({ owner: "eve" }))).toEqual([])
  })

  it("comes in pages, one behind the other, with nothing twice when more start meanwhile", async () => {
    const { jobs, newestFirst } = await started(7)
    const seen: Array<string> = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<Jobs["list"]>> = await jobs.list({
        limit: 3,
        ...(cursor === null ? {} : { cursor }),
      })
      seen.push(...idsOf(page))
      cursor = page.nextCursor
      await jobs.start(rollDice)
    } while (cursor !== null)
    expect(seen).toEqual(newestFirst)
  })

  it("ends exactly with a full page when nothing follows", async () => {
    const { jobs } = await started(6)
    const first = await jobs.list({ limit: 3 })
    const second = await jobs.list({ limit: 3, cursor: first.nextCursor ?? "" })
    expect([first.jobs.length, second.jobs.length, second.nextCursor]).toEqual([3, 3, null])
  })

  it("has fifty on a page unless told otherwise", async () => {
    const { jobs } = await started(51)
    const page = await jobs.list()
    expect(page.jobs).toHaveLength(50)
    expect((await jobs.list({ cursor: page.nextCursor ?? "" })).jobs).toHaveLength(1)
  })
})

describe("retention", () => {
  it("keeps a job readable for so long after its end, and then no more", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const jobs = jobsOf({ simulations: [dice], retentionMs: 60_000 })
    const { jobId } = await jobs.start(rollDice)
    await statusIs(jobs, jobId, "completed")
    await vi.advanceTimersByTimeAsync(59_999)
    expect((await jobs.get(jobId)).status).toBe("completed")
    expect((await jobs.list()).jobs).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(await rejection(jobs.get(jobId))).toBeInstanceOf(UnknownJob)
    expect(await rejection(jobs.cancel(jobId))).toBeInstanceOf(UnknownJob)
    expect((await jobs.list()).jobs).toEqual([])
  })

  it("does not count while a job runs or waits", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const { simulation, gate } = held()
    const jobs = jobsOf({ simulations: [simulation], concurrency: 1, retentionMs: 1000 })
    const request = { simulation: "scripted", config: {}, iterations: 20 }
    const ids = [(await jobs.start(request)).jobId, (await jobs.start(request)).jobId]
    await vi.advanceTimersByTimeAsync(100_000)
    const statuses = await Promise.all(ids.map(async (id) => (await jobs.get(id)).status))
    expect(statuses).toEqual(["running", "queued"])
    gate.open()
  })

  it("leaves who is reading a removed job its feed", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const jobs = jobsOf({ simulations: [dice], retentionMs: 1000 })
    const { jobId } = await jobs.start(rollDice)
    const { feed } = await jobs.subscribe(jobId)
    await statusIs(jobs, jobId, "completed")
    await vi.advanceTimersByTimeAsync(1000)
    expect(feed.since(0).at(-1)?.event.type).toBe("complete")
  })
})

describe("a subscriber", () => {
  it("gets the last event, whenever it comes: before the start, mid-way, at the end or after it", async () => {
    const blocking = held()
    const job = held()
    const simulation = { ...job.simulation, name: "job" }
    const jobs = jobsOf({ simulations: [blocking.simulation, simulation], concurrency: 1 })
    await jobs.start({ simulation: "scripted", config: {}, iterations: 20 })
    const { jobId, status } = await jobs.start({ simulation: "job", config: {}, iterations: 20 })
    expect(status).toBe("queued")

    const whileQueued = eventsOf(jobs, jobId)
    blocking.gate.open()
    await until(() => job.counts.iterations === 11)
    const midWay = eventsOf(jobs, jobId)
    const { feed } = await jobs.subscribe(jobId)
    // In the very tick in which the last event is published.
    const atTheEnd = new Promise<ReadonlyArray<JobEvent>>((resolve) => {
      const watching = feed.subscribe(0, () => {
        if (!feed.since(0).some(({ event }) => isTerminalEvent(event))) return
        watching.close()
        resolve(eventsOf(jobs, jobId))
      })
    })
    job.gate.open()
    await statusIs(jobs, jobId, "completed")
    const afterwards = eventsOf(jobs, jobId)

    for (const events of await Promise.all([whileQueued, midWay, atTheEnd, afterwards])) {
      expect(events.at(-1)).toMatchObject({ type: "complete", iterations: 20 })
      expect(events.filter(isTerminalEvent)).toHaveLength(1)
    }
    expect(feed.subscribers()).toBe(0)
  })

  it("that comes back with the last revision it saw gets what is newer, and nothing twice", async () => {
    const jobs = jobsOf({ simulations: [dice] })
    const { jobId } = await jobs.start(rollDice)
    await statusIs(jobs, jobId, "completed")
    const { feed } = await jobs.subscribe(jobId)
    expect(await eventsOf(jobs, jobId, feed.revision() - 1)).toMatchObject([{ type: "complete" }])
    expect(await eventsOf(jobs, jobId, feed.revision())).toEqual([])
  })

  it("can't have seen more than the job has published, by so little as one event", async () => {
    const { simulation, counts, gate } = held()
    const jobs = jobsOf({ simulations: [simulation] })
    const { jobId } = await jobs.start({ simulation: "scripted", config: {}, iterations: 20 })
    await until(() => counts.iterations === 11)
    const { reached, feed } = await jobs.subscribe(jobId)
    expect(feed.revision()).toBeGreaterThan(0)
    expect(reached()).toBe(feed.revision())
    gate.open()
    await statusIs(jobs, jobId, "completed")
    expect(reached()).toBe(feed.revision())
  })

  it("can tell the job's status at any time", async () => {
    const { simulation, gate } = held()
    const jobs = jobsOf({ simulations: [simulation] })
    const { jobId } = await jobs.start({ simulation: "scripted", config: {}, iterations: 20 })
    const { status } = await jobs.subscribe(jobId)
    expect(status()).toBe("running")
    gate.open()
    await until(() => status() === "completed")
  })

  it("that leaves is counted no more", async () => {
    const { simulation, counts, gate } = held()
    const jobs = jobsOf({ simulations: [simulation] })
    const { jobId } = await jobs.start({ simulation: "scripted", config: {}, iterations: 20 })
    const { feed } = await jobs.subscribe(jobId)
    await until(() => counts.iterations === 11)
    for await (const _ of iterateFeed(feed, ({ event }) => event)) {
      expect(feed.subscribers()).toBe(1)
      break
    }
    expect(feed.subscribers()).toBe(0)
    gate.open()
    await statusIs(jobs, jobId, "completed")
  })

  it("costs nothing when it never reads: a job's feed holds one event of each kind", async () => {
    const jobs = jobsOf({ simulations: [dice] })
    const { jobId } = await jobs.start({ ...rollDice, iterations: 20_000 })
    const { feed } = await jobs.subscribe(jobId)
    feed.subscribe(0, () => undefined)
    await statusIs(jobs, jobId, "completed")
    const types = feed.since(0).map(({ event }) => event.type)
    expect(types).toEqual([...new Set(types)])
  })
})

describe("a job that nobody watches", () => {
  const watched = (cancelAfterMs: number) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const script = held()
    const jobs = jobsOf({ simulations: [script.simulation], whenUnwatched: { cancelAfterMs } })
    return {
      ...script,
      jobs,
      start: () => jobs.start({ simulation: "scripted", config: {}, iterations: 20 }),
    }
  }

  it("runs on, unless it is wished otherwise", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const { simulation, gate } = held()
    const jobs = jobsOf({ simulations: [simulation] })
    const { jobId } = await jobs.start({ simulation: "scripted", config: {}, iterations: 20 })
    await vi.advanceTimersByTimeAsync(1e6)
    expect((await jobs.get(jobId)).status).toBe("running")
    gate.open()
  })

  it("may be cancelled after a while, counted from its start and from the last watcher's leaving", async () => {
    const { jobs, start } = watched(5000)
    const { jobId } = await start()
    const { feed, status } = await jobs.subscribe(jobId)
    await vi.advanceTimersByTimeAsync(4999)
    const watcher = feed.subscribe(0, () => undefined)
    await vi.advanceTimersByTimeAsync(100_000)
    expect((await jobs.get(jobId)).status).toBe("running")
    watcher.close()
    await vi.advanceTimersByTimeAsync(4999)
    expect(status()).toBe("running")
    await vi.advanceTimersByTimeAsync(1)
    await statusIs(jobs, jobId, "cancelled")
  })

  it("is watched by who polls its state, too", async () => {
    const { jobs, start } = watched(5000)
    const { jobId } = await start()
    for (let poll = 0; poll < 10; poll++) {
      await vi.advanceTimersByTimeAsync(4999)
      expect((await jobs.get(jobId)).status).toBe("running")
    }
    await vi.advanceTimersByTimeAsync(5000)
    await statusIs(jobs, jobId, "cancelled")
  })

  it("is kept for its retention when it has ended by itself", async () => {
    const { jobs, start, gate } = watched(5000)
    const { jobId } = await start()
    const { feed } = await jobs.subscribe(jobId)
    const watcher = feed.subscribe(0, () => undefined)
    gate.open()
    await statusIs(jobs, jobId, "completed")
    watcher.close()
    await vi.advanceTimersByTimeAsync(100_000)
    expect((await jobs.get(jobId)).status).toBe("completed")
  })
})

describe("shutdown", () => {
  it("takes no more jobs", async () => {
    const jobs = jobsOf({ simulations: [dice] })
    await jobs.shutdown()
    const error = await rejection(jobs.start(rollDice))
    expect(error).toBeInstanceOf(ShuttingDown)
  })

  it("cancels what is queued at once, and lets what runs go on to its end", async () => {
    const { simulation, counts, gate } = held()
    const jobs = jobsOf({ simulations: [simulation], concurrency: 1 })
    const request = { simulation: "scripted", config: {}, iterations: 20 }
    const ids: Array<string> = []
    for (let index = 0; index < 4; index++) ids.push((await jobs.start(request)).jobId)
    await until(() => counts.iterations === 11)
    const over = jobs.shutdown({ graceMs: 60_000 })
    await turns()
    const statuses = async () => Promise.all(ids.map(async (id) => (await jobs.get(id)).status))
    expect(await statuses()).toEqual(["running", "cancelled", "cancelled", "cancelled"])
    gate.open()
    await over
    expect(await statuses()).toEqual(["completed", "cancelled", "cancelled", "cancelled"])
    expect(counts.prepared).toBe(1)
  })

  it("cancels what still runs when the grace is over", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const { simulation, counts } = held()
    const jobs = jobsOf({ simulations: [simulation] })
    const { jobId } = await jobs.start({ simulation: "scripted", config: {}, iterations: 20 })
    await until(() => counts.iterations === 11)
    let over = false
    const shutdown = jobs.shutdown({ graceMs: 5000 }).then(() => {
      over = true
    })
    await vi.advanceTimersByTimeAsync(4999)
    expect((await jobs.get(jobId)).status).toBe("running")
    expect(over).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await shutdown
    expect(await jobs.get(jobId)).toMatchObject({
      status: "cancelled",
      partial: { stats: { value: { count: 10 } } },
    })
  })

  it("is over at once when nothing runs, and may be called again", async () => {
    const jobs = jobsOf({ simulations: [dice] })
    await jobs.shutdown({ graceMs: 1e6 })
    await jobs.shutdown({ graceMs: 1e6 })
    expect((await jobs.list()).jobs).toEqual([])
  })

  it.each([-1, Number.NaN, Infinity, 2 ** 31])(
    "with a grace of %d ms is refused, and ends nothing",
    async (graceMs) => {
      const jobs = jobsOf({ simulations: [dice] })
      expect(await rejection(jobs.shutdown({ graceMs }))).toEqual(
        new RangeError(
          `shutdown: graceMs must be a number of milliseconds from 0 to 2147483647; got ${graceMs}.`,
        ),
      )
      const { jobId } = await jobs.start(rollDice)
      await statusIs(jobs, jobId, "completed")
    },
  )

  it("may be called again while it is under way", async () => {
    for (const retentionMs of [0, 60_000]) {
      const { simulation, counts } = held()
      const jobs = jobsOf({ simulations: [simulation], concurrency: 1, retentionMs })
      const request = { simulation: "scripted", config: {}, iterations: 20 }
      for (let index = 0; index < 4; index++) await jobs.start(request)
      await until(() => counts.iterations === 11)
      await Promise.all([jobs.shutdown({ graceMs: 0 }), jobs.shutdown({ graceMs: 0 })])
      const { jobs: left } = await jobs.list()
      expect(left.filter(({ status }) => status !== "cancelled")).toEqual([])
    }
  })

  it("leaves no job unfinished that was starting just then", async () => {
    for (let ticks = 0; ticks < 25; ticks++) {
      const { simulation, counts } = scripted()
      const jobs = jobsOf({ simulations: [simulation] })
      const starting = Promise.allSettled([
        jobs.start({ simulation: "scripted", config: {}, iterations: 1e9 }),
      ])
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
      await jobs.shutdown({ graceMs: 0 })
      const [outcome] = await starting
      const { iterations } = counts
      await turns(3)
      expect(counts.iterations).toBe(iterations)
      const { jobs: left } = await jobs.list()
      expect(left.map(({ status }) => status)).toEqual(outcome?.status === "fulfilled" ? ["cancelled"] : [])
    }
  })

  it("tells who watches: the stream ends with a last event", async () => {
    const jobs = jobsOf({ simulations: [dice] })
    const { jobId } = await jobs.start({ ...rollDice, iterations: 1e9 })
    const events = eventsOf(jobs, jobId)
    await jobs.shutdown({ graceMs: 0 })
    expect((await events).at(-1)?.type).toBe("cancelled")
  })
})

describe("createJobs", () => {
  it.each([
    [{ concurrency: 0 }, "concurrency"],
    [{ concurrency: 1.5 }, "concurrency"],
    [{ concurrency: NaN }, "concurrency"],
    [{ queueLimit: -1 }, "queueLimit"],
    [{ retentionMs: -1 }, "retentionMs"],
    [{ retentionMs: 2 ** 31 }, "retentionMs"],
    [{ retentionMs: Infinity }, "retentionMs"],
    [{ whenUnwatched: { cancelAfterMs: 0 } }, "whenUnwatched.cancelAfterMs"],
  ])("refuses %j, and names the option", (options, name) => {
    expect(() => createJobs({ simulations: [dice], ...options })).toThrow(RangeError)
    expect(() => createJobs({ simulations: [dice], ...options })).toThrow(name)
  })

  it("refuses no simulations, and two of one name", () => {
    expect(() => createJobs({ simulations: [] })).toThrow("at least one simulation")
    expect(() => createJobs({ simulations: [dice, dice] })).toThrow('two simulations with the name "dice"')
  })

  it("prints failures to the console's error stream when nobody asked for them", async () => {
    const print = vi.spyOn(console, "error").mockImplementation(() => undefined)
    const { simulation } = scripted(() => {
      throw new Error("broken")
    })
    const jobs = createJobs({ simulations: [simulation] })
    opened.push(jobs)
    const { jobId } = await jobs.start({ simulation: "scripted", config: {} })
    await statusIs(jobs, jobId, "failed")
    expect(print).toHaveBeenCalledTimes(1)
    expect(print.mock.calls[0]?.[0]).toContain(jobId)
    print.mockRestore()
  })

  it("runs a simulation with an engine of its own like any other", async () => {
    const remote = defineSimulation({
      name: "remote",
      config: Schema.Struct({ size: Schema.Int }),
      async *run({ size }, { seed }) {
        yield { type: "progress" as const, current: 1, total: 2 }
        yield { type: "partial" as const, stats: { size, seed: "" } }
        yield { type: "result" as const, iterations: 2, stats: { size, seed } }
      },
    })
    const jobs = jobsOf({ simulations: [remote] })
    const { jobId } = await jobs.start({ simulation: "remote", config: { size: 3 }, seed: 7 })
    await statusIs(jobs, jobId, "completed")
    expect(await jobs.get(jobId)).toMatchObject({
      partial: { stats: { size: 3 } },
      result: { stats: { size: 3, seed: "7" }, iterations: 2, stopReason: "finished" },
    })
  })
})
