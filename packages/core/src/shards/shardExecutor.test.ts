import type { Progress, Result, WaitingFor } from "@simstream/protocol"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { CHUNK_SIZE } from "../kernel/chunk.ts"
import { startBatch, type StartBatchInput } from "../batch/startBatch.ts"
import { type AnyIterationSimulation, defineSimulation } from "../simulation/definition.ts"
import { SimulationFailed } from "../simulation/errors.ts"
import { createGate } from "../simulation/simulations.fixtures.ts"
import { PublicError } from "../simulation/publicError.ts"
import { createFakeEngine } from "./engine.fixtures.ts"

/** A simulation with all that a result can have. */
const fight = defineSimulation({
  name: "fight",
  config: Schema.Struct({}),
  metrics: { damage: {}, luck: {} },
  timeline: { bucket: 2 },
  prepare:
    () =>
    ({ random, timeline, tally }) => {
      let damage = 0
      const ends = 1 + 9 * random.float()
      for (let time = 0; time < ends; time += 1.5) {
        const hit = random.normal(10, 3)
        damage += hit
        timeline.add("damage", time, hit)
        tally.add(random.pick(["sword", "bow"]), hit)
      }
      timeline.end(ends)
      return { damage, luck: random.stream("luck").exponential() }
    },
})

/** A count that is no multiple of anything. */
const ITERATIONS = 3001
const input = { config: {}, iterations: ITERATIONS, seed: 7 }

type Input = Omit<StartBatchInput<AnyIterationSimulation>, "config">

/** The result without what depends on the clock. */
const known = (result: Result) => {
  const { elapsedMs: _, ...rest } = result
  return rest
}

const run = (simulation: AnyIterationSimulation, options: Input = {}) =>
  startBatch(simulation, { ...input, ...options }).result.then(known)

describe("the result is that of one process", () => {
  it.each([1, 2, 4])("with %i worker processes, whose word comes in any order", async (workers) => {
    const expected = await run(fight)
    for (let seed = 0; seed < 3; seed++) {
      const { engine } = createFakeEngine(fight, { workers, seed })
      expect(await run(fight, { engine }), `shuffled by ${seed}`).toEqual(expected)
    }
  })

  it("when workers die in the middle of a shard, and others end theirs early, again and again", async () => {
    const expected = await run(fight, { iterations: 6001 })
    const counts = { deaths: 0, handBacks: 0 }
    for (let seed = 0; seed < 5; seed++) {
      const fake = createFakeEngine(fight, { workers: 3, seed, deaths: 0.3, handBacks: 0.3 })
      const { engine } = fake
      expect(await run(fight, { iterations: 6001, engine }), `by ${seed}`).toEqual(expected)
      counts.deaths += fake.counts.deaths
      counts.handBacks += fake.counts.handBacks
    }
    expect(counts.deaths).toBeGreaterThan(3)
    expect(counts.handBacks).toBeGreaterThan(3)
  })

  it("with the same count where precision is reached, although workers are ahead by then", async () => {
    const stop = { precision: { metric: "damage", relative: 0.02 } }
    const expected = await run(fight, { stop, iterations: 100_000 })
    expect(expected.stopReason).toBe("precision")
    expect(expected.iterations).toBeLessThan(10_000)
    for (const workers of [1, 3, 8]) {
      const { engine } = createFakeEngine(fight, { workers, seed: workers, handBacks: 0.2 })
      expect(await run(fight, { stop, iterations: 100_000, engine })).toEqual(expected)
    }
  })

  it("for the count at which the time was up", async () => {
    // At once, which is before any worker has begun; and later.
    for (const timeMs of [0.1, 100]) {
      const { engine } = createFakeEngine(fight, { workers: 3 })
      const { stopReason, ...result } = await run(fight, { stop: { timeMs }, iterations: 1e9, engine })
      expect(stopReason).toBe("time")
      expect(result.iterations).toBeGreaterThan(0)
      const { stopReason: _, ...expected } = await run(fight, { iterations: result.iterations })
      expect(result).toEqual(expected)
    }
  })

  it("when the coordinator dies, and another finds the shards again by the batch's id", async () => {
    const expected = await run(fight, { iterations: 6001 })
    const fake = createFakeEngine(fight, { workers: 2 })
    const shared = { ...input, iterations: 6001, engine: fake.engine, batchId: "job_1" }
    const dead = startBatch(fight, shared)
    for await (const { progress } of dead.onProgress) if (progress.current > 1000) break
    const resume = dead.checkpoint()
    fake.forgetSessions()
    const before = fake.submitted.length
    expect(known(await startBatch(fight, shared).result)).toEqual(expected)
    // It goes on from the last shard that the first one has submitted, and has had none of them run again.
    const firsts = fake.submitted.map(({ first }) => first)
    expect(new Set(firsts).size).toBe(firsts.length)
    expect(firsts.slice(before).every((first) => first > (firsts[before - 1] ?? 0))).toBe(true)
    const resumed = startBatch(fight, { ...shared, ...(resume === null ? {} : { resume }) })
    expect(known(await resumed.result)).toEqual(expected)
  })

  it.each(["skip", "collect"] as const)("with the same failures under the policy %s", async (policy) => {
    const unlucky = defineSimulation({
      name: "unlucky",
      config: Schema.Struct({}),
      metrics: { value: {} },
      prepare:
        () =>
        ({ random, index }) => {
          const value = random.float()
          if (value < 0.05) throw new Error(`too low in ${index}`)
          return { value: value > 0.98 ? NaN : value }
        },
    })
    const expected = await run(unlucky, { onIterationError: policy })
    expect(expected.failures.count).toBeGreaterThan(100)
    const { engine } = createFakeEngine(unlucky, { workers: 3, deaths: 0.2 })
    expect(await run(unlucky, { onIterationError: policy, engine })).toEqual(expected)
  })
})

