// Batches on real worker threads: the same bits, whatever becomes of the workers.
import {
  type BatchHandle,
  type BatchOptions,
  createJobs,
  createWorkerPool,
  defineSimulation,
  iterateFeed,
  PublicError,
  SimulationFailed,
  startBatch,
  type WorkerOptions,
} from "@simstream/core"
import { afterAll, describe, expect, it, onTestFinished } from "vitest"
import { golden, goldenDigests, goldenNames, runGolden } from "../support/workers/golden.ts"
import { createStaff, spawnNode, type WorkerFile } from "../support/workers/node.ts"
import { anything, craps } from "../support/workers/simulations.ts"
import { timesOnce, type Trouble, troubled, type TroubledConfig } from "../support/workers/troubled.ts"

const ITERATIONS = 20_000

/** A batch of the simulation that goes wrong, on two workers of its own. */
const startTroubled = (config: TroubledConfig, options: BatchOptions & Partial<WorkerOptions> = {}) => {
  const { spawn = () => spawnNode("troubled"), count = 2, stallMs, ...rest } = options
  return startBatch(troubled, {
    config,
    iterations: ITERATIONS,
    seed: 7,
    workers: { spawn, count, ...(stallMs === undefined ? {} : { stallMs }) },
    ...rest,
  })
}

/** The digest of the same batch without workers and without trouble. */
const untroubledDigest = async (): Promise<string> =>
  (await startBatch(troubled, { config: {}, iterations: ITERATIONS, seed: 7 }).result).digest

const failureOf = async ({ result }: Pick<BatchHandle, "result">): Promise<SimulationFailed> => {
  const outcome: unknown = await result.catch((error: unknown) => error)
  return outcome instanceof SimulationFailed
    ? outcome
    : expect.fail(`it did not fail: ${JSON.stringify(outcome)}`)
}

describe("the digest is the known one", () => {
  it("without workers", async () => {
    expect(await runGolden()).toEqual(goldenDigests)
  })

  it.each([1, 2, 3, 8])("on %i workers", async (count) => {
    const pool = createWorkerPool({ spawn: () => spawnNode("simulations"), count })
    onTestFinished(pool.close)
    expect(await runGolden({ workers: pool })).toEqual(goldenDigests)
  })

  it("when batches share the workers and run at once", async () => {
    const pool = createWorkerPool({ spawn: () => spawnNode("simulations"), count: 2 })
    onTestFinished(pool.close)
    expect(await Promise.all([1, 2, 3].map(() => runGolden({ workers: pool })))).toEqual([
      goldenDigests,
      goldenDigests,
      goldenDigests,
    ])
  })

  it("after a checkpoint on one machine, a resumption on another and an extension", async () => {
    const { simulation, input, digest } = golden.craps
    const workers = { spawn: () => spawnNode("simulations"), count: 2 }
    const batch = startBatch(simulation, { ...input, iterations: 9_999, workers })
    await batch.result
    const resume = JSON.parse(JSON.stringify(batch.checkpoint()))
    expect((await startBatch(simulation, { ...input, resume }).result).digest).toBe(digest)
    expect((await startBatch(simulation, { ...input, resume, workers }).result).digest).toBe(digest)
    expect((await batch.extend(input.iterations).result).digest).toBe(digest)
  })

  it("after a cancel in the middle", async () => {
    const { simulation, input, digest } = golden.raid
    const pool = createWorkerPool({ spawn: () => spawnNode("simulations"), count: 2 })
    onTestFinished(pool.close)
    const batch = startBatch(simulation, { ...input, workers: pool, progressMs: 10 })
    for await (const { progress } of batch.onProgress) if (progress.current > 0) break
    await batch.cancel()
    const resume = JSON.parse(JSON.stringify(batch.checkpoint()))
    expect((await startBatch(simulation, { ...input, workers: pool, resume }).result).digest).toBe(digest)
  })
})

it("precision stops at the same count with workers and without", async () => {
  const options = {
    config: {},
    seed: 7,
    iterations: 100_000,
    stop: { precision: { metric: "win", absolute: 0.01 } },
  }
  const { iterations, stopReason, digest } = await startBatch(craps, options).result
  expect(stopReason).toBe("precision")
  expect(iterations).toBeLessThan(20_000)
  const workers = { spawn: () => spawnNode("simulations"), count: 3 }
  expect(await startBatch(craps, { ...options, workers }).result).toMatchObject({
    iterations,
    stopReason,
    digest,
  })
})

