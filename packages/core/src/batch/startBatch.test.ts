import { getEventListeners } from "node:events"
import type { Progress, Result } from "@simstream/protocol"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { afterEach, describe, expect, it, vi } from "vitest"
import { CHUNK_SIZE } from "../kernel/chunk.ts"
import { defineSimulation } from "../simulation/definition.ts"
import { BatchCancelled, InvalidConfig, SimulationFailed } from "../simulation/errors.ts"
import { createGate, dice, scripted, turns } from "../simulation/simulations.fixtures.ts"
import { digestOf } from "./digest.ts"
import { startBatch } from "./startBatch.ts"
import type { Update } from "./update.ts"

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** A clock that moves when a test says so. */
const virtualClock = () => {
  const clock = { now: 1000 }
  vi.spyOn(performance, "now").mockImplementation(() => clock.now)
  return clock
}

const collect = async <A>(iterable: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const all: Array<A> = []
  for await (const one of iterable) all.push(one)
  return all
}

/** What a promise rejects with. */
const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("It did not reject.")
}

const roll = (options: object = {}): Promise<Result> =>
  startBatch(dice, { config: { count: 2 }, iterations: 1000, seed: 7, ...options }).result

describe("a batch", () => {
  it("ends in a result with all there is to know", async () => {
    const result = await roll()
    expect(result).toMatchObject({
      stats: { total: { unit: "pips", count: 1000, min: { value: 2 }, max: { value: 12 } } },
      timeline: { bucket: 1, unit: "s", alive: [1000, 1000] },
      charts: { histograms: { total: { unit: "pips" } }, tally: [{}, {}] },
      iterations: 1000,
      seed: "7",
      stopReason: "iterations",
      elapsedMs: expect.any(Number),
      failures: { count: 0, examples: [] },
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      schemaVersion: 1,
    })
  })

  it("gives the same digest for the same seed, and the digest of its result", async () => {
    const [first, second] = await Promise.all([roll(), roll()])
    expect(second.digest).toBe(first.digest)
    expect(digestOf(JSON.parse(JSON.stringify(first)))).toBe(first.digest)
  })

  // A change of this is a change of every result there is: the random numbers, the statistics or the chunks. It must be
  // meant, and shows in RANDOM_SCHEME, CHUNK_SIZE or RESULT_SCHEMA_VERSION.
  it("gives this digest for ever", async () => {
    expect((await roll()).digest).toBe("190b9937e71d3f86f8f6d7be947975e4176ce12bef93e40303f9c55c8520825e")
  })

  it('takes 7, 7n and "7" for one seed', async () => {
    const digests = await Promise.all([7, 7n, "7"].map(async (seed) => (await roll({ seed })).digest))
    expect(new Set(digests).size).toBe(1)
  })

  it("gives another digest for another seed, config or count", async () => {
    const results = await Promise.all([
      roll(),
      roll({ seed: 8 }),
      roll({ iterations: 999 }),
      roll({ config: { count: 3 } }),
    ])
    expect(new Set(results.map(({ digest }) => digest)).size).toBe(4)
  })

  it("can be repeated from the seed that it chose", async () => {
    const first = await roll({ seed: undefined })
    expect((await roll({ seed: first.seed })).digest).toBe(first.digest)
  })

  it.each([1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 3 * CHUNK_SIZE])(
    "runs %i iterations, no more",
    async (iterations) => {
      const { simulation, counts } = scripted()
      const result = await startBatch(simulation, { config: {}, iterations, seed: 1 }).result
      expect(counts).toEqual({ prepared: 1, iterations })
      expect(result.iterations).toBe(iterations)
      expect(result.stats.value.count).toBe(iterations)
    },
  )

  it("gives the same result when its iterations are asynchronous", async () => {
    const sync = scripted()
    const async = scripted(({ random }) => Promise.resolve(random.float()))
    const [first, second] = await Promise.all(
      [sync, async].map(
        ({ simulation }) => startBatch(simulation, { config: {}, iterations: 500, seed: 1 }).result,
      ),
    )
    expect(second?.digest).toBe(first?.digest)
  })

  it("does not disturb another one that runs at the same time", async () => {
    const alone = await roll()
    const together = await Promise.all([roll(), roll({ seed: 8 }), roll(), roll({ seed: 9 })])
    expect(together[0]?.digest).toBe(alone.digest)
    expect(together[2]?.digest).toBe(alone.digest)
  })

  it("publishes what the simulation presents, with nothing for what it leaves out", async () => {
    const simulation = defineSimulation({
      name: "presented",
      config: Schema.Struct({ scale: Schema.Finite }),
      metrics: { x: {} },
      prepare: () => () => ({ x: 2 }),
      present: ({ stats }, { scale }) => ({ stats: { scaled: (stats.x.mean ?? 0) * scale } }),
    })
    const result = await startBatch(simulation, { config: { scale: 10 }, iterations: 5 }).result
    expect(result).toMatchObject({ stats: { scaled: 20 }, timeline: null, charts: null })
  })
})

