/** A batch that has been checked and can be run. */
import * as Effect from "effect/Effect"
import type { AnySimulation } from "../simulation/definition.ts"
import type { InvalidConfig, InvalidOption } from "../simulation/errors.ts"
import { validateConfig } from "../simulation/validateConfig.ts"
import { type BatchOptions, type CheckedOptions, checkOptions } from "./options.ts"

/** What to run, and how. */
export interface BatchPlan {
  readonly simulation: AnySimulation
  /** As the schema gave it. */
  readonly config: unknown
  readonly options: CheckedOptions
}

/** Checks a config and the options of a batch; nothing runs yet. */
export const planBatch = Effect.fnUntraced(function* (
  simulation: AnySimulation,
  { config, ...options }: BatchOptions & { readonly config: unknown },
): Effect.fn.Return<BatchPlan, InvalidConfig | InvalidOption> {
  const checked = yield* checkOptions(simulation, options)
  return { simulation, config: yield* validateConfig(simulation, config), options: checked }
})
