import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { createFakeWorker, type FakeWorker } from "./fakeWorker.fixtures.ts"
import type { FailedMessage } from "./messages.ts"
import { createWorkerPool, type Dispatch, type Loss, type Work, type WorkerOptions } from "./pool.ts"

const STALL_MS = 1000
/** Until a worker counts as silent, as one that can't be started, and as one that doesn't stop. */
const HEAR_MS = 10
const SILENT_MS = STALL_MS + HEAR_MS
const START_MS = 20_000 + HEAR_MS
const STOP_MS = 250 + HEAR_MS

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A pool whose workers do and say nothing by themselves. */
const createStaff = (options: Partial<WorkerOptions> = {}) => {
  const workers: Array<FakeWorker> = []
  const pool = createWorkerPool({
    count: 2,
    stallMs: STALL_MS,
    spawn: () => {
      const worker = createFakeWorker()
      workers.push(worker)
      return worker
    },
    ...options,
  })
  return { pool, workers, worker: (at: number): FakeWorker => workers[at] ?? expect.fail(`no worker ${at}`) }
}

let batches = 0

/** A batch with these dispatches, which notes what it is told. */
const createWork = (
  firsts: ReadonlyArray<number>,
  { config = {} as unknown, simulation = "dice", batch = ++batches, staysOpen = false } = {},
) => {
  const waiting: Array<Dispatch> = firsts.map((first) => ({ first, until: first + 64, losses: 0 }))
  const ran: Array<number> = []
  const lost: Array<Loss & { readonly first: number }> = []
  const failed: Array<FailedMessage & { readonly first: number }> = []
  const unavailable: Array<string> = []
  const work: Work = {
    open: {
      type: "open",
      batch,
      simulation,
      config,
      options: { seed: "7", metrics: ["total"], bucket: 1, onIterationError: "fail" },
    },
    staysOpen,
    wanted: () => waiting.length,
    next: () => waiting.shift() ?? null,
    at: () => undefined,
    ran: ({ first }) => void ran.push(first),
    failed: ({ first }, failure) => void failed.push({ first, ...failure }),
    lost: (dispatch, loss) => {
      lost.push({ first: dispatch.first, ...loss })
      waiting.push({ ...dispatch, losses: dispatch.losses + 1 })
    },
    unavailable: (reason) => void unavailable.push(reason),
  }
  return { work, waiting, ran, lost, failed, unavailable }
}

const sent = ({ received }: FakeWorker) => received.map((message) => message.type)
const runs = ({ received }: FakeWorker) =>
  received.filter((message) => message.type === "run").map(({ first }) => first)
const ran = { type: "ran", parts: [] } as const

it("a batch that stays open is opened once for all of its work, and closed when it is forgotten", () => {
  const { pool, workers } = createStaff({ count: 1 })
  const shared = { batch: ++batches, staysOpen: true }
  const first = pool.attach(createWork([0], shared).work)
  workers[0]?.ready("dice")
  workers[0]?.say(ran)
  void first.detach()
  pool.attach(createWork([64], shared).work)
  expect(workers.map(sent)).toEqual([["open", "run", "run"]])
  pool.forget(shared.batch)
  expect(workers.map(sent)).toEqual([["open", "run", "run", "close"]])
})

