/** Types that users rely on: from a definition to what its batch gives. Checked by `tsc -b`, never run. */
import type { ChartsOf, MetricStats, Outputs, Result, Timeline } from "@simstream/protocol"
import type { StandardSchemaV1 } from "@standard-schema/spec"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { describe, expectTypeOf, it } from "vitest"
import { runBatch } from "../batch/runBatch.ts"
import { startBatch } from "../batch/startBatch.ts"
import type { Update } from "../batch/update.ts"
import type { Iteration } from "../kernel/iteration.ts"
import type { Summary } from "../kernel/summary.ts"
import { type AnySimulation, defineSimulation, type InputOf, type OutputsOfSimulation } from "./definition.ts"
import type { InvalidConfig, InvalidOption, SimulationFailed } from "./errors.ts"

const dummy = defineSimulation({
  name: "training-dummy",
  config: Schema.Struct({
    seconds: Schema.Finite,
    crit: Schema.Finite.pipe(Schema.withDecodingDefault(Effect.succeed(0.05))),
    level: Schema.optionalKey(Schema.NumberFromString),
  }),
  metrics: { dps: { unit: "damage/s" }, hits: {} },
  prepare: (config) => {
    expectTypeOf(config).toEqualTypeOf<{
      readonly seconds: number
      readonly crit: number
      readonly level?: number
    }>()
    return (iteration) => {
      expectTypeOf(iteration).toEqualTypeOf<Iteration>()
      return { dps: 1, hits: 2 }
    }
  },
})

declare const level: StandardSchemaV1<{ level?: number }, { level: number }>

const standard = defineSimulation({
  name: "standard",
  config: level,
  metrics: { x: {} },
  prepare: (config) => {
    expectTypeOf(config).toEqualTypeOf<{ level: number }>()
    return () => ({ x: config.level })
  },
})

const presented = defineSimulation({
  name: "presented",
  config: Schema.Struct({ seconds: Schema.Finite }),
  metrics: { dps: {} },
  prepare: () => () => ({ dps: 1 }),
  present: (summary, config) => {
    expectTypeOf(summary).toEqualTypeOf<Summary<"dps">>()
    expectTypeOf(config).toEqualTypeOf<{ readonly seconds: number }>()
    return { stats: { meanDps: summary.stats.dps.mean }, charts: ["dps" as const] }
  },
})

const engine = defineSimulation({
  name: "engine",
  config: Schema.Struct({ portfolio: Schema.String }),
  async *run({ portfolio }, { signal, seed, iterations }) {
    expectTypeOf(portfolio).toBeString()
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
    expectTypeOf(seed).toBeString()
    expectTypeOf(iterations).toBeNumber()
    yield { type: "progress", current: 1 }
    yield { type: "partial", stats: { valueAtRisk: 11 } }
    yield { type: "result", iterations: 1, stats: { valueAtRisk: 12.5 }, charts: ["tail"] }
  },
})