describe("an iteration that throws", () => {
  const throwing = (...bad: ReadonlyArray<number>) =>
    defineSimulation({
      name: "throwing",
      config: Schema.Struct({}),
      metrics: { value: {} },
      prepare:
        () =>
        ({ index, random }) => {
          if (bad.includes(index)) throw new PublicError(`no ${index}`)
          return { value: random.float() }
        },
    })

  it("fails the batch with the same error as in one process, whichever worker met one first", async () => {
    const simulation = throwing(130, 131, 700, 1900)
    const error = await startBatch(simulation, input).result.catch((thrown: unknown) => thrown)
    for (let seed = 0; seed < 10; seed++) {
      const { engine } = createFakeEngine(simulation, { workers: 4, seed })
      const batch = startBatch(simulation, { ...input, engine })
      const thrown = await batch.result.catch((failure: unknown) => failure)
      expect(thrown).toBeInstanceOf(SimulationFailed)
      expect(thrown).toMatchObject({ phase: "iteration", iteration: 130, seed: "7" })
      expect(thrown).toHaveProperty("message", (error as Error).message)
      expect(thrown).toHaveProperty("cause.stack", expect.stringContaining("shardExecutor.test.ts"))
      expect((thrown as SimulationFailed).cause).toBeInstanceOf(PublicError)
      expect(batch.checkpoint()?.iterations).toBe(128)
    }
  })

  it("is none of a batch that ends before it", async () => {
    const stop = { precision: { metric: "value", absolute: 0.1 } }
    const { iterations, digest } = await run(throwing(), { stop })
    const simulation = throwing(iterations + 1)
    for (let seed = 0; seed < 10; seed++) {
      const { engine } = createFakeEngine(simulation, { workers: 4, seed })
      expect((await run(simulation, { stop, engine })).digest).toBe(digest)
    }
  })
})

