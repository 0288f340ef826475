/**
 * What a simulation is: a name, a config, metrics, and a function that runs one iteration. Nothing here loads Effect, so
 * that a worker thread which imports a definition is ready at once.
 */
import type { StandardSchemaV1 } from "@standard-schema/spec"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { Outputs } from "@simstream/protocol"
import type { Iterate } from "../kernel/iteration.ts"
import type { Summary } from "../kernel/summary.ts"

/** A schema of a config: an Effect Schema that needs no services, or any Standard Schema (Zod, Valibot, ArkType). */
export type ConfigSchema = EffectSchema | StandardSchemaV1

/** An Effect Schema as it is: there is no need to convert it. */
export type EffectSchema = Schema.Top & { readonly DecodingServices: never }

/** What a caller may write as the config: the schema's input, where fields with defaults can be left out. */
export type ConfigInput<S extends ConfigSchema> = S extends Schema.Top
  ? S["Encoded"]
  : S extends StandardSchemaV1
    ? StandardSchemaV1.InferInput<S>
    : never

/** What the simulation gets as its config: the schema's output. */
export type ConfigOutput<S extends ConfigSchema> = S extends Schema.Top
  ? S["Type"]
  : S extends StandardSchemaV1
    ? StandardSchemaV1.InferOutput<S>
    : never

/** A metric of a simulation: a number that every iteration returns. */
export interface MetricDefinition {
  /** The unit, for display: "damage/s". */
  readonly unit?: string
}

/** How the simulation's timeline is cut into buckets. */
export interface TimelineDefinition<Config> {
  /** Width of a bucket in units of simulated time; 1 by default. At most 5,000 buckets are kept. */
  readonly bucket?: number | ((config: Config) => number)
  /** The unit of simulated time, for display; "s" by default. */
  readonly unit?: string
}

/** A function that runs one iteration, at once or after some loading. */
export type Prepared<Metric extends string> =
  | Iterate<Metric>
  | Promise<Iterate<Metric>>
  | Effect.Effect<Iterate<Metric>, unknown>

/** What `defineSimulation` takes. */
export interface SimulationDefinition<
  Name extends string,
  S extends ConfigSchema,
  Metric extends string,
  O extends PresentedOutputs,
> {
  /** Unique among the simulations of a server; it travels in requests. Letters, digits, `-`, `_` and `.`. */
  readonly name: Name
  /** Checks what is asked for before any work is done: an Effect Schema, or any Standard Schema. */
  readonly config: S
  /**
   * Which version of its code this is, for batches that other processes run: a worker with another one leaves them alone.
   * Letters, digits, `-`, `_` and `.`. Change it whenever a result changes. Without it the source text of `prepare` counts,
   * which is the same wherever the code is, unless it was built differently (minified in one place, say), and which says
   * nothing of what `prepare` calls.
   */
  readonly version?: string
  /** The metrics by name; at least one. */
  readonly metrics: { readonly [M in Metric]: MetricDefinition }
  /** The buckets of simulated time that `iteration.timeline` adds to; see there for the defaults. */
  readonly timeline?: TimelineDefinition<ConfigOutput<S>>
  /**
   * Called once per batch, and once in every worker: loads what the iterations need and returns the function that runs
   * one. That function must depend on its argument and the config alone, or results can't be reproduced.
   */
  readonly prepare: (config: ConfigOutput<S>) => Prepared<Metric>
  /**
   * Maps the summary to what is published, in a shape of your own. It must be a pure function, and give JSON. It is asked
   * for partial outputs, too, of few iterations. What it throws fails the batch; a job that is cancelled just then is
   * cancelled, and `onError` is told.
   */
  readonly present?: (summary: Summary<Metric>, config: ConfigOutput<S>) => O
}

/** What `present` may return: `stats`, and the other two if wanted. */
export interface PresentedOutputs {
  /** Any JSON. */
  readonly stats: unknown
  /** Any JSON; nothing by default. */
  readonly timeline?: unknown
  /** Any JSON; nothing by default. */
  readonly charts?: unknown
}

/** The outputs that a definition publishes: those of `present`, or the summary. */
export type OutputsOf<O extends PresentedOutputs> = {
  readonly stats: O["stats"]
  readonly timeline: O extends { readonly timeline: infer T } ? T : null
  readonly charts: O extends { readonly charts: infer C } ? C : null
}

/** A simulation whose iterations Simstream runs. The type parameters carry its config and outputs to the server and client. */
export interface Simulation<
  Name extends string = string,
  Input = unknown,
  Config = unknown,
  Metric extends string = string,
  O extends Outputs = Outputs,