describe("starting workers", () => {
  it("starts none before there is something to do, and no more than there is to do", () => {
    const { pool, workers } = createStaff({ count: 8 })
    expect(workers).toHaveLength(0)
    pool.attach(createWork([0, 64, 128]).work)
    expect(workers).toHaveLength(3)
  })

  it("starts no more than it was allowed to", () => {
    const { pool, workers } = createStaff({ count: 2 })
    pool.attach(createWork([0, 64, 128]).work)
    expect(workers).toHaveLength(2)
  })

  it("tells a worker of the batch once, and then what to run", () => {
    const { pool, worker } = createStaff({ count: 1 })
    const { work } = createWork([0, 64])
    pool.attach(work)
    worker(0).ready("dice")
    worker(0).say(ran)
    expect(worker(0).received).toEqual([
      work.open,
      { type: "run", batch: work.open.batch, first: 0, until: 64, careful: false },
      { type: "run", batch: work.open.batch, first: 64, until: 128, careful: false },
    ])
  })

  it("has as many as there are processors by default", () => {
    expect(createWorkerPool({ spawn: () => createFakeWorker() }).size).toBe(navigator.hardwareConcurrency)
  })

  it.each([{ count: 0 }, { count: 1.5 }, { count: Infinity }, { stallMs: 0 }, { stallMs: NaN }])(
    "refuses %o",
    (options) => {
      expect(() => createStaff(options)).toThrow(RangeError)
      expect(() => createStaff(options)).toThrow(`workers.${Object.keys(options)[0]} must be`)
    },
  )

  it("replaces one that fails to start", () => {
    const { pool, workers, worker } = createStaff({ count: 1 })
    const { work, unavailable, ran: done } = createWork([0])
    pool.attach(work)
    worker(0).crash("no such file")
    worker(1).exit()
    worker(2).ready("dice")
    worker(2).say(ran)
    expect(workers).toHaveLength(3)
    expect(unavailable).toEqual([])
    expect(done).toEqual([0])
  })

  it("gives up after three that failed one after the other, and says what the last one said", () => {
    const { pool, workers, worker } = createStaff({ count: 1 })
    const { work, unavailable } = createWork([0])
    pool.attach(work)
    for (const at of [0, 1, 2]) worker(at).crash(`no such file ${at}`)
    expect(unavailable).toEqual([expect.stringMatching(/3 workers in a row.*no such file 2/)])
    expect(workers).toHaveLength(3)
  })

  it("says what may be wrong with a file that ends without a word", () => {
    const { pool, worker } = createStaff({ count: 1 })
    const { work, unavailable } = createWork([0])
    pool.attach(work)
    for (const at of [0, 1, 2]) worker(at).exit()
    expect(unavailable).toEqual([expect.stringContaining("serveSimulations")])
  })

  it("gives up on files that never finish loading", () => {
    const { pool, workers } = createStaff({ count: 1 })
    const { work, unavailable } = createWork([0])
    pool.attach(work)
    vi.advanceTimersByTime(3 * START_MS - 1)
    expect(unavailable).toEqual([])
    vi.advanceTimersByTime(1)
    expect(unavailable).toEqual([expect.stringMatching(/did not load in 20000 ms.*serveSimulations/)])
    expect(workers.every((worker) => worker.isTerminated())).toBe(true)
    vi.advanceTimersByTime(10 * START_MS)
    expect(workers).toHaveLength(3)
  })

  it("tries again for the next batch", async () => {
    const { pool, worker } = createStaff({ count: 1 })
    const { detach } = pool.attach(createWork([0]).work)
    for (const at of [0, 1, 2]) worker(at).crash("no such file")
    await detach()
    const { work, unavailable, ran: done } = createWork([0])
    pool.attach(work)
    worker(3).ready("dice")
    worker(3).say(ran)
    expect(unavailable).toEqual([])
    expect(done).toEqual([0])
  })

  it("gives up on files that throw when they are as good as loaded", () => {
    const { pool, workers, worker } = createStaff({ count: 1 })
    const { work, unavailable } = createWork([0])
    pool.attach(work)
    for (const at of [0, 1, 2]) {
      worker(at).throwError("one more thing")
      worker(at).ready("dice")
      vi.advanceTimersByTime(HEAR_MS)
    }
    expect(unavailable).toEqual([expect.stringContaining("one more thing")])
    expect(workers).toHaveLength(3)
  })

  it("goes on with those that work when others can't be started any more", () => {
    const { pool, workers, worker } = createStaff({ count: 2 })
    const { work, unavailable, ran: done } = createWork([0, 64, 128])
    pool.attach(work)
    worker(0).ready("dice")
    for (const at of [1, 2, 3]) worker(at).crash("out of memory")
    expect(workers).toHaveLength(4)
    for (const first of [0, 64, 128]) {
      expect(unavailable).toEqual([])
      expect(runs(worker(0)).at(-1)).toBe(first)
      worker(0).say(ran)
    }
    expect(done).toEqual([0, 64, 128])
    expect(workers).toHaveLength(4)
  })

  it("gives up when the last one that worked is gone, too", () => {
    const { pool, workers, worker } = createStaff({ count: 2 })
    const { work, unavailable } = createWork([0, 64, 128])
    pool.attach(work)
    worker(0).ready("dice")
    for (const at of [1, 2, 3]) worker(at).crash("out of memory")
    worker(0).crash("killed")
    expect(unavailable).toEqual([expect.stringContaining("killed")])
    expect(workers).toHaveLength(4)
  })

  it("reports a spawn that throws", () => {
    const { pool } = createStaff({
      spawn: () => {
        throw new Error("workers are not allowed here")
      },
    })
    const { work, unavailable } = createWork([0])
    pool.attach(work)
    expect(unavailable).toContainEqual(expect.stringContaining("workers are not allowed here"))
  })

  it("reports a worker that does not serve the simulation, and names those that it serves", () => {
    const { pool, worker } = createStaff({ count: 1 })
    const { work, unavailable } = createWork([0])
    pool.attach(work)
    worker(0).ready("craps", "raid")
    expect(unavailable).toEqual([expect.stringMatching(/craps, raid.*"dice".*serveSimulations/)])
    expect(sent(worker(0))).toEqual([])
  })

  it("reports a config that can't be sent, and keeps the worker", () => {
    const { pool, worker } = createStaff({ count: 1 })
    const bad = createWork([0], { config: { roll: () => 4 } })
    const good = createWork([0])
    pool.attach(bad.work)
    pool.attach(good.work)
    worker(0).ready("dice")
    expect(bad.unavailable).toContainEqual(expect.stringMatching(/config of "dice".*could not be cloned/))
    expect(runs(worker(0))).toEqual([0])
    expect(worker(0).isTerminated()).toBe(false)
    expect(good.unavailable).toEqual([])
  })
})