describe("while it runs", () => {
  it("shows what workers have of shards that have not ended", async () => {
    const gate = createGate()
    const gated = defineSimulation({
      name: "gated",
      config: Schema.Struct({}),
      metrics: { value: {} },
      prepare:
        () =>
        async ({ index, random }) => {
          // In the middle of a shard, for those end at multiples of a power of two of chunks.
          if (index >= 1000) await gate.opened
          return { value: random.float() }
        },
    })
    const { engine } = createFakeEngine(gated, { workers: 1 })
    const batch = startBatch(gated, { ...input, progressMs: 10, engine })
    let [shown, delivered] = [0, 0]
    for await (const { partial } of batch.onProgress) {
      shown = partial?.stats.value.count ?? 0
      delivered = batch.checkpoint()?.iterations ?? 0
      if (delivered > 0 && shown > delivered) break
    }
    // Whole chunks of the iterations that can be run.
    expect(shown % CHUNK_SIZE).toBe(0)
    expect(shown).toBeLessThan(1000)
    gate.open()
    expect(known(await batch.result).iterations).toBe(ITERATIONS)
  })

  it("stays at 0 while there is no worker, and can be cancelled", async () => {
    const fake = createFakeEngine(fight)
    fake.hold(true)
    const batch = startBatch(fight, { ...input, progressMs: 10, engine: fake.engine })
    let looks = 0
    for await (const { progress } of batch.onProgress) {
      expect(progress.current).toBe(0)
      if (++looks === 3) void batch.cancel()
    }
    await expect(batch.result).rejects.toMatchObject({ _tag: "BatchCancelled" })
    expect(fake.counts).toMatchObject({ runs: 0, closed: 1 })
    // A few wait for the first worker, and not all that there is.
    expect(fake.submitted.length).toBeLessThan(10)
  })

  describe("and the engine can't go on", () => {
    /** A batch without workers, told what it waits for as soon as it is open. */
    const held = (waitingFor: WaitingFor) => {
      const fake = createFakeEngine(fight)
      fake.hold(true)
      const batch = startBatch(fight, { ...input, progressMs: 10, engine: fake.engine })
      const seen: Array<Progress> = []
      const watching = (async () => {
        for await (const { progress } of batch.onProgress) seen.push(progress)
      })()
      const until = async (so: (progress: Progress | undefined) => boolean) => {
        while (!so(seen.at(-1))) await new Promise((resolve) => setTimeout(resolve, 1))
      }
      const said = (word: WaitingFor | undefined) => until((progress) => progress?.waitingFor === word)
      const waits = async () => {
        while (fake.submitted.length === 0) await new Promise((resolve) => setImmediate(resolve))
        fake.tellAll(({ waiting }) => waiting(waitingFor))
        await said(waitingFor)
      }
      return { fake, batch, seen, watching, until, said, waits }
    }

    it("says what it waits for, and no longer when it goes on", async () => {
      const { fake, batch, seen, watching, until, said, waits } = held("queue")
      await waits()
      expect(seen[0]).not.toHaveProperty("waitingFor")
      expect(seen.at(-1)).toMatchObject({ current: 0, etaMs: null, waitingFor: "queue" })
      fake.tellAll(({ waiting }) => waiting("workers"))
      await said("workers")
      // The engine says itself when it goes on: a worker's word may come late.
      fake.tellAll(({ running }) => running(0, 1))
      await until((progress) => progress?.current === 1)
      expect(seen.at(-1)?.waitingFor).toBe("workers")
      fake.tellAll(({ waiting }) => waiting(null))
      await said(undefined)
      fake.hold(false)
      expect((await batch.result).iterations).toBe(ITERATIONS)
      await watching
      expect(seen.at(-1)).not.toHaveProperty("waitingFor")
    })

    it("waits for nothing in the end, even if the engine has not said so", async () => {
      const { fake, batch, seen, watching, waits } = held("workers")
      await waits()
      fake.hold(false)
      await batch.result
      await watching
      expect(seen.at(-1)).toMatchObject({ percentage: 100, etaMs: 0 })
      expect(seen.at(-1)).not.toHaveProperty("waitingFor")
    })

    it("waits for nothing any more when it is cancelled", async () => {
      const { batch, seen, watching, waits } = held("workers")
      await waits()
      void batch.cancel()
      await expect(batch.result).rejects.toMatchObject({ _tag: "BatchCancelled" })
      await watching
      expect(seen.at(-1)).not.toHaveProperty("waitingFor")
    })

    it("waits for nothing any more when it fails", async () => {
      const { fake, batch, seen, watching, waits } = held("queue")
      await waits()
      fake.tellAll(({ failed }) => failed(new Error("there is no queue any more")))
      await expect(batch.result).rejects.toMatchObject({ _tag: "SimulationFailed" })
      await watching
      expect(seen.at(-1)).not.toHaveProperty("waitingFor")
    })
  })

  it("cancelled, keeps what there was, from shards that have not ended, too", async () => {
    const { engine, counts } = createFakeEngine(fight, { workers: 3 })
    const batch = startBatch(fight, { ...input, iterations: 1e9, progressMs: 10, engine })
    let last = undefined
    for await (const update of batch.onProgress) {
      last = update
      if (update.progress.current > 1000) void batch.cancel()
    }
    await expect(batch.result).rejects.toMatchObject({ _tag: "BatchCancelled" })
    expect(last?.partial?.stats.damage.count).toBeGreaterThan(500)
    expect(counts.closed).toBe(1)
  })
})

