/** Outputs validated by schemas, as a `check`. Those who don't import it don't pay for it. */
import type { StandardSchemaV1 } from "@standard-schema/spec"
import type { Outputs, StreamEvent } from "@simstream/protocol"
import { InvalidOutputs } from "./errors.ts"

/**
 * Schemas for what a simulation publishes: any Standard Schema (Zod, Valibot, ArkType, Effect's `toStandardSchemaV1`) that
 * validates at once and not in a `Promise`. A part without one is taken as it comes.
 */
export interface OutputSchemas<O extends Outputs> {
  /** Of `stats`, wherever an event has them. */
  readonly stats?: StandardSchemaV1<unknown, O["stats"]>
  /** Of `timeline`. */
  readonly timeline?: StandardSchemaV1<unknown, O["timeline"]>
  /** Of `charts`. */
  readonly charts?: StandardSchemaV1<unknown, O["charts"]>
}

const PARTS = ["stats", "timeline", "charts"] as const

const validate = (part: string, schema: StandardSchemaV1, value: unknown): unknown => {
  const outcome = schema["~standard"].validate(value)
  if (outcome instanceof Promise) {
    throw new TypeError(
      `The schema of "${part}" validates in a Promise; checkOutputs needs one that does at once.`,
    )
  }
  if (outcome.issues === undefined) return outcome.value
  const [first] = outcome.issues
  const path = [
    part,
    ...(first?.path ?? []).map((step) => String(typeof step === "object" ? step.key : step)),
  ]
  throw new InvalidOutputs(`The outputs are not valid: ${path.join(".")}: ${first?.message}`, {
    issues: outcome.issues,
  })
}

/**
 * Makes a `check` of schemas, for `createClient`, `events`, `watch`, `result` and `openStream`. What the schemas make of
 * the outputs is what is delivered. Make it once, outside of components and loops: whoever watches a job shares a
 * connection with those who gave the same function.
 *
 * An event that it refuses is left out and told to `onError` as an `InvalidEvent`, whose `cause` is an `InvalidOutputs`.
 * The job's last event can't be left out: the stream ends with that error instead, and so does `result`.
 *
 * @example
 * ```ts
 * import * as Schema from "effect/Schema"
 *
 * const Stats = Schema.Struct({ dps: Schema.Struct({ mean: Schema.Finite }) })
 * const check = checkOutputs({ stats: Schema.toStandardSchemaV1(Stats) })
 *
 * for await (const event of openStream(url, { check })) {
 *   if (event.type === "partial") console.log(event.stats.dps.mean)
 * }
 * ```
 */
export const checkOutputs =
  <Stats = unknown, Timeline = unknown, Charts = unknown>(
    schemas: OutputSchemas<{ stats: Stats; timeline: Timeline; charts: Charts }>,
  ) =>
  (event: StreamEvent): StreamEvent<{ stats: Stats; timeline: Timeline; charts: Charts }> => {
    const parts: Partial<Outputs> = "stats" in event ? event : {}
    const checked: { -readonly [Part in keyof Outputs]?: Outputs[Part] } = {}
    for (const part of PARTS) {
      const schema = schemas[part]
      if (schema && parts[part] !== undefined) checked[part] = validate(part, schema, parts[part])
    }
    // That the parts without a schema are of their type is what the caller says
    return { ...event, ...checked } as StreamEvent<{ stats: Stats; timeline: Timeline; charts: Charts }>
  }