describe("stop rules", () => {
  it("end a batch at a check point when the wanted precision is reached", async () => {
    const rule = { precision: { metric: "total", absolute: 0.1 } }
    const result = await roll({ iterations: undefined, stop: rule })
    expect(result.stopReason).toBe("precision")
    expect(result.iterations % CHUNK_SIZE).toBe(0)
    expect(result.iterations).toBeLessThan(10_000)
    expect(result.stats).toMatchObject({ total: { count: result.iterations } })
    const again = await roll({ iterations: undefined, stop: rule })
    expect(again.iterations).toBe(result.iterations)
    expect(again.digest).toBe(result.digest)
    const plain = await roll({ iterations: result.iterations })
    expect(plain.digest).toBe(result.digest)
  })

  it("don't end a batch by precision before the least count", async () => {
    const result = await roll({
      iterations: undefined,
      stop: { precision: { metric: "total", absolute: 100, minIterations: 1000 } },
    })
    expect(result.stopReason).toBe("precision")
    expect(result.iterations).toBe(Math.ceil(1000 / CHUNK_SIZE) * CHUNK_SIZE)
  })

  it("end a batch at its cap when the precision is out of reach", async () => {
    const result = await roll({ stop: { precision: { metric: "total", absolute: 1e-9 } } })
    expect(result).toMatchObject({ stopReason: "maxIterations", iterations: 1000 })
  })

  it("never take equal values for precision: a rare event has not been seen yet", async () => {
    const { simulation } = scripted(() => 0)
    const result = await startBatch(simulation, {
      config: {},
      iterations: 2000,
      stop: { precision: { metric: "value", absolute: 1 } },
    }).result
    expect(result).toMatchObject({ stopReason: "maxIterations", iterations: 2000 })
  })

  it("end a batch when its time is up, with what there is by then", async () => {
    const clock = virtualClock()
    const { simulation } = scripted(({ random }) => {
      clock.now += 1
      return random.float()
    })
    const input = { config: {}, seed: 1 }
    const result = await startBatch(simulation, { ...input, stop: { timeMs: 500 } }).result
    expect(result.stopReason).toBe("time")
    expect(result.elapsedMs).toBe(result.iterations)
    expect(result.iterations).toBeGreaterThanOrEqual(500)
    expect(result.iterations).toBeLessThan(520)
    const plain = await startBatch(simulation, { ...input, iterations: result.iterations }).result
    expect(plain.digest).toBe(result.digest)
  })

  it("leave a batch to its count when there was time left", async () => {
    const result = await roll({ stop: { timeMs: 1e9 } })
    expect(result).toMatchObject({ stopReason: "iterations", iterations: 1000 })
  })

  it("end a batch by whichever comes first", async () => {
    const clock = virtualClock()
    const { simulation } = scripted(({ random }) => {
      clock.now += 1
      return random.float()
    })
    const stopAfter = async (timeMs: number) => {
      const stop = { timeMs, precision: { metric: "value", absolute: 0.02 } }
      return (await startBatch(simulation, { config: {}, seed: 1, stop }).result).stopReason
    }
    expect(await stopAfter(200)).toBe("time")
    expect(await stopAfter(1e6)).toBe("precision")
  })
})

