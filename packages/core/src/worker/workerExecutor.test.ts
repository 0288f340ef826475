import type { Result } from "@simstream/protocol"
import { describe, expect, it, onTestFinished } from "vitest"
import type { Checkpoint } from "../batch/checkpoint.ts"
import { startBatch, type StartBatchInput } from "../batch/startBatch.ts"
import { type AnyIterationSimulation, type ConfigSchema, defineSimulation } from "../simulation/definition.ts"
import { BatchCancelled, SimulationFailed } from "../simulation/errors.ts"
import { createServingWorker, type Envelope, type FakeWorker, randomOf } from "./fakeWorker.fixtures.ts"
import { createWorkerPool } from "./pool.ts"

const noConfig = {
  "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) },
} satisfies ConfigSchema

/** A simulation with all that a result can have. */
const fight = defineSimulation({
  name: "fight",
  config: noConfig,
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

/** Its count, where a test needs one that is no multiple of anything. */
const ITERATIONS = 3001

type Input = Omit<StartBatchInput<AnyIterationSimulation>, "config">

const input = { config: {}, iterations: ITERATIONS, seed: 7 }

/** The result without what depends on the clock. */
const known = (result: Result) => {
  const { elapsedMs: _, ...rest } = result
  return rest
}

const inline = (simulation: AnyIterationSimulation, options: Input = {}) =>
  startBatch(simulation, { ...input, ...options }).result.then(known)

const workersOf = (
  simulation: AnyIterationSimulation,
  count: number,
  post?: (envelope: Envelope) => void,
  stallMs?: number,
) => {
  const spawned: Array<FakeWorker> = []
  return {
    spawned,
    count,
    ...(stallMs === undefined ? {} : { stallMs }),
    spawn: () => {
      const worker = createServingWorker([simulation], post)
      spawned.push(worker)
      return worker
    },
  }
}

/** What workers say arrives in any order that keeps that of each one's own messages. */
const createShuffler = (seed: number, onEach: (envelope: Envelope) => boolean = () => true) => {
  const random = randomOf(seed)
  const waiting = new Map<FakeWorker, Array<Envelope>>()
  let turning = false
  const turn = () => {
    const queues = [...waiting.values()]
    // Half of the turns nothing arrives, so that others can come in between.
    const chosen = random() < 0.5 ? undefined : queues[Math.floor(random() * queues.length)]
    const envelope = chosen?.shift()
    for (const [worker, queue] of waiting) if (queue.length === 0) waiting.delete(worker)
    if (envelope !== undefined && !envelope.worker.isTerminated() && onEach(envelope)) envelope.deliver()
    turning = waiting.size > 0
    if (turning) setImmediate(turn)
  }
  return (envelope: Envelope) => {
    waiting.set(envelope.worker, [...(waiting.get(envelope.worker) ?? []), envelope])
    if (!turning) setImmediate(turn)
    turning = true
  }
}

describe("the result is that of one thread", () => {
  it.each([1, 2, 3, 8])("by %i workers that answer in any order", async (count) => {
    const expected = await inline(fight)
    for (let seed = 0; seed < 5; seed++) {
      const workers = workersOf(fight, count, createShuffler(seed))
      expect(await inline(fight, { workers }), `shuffled by ${seed}`).toEqual(expected)
    }
  })

  it("when workers die again and again in the middle", async () => {
    const expected = await inline(fight)
    let deaths = 0
    for (let seed = 0; seed < 5; seed++) {
      const random = randomOf(seed)
      const post = createShuffler(seed, ({ worker, message, careful }) => {
        // Not at a second try: of the third one it would take the simulation for the murderer.
        if (message.type !== "ran" || careful !== false || random() < 0.7) return true
        deaths++
        worker.crash("killed")
        return false
      })
      expect(await inline(fight, { workers: workersOf(fight, 3, post) }), `by ${seed}`).toEqual(expected)
    }
    expect(deaths).toBeGreaterThan(10)
  })

  it("with the same count where precision is reached, although workers are ahead by then", async () => {
    const stop = { precision: { metric: "damage", relative: 0.02 } }
    const expected = await inline(fight, { stop, iterations: 100_000 })
    expect(expected.stopReason).toBe("precision")
    expect(expected.iterations).toBeLessThan(10_000)
    for (const count of [1, 3, 8]) {
      const workers = workersOf(fight, count, createShuffler(count))
      expect(await inline(fight, { stop, iterations: 100_000, workers })).toEqual(expected)
    }
  })

  it("for the count at which the time was up", async () => {
    // At once, which is before any worker has started; and later.
    for (const timeMs of [0.1, 30]) {
      const workers = workersOf(fight, 3, createShuffler(1))
      const { stopReason, ...result } = await inline(fight, { stop: { timeMs }, iterations: 1e9, workers })
      expect(stopReason).toBe("time")
      expect(result.iterations).toBeGreaterThan(0)
      const { stopReason: _, ...expected } = await inline(fight, { iterations: result.iterations })
      expect(result).toEqual(expected)
    }
  })

  it("after a checkpoint as JSON, by other workers", async () => {
    const expected = await inline(fight)
    const first = startBatch(fight, { ...input, iterations: 1000, workers: workersOf(fight, 2) })
    await first.result
    const resume = JSON.parse(JSON.stringify(first.checkpoint()))
    expect(await inline(fight, { resume })).toEqual(expected)
    expect(await inline(fight, { resume, workers: workersOf(fight, 3) })).toEqual(expected)
  })

  it("after a cancel in the middle, resumed and cancelled until it is through", async () => {
    const expected = await inline(fight)
    let resume: Checkpoint | undefined = undefined
    let outcome: unknown = null
    let rounds = 0
    for (; outcome === null; rounds++) {
      let arrived = 0
      let cancel: () => unknown = () => undefined
      const post = createShuffler(rounds, ({ message }) => {
        if (message.type === "ran" && ++arrived === 3) cancel()
        return true
      })
      const workers = workersOf(fight, 2, post)
      const batch = startBatch(fight, { ...input, workers, ...(resume === undefined ? {} : { resume }) })
      cancel = batch.cancel
      outcome = await batch.result.then(known, (error: unknown) => {
        if (error instanceof BatchCancelled) return null
        throw error
      })
      resume = JSON.parse(JSON.stringify(batch.checkpoint()))
    }
    expect(outcome).toEqual(expected)
    expect(rounds).toBeGreaterThan(1)
  })

  it("when a checkpoint has had all of it already", async () => {
    const batch = startBatch(fight, { ...input, iterations: 640, workers: workersOf(fight, 2) })
    const expected = known(await batch.result)
    expect(known(await batch.extend(640).result)).toEqual(expected)
    expect(known(await batch.extend(641).result).iterations).toBe(641)
  })

  it.each(["skip", "collect"] as const)("with the same failures under the policy %s", async (policy) => {
    const unlucky = defineSimulation({
      name: "unlucky",
      config: noConfig,
      metrics: { value: {} },
      prepare:
        () =>
        ({ random, index }) => {
          const value = random.float()
          if (value < 0.05) throw new Error(`too low in ${index}`)
          return { value: value > 0.98 ? NaN : value }
        },
    })
    const expected = await inline(unlucky, { onIterationError: policy })
    expect(expected.failures.count).toBeGreaterThan(100)
    const workers = workersOf(unlucky, 3, createShuffler(3))
    expect(await inline(unlucky, { onIterationError: policy, workers })).toEqual(expected)
  })
})

describe("an iteration that throws", () => {
  const throwing = (...bad: ReadonlyArray<number>) =>
    defineSimulation({
      name: "throwing",
      config: noConfig,
      metrics: { value: {} },
      prepare:
        () =>
        ({ index, random }) => {
          if (bad.includes(index)) throw new RangeError(`no ${index}`)
          return { value: random.float() }
        },
    })

  it("is the first one by number, whichever worker met one first", async () => {
    const simulation = throwing(130, 131, 700, 1900)
    for (let seed = 0; seed < 10; seed++) {
      const workers = workersOf(simulation, 4, createShuffler(seed))
      const failure = startBatch(simulation, { ...input, workers }).result
      await expect(failure).rejects.toBeInstanceOf(SimulationFailed)
      await expect(failure).rejects.toMatchObject({
        phase: "iteration",
        iteration: 130,
        seed: "7",
        message: '"throwing" failed in iteration 130 (seed 7): no 130',
      })
    }
  })

  it("is none of a batch that ends before it", async () => {
    const stop = { precision: { metric: "value", absolute: 0.1 } }
    const { iterations, digest } = await inline(throwing(), { stop })
    const simulation = throwing(iterations + 1)
    expect((await inline(simulation, { stop })).digest).toBe(digest)
    for (let seed = 0; seed < 10; seed++) {
      const workers = workersOf(simulation, 4, createShuffler(seed))
      expect((await inline(simulation, { stop, workers })).digest).toBe(digest)
    }
  })
})

describe("an iteration that no worker survives", () => {
  /** Does away with every worker that is about to run this iteration, or has run it unannounced. */
  const deadly = (iteration: number) => {
    const dead = new Set<FakeWorker>()
    const post = ({ worker, message, careful, deliver }: Envelope) => {
      const reaches =
        message.type === "ran"
          ? message.parts.some(({ first, until }) => first <= iteration && iteration < until)
          : message.type === "at" && careful && message.next === iteration
      if (dead.has(worker)) return
      if (reaches) dead.add(worker)
      setImmediate(() => {
        if (message.type === "at" || !reaches) deliver()
        if (reaches) worker.crash("out of memory")
      })
    }
    return { post, deaths: () => dead.size }
  }

  it("is named after three deaths, and everything else has been tried", async () => {
    const { post, deaths } = deadly(1234)
    const batch = startBatch(fight, { ...input, workers: workersOf(fight, 2, post) })
    await expect(batch.result).rejects.toMatchObject({
      phase: "iteration",
      iteration: 1234,
      message: expect.stringMatching(/iteration 1234 \(seed 7\): every worker.*out of memory/),
    })
    expect(deaths()).toBe(3)
    expect(batch.checkpoint()?.iterations).toBe(1234 - (1234 % 64))
  })
})

describe("the pool", () => {
  it("is not filled with what can't be delivered while the first iterations are late", async () => {
    const withheld: Array<() => void> = []
    let delivered = 0
    let whenQuiet: () => void = () => undefined
    const quiet = new Promise<void>((resolve) => {
      whenQuiet = resolve
    })
    const count = 3
    const workers = workersOf(fight, count, ({ message, deliver }) => {
      const isFirst = message.type === "ran" && message.parts.some(({ first }) => first === 0)
      if (isFirst) withheld.push(deliver)
      else if (message.type === "ran") {
        // Four for each worker may be under way or wait, of which the first is withheld.
        if (++delivered === 4 * count - 1) setImmediate(whenQuiet)
        setImmediate(deliver)
      } else setImmediate(deliver)
    })
    const batch = startBatch(fight, { ...input, iterations: 100_000, workers })
    await quiet
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(delivered).toBe(4 * count - 1)
    expect(batch.checkpoint()?.iterations).toBe(0)
    withheld[0]?.()
    await new Promise((resolve) => setImmediate(resolve))
    expect(batch.checkpoint()?.iterations).toBeGreaterThanOrEqual(4 * count * 64)
    await batch.cancel()
  })

  it("is shared by batches, and fails none for another's config", async () => {
    const pool = createWorkerPool(workersOf(fight, 1))
    onTestFinished(pool.close)
    const bad = startBatch(fight, { ...input, config: { roll: () => 4 }, workers: pool }).result
    const good = startBatch(fight, { ...input, workers: pool }).result
    await expect(bad).rejects.toMatchObject({
      phase: "prepare",
      message: expect.stringMatching(
        /the config of "fight" can't be sent to a worker: .*could not be cloned/,
      ),
    })
    expect(known(await good)).toEqual(await inline(fight))
  })

  it("fails the batches under way when it is closed", async () => {
    const pool = createWorkerPool(workersOf(fight, 2))
    const batch = startBatch(fight, { ...input, iterations: 1e9, workers: pool })
    for await (const { progress } of batch.onProgress) if (progress.current > 0) break
    pool.close()
    await expect(batch.result).rejects.toMatchObject({
      message: expect.stringContaining("pool of workers was closed"),
    })
    await expect(startBatch(fight, { ...input, workers: pool }).result).rejects.toMatchObject({
      message: expect.stringContaining("pool of workers was closed"),
    })
  })
})

describe("cancelled", () => {
  it("keeps what was done in its last update, and counts no more than that", async () => {
    const workers = workersOf(fight, 3, createShuffler(5))
    const batch = startBatch(fight, { ...input, iterations: 1e9, progressMs: 10, workers })
    let last = undefined
    for await (const update of batch.onProgress) {
      last = update
      // What has been delivered is kept, whatever becomes of the workers.
      if ((batch.checkpoint()?.iterations ?? 0) > 1000) void batch.cancel()
    }
    await expect(batch.result).rejects.toMatchObject({ _tag: "BatchCancelled" })
    expect(last?.partial?.stats.damage.count).toBeGreaterThan(1000)
    expect(last?.progress.current).toBe(last?.partial?.stats.damage.count)
  })
})

it("a `present` that throws fails the batch", async () => {
  const unpresentable = defineSimulation({
    name: "unpresentable",
    config: noConfig,
    metrics: { value: {} },
    prepare:
      () =>
      ({ random }) => ({ value: random.float() }),
    present: () => {
      throw new Error("nothing to see")
    },
  })
  const results = [{}, { workers: workersOf(unpresentable, 2) }].map(
    (options) => startBatch(unpresentable, { ...input, iterations: 1e9, ...options }).result,
  )
  for (const result of results) {
    await expect(result).rejects.toMatchObject({
      phase: "present",
      message: '"unpresentable" failed in "present": nothing to see',
    })
  }
})