describe("a definition", () => {
  it("takes the input of an Effect Schema: fields with defaults may be left out", () => {
    expectTypeOf<InputOf<typeof dummy>>().toEqualTypeOf<{
      readonly seconds: number
      readonly crit?: number | undefined
      readonly level?: string
    }>()
    startBatch(dummy, { config: { seconds: 300 } })
    startBatch(dummy, { config: { seconds: 300, crit: 0.2, level: "80" } })
    // @ts-expect-error -- seconds is missing
    startBatch(dummy, { config: {} })
    // @ts-expect-error -- a number is no text
    startBatch(dummy, { config: { seconds: 300, level: 80 } })
    // @ts-expect-error -- there is no such field
    startBatch(dummy, { config: { seconds: 300, secnods: 1 } })
  })

  it("takes the input of a Standard Schema", () => {
    expectTypeOf<InputOf<typeof standard>>().toEqualTypeOf<{ level?: number }>()
    startBatch(standard, { config: {} })
    // @ts-expect-error -- text is no number
    startBatch(standard, { config: { level: "1" } })
  })

  it("keeps its name and its metrics as literals", () => {
    expectTypeOf(dummy.name).toEqualTypeOf<"training-dummy">()
    expectTypeOf(dummy.metrics[0]).toEqualTypeOf<{
      readonly name: "dps" | "hits"
      readonly unit: string | null
    }>()
  })

  it("publishes the statistics of its metrics, a timeline and charts", () => {
    type Expected = {
      readonly stats: { readonly dps: MetricStats; readonly hits: MetricStats }
      readonly timeline: Timeline
      readonly charts: ChartsOf<"dps" | "hits">
    }
    expectTypeOf<OutputsOfSimulation<typeof dummy>>().toEqualTypeOf<Expected>()
  })

  it("publishes what it presents, and null for what it leaves out", () => {
    expectTypeOf<OutputsOfSimulation<typeof presented>>().toEqualTypeOf<{
      readonly stats: { meanDps: number | null }
      readonly timeline: null
      readonly charts: Array<"dps">
    }>()
  })

  it("publishes what its engine says", () => {
    expectTypeOf<OutputsOfSimulation<typeof engine>["stats"]>().toEqualTypeOf<{ valueAtRisk: number }>()
    expectTypeOf<OutputsOfSimulation<typeof engine>["timeline"]>().toEqualTypeOf<null>()
    expectTypeOf<OutputsOfSimulation<typeof engine>["charts"]>().toEqualTypeOf<Array<string>>()
    const streaming = defineSimulation({
      name: "streaming",
      config: Schema.Struct({}),
      run: () =>
        Stream.make(
          { type: "progress" as const, current: 1 },
          { type: "result" as const, stats: { valueAtRisk: 12.5 } },
        ),
    })
    expectTypeOf<OutputsOfSimulation<typeof streaming>["stats"]>().toExtend<{ valueAtRisk: number }>()
  })

  it("must return every metric, each a number", () => {
    const rest = { name: "a", config: Schema.Struct({}), metrics: { dps: {}, hits: {} } } as const
    // @ts-expect-error -- hits is missing
    defineSimulation({ ...rest, prepare: () => () => ({ dps: 1 }) })
    // @ts-expect-error -- text is no number
    defineSimulation({ ...rest, prepare: () => () => ({ dps: 1, hits: "2" }) })
    defineSimulation({ ...rest, prepare: () => async () => ({ dps: 1, hits: 2 }) })
    defineSimulation({ ...rest, prepare: async () => () => ({ dps: 1, hits: 2 }) })
    defineSimulation({ ...rest, prepare: () => Effect.succeed(() => ({ dps: 1, hits: 2 })) })
  })

  it("is any simulation, whatever its config", () => {
    const all: ReadonlyArray<AnySimulation> = [dummy, standard, presented, engine]
    expectTypeOf(all).toEqualTypeOf<ReadonlyArray<AnySimulation>>()
    expectTypeOf<OutputsOfSimulation<AnySimulation>>().toEqualTypeOf<Outputs>()
  })
})

describe("a batch", () => {
  type DummyOutputs = OutputsOfSimulation<typeof dummy>

  it("has the outputs of its simulation in its updates and in its result", () => {
    const batch = startBatch(dummy, { config: { seconds: 300 } })
    expectTypeOf(batch.onProgress).toEqualTypeOf<AsyncIterable<Update<DummyOutputs>>>()
    expectTypeOf(batch.result).toEqualTypeOf<Promise<Result<DummyOutputs>>>()
    expectTypeOf<Awaited<typeof batch.result>["stats"]["dps"]["ci95"]>().toEqualTypeOf<{
      readonly low: number
      readonly high: number
    } | null>()
    // @ts-expect-error -- there is no such metric
    void batch.result.then(({ stats }) => stats.dsp)
  })

  it("has them as an Effect, too, with its errors", () => {
    const batch = runBatch(dummy, { config: { seconds: 300 } })
    expectTypeOf<Effect.Error<typeof batch>>().toEqualTypeOf<InvalidConfig | InvalidOption>()
    type Batch = Effect.Success<typeof batch>
    expectTypeOf<Batch["onProgress"]>().toEqualTypeOf<Stream.Stream<Update<DummyOutputs>>>()
    expectTypeOf<Batch["result"]>().toEqualTypeOf<Effect.Effect<Result<DummyOutputs>, SimulationFailed>>()
  })
})