describe("onProgress", () => {
  const ends = (updates: ReadonlyArray<Update>): ReadonlyArray<Progress | undefined> => [
    updates.at(0)?.progress,
    updates.at(-1)?.progress,
  ]

  it("begins with nothing done and ends with all", async () => {
    const batch = startBatch(dice, { config: { count: 2 }, iterations: 1000, seed: 7 })
    const [first, last] = ends(await collect(batch.onProgress))
    expect(first).toMatchObject({ current: 0, total: 1000, percentage: 0, etaMs: null })
    expect(last).toMatchObject({ current: 1000, total: 1000, percentage: 100, etaMs: 0 })
  })

  it("shows progress on a clock while an iteration takes its time", async () => {
    const gate = createGate()
    const { simulation } = scripted(async ({ index }) => {
      if (index === 1) await gate.opened
      return index
    })
    const batch = startBatch(simulation, { config: {}, iterations: 3, progressMs: 10 })
    const currents: Array<number> = []
    for await (const { progress } of batch.onProgress) {
      currents.push(progress.current)
      if (currents.length === 4) gate.open()
    }
    expect(currents.slice(0, 4)).toEqual([0, 1, 1, 1])
    expect(currents.at(-1)).toBe(3)
  })

  it("shows partial outputs as the work goes on, of more and more iterations", async () => {
    const clock = virtualClock()
    const { simulation } = scripted(({ random }) => {
      clock.now += 1
      return random.float()
    })
    const batch = startBatch(simulation, { config: {}, iterations: 1000 })
    const counts: Array<number> = []
    let last = 0
    for await (const { progress, partial } of batch.onProgress) {
      expect(progress.percentage ?? NaN).toBeGreaterThanOrEqual(last)
      last = progress.percentage ?? NaN
      const count = partial?.stats.value.count
      if (count !== undefined && count !== counts.at(-1)) counts.push(count)
    }
    expect(last).toBe(100)
    expect(counts.length).toBeGreaterThanOrEqual(8)
    expect(counts).toEqual([...counts].sort((left, right) => left - right))
    expect(counts[0]).toBeLessThan(250)
  })

  it("shows partial outputs at least once a second when the work is slow", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const clock = virtualClock()
    // Timers follow the clock whenever the event loop turns.
    let running = true
    let advanced = clock.now
    const turn = () => {
      if (!running) return
      vi.advanceTimersByTime(clock.now - advanced)
      advanced = clock.now
      setImmediate(turn)
    }
    setImmediate(turn)
    const { simulation } = scripted(({ random }) => {
      clock.now += 100
      return random.float()
    })
    const batch = startBatch(simulation, { config: {}, iterations: 500 })
    const counts = new Set<number>()
    for await (const { partial } of batch.onProgress)
      if (partial !== null) counts.add(partial.stats.value.count)
    running = false
    // 50 seconds; a tenth of the work takes five.
    expect(counts.size).toBeGreaterThanOrEqual(40)
    expect(counts.size).toBeLessThanOrEqual(51)
  })

  it("may be watched by many: each sees the first and the last update", async () => {
    const batch = startBatch(dice, { config: { count: 2 }, iterations: 1000 })
    const watchers = await Promise.all([1, 2, 3].map(() => collect(batch.onProgress)))
    for (const updates of watchers) {
      expect(ends(updates)).toMatchObject([{ current: 0 }, { current: 1000, percentage: 100 }])
    }
  })

  it("never waits for a slow watcher, who skips to the newest", async () => {
    const clock = virtualClock()
    const { simulation } = scripted(() => {
      clock.now += 1
      return 1
    })
    const batch = startBatch(simulation, { config: {}, iterations: 1000 })
    const seen: Array<number> = []
    const watching = (async () => {
      for await (const { progress } of batch.onProgress) {
        seen.push(progress.current)
        await batch.result
      }
    })()
    await batch.result
    await watching
    expect(seen).toEqual([0, 1000])
  })

  it("shows the last update to who comes late", async () => {
    const batch = startBatch(dice, { config: { count: 2 }, iterations: 100 })
    await batch.result
    const updates = await collect(batch.onProgress)
    expect(updates).toMatchObject([{ progress: { current: 100, percentage: 100 } }])
    expect(await collect(batch.onProgress)).toEqual(updates)
  })

  it("may be broken out of: the batch goes on", async () => {
    const batch = startBatch(dice, { config: { count: 2 }, iterations: 1000 })
    for await (const _ of batch.onProgress) break
    expect((await batch.result).iterations).toBe(1000)
  })

  it("ends when the batch fails, with what there was by then", async () => {
    const { simulation } = scripted(({ index }) => {
      if (index === 50) throw new Error("broken")
      return 1
    })
    const batch = startBatch(simulation, { config: {} })
    const updates = await collect(batch.onProgress)
    expect(updates.at(0)?.progress.current).toBe(0)
    expect(updates.at(-1)).toMatchObject({
      progress: { current: 50 },
      partial: { stats: { value: { count: 50 } } },
    })
    await expect(batch.result).rejects.toThrow("broken")
  })

  it("ends when the batch is cancelled, with what there was by then", async () => {
    const clock = virtualClock()
    const { simulation, counts } = scripted(() => {
      clock.now += 1
      return 1
    })
    const batch = startBatch(simulation, { config: {}, iterations: 1e9 })
    const updates: Array<Update> = []
    for await (const update of batch.onProgress) {
      updates.push(update)
      if (updates.length === 1) void batch.cancel()
    }
    expect(updates.at(-1)?.progress.current).toBe(counts.iterations)
    expect(updates.at(-1)?.partial?.stats).toMatchObject({ value: { count: counts.iterations } })
  })

  it("ends when the config is refused", async () => {
    const batch = startBatch(dice, { config: { count: 1.5 } })
    expect(await collect(batch.onProgress)).toEqual([])
    await expect(batch.result).rejects.toBeInstanceOf(InvalidConfig)
  })
})

