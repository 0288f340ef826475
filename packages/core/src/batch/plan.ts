/** A batch that has been checked and can be run. */
import * as Effect from "effect/Effect"
import { messageOf } from "../kernel/failures.ts"
import type { LedgerState } from "../kernel/part.ts"
import type { AnySimulation } from "../simulation/definition.ts"
import { type InvalidConfig, InvalidOption } from "../simulation/errors.ts"
import { validateConfig } from "../simulation/validateConfig.ts"
import { decodeCheckpoint } from "./checkpoint.ts"
import { type BatchOptions, type CheckedOptions, checkOptions } from "./options.ts"

/** What to run, and how. */
export interface BatchPlan<S extends AnySimulation = AnySimulation> {
  readonly simulation: S
  /** The config as it was given, before its schema. */
  readonly input: unknown
  /** As the schema gave it. */
  readonly config: unknown
  readonly options: CheckedOptions
  /** What there is already. */
  readonly resumed: LedgerState | null
}

/** Checks a config and the options of a batch; nothing runs yet. */
export const planBatch = Effect.fnUntraced(function* <S extends AnySimulation>(
  simulation: S,
  { config, ...options }: BatchOptions & { readonly config: unknown },
): Effect.fn.Return<BatchPlan<S>, InvalidConfig | InvalidOption> {
  const checked = yield* checkOptions(simulation, options)
  const valid = yield* validateConfig(simulation, config)
  return {
    simulation,
    input: config,
    config: valid,
    options: checked,
    resumed: yield* resumeFrom(simulation, valid, checked),
  }
})

const resumeFrom = Effect.fnUntraced(function* (
  { name }: AnySimulation,
  config: unknown,
  { resume, seed, iterations }: CheckedOptions,
): Effect.fn.Return<LedgerState | null, InvalidOption> {
  if (resume === null) return null
  const invalid = (reason: string) =>
    new InvalidOption({
      path: ["resume"],
      value: resume,
      message: `resume must be a checkpoint of this batch: ${reason}.`,
    })
  const state = yield* Effect.try({
    try: () => decodeCheckpoint({ simulation: name, seed, config }, resume),
    catch: (thrown) => invalid(messageOf(thrown)),
  })
  if (state.iterations > iterations) {
    return yield* invalid(`it has ${state.iterations} iterations already, and ${iterations} are wanted`)
  }
  return state
})