> {
  /** Tells it from an `EngineSimulation`. */
  readonly kind: "iterations"
  /** As its definition says. */
  readonly name: Name
  /** As its definition says; `null` when it doesn't. */
  readonly version: string | null
  /** As its definition says. */
  readonly config: ConfigSchema
  /** In the definition's order; `unit` is `null` where there is none. */
  readonly metrics: ReadonlyArray<{ readonly name: Metric; readonly unit: string | null }>
  /** With the defaults filled in: the width of a bucket for a config, and the unit of simulated time. */
  readonly timeline: { readonly bucket: (config: Config) => number; readonly unit: string }
  /** As its definition says. */
  readonly prepare: (config: Config) => Prepared<Metric>
  /** What the definition's `present` makes of the summary, `null` for what it leaves out; without one the summary itself. */
  readonly present: (summary: Summary<Metric>, config: Config) => O
  /** Types only; there is no such property at run time. */
  readonly "~types"?: { readonly input: Input; readonly config: Config; readonly outputs: O }
}

/** A simulation that an engine of the user's own runs. */
export interface EngineSimulation<
  Name extends string = string,
  Input = unknown,
  Config = unknown,
  O extends Outputs = Outputs,
> {
  /** Tells it from a `Simulation`. */
  readonly kind: "engine"
  /** As its definition says. */
  readonly name: Name
  /** As its definition says. */
  readonly config: ConfigSchema
  /** As its definition says. */
  readonly run: (config: Config, context: EngineContext) => EngineRun<PresentedOutputs>
  /** Types only; there is no such property at run time. */
  readonly "~types"?: { readonly input: Input; readonly config: Config; readonly outputs: O }
}

/**
 * Any simulation of iterations, for functions that take whichever they are given: the fields are those of `Simulation`.
 * Methods make the config bivariant, which is what lets a list hold simulations with different configs.
 */
export interface AnyIterationSimulation {
  readonly kind: "iterations"
  readonly name: string
  readonly version: string | null
  readonly config: ConfigSchema
  readonly metrics: ReadonlyArray<{ readonly name: string; readonly unit: string | null }>
  readonly timeline: { bucket(config: unknown): number; readonly unit: string }
  prepare(config: unknown): Prepared<string>
  present(summary: Summary, config: unknown): Outputs
  readonly "~types"?: { readonly input: unknown; readonly config: unknown; readonly outputs: Outputs }
}

/** Any simulation with an engine of its own: the fields are those of `EngineSimulation`. */
export interface AnyEngineSimulation {
  readonly kind: "engine"
  readonly name: string
  readonly config: ConfigSchema
  run(config: unknown, context: EngineContext): EngineRun<PresentedOutputs>
  readonly "~types"?: { readonly input: unknown; readonly config: unknown; readonly outputs: Outputs }
}

/** Any simulation. */
export type AnySimulation = AnyIterationSimulation | AnyEngineSimulation

/** What a caller may pass as the config of a simulation. */
export type InputOf<S extends AnySimulation> = NonNullable<S["~types"]>["input"]
/** What a simulation publishes. */
export type OutputsOfSimulation<S extends AnySimulation> = NonNullable<S["~types"]>["outputs"]

/** What an engine is told beside its config. */
export interface EngineContext {
  /** Aborted when the batch is cancelled. An engine that goes on regardless is no longer listened to. */
  readonly signal: AbortSignal
  /** The seed as text: yours to use, and reported in the result. */
  readonly seed: string
  /** How many iterations were asked for. */
  readonly iterations: number
}

/** What an engine says of itself. The last thing is its result. */
export type EngineEvent<O extends PresentedOutputs> =
  | {
      readonly type: "progress"
      /** What is done, in units of the engine's own. */
      readonly current: number
      /** How much there is to do; the iterations asked for by default, `null` when it can't tell. */
      readonly total?: number | null
    }
  | ({ readonly type: "partial" } & O)
  | ({
      readonly type: "result"
      /** How many iterations ran; by default what the last progress said. */
      readonly iterations?: number
    } & O)

/** An engine at work. */
export type EngineRun<O extends PresentedOutputs> =
  | AsyncIterable<EngineEvent<O>>
  | Stream.Stream<EngineEvent<O>, unknown>

/** What `defineSimulation` takes for an engine that you have already: a WASM module, a subprocess, a remote queue. */
export interface EngineDefinition<
  Name extends string,
  S extends ConfigSchema,
  Said extends EngineEvent<PresentedOutputs>,