describe("cancel", () => {
  it("stops the work: no iteration runs after it", async () => {
    const { simulation, counts } = scripted()
    const batch = startBatch(simulation, { config: {}, iterations: 1e9 })
    for await (const { progress } of batch.onProgress) if (progress.current >= 0) break
    await turns()
    await batch.cancel()
    const { iterations } = counts
    await turns(20)
    expect(counts.iterations).toBe(iterations)
    expect(iterations).toBeLessThan(1e9)
    const error = await rejection(batch.result)
    expect(error).toBeInstanceOf(BatchCancelled)
    expect(error).toMatchObject({ _tag: "BatchCancelled", message: 'The batch of "scripted" was cancelled.' })
  })

  it("stops a batch that is still preparing, and one that has not begun", async () => {
    const gate = createGate()
    const { simulation, counts } = scripted(undefined, { prepare: () => gate.opened })
    const batch = startBatch(simulation, { config: {} })
    await turns()
    expect(counts.prepared).toBe(1)
    await batch.cancel()
    gate.open()
    await turns()
    expect(counts.iterations).toBe(0)
    await expect(batch.result).rejects.toBeInstanceOf(BatchCancelled)

    const unborn = startBatch(simulation, { config: {} })
    await unborn.cancel()
    await expect(unborn.result).rejects.toBeInstanceOf(BatchCancelled)
    expect(counts).toEqual({ prepared: 1, iterations: 0 })
    expect(await collect(unborn.onProgress)).toEqual([])
  })

  it("stops a batch that waits for an asynchronous iteration, whose end counts no more", async () => {
    const gate = createGate()
    const { simulation, counts } = scripted(async ({ index }) => {
      if (index === 5) await gate.opened
      return index
    })
    const batch = startBatch(simulation, { config: {}, iterations: 100 })
    const watched = collect(batch.onProgress)
    while (counts.iterations < 6) await turns(1)
    await batch.cancel()
    gate.open()
    await turns()
    expect(counts.iterations).toBe(6)
    expect((await watched).at(-1)).toMatchObject({
      progress: { current: 5 },
      partial: { stats: { value: { count: 5 } } },
    })
  })

  it("may be called twice, and after the end, where it changes nothing", async () => {
    const { simulation } = scripted()
    const batch = startBatch(simulation, { config: {}, iterations: 1e9 })
    await Promise.all([batch.cancel(), batch.cancel()])
    await batch.cancel()
    await expect(batch.result).rejects.toBeInstanceOf(BatchCancelled)

    const done = startBatch(simulation, { config: {}, iterations: 10 })
    const result = await done.result
    await done.cancel()
    expect(await done.result).toBe(result)
  })

  it("is what leaving its scope does", async () => {
    const { simulation, counts } = scripted()
    let result: Promise<unknown> = Promise.resolve()
    {
      await using batch = startBatch(simulation, { config: {}, iterations: 1e9 })
      ;({ result } = batch)
      await turns()
    }
    const { iterations } = counts
    await turns()
    expect(counts.iterations).toBe(iterations)
    await expect(result).rejects.toBeInstanceOf(BatchCancelled)
  })
})

