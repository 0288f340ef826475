import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { describe, expect, it } from "vitest"
import { defineSimulation } from "../simulation/definition.ts"
import { InvalidConfig, InvalidOption, SimulationFailed } from "../simulation/errors.ts"
import { createGate, dice, scripted, turns } from "../simulation/simulations.fixtures.ts"
import { runBatch } from "./runBatch.ts"
import { startBatch } from "./startBatch.ts"

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

const input = { config: { count: 2 }, iterations: 1000, seed: 7 }

describe("runBatch", () => {
  it("gives the result that startBatch gives", async () => {
    const { digest } = await run(Effect.flatMap(runBatch(dice, input), ({ result }) => result))
    expect(digest).toBe((await startBatch(dice, input).result).digest)
  })

  it("tells the seed, also one that it chose", async () => {
    const seeds = await run(
      Effect.gen(function* () {
        const given = yield* runBatch(dice, input)
        const chosen = yield* runBatch(dice, { config: { count: 2 }, iterations: 10 })
        return { given: given.seed, chosen: chosen.seed, used: (yield* chosen.result).seed }
      }),
    )
    expect(seeds.given).toBe("7")
    expect(seeds.used).toBe(seeds.chosen)
  })

  it("streams its progress to its end, to as many as run the stream", async () => {
    const all = await run(
      Effect.gen(function* () {
        const batch = yield* runBatch(dice, input)
        return yield* Effect.all([Stream.runCollect(batch.onProgress), Stream.runCollect(batch.onProgress)], {
          concurrency: "unbounded",
        })
      }),
    )
    for (const updates of all) {
      const currents = [...updates].map(({ progress }) => progress.current)
      expect(currents.at(-1)).toBe(1000)
    }
  })

  it("streams the last update to who runs the stream after the end", async () => {
    const updates = await run(
      Effect.gen(function* () {
        const batch = yield* runBatch(dice, input)
        yield* batch.result
        return yield* Stream.runCollect(batch.onProgress)
      }),
    )
    expect([...updates]).toMatchObject([{ progress: { current: 1000, percentage: 100 } }])
  })

  it("lets a consumer of the stream stop early, and goes on", async () => {
    const result = await run(
      Effect.gen(function* () {
        const batch = yield* runBatch(dice, input)
        yield* batch.onProgress.pipe(Stream.take(1), Stream.runDrain)
        return yield* batch.result
      }),
    )
    expect(result.iterations).toBe(1000)
  })

  it("fails at once, in the typed channel, for a config or an option that is refused", async () => {
    const refused = (bad: Parameters<typeof runBatch<typeof dice>>[1]) =>
      run(Effect.flip(runBatch(dice, bad)))
    expect(await refused({ config: { count: 0.5 } })).toBeInstanceOf(InvalidConfig)
    expect(await refused({ config: { count: 1 }, iterations: 0 })).toBeInstanceOf(InvalidOption)
  })

  it("fails its result, in the typed channel, when the simulation fails", async () => {
    const { simulation } = scripted(({ index }) => {
      if (index === 7) throw new Error("broken")
      return 1
    })
    const { error, updates } = await run(
      Effect.gen(function* () {
        const batch = yield* runBatch(simulation, { config: {}, iterations: 100 })
        const all = yield* Stream.runCollect(batch.onProgress)
        return { error: yield* Effect.flip(batch.result), updates: [...all] }
      }),
    )
    expect(error).toBeInstanceOf(SimulationFailed)
    expect(error).toMatchObject({ iteration: 7 })
    expect(updates.length).toBeGreaterThan(0)
  })

  it("stops the work when its scope closes", async () => {
    const { simulation, counts } = scripted()
    const scope = await Effect.runPromise(Scope.make())
    const batch = await Effect.runPromise(
      runBatch(simulation, { config: {}, iterations: 1e9 }).pipe(Effect.provideService(Scope.Scope, scope)),
    )
    const watching = Effect.runPromise(Stream.runCollect(batch.onProgress))
    while (counts.iterations === 0) await turns(1)
    await Effect.runPromise(Scope.close(scope, Exit.void))
    const { iterations } = counts
    await turns(20)
    expect(counts.iterations).toBe(iterations)
    expect(iterations).toBeLessThan(1e9)
    expect([...(await watching)].at(-1)?.progress.current).toBe(iterations)
    expect(Exit.hasInterrupts(await Effect.runPromiseExit(batch.result))).toBe(true)
  })

  it("stops the work when the fiber around it is interrupted", async () => {
    const { simulation, counts } = scripted()
    const controller = new AbortController()
    const running = Effect.runPromiseExit(
      Effect.scoped(
        Effect.flatMap(runBatch(simulation, { config: {}, iterations: 1e9 }), ({ result }) => result),
      ),
      { signal: controller.signal },
    )
    while (counts.iterations === 0) await turns(1)
    controller.abort()
    expect(Exit.hasInterrupts(await running)).toBe(true)
    const { iterations } = counts
    await turns(20)
    expect(counts.iterations).toBe(iterations)
  })

  it("interrupts a prepare that is an Effect", async () => {
    const gate = createGate()
    const left = createGate()
    const prepare = () =>
      Effect.sync(gate.open).pipe(
        Effect.andThen(Effect.never),
        Effect.onInterrupt(() => Effect.sync(left.open)),
      )
    const waiting = defineSimulation({
      name: "waiting",
      config: Schema.Struct({}),
      metrics: { x: {} },
      prepare,
    })
    const scope = await Effect.runPromise(Scope.make())
    await Effect.runPromise(runBatch(waiting, { config: {} }).pipe(Effect.provideService(Scope.Scope, scope)))
    await gate.opened
    await Effect.runPromise(Scope.close(scope, Exit.void))
    await expect(left.opened).resolves.toBeUndefined()
  })

  it("stops waiting for a prepare that takes its time, and runs no iteration of it", async () => {
    const gate = createGate()
    const { simulation, counts } = scripted(undefined, { prepare: () => gate.opened })
    const scope = await Effect.runPromise(Scope.make())
    await Effect.runPromise(
      runBatch(simulation, { config: {} }).pipe(Effect.provideService(Scope.Scope, scope)),
    )
    await turns()
    await Effect.runPromise(Scope.close(scope, Exit.void))
    gate.open()
    await turns()
    expect(counts).toEqual({ prepared: 1, iterations: 0 })
  })
})