it("a time budget that ends before a worker has started still gives a result, to the bit", async () => {
  const workers = { spawn: () => spawnNode("simulations"), count: 2 }
  const options = { config: {}, seed: 7 }
  const result = await startBatch(craps, { ...options, stop: { timeMs: 1 }, workers }).result
  expect(result.stopReason).toBe("time")
  expect(result.iterations).toBeGreaterThan(0)
  const { digest } = await startBatch(craps, { ...options, iterations: result.iterations }).result
  expect(result.digest).toBe(digest)
})

describe("a worker that is lost", () => {
  it("in the middle, however often and in whatever way, changes nothing", async () => {
    const troubles: ReadonlyArray<Trouble> = [
      { at: 100, kind: "exit" },
      { at: 5_000, kind: "uncaught" },
      { at: 9_000, kind: "wait" },
      { at: 15_000, kind: "exit" },
      { at: 19_999, kind: "uncaught" },
    ]
    const times = timesOnce(troubles)
    const staff = createStaff("troubled")
    const batch = startTroubled({ troubles, times }, { spawn: staff.spawn })
    await Atomics.waitAsync(new Int32Array(times), 2, 1).value
    for (const worker of staff.workers) void worker.terminate()
    expect((await batch.result).digest).toBe(await untroubledDigest())
    expect([...new Int32Array(times)].every((left) => left <= 0)).toBe(true)
    // Each took one with it
    expect(staff.workers.length).toBeGreaterThan(troubles.length)
  })

  it("because it hung once is replaced", async () => {
    const troubles: ReadonlyArray<Trouble> = [{ at: 777, kind: "hang" }]
    const batch = startTroubled({ troubles, times: timesOnce(troubles) }, { stallMs: 1_000 })
    expect((await batch.result).digest).toBe(await untroubledDigest())
  })

  it("while it loads is replaced", async () => {
    const good = createStaff("troubled")
    const files: Array<WorkerFile> = ["throwing", "missing"]
    const batch = startTroubled(
      {},
      {
        spawn: () => {
          const file = files.shift()
          return file === undefined ? good.spawn() : spawnNode(file)
        },
      },
    )
    expect((await batch.result).digest).toBe(await untroubledDigest())
    expect(files).toEqual([])
  })
})

describe("an iteration that no worker survives is named", () => {
  it.each(["exit", "uncaught"] as const)("when they die of it (%s)", async (kind) => {
    const { phase, iteration, seed, message } = await failureOf(
      startTroubled({ troubles: [{ at: 1_234, kind }] }),
    )
    expect({ phase, iteration, seed }).toEqual({ phase: "iteration", iteration: 1_234, seed: "7" })
    expect(message).toContain("every worker that ran it was lost")
  })

  it("when it takes all the memory that a worker has", async () => {
    const staff = createStaff("troubled", { maxOldGenerationSizeMb: 24 })
    const { iteration, message } = await failureOf(
      startTroubled({ troubles: [{ at: 1_234, kind: "memory" }] }, { spawn: staff.spawn, count: 1 }),
    )
    expect(iteration).toBe(1_234)
    expect(message).toContain("memory")
  })

  it("when it never ends", async () => {
    const staff = createStaff("troubled")
    const { iteration, message } = await failureOf(
      startTroubled({ troubles: [{ at: 1_234, kind: "hang" }] }, { stallMs: 1_000, spawn: staff.spawn }),
    )
    expect(iteration).toBe(1_234)
    expect(message).toContain("iteration 1234 (seed 7)")
    expect(message).toContain("it said nothing for 1000 ms")
    await staff.ended()
  })
})

