/** Runs a simulation that has an engine of its own, and listens to what it says. */
import { type Result, RESULT_SCHEMA_VERSION } from "@simstream/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  allOutputs,
  type AnyEngineSimulation,
  type EngineEvent,
  type PresentedOutputs,
} from "../simulation/definition.ts"
import type { SimulationFailed } from "../simulation/errors.ts"
import { digestOf } from "./digest.ts"
import { attempt, simulationFailed } from "./failure.ts"
import type { BatchPlan } from "./plan.ts"
import { finalProgress, initialMeter, readMeter } from "./progress.ts"
import type { BatchObserver } from "./update.ts"

type Said = EngineEvent<PresentedOutputs>

/** Runs the engine to its result. Its progress is passed on at the batch's own pace, its partial outputs as they come. */
export const driveEngine = Effect.fnUntraced(function* (
  plan: BatchPlan,
  simulation: AnyEngineSimulation,
  observer: BatchObserver,
): Effect.fn.Return<Result, SimulationFailed, Scope.Scope> {
  const { config, options } = plan
  const { seed, iterations } = options
  const signal = yield* Effect.abortSignal
  let meter = initialMeter(performance.now(), 0)
  let current = 0
  let total: number | null = iterations
  let result: (Said & { readonly type: "result" }) | null = null

  const report = () => {
    const [next, progress] = readMeter(meter, {
      nowMs: performance.now(),
      current,
      total: total ?? Infinity,
      projected: null,
      timeMs: undefined,
      waitingFor: null,
    })
    meter = next
    observer.progress(total === null ? { ...progress, total: null, percentage: null, etaMs: null } : progress)
  }
  const hear = (said: Said) => {
    switch (said.type) {
      case "progress":
        ;({ current, total = iterations } = said)
        return
      case "partial": {
        const { stats, timeline, charts } = said
        observer.partial({
          stats,
          ...(timeline === undefined ? {} : { timeline }),
          ...(charts === undefined ? {} : { charts }),
        })
        return
      }
      case "result":
        result = said
    }
  }

  report()
  const run = yield* attempt(plan, "prepare", () => simulation.run(config, { signal, seed, iterations }))
  const all = Stream.isStream(run) ? run : Stream.fromAsyncIterable(run, (thrown) => thrown)
  const listening = all.pipe(
    // What comes behind the result is of no use any more.
    Stream.takeUntil(({ type }) => type === "result"),
    Stream.runForEach((said) => Effect.sync(() => hear(said))),
    Effect.mapError((thrown) => simulationFailed(plan, "run", thrown)),
  )
  const ticking = Effect.sync(report).pipe(Effect.delay(options.progressMs), Effect.forever)
  yield* Effect.raceFirst(listening, ticking)
  return yield* attempt(plan, "run", () => {
    if (result === null) throw new Error('its engine ended without an event of the type "result".')
    const outputs = allOutputs(result)
    const ran = result.iterations ?? current
    const nowMs = performance.now()
    observer.progress(finalProgress(meter, nowMs, ran))
    const described = {
      ...outputs,
      iterations: ran,
      seed,
      failures: { count: 0, examples: [] },
      schemaVersion: RESULT_SCHEMA_VERSION,
    }
    return {
      ...described,
      stopReason: "finished" as const,
      elapsedMs: Math.round(nowMs - meter.startMs),
      digest: digestOf(described),
    }
  })
})