describe("a signal", () => {
  it("cancels the batch", async () => {
    const { simulation, counts } = scripted()
    const controller = new AbortController()
    const batch = startBatch(simulation, { config: {}, iterations: 1e9, signal: controller.signal })
    await turns()
    controller.abort()
    await expect(batch.result).rejects.toBeInstanceOf(BatchCancelled)
    const { iterations } = counts
    await turns()
    expect(counts.iterations).toBe(iterations)
  })

  it("that is aborted already lets nothing run", async () => {
    const { simulation, counts } = scripted()
    const batch = startBatch(simulation, { config: {}, signal: AbortSignal.abort() })
    await expect(batch.result).rejects.toBeInstanceOf(BatchCancelled)
    expect(await collect(batch.onProgress)).toEqual([])
    await turns()
    expect(counts).toEqual({ prepared: 0, iterations: 0 })
  })

  it("is let go of when the batch ends, however it does", async () => {
    const { signal } = new AbortController()
    const { simulation } = scripted(({ index }) => {
      if (index === 50) throw new Error("broken")
      return 1
    })
    await startBatch(simulation, { config: {}, iterations: 10, signal }).result
    await rejection(startBatch(simulation, { config: {}, iterations: 100, signal }).result)
    await rejection(startBatch(simulation, { config: {}, iterations: 0, signal }).result)
    const cancelled = startBatch(simulation, { config: {}, signal })
    await cancelled.cancel()
    await rejection(cancelled.result)
    expect(getEventListeners(signal, "abort")).toEqual([])
  })

  it("that is aborted after the end changes nothing", async () => {
    const controller = new AbortController()
    const batch = startBatch(dice, { config: { count: 1 }, iterations: 10, signal: controller.signal })
    const result = await batch.result
    controller.abort()
    expect(await batch.result).toBe(result)
  })
})

describe("a simulation that fails", () => {
  const broken = new Error("The table is not there.")

  it.each([
    [
      "throws",
      () => {
        throw broken
      },
    ],
    ["rejects", () => Promise.reject(broken)],
    ["fails as an Effect", () => Effect.fail(broken)],
  ])("in prepare, which %s, fails the batch", async (_, prepare) => {
    const simulation = defineSimulation({
      name: "unready",
      config: Schema.Struct({}),
      metrics: { x: {} },
      prepare,
    })
    const error = await rejection(startBatch(simulation, { config: {}, seed: 7 }).result)
    expect(error).toBeInstanceOf(SimulationFailed)
    expect(error).toMatchObject({
      _tag: "SimulationFailed",
      simulation: "unready",
      phase: "prepare",
      iteration: null,
      seed: "7",
      cause: broken,
    })
    expect(error).toHaveProperty(
      "message",
      expect.stringMatching(/"unready" failed in .*prepare.*: The table is not there\./),
    )
  })

  it("in an iteration names it with its seed, so that it can be replayed", async () => {
    const { simulation } = scripted(({ index }) => {
      if (index === 137) throw broken
      return 1
    })
    const error = await rejection(startBatch(simulation, { config: {}, seed: "lucky" }).result)
    expect(error).toMatchObject({
      _tag: "SimulationFailed",
      phase: "iteration",
      iteration: 137,
      seed: "lucky",
      cause: broken,
      message: '"scripted" failed in iteration 137 (seed lucky): The table is not there.',
    })
  })

  it("in an asynchronous iteration names it as well", async () => {
    const { simulation } = scripted(async ({ index }) => {
      await Promise.resolve()
      if (index === 13) throw broken
      return 1
    })
    const error = await rejection(startBatch(simulation, { config: {}, seed: 7 }).result)
    expect(error).toMatchObject({ phase: "iteration", iteration: 13, cause: broken })
  })

  it("by returning no number names the iteration and the metric", async () => {
    const { simulation } = scripted(({ index }) => (index === 3 ? NaN : 1))
    const error = await rejection(startBatch(simulation, { config: {}, seed: 7 }).result)
    expect(error).toMatchObject({ phase: "iteration", iteration: 3 })
    expect(error).toHaveProperty("message", expect.stringContaining('the metric "value" is NaN'))
  })

  it("in some iterations may go on without them", async () => {
    const { simulation } = scripted(({ index }) => {
      if (index % 10 === 0) throw new Error(`no. ${index}`)
      return 1
    })
    const input = { config: {}, iterations: 100, seed: 7 }
    const skipped = await startBatch(simulation, { ...input, onIterationError: "skip" }).result
    expect(skipped).toMatchObject({
      iterations: 100,
      stats: { value: { count: 90 } },
      failures: { count: 10, examples: [] },
    })
    const collected = await startBatch(simulation, { ...input, onIterationError: "collect" }).result
    expect(collected.failures.examples.slice(0, 2)).toEqual([
      { iteration: 0, message: "no. 0" },
      { iteration: 10, message: "no. 10" },
    ])
  })

  it.each([0, -1, NaN, Infinity])(
    "by a timeline in buckets of %s fails before it prepares",
    async (bucket) => {
      const { simulation, counts } = scripted()
      const error = await rejection(
        startBatch({ ...simulation, timeline: { bucket: () => bucket, unit: "s" } }, { config: {} }).result,
      )
      expect(error).toMatchObject({ _tag: "SimulationFailed", phase: "prepare" })
      expect(error).toHaveProperty("message", expect.stringContaining(`greater than 0; got ${bucket}`))
      expect(counts.iterations).toBe(0)
    },
  )

  describe("when it presents", () => {
    const presenting = (fails: (count: number) => boolean) => {
      const clock = virtualClock()
      return defineSimulation({
        name: "shy",
        config: Schema.Struct({}),
        metrics: { x: {} },
        prepare: () => () => {
          clock.now += 1
          return { x: 1 }
        },
        present: ({ stats }) => {
          if (fails(stats.x.count)) throw broken
          return { stats: stats.x.count }
        },
      })
    }

    it("its result fails the batch", async () => {
      const simulation = presenting((count) => count === 1000)
      const error = await rejection(startBatch(simulation, { config: {}, iterations: 1000 }).result)
      expect(error).toMatchObject({
        _tag: "SimulationFailed",
        phase: "present",
        iteration: null,
        cause: broken,
      })
    })

    it("its partial outputs fails the batch", async () => {
      const simulation = presenting((count) => count < 1000)
      const batch = startBatch(simulation, { config: {}, iterations: 1000 })
      await collect(batch.onProgress)
      expect(await rejection(batch.result)).toMatchObject({
        _tag: "SimulationFailed",
        phase: "present",
        iteration: null,
        cause: broken,
      })
    })

    it("what a cancelled batch leaves says so, for else nobody would know", async () => {
      const simulation = presenting((count) => count < 1e6)
      const batch = startBatch(simulation, { config: {}, iterations: 1e9 })
      for await (const _ of batch.onProgress) {
        await batch.cancel()
        break
      }
      expect(await rejection(batch.result)).toMatchObject({ _tag: "SimulationFailed", phase: "present" })
    })
  })
})

