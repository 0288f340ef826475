import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { describe, expect, it } from "vitest"
import { defineSimulation, type EngineContext } from "../simulation/definition.ts"
import { BatchCancelled, InvalidOption } from "../simulation/errors.ts"
import { createGate, dice, turns } from "../simulation/simulations.fixtures.ts"
import { digestOf } from "./digest.ts"
import { startBatch } from "./startBatch.ts"
import type { Update } from "./update.ts"

interface Stats {
  readonly value: number
}

type Said =
  | { readonly type: "progress"; readonly current: number; readonly total?: number | null }
  | { readonly type: "partial"; readonly stats: Stats }
  | { readonly type: "result"; readonly stats: Stats; readonly iterations?: number }

const engine = (run: (context: EngineContext) => AsyncIterable<Said> | Stream.Stream<Said, unknown>) =>
  defineSimulation({ name: "engine", config: Schema.Struct({}), run: (_config, context) => run(context) })

const started = (run: Parameters<typeof engine>[0], options: { readonly seed?: number } = {}) =>
  startBatch(engine(run), { config: {}, iterations: 10, ...options })

const collect = async <A>(iterable: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const all: Array<A> = []
  for await (const one of iterable) all.push(one)
  return all
}

const said: ReadonlyArray<Said> = [
  { type: "progress", current: 4 },
  { type: "partial", stats: { value: 1 } },
  { type: "progress", current: 10 },
  { type: "result", stats: { value: 2 } },
]

describe("an engine of one's own", () => {
  it.each([
    [
      "an async iterable",
      async function* () {
        yield* said
      },
    ],
    ["a Stream", () => Stream.fromIterable(said)],
  ])("may be %s: its result is the batch's", async (_, run) => {
    const batch = started(run, { seed: 7 })
    const updates = await collect(batch.onProgress)
    const result = await batch.result
    expect(result).toMatchObject({
      stats: { value: 2 },
      timeline: null,
      charts: null,
      iterations: 10,
      seed: "7",
      stopReason: "finished",
      failures: { count: 0, examples: [] },
    })
    expect(digestOf(result)).toBe(result.digest)
    expect(updates.at(0)?.progress).toMatchObject({ current: 0, total: 10 })
    expect(updates.at(-1)).toMatchObject({
      progress: { current: 10, percentage: 100 },
      partial: { stats: { value: 1 } },
    })
  })

  it("is told its config, the seed, the iterations and a signal", async () => {
    const told: Array<unknown> = []
    await started(
      async function* (context) {
        told.push(context)
        yield { type: "result", stats: { value: 1 } }
      },
      { seed: 7 },
    ).result
    expect(told).toEqual([{ signal: expect.any(AbortSignal), seed: "7", iterations: 10 }])
  })

  it("may say how many iterations there were, or that it can't tell how many there will be", async () => {
    const gate = createGate()
    const batch = started(async function* () {
      yield { type: "progress", current: 5, total: null }
      yield { type: "partial", stats: { value: 1 } }
      await gate.opened
      yield { type: "result", stats: { value: 2 }, iterations: 77 }
    })
    const seen: Array<Update> = []
    for await (const update of batch.onProgress) {
      seen.push(update)
      if (update.progress.current === 5) gate.open()
    }
    expect(seen.find(({ progress }) => progress.current === 5)?.progress).toMatchObject({
      total: null,
      percentage: null,
      etaMs: null,
    })
    expect((await batch.result).iterations).toBe(77)
  })

  it("is no longer listened to behind its result", async () => {
    let closed = false
    const batch = started(async function* () {
      try {
        yield { type: "result", stats: { value: 1 } }
        yield { type: "result", stats: { value: 2 } }
      } finally {
        closed = true
      }
    })
    expect((await batch.result).stats).toEqual({ value: 1 })
    expect(closed).toBe(true)
  })

  it("that ends without a result fails the batch", async () => {
    const batch = started(async function* () {
      yield { type: "progress", current: 1 }
    })
    await expect(batch.result).rejects.toMatchObject({
      _tag: "SimulationFailed",
      phase: "run",
      iteration: null,
    })
    await expect(batch.result).rejects.toThrow('its engine ended without an event of the type "result"')
  })

  it.each([
    [
      "throws",
      // oxlint-disable-next-line require-yield -- it never comes to that
      async function* () {
        throw new Error("The cluster is down.")
      },
    ],
    ["fails", () => Stream.fail(new Error("The cluster is down."))],
  ])("that %s fails the batch with its error", async (_, run) => {
    await expect(started(run).result).rejects.toMatchObject({
      _tag: "SimulationFailed",
      phase: "run",
      cause: new Error("The cluster is down."),
    })
  })

  it("is told by its signal when the batch is cancelled, and not waited for", async () => {
    const signals: Array<AbortSignal> = []
    const batch = started(async function* ({ signal }) {
      signals.push(signal)
      yield { type: "progress", current: 1 }
      await new Promise<void>(() => undefined)
    })
    while (signals.length === 0) await turns(1)
    expect(signals[0]?.aborted).toBe(false)
    await batch.cancel()
    expect(signals[0]?.aborted).toBe(true)
    await expect(batch.result).rejects.toBeInstanceOf(BatchCancelled)
  })

  it.each<readonly [string, object]>([
    ["stop", { stop: { timeMs: 5 } }],
    ["workers", { workers: { spawn: () => undefined } }],
    ["resume", { resume: { nodes: [] } }],
  ])("refuses the option %s, for it decides that itself", async (option, options) => {
    const run = async function* (): AsyncGenerator<Said> {
      yield { type: "result", stats: { value: 1 } }
    }
    const batch = startBatch(engine(run), Object.assign({ config: {} }, options))
    await expect(batch.result).rejects.toBeInstanceOf(InvalidOption)
    await expect(batch.result).rejects.toThrow(`${option} must be absent: "engine" has an engine of its own`)
  })

  it("has no checkpoint", async () => {
    const batch = started(() => Stream.fromIterable(said))
    await batch.result
    expect(batch.checkpoint()).toBeNull()
    expect(startBatch(dice, { config: { count: 1 } }).checkpoint()).toBeNull()
  })
})