describe("sharing workers", () => {
  it("lets the batches take turns", () => {
    const { pool, worker } = createStaff({ count: 1 })
    const batchesAtWork = [createWork([0, 64]), createWork([0, 64]), createWork([0, 64])]
    for (const { work } of batchesAtWork) pool.attach(work)
    worker(0).ready("dice")
    for (let turn = 0; turn < 5; turn++) worker(0).say(ran)
    const ids = batchesAtWork.map(({ work }) => work.open.batch)
    const turns = worker(0).received.flatMap((message) => (message.type === "run" ? [message.batch] : []))
    expect(turns).toEqual([...ids, ...ids])
  })

  it("keeps a worker for the next batch, and tells it when one is over", async () => {
    const { pool, workers, worker } = createStaff({ count: 1 })
    const first = createWork([0])
    const { detach } = pool.attach(first.work)
    worker(0).ready("dice")
    worker(0).say(ran)
    await detach()
    pool.attach(createWork([0]).work)
    expect(workers).toHaveLength(1)
    expect(sent(worker(0))).toEqual(["open", "run", "close", "open", "run"])
  })

  it("keeps the process alive while a worker loads or runs, and not when it waits", () => {
    const { pool, worker } = createStaff({ count: 1 })
    pool.attach(createWork([0]).work)
    expect(worker(0).isHeld()).toBe(true)
    worker(0).ready("dice")
    expect(worker(0).isHeld()).toBe(true)
    worker(0).say(ran)
    expect(worker(0).isHeld()).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe("losing workers", () => {
  it("hands back what one was doing when it died, where it was, and replaces it", () => {
    const { pool, workers, worker } = createStaff({ count: 1 })
    const { work, lost } = createWork([64])
    pool.attach(work)
    worker(0).ready("dice")
    worker(0).say({ type: "at", next: 70 })
    worker(0).crash("out of memory")
    expect(lost).toEqual([{ first: 64, at: 70, stalled: false, reason: "out of memory" }])
    expect(workers).toHaveLength(2)
    worker(1).ready("dice")
    expect(worker(1).received).toMatchObject([{ type: "open" }, { type: "run", first: 64, careful: true }])
  })

  it("hears what one had said before it threw, and gives it nothing more to do", () => {
    const { pool, workers, worker } = createStaff({ count: 1 })
    const { work, ran: done, lost, waiting } = createWork([0, 64])
    pool.attach(work)
    worker(0).ready("dice")
    worker(0).throwError("out of memory")
    worker(0).say({ type: "at", next: 5 })
    expect(lost).toEqual([])
    vi.advanceTimersByTime(HEAR_MS)
    expect(lost).toEqual([{ first: 0, at: 5, stalled: false, reason: "out of memory" }])
    worker(1).ready("dice")
    worker(1).throwError("late")
    worker(1).say(ran)
    expect(done).toEqual([64])
    expect(runs(worker(1))).toEqual([64])
    vi.advanceTimersByTime(HEAR_MS)
    expect(lost).toHaveLength(1)
    expect(waiting).toHaveLength(1)
    expect(workers).toHaveLength(3)
  })

  it("doesn't know where one was that died before it said anything", () => {
    const { pool, worker } = createStaff({ count: 1 })
    const { work, lost } = createWork([64])
    pool.attach(work)
    worker(0).ready("dice")
    worker(0).exit()
    expect(lost).toMatchObject([{ first: 64, at: null, stalled: false }])
  })

  it("ends one that says nothing for too long, and not one that does", () => {
    const { pool, workers, worker } = createStaff({ count: 1 })
    const { work, lost } = createWork([0])
    pool.attach(work)
    worker(0).ready("dice")
    for (let next = 1; next < 10; next++) {
      vi.advanceTimersByTime(SILENT_MS - 1)
      worker(0).say({ type: "at", next })
    }
    expect(lost).toEqual([])
    vi.advanceTimersByTime(SILENT_MS)
    expect(lost).toMatchObject([
      { first: 0, at: 9, stalled: true, reason: "it said nothing for 1000 ms (workers.stallMs)" },
    ])
    expect(worker(0).isTerminated()).toBe(true)
    expect(workers).toHaveLength(2)
  })

  it("hears first what one said while this thread was busy", () => {
    const { pool, worker } = createStaff({ count: 1 })
    const { work, lost } = createWork([0])
    pool.attach(work)
    worker(0).ready("dice")
    vi.advanceTimersByTime(STALL_MS)
    worker(0).say({ type: "at", next: 1 })
    vi.advanceTimersByTime(SILENT_MS - 1)
    expect(lost).toEqual([])
  })

  it("never ends one that waits", () => {
    const { pool, workers, worker } = createStaff({ count: 1 })
    pool.attach(createWork([0]).work)
    worker(0).ready("dice")
    worker(0).say(ran)
    vi.advanceTimersByTime(100 * STALL_MS)
    expect(worker(0).isTerminated()).toBe(false)
    expect(workers).toHaveLength(1)
  })

  it("does not hear what a worker says that was given up", () => {
    const { pool, worker } = createStaff({ count: 1 })
    const { work, ran: done, lost, failed } = createWork([0])
    pool.attach(work)
    worker(0).ready("dice")
    vi.advanceTimersByTime(SILENT_MS)
    worker(1).ready("dice")
    worker(0).say(ran)
    worker(0).say({
      type: "failed",
      phase: "iteration",
      iteration: 1,
      message: "",
      stack: null,
      isPublic: false,
    })
    worker(0).crash("late")
    expect([done, failed]).toEqual([[], []])
    expect(lost).toHaveLength(1)
    worker(1).say(ran)
    expect(done).toEqual([0])
  })

  it("replaces one that dies while it waits when it is needed again", () => {
    const { pool, workers, worker } = createStaff({ count: 1 })
    const { work, waiting, ran: done, lost } = createWork([0])
    const { update } = pool.attach(work)
    worker(0).ready("dice")
    worker(0).say(ran)
    worker(0).crash("idle hands")
    expect(workers).toHaveLength(1)
    waiting.push({ first: 64, until: 128, losses: 0 })
    update()
    worker(1).ready("dice")
    worker(1).say(ran)
    expect(done).toEqual([0, 64])
    expect(lost).toEqual([])
  })

  it("goes on after a failure of the simulation: the worker is as good as before", () => {
    const { pool, workers, worker } = createStaff({ count: 1 })
    const { work, failed, ran: done } = createWork([0, 64])
    pool.attach(work)
    worker(0).ready("dice")
    const failure = { phase: "iteration", iteration: 3, message: "no", stack: null, isPublic: true } as const
    worker(0).say({ type: "failed", ...failure })
    worker(0).say(ran)
    expect(failed).toEqual([{ type: "failed", first: 0, ...failure }])
    expect(done).toEqual([64])
    expect(workers).toHaveLength(1)
  })
})

describe("leaving", () => {
  it("waits for what its workers deliver", async () => {
    const { pool, worker } = createStaff({ count: 2 })
    const { work, ran: done } = createWork([0, 64])
    const { detach } = pool.attach(work)
    worker(0).ready("dice")
    worker(1).ready("dice")
    let left = false
    const leaving = detach().then(() => {
      left = true
    })
    expect([worker(0), worker(1)].map(sent)).toEqual([
      ["open", "run", "stop"],
      ["open", "run", "stop"],
    ])
    worker(0).say(ran)
    await Promise.resolve()
    expect(left).toBe(false)
    worker(1).say(ran)
    await leaving
    expect(done).toEqual([0, 64])
    expect([worker(0), worker(1)].map((one) => sent(one).at(-1))).toEqual(["close", "close"])
  })

  it("ends workers that don't stop in time, whatever they say meanwhile", async () => {
    const { pool, worker } = createStaff({ count: 1 })
    const { work } = createWork([0])
    const { detach } = pool.attach(work)
    worker(0).ready("dice")
    const leaving = detach()
    vi.advanceTimersByTime(STOP_MS - 1)
    worker(0).say({ type: "at", next: 1 })
    expect(worker(0).isTerminated()).toBe(false)
    vi.advanceTimersByTime(1)
    await leaving
    expect(worker(0).isTerminated()).toBe(true)
  })

  it("has patience with the present iteration when it is told so", async () => {
    const { pool, worker } = createStaff({ count: 1 })
    const { work, ran: done } = createWork([0])
    const { detach } = pool.attach(work)
    worker(0).ready("dice")
    const leaving = detach({ patient: true })
    vi.advanceTimersByTime(SILENT_MS - 1)
    worker(0).say(ran)
    await leaving
    expect(done).toEqual([0])
    expect(worker(0).isTerminated()).toBe(false)
  })

  it("leaves the workers of other batches alone", async () => {
    const { pool, worker } = createStaff({ count: 2 })
    const { detach } = pool.attach(createWork([0]).work)
    pool.attach(createWork([0]).work)
    worker(0).ready("dice")
    worker(1).ready("dice")
    const leaving = detach()
    worker(0).say(ran)
    await leaving
    expect(sent(worker(1))).toEqual(["open", "run"])
  })

  it("can be done twice", async () => {
    const { pool } = createStaff()
    const { detach } = pool.attach(createWork([]).work)
    await detach()
    await expect(detach()).resolves.toBeUndefined()
  })
})

describe("closing", () => {
  it("ends all workers, and leaves no timer", () => {
    const { pool, worker } = createStaff({ count: 2 })
    pool.attach(createWork([0, 64]).work)
    worker(0).ready("dice")
    pool.close()
    expect([worker(0), worker(1)].map((one) => one.isTerminated())).toEqual([true, true])
    expect(vi.getTimerCount()).toBe(0)
  })

  it("tells the batches that are still at work", () => {
    const { pool, worker } = createStaff({ count: 1 })
    const { work, unavailable, lost } = createWork([0])
    pool.attach(work)
    worker(0).ready("dice")
    pool.close()
    expect(unavailable).toEqual([expect.stringContaining("closed")])
    expect(lost).toEqual([])
  })

  it("lets a batch leave that is about to", async () => {
    const { pool, worker } = createStaff({ count: 1 })
    const { detach } = pool.attach(createWork([0]).work)
    worker(0).ready("dice")
    const leaving = detach()
    pool.close()
    await expect(leaving).resolves.toBeUndefined()
  })

  it("lets a batch leave afterwards", async () => {
    const { pool, worker } = createStaff({ count: 1 })
    const { detach } = pool.attach(createWork([0]).work)
    worker(0).ready("dice")
    pool.close()
    await expect(detach()).resolves.toBeUndefined()
  })

  it("turns a batch away that comes too late", () => {
    const { pool, workers } = createStaff()
    pool.close()
    const { work, unavailable } = createWork([0])
    pool.attach(work)
    expect(unavailable).toEqual([expect.stringContaining("closed")])
    expect(workers).toEqual([])
  })

  it("can be done twice", () => {
    const { pool } = createStaff()
    pool.close()
    expect(pool.close).not.toThrow()
  })
})