describe("workers that can't be had are a clear error", () => {
  it.each([
    ["throwing", "the tables of spells are missing"],
    ["missing", "missing.worker.ts"],
    ["silent", "its file has to call serveSimulations"],
    ["simulations", 'the workers serve craps, raid, queue, and not "troubled"; add it to serveSimulations'],
  ] as const)("of the file that is %s", async (file, words) => {
    const staff = createStaff(file)
    const { phase, message } = await failureOf(startTroubled({}, { spawn: staff.spawn, count: 1 }))
    expect(phase).toBe("prepare")
    expect(message).toContain(words)
    expect(staff.workers.length).toBeLessThanOrEqual(3)
    await staff.ended()
  })

  it("when spawn throws", async () => {
    const { phase, message } = await failureOf(
      startTroubled(
        {},
        {
          spawn: () => {
            throw new Error("threads are not allowed here")
          },
        },
      ),
    )
    expect({ phase, message }).toEqual({
      phase: "prepare",
      message: '"troubled" failed in "prepare": workers.spawn threw: threads are not allowed here',
    })
  })

  it("when the config can't be sent to them", async () => {
    const config: TroubledConfig = Object.assign<object, object>({}, { roll: () => 4 })
    const { phase, message } = await failureOf(startTroubled(config))
    expect(phase).toBe("prepare")
    expect(message).toMatch(/the config of "troubled" can't be sent to a worker: .*could not be cloned/)
  })
})

describe("what a simulation throws in a worker", () => {
  // One pool for all: a worker is none the worse for what a simulation threw in it
  const staff = createStaff("troubled")
  const workers = createWorkerPool({ spawn: staff.spawn, count: 2 })
  afterAll(workers.close)

  it.each(["throw", "reject", "nan"] as const)(
    "in an iteration (%s) fails the batch as without workers",
    async (kind) => {
      const config = { troubles: [1_234, 9_999, 19_000].map((at) => ({ at, kind })) }
      const inline = await failureOf(startBatch(troubled, { config, iterations: ITERATIONS, seed: 7 }))
      const { phase, iteration, seed, message, cause } = await failureOf(startTroubled(config, { workers }))
      expect({ phase, iteration, seed, message }).toEqual({
        phase: "iteration",
        iteration: 1_234,
        seed: "7",
        message: inline.message,
      })
      expect(cause).toMatchObject({ message: inline.cause instanceof Error ? inline.cause.message : "" })
    },
  )

  it("says where it was thrown", async () => {
    const { cause } = await failureOf(startTroubled({ troubles: [{ at: 5, kind: "throw" }] }, { workers }))
    expect(cause).toMatchObject({ stack: expect.stringContaining("troubled.ts") })
  })

  it.each(["skip", "collect"] as const)("is left out under the policy %s, and counted", async (policy) => {
    const kinds = ["throw", "reject", "nan", "public"] as const
    const troubles = Array.from({ length: 60 }, (_, at) => ({
      at: at * 331,
      kind: kinds[at % 4] ?? "throw",
    }))
    const options = { iterations: ITERATIONS, seed: 7, onIterationError: policy }
    const inline = await startBatch(troubled, { ...options, config: { troubles } }).result
    const { failures, digest, stats } = await startTroubled({ troubles }, { ...options, workers }).result
    expect(failures).toEqual(inline.failures)
    expect(failures.count).toBe(60)
    expect(failures.examples).toHaveLength(policy === "skip" ? 0 : 20)
    expect(stats.value.count).toBe(ITERATIONS - 60)
    expect(digest).toBe(inline.digest)
  })

  it("is public if it was meant to be", async () => {
    const inIteration = await failureOf(startTroubled({ troubles: [{ at: 5, kind: "public" }] }, { workers }))
    expect(inIteration.cause).toBeInstanceOf(PublicError)
    expect(inIteration.cause).toMatchObject({ message: "your luck ends in 5" })
    const inPrepare = await failureOf(startTroubled({ prepare: "public" }, { workers }))
    expect(inPrepare.cause).toBeInstanceOf(PublicError)
  })

  it.each(["throw", "reject"] as const)("in `prepare` (%s) fails the batch", async (prepare) => {
    const { phase, iteration, message } = await failureOf(startTroubled({ prepare }, { workers }))
    expect({ phase, iteration, message }).toEqual({
      phase: "prepare",
      iteration: null,
      message: '"troubled" failed in "prepare": no spells',
    })
  })

  it("costs no worker", () => {
    expect(staff.workers.length).toBeLessThanOrEqual(2)
  })

  it.each([
    ["exit", "it ended by itself"],
    ["hang", "it said nothing for 1000 ms"],
  ] as const)("is told apart from a `prepare` that no worker survives (%s)", async (prepare, words) => {
    const { phase, iteration, message } = await failureOf(startTroubled({ prepare }, { stallMs: 1_000 }))
    expect({ phase, iteration }).toEqual({ phase: "prepare", iteration: null })
    expect(message).toContain("every worker that prepared the simulation was lost")
    expect(message).toContain(words)
  })
})

describe("cancel", () => {
  it("stops busy workers and keeps what they did", async () => {
    const staff = createStaff("simulations")
    const batch = startBatch(craps, {
      config: {},
      iterations: 1e9,
      progressMs: 10,
      workers: { spawn: staff.spawn, count: 2 },
    })
    let last = undefined
    for await (const update of batch.onProgress) {
      last = update
      if ((batch.checkpoint()?.iterations ?? 0) > 1_000) void batch.cancel()
    }
    await expect(batch.result).rejects.toMatchObject({ _tag: "BatchCancelled" })
    expect(last?.partial?.stats.win.count).toBeGreaterThan(1_000)
    expect(last?.progress.current).toBe(last?.partial?.stats.win.count)
    await staff.ended()
  })

  it("ends a worker that can't stop, and spares its pool", async () => {
    const staff = createStaff("troubled")
    const pool = createWorkerPool({ spawn: staff.spawn, count: 1 })
    onTestFinished(pool.close)
    const troubles: ReadonlyArray<Trouble> = [{ at: 1_000, kind: "wait" }]
    const times = timesOnce(troubles)
    const batch = startTroubled({ troubles, times }, { workers: pool })
    await Atomics.waitAsync(new Int32Array(times), 0, 1).value
    await batch.cancel()
    expect((await startTroubled({}, { workers: pool }).result).digest).toBe(await untroubledDigest())
    expect(staff.workers).toHaveLength(2)
  })

  it("before a worker has started leaves none", async () => {
    const staff = createStaff("simulations")
    const batch = startBatch(craps, { config: {}, workers: { spawn: staff.spawn, count: 2 } })
    for await (const _ of batch.onProgress) break
    await batch.cancel()
    await staff.ended()
    await expect(batch.result).rejects.toMatchObject({ _tag: "BatchCancelled" })
  })
})

describe("the workers of a batch end with it", () => {
  it("when it has a result", async () => {
    const staff = createStaff("simulations")
    await startBatch(craps, { config: {}, iterations: 1_000, workers: { spawn: staff.spawn, count: 2 } })
      .result
    await staff.ended()
    expect(staff.workers.map(({ threadId }) => threadId)).toEqual([-1, -1])
  })

  it("when it has failed", async () => {
    const staff = createStaff("troubled")
    await failureOf(startTroubled({ troubles: [{ at: 5, kind: "throw" }] }, { spawn: staff.spawn }))
    await staff.ended()
    expect(staff.workers.map(({ threadId }) => threadId)).toEqual([-1, -1])
  })
})

it("jobs share their workers, and a shutdown ends them", async () => {
  const staff = createStaff("simulations")
  const jobs = createJobs({
    simulations: goldenNames.map((name) => golden[name].simulation),
    concurrency: 3,
    workers: { spawn: staff.spawn, count: 2 },
  })
  const started = await Promise.all(
    goldenNames.map((name) => jobs.start({ simulation: name, ...golden[name].input })),
  )
  const digests = await Promise.all(
    started.map(async ({ jobId }) => {
      const { feed } = await jobs.subscribe(jobId)
      let last = ""
      for await (const type of iterateFeed(feed, ({ event }) => event.type)) last = type
      expect(last).toBe("complete")
      return (await jobs.get(jobId)).result?.digest
    }),
  )
  expect(digests).toEqual(goldenNames.map((name) => goldenDigests[name]))
  expect(staff.workers).toHaveLength(2)
  await jobs.shutdown()
  await staff.ended()
})

it("what a batch keeps does not grow with its count", async () => {
  const coin = defineSimulation({
    name: "coin",
    config: anything<object>(),
    metrics: { heads: {} },
    timeline: { bucket: 1 },
    prepare:
      () =>
      ({ random, timeline, tally }) => {
        const heads = random.bool() ? 1 : 0
        timeline.add("heads", 0.5, heads)
        tally.add("heads", heads)
        return { heads }
      },
  })
  /** A batch of 2^k - 1 chunks of 64 has the most nodes, k. */
  const kept = async (levels: number) => {
    const batch = startBatch(coin, { config: {}, iterations: 64 * (2 ** levels - 1), seed: 7 })
    await batch.result
    const { nodes = [], tallies } = batch.checkpoint() ?? {}
    return { nodes: nodes.length, node: numbersIn(nodes[0]), tallies: numbersIn(tallies) }
  }
  const [few, many] = [await kept(11), await kept(15)]
  expect(few.nodes).toBe(11)
  expect(many).toEqual({ ...few, nodes: 15 })
})

/** How many numbers and texts there are in a value. */
const numbersIn = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? Object.values(value).reduce((sum: number, part) => sum + numbersIn(part), 0)
    : 1