describe("a worker refuses, in words,", () => {
  const dice = (sides: number, more: { readonly version?: string; readonly bucket?: number } = {}) =>
    defineSimulation({
      name: "dice",
      ...(more.version === undefined ? {} : { version: more.version }),
      config: Schema.Struct({ count: Schema.Int }),
      metrics: { total: {} },
      timeline: { bucket: more.bucket ?? 1 },
      prepare: () => (sides === 6 ? ({ random }) => ({ total: random.int(1, 6) }) : () => ({ total: sides })),
    })
  const reasonWith = async (serves: AnyIterationSimulation, simulation: AnyIterationSimulation = dice(6)) => {
    const { engine } = createFakeEngine(simulation, { serves })
    const batch = startBatch(simulation, { ...input, config: { count: 1 }, engine })
    const thrown: unknown = await batch.result.catch((failure: unknown) => failure)
    expect(thrown).toMatchObject({ _tag: "SimulationFailed", phase: "prepare" })
    return (thrown as SimulationFailed).message
  }

  it("a batch of another version", async () => {
    expect(await reasonWith(dice(6, { version: "2" }), dice(6, { version: "1" }))).toMatch(
      /this worker has version 2-\w+ of "dice", and the batch is of version 1-\w+\./,
    )
  })

  it("a timeline of other buckets", async () => {
    expect(await reasonWith(dice(6, { bucket: 2 }))).toMatch(
      /timeline\.bucket of "dice" is 2 here, and 1 where/,
    )
  })

  it("a config of which its schema makes something else", async () => {
    let next = 0
    const fickle = defineSimulation({
      name: "fickle",
      version: "1",
      config: {
        "~standard": { version: 1, vendor: "test", validate: () => ({ value: { at: next++ } }) },
      },
      metrics: { value: {} },
      prepare: () => () => ({ value: 1 }),
    })
    expect(await reasonWith(fickle, fickle)).toMatch(
      /the schema of "fickle" makes something else of the config/,
    )
  })
})

it("says so when the config can't be sent", async () => {
  const anything = defineSimulation({
    name: "anything",
    config: { "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) } },
    metrics: { value: {} },
    prepare: () => () => ({ value: 1 }),
  })
  const { engine } = createFakeEngine(anything)
  await expect(startBatch(anything, { ...input, config: { big: 1n }, engine }).result).rejects.toMatchObject({
    message: expect.stringMatching(/the config of "anything" can't be sent to other processes.*BigInt/),
  })
})

it("says so when another batch has the id", async () => {
  const { engine } = createFakeEngine(fight, { workers: 1 })
  const shared = { ...input, iterations: 20_000, engine, batchId: "mine" }
  await startBatch(fight, shared).result
  const stop = { precision: { metric: "damage", relative: 1e-6 } }
  await expect(startBatch(fight, { ...shared, stop }).result).rejects.toMatchObject({
    message: expect.stringContaining('the id "mine" is that of another batch'),
  })
})
