/** Runs a batch of a simulation: the form with a Promise and an AsyncIterable. */
import type { Outputs, Result } from "@simstream/protocol"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { AnySimulation, OutputsOfSimulation } from "../simulation/definition.ts"
import { BatchCancelled } from "../simulation/errors.ts"
import type { Checkpoint } from "./checkpoint.ts"
import { driveBatch } from "./driveBatch.ts"
import { planBatch } from "./plan.ts"
import type { BatchInput } from "./runBatch.ts"
import type { Update } from "./update.ts"
import { createUpdates } from "./updates.ts"

/** A batch under way. */
export interface BatchHandle<O extends Outputs = Outputs> extends AsyncDisposable {
  /**
   * The newest update whenever there is one, ending with the batch, however it ends. Each loop over it is a watcher of
   * its own; a slow one skips updates, and none slows the batch. The last update always arrives.
   */
  readonly onProgress: AsyncIterable<Update<O>>
  /**
   * The result. Rejects with `InvalidConfig` or `InvalidOption` before anything has run, with `SimulationFailed`, or with
   * `BatchCancelled`. Leaving it alone is no unhandled rejection.
   */
  readonly result: Promise<Result<O>>
  /**
   * The state of the batch, now or after its end: JSON to store and to give to another batch as `resume`. `null` before
   * the first iteration, and for an engine of your own.
   */
  readonly checkpoint: () => Checkpoint | null
  /** Starts a batch that goes on from this one to so many iterations in all: the same bits as if it had run them all. */
  readonly extend: (iterations: number) => BatchHandle<O>
  /** Stops the batch; resolves when it has stopped. `await using` does the same. */
  readonly cancel: () => Promise<void>
}

/** The config of a simulation, how to run it, and a signal that cancels it. */
export type StartBatchInput<S extends AnySimulation> = BatchInput<S> & { readonly signal?: AbortSignal }

/**
 * Starts a batch.
 *
 * @example
 * ```ts
 * import { startBatch } from "@simstream/core"
 *
 * const batch = startBatch(dice, { config: { count: 2 }, iterations: 100_000, seed: 7 })
 * for await (const { progress } of batch.onProgress) console.log(`${progress.percentage} %`)
 * const { stats, digest } = await batch.result
 * ```
 */
export const startBatch = <S extends AnySimulation>(
  simulation: S,
  { signal, ...input }: StartBatchInput<S>,
): BatchHandle<OutputsOfSimulation<S>> => {
  const updates = createUpdates()
  const fiber = Effect.runFork(
    planBatch(simulation, input).pipe(
      Effect.flatMap((plan) => driveBatch(plan, updates.observer)),
      Effect.onExit(() => Effect.sync(updates.end)),
    ),
  )
  const cancel = () => Effect.runPromise(Fiber.interrupt(fiber))
  const onAbort = () => void cancel()
  if (signal?.aborted === true) onAbort()
  else signal?.addEventListener("abort", onAbort)

  const result = Effect.runPromise(Fiber.await(fiber)).then((exit) => {
    signal?.removeEventListener("abort", onAbort)
    if (Exit.isSuccess(exit)) return exit.value
    throw Cause.hasInterruptsOnly(exit.cause) ? cancelled(simulation) : Cause.squash(exit.cause)
  })
  // A watcher of `onProgress` alone must not bring the process down; whoever awaits the result gets the error.
  result.catch(() => undefined)

  const handle: BatchHandle<OutputsOfSimulation<S>> = {
    onProgress: updates.all,
    // What `present` returned is published as it is, so the outputs are those that the definition declares.
    result: result as Promise<Result<OutputsOfSimulation<S>>>,
    checkpoint: updates.checkpoint,
    extend: (iterations) => {
      const checkpoint = updates.checkpoint()
      return startBatch(simulation, {
        ...input,
        ...(signal === undefined ? {} : { signal }),
        ...(checkpoint === null ? {} : { resume: checkpoint }),
        iterations,
      } as StartBatchInput<S>)
    },
    cancel,
    [Symbol.asyncDispose]: cancel,
  }
  return handle
}

const cancelled = ({ name }: AnySimulation): BatchCancelled =>
  new BatchCancelled({ message: `The batch of "${name}" was cancelled.` })