> {
  /** Unique among the simulations of a server. Letters, digits, `-`, `_` and `.`. */
  readonly name: Name
  /** Checks what is asked for before any work is done: an Effect Schema, or any Standard Schema. */
  readonly config: S
  /** Runs the simulation: an async iterable or an Effect Stream of progress and partial outputs that ends in a result. */
  readonly run: (
    config: ConfigOutput<S>,
    context: EngineContext,
  ) => AsyncIterable<Said> | Stream.Stream<Said, unknown>
}

/**
 * The outputs in what an engine says: those of its result. (They can't be a type parameter themselves: TypeScript would
 * take the progress for outputs as well, and give up.)
 */
export type OutputsOfEngine<Said extends EngineEvent<PresentedOutputs>> = OutputsOf<
  Extract<Said, { readonly type: "result" }>
>

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/**
 * Defines a simulation.
 *
 * @example
 * ```ts
 * import { defineSimulation } from "@simstream/core"
 * import * as Schema from "effect/Schema"
 *
 * export const dice = defineSimulation({
 *   name: "dice",
 *   config: Schema.Struct({ count: Schema.Int }),
 *   metrics: { total: { unit: "pips" } },
 *   prepare: ({ count }) => ({ random }) => {
 *     let total = 0
 *     for (let die = 0; die < count; die++) total += random.int(1, 6)
 *     return { total }
 *   },
 * })
 * ```
 *
 * @throws TypeError when the name or the version is empty or has other characters, or there is no metric
 */
export function defineSimulation<
  const Name extends string,
  S extends ConfigSchema,
  const Metric extends string,
  O extends PresentedOutputs = Summary<Metric>,
>(
  definition: SimulationDefinition<Name, S, Metric, O>,
): Simulation<Name, ConfigInput<S>, ConfigOutput<S>, Metric, OutputsOf<O>>
/**
 * Defines a simulation that an engine of your own runs.
 *
 * @example
 * ```ts
 * import { defineSimulation } from "@simstream/core"
 * import * as Schema from "effect/Schema"
 *
 * export const remote = defineSimulation({
 *   name: "remote",
 *   config: Schema.Struct({ portfolio: Schema.String }),
 *   async *run({ portfolio }, { signal, seed }) {
 *     for await (const line of runOnTheCluster(portfolio, { signal, seed })) {
 *       yield { type: "progress", current: line.done, total: line.of }
 *     }
 *     yield { type: "result", stats: { valueAtRisk: 12.5 } }
 *   },
 * })
 * ```
 *
 * @throws TypeError when the name is empty or has other characters
 */
export function defineSimulation<
  const Name extends string,
  S extends ConfigSchema,
  Said extends EngineEvent<PresentedOutputs>,
>(
  definition: EngineDefinition<Name, S, Said>,
): EngineSimulation<Name, ConfigInput<S>, ConfigOutput<S>, OutputsOfEngine<Said>>
export function defineSimulation(
  definition:
    | SimulationDefinition<string, ConfigSchema, string, PresentedOutputs>
    | EngineDefinition<string, ConfigSchema, EngineEvent<PresentedOutputs>>,
): Simulation | EngineSimulation {
  const { name } = definition
  if (!NAME.test(name)) {
    throw new TypeError(
      `A simulation's name is 1 to 64 letters, digits, "-", "_" or "."; got ${JSON.stringify(name)}.`,
    )
  }
  return "run" in definition
    ? { kind: "engine", name, config: definition.config, run: definition.run }
    : iterationSimulation(definition)
}

const iterationSimulation = (
  definition: SimulationDefinition<string, ConfigSchema, string, PresentedOutputs>,
): Simulation => {
  const { name, version, config, timeline, prepare, present } = definition
  const metrics = Object.entries(definition.metrics).map(([metric, { unit }]) => ({
    name: metric,
    unit: unit ?? null,
  }))
  if (metrics.length === 0) {
    throw new TypeError(
      `The simulation "${name}" has no metrics; give it at least one, such as { score: {} }.`,
    )
  }
  if (version !== undefined && !NAME.test(version)) {
    throw new TypeError(
      `The version of the simulation "${name}" is 1 to 64 letters, digits, "-", "_" or "."; got ${JSON.stringify(version)}.`,
    )
  }
  const bucket = timeline?.bucket ?? 1
  return {
    kind: "iterations",
    name,
    version: version ?? null,
    config,
    metrics,
    timeline: { bucket: typeof bucket === "function" ? bucket : () => bucket, unit: timeline?.unit ?? "s" },
    prepare,
    present: (summary, ofConfig) => allOutputs(present === undefined ? summary : present(summary, ofConfig)),
  }
}

/** The outputs with nothing left out: what a simulation doesn't publish is null. */
export const allOutputs = ({ stats, timeline = null, charts = null }: PresentedOutputs): Outputs => ({
  stats,
  timeline,
  charts,
})