describe("the event loop", () => {
  it("stays alive while a batch runs: it turns between slices of 8 ms", async () => {
    const clock = virtualClock()
    const { simulation } = scripted(() => {
      clock.now += 1
      return 1
    })
    let running = true
    let turned = 0
    const turn = () => {
      turned++
      if (running) setImmediate(turn)
    }
    setImmediate(turn)
    await startBatch(simulation, { config: {}, iterations: 10_000 }).result
    running = false
    expect(turned).toBeGreaterThan(10_000 / 8 / 2)
  })

  it("turns while asynchronous iterations never wait for anything", async () => {
    const clock = virtualClock()
    const { simulation } = scripted(async () => {
      clock.now += 1
      return 1
    })
    let running = true
    let turned = 0
    const turn = () => {
      turned++
      if (running) setImmediate(turn)
    }
    setImmediate(turn)
    await startBatch(simulation, { config: {}, iterations: 2000 }).result
    running = false
    expect(turned).toBeGreaterThan(2000 / 8 / 2)
  })
})

describe("a failure that nobody waits for", () => {
  it("is no unhandled rejection", async () => {
    const unhandled: Array<unknown> = []
    const listen = (reason: unknown) => unhandled.push(reason)
    process.on("unhandledRejection", listen)
    try {
      const failing = scripted(() => {
        throw new Error("broken")
      })
      startBatch(failing.simulation, { config: {} })
      startBatch(failing.simulation, { config: {}, iterations: 0 })
      startBatch(dice, { config: { count: 0.5 } })
      void startBatch(dice, { config: { count: 1 } }).cancel()
      startBatch(dice, { config: { count: 1 }, signal: AbortSignal.abort() })
      // An iteration that rejects at once, wherever the scheduler has its turn.
      for (let at = 0; at < 150; at++) {
        const late = scripted(async ({ index }) => {
          if (index === at) throw new Error("broken")
          return 1
        })
        await rejection(startBatch(late.simulation, { config: {}, iterations: 200 }).result)
      }
      await turns(20)
    } finally {
      process.off("unhandledRejection", listen)
    }
    expect(unhandled).toEqual([])
  })
})
