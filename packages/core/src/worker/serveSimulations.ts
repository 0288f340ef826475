/** The worker's side: runs what it is asked to, in time slices, and listens in between. */
import { breathe } from "../batch/breathe.ts"
import { createSlicer } from "../batch/slicer.ts"
import { ChunkRunner } from "../kernel/chunkRunner.ts"
import { messageOf } from "../kernel/failures.ts"
import { type Iterate, IterationError } from "../kernel/iteration.ts"
import type { AnyIterationSimulation } from "../simulation/definition.ts"
import { resolvePrepared } from "../simulation/prepare.ts"
import { PublicError } from "../simulation/publicError.ts"
import type { FailedMessage, OpenMessage, RunMessage } from "./messages.ts"
import { type WorkerScope, workerScope } from "./scope.ts"

/** A sign of life is sent this often while a run goes on, in milliseconds. */
const ALIVE_MS = 100

interface OpenBatch {
  readonly open: OpenMessage
  readonly iterate: Promise<Iterate>
}

/**
 * Call this in the file of a worker, with the simulations that it can run. A worker is ready as soon as its file has
 * loaded, so define the simulations with `@simstream/core/simulation`, which loads no Effect.
 *
 * @example
 * ```ts
 * // simulations.worker.ts
 * import { serveSimulations } from "@simstream/core/worker"
 * import { dice } from "./dice.ts"
 *
 * serveSimulations([dice])
 * ```
 *
 * @throws Error when the file is not run by a worker
 */
export const serveSimulations = (simulations: ReadonlyArray<AnyIterationSimulation>): void => {
  const scope = workerScope()
  if (scope === null) {
    throw new Error(
      "serveSimulations must be called in a worker: give this file to `new Worker(…)`, and don't import it.",
    )
  }
  serveIn(scope, simulations)
}

/** Serves simulations in any scope; exported for workers that are none, in tests. */
export const serveIn = (scope: WorkerScope, simulations: ReadonlyArray<AnyIterationSimulation>): void => {
  const byName = new Map(simulations.map((simulation) => [simulation.name, simulation]))
  const batches = new Map<number, OpenBatch>()
  let stopped = false

  const run = async ({ batch, first, until, careful }: RunMessage): Promise<void> => {
    const opened = batches.get(batch)
    if (opened === undefined) throw new Error(`The batch ${batch} was not opened.`)
    const iterate = await prepared(opened.iterate)
    const runner = new ChunkRunner(iterate, opened.open.options, first)
    const runSlice = createSlicer(runner, () => stopped)
    let aliveMs = performance.now()
    const tell = () => {
      aliveMs = performance.now()
      scope.post({ type: "at", next: runner.next })
    }
    for (;;) {
      if (runner.next >= until || stopped) break
      if (careful) tell()
      await runSlice(careful ? runner.next + 1 : until)
      if (performance.now() - aliveMs >= ALIVE_MS) tell()
      // Messages are heard between two slices, and not before.
      await breathe()
    }
    scope.post({ type: "ran", parts: [runner.take(), runner.unfinished()].filter((part) => part !== null) })
  }

  scope.listen((message) => {
    switch (message.type) {
      case "open": {
        const simulation = byName.get(message.simulation)
        if (simulation === undefined) return
        const iterate = Promise.resolve().then(() => resolvePrepared(simulation.prepare(message.config)))
        // The run that waits for it reports it.
        iterate.catch(() => undefined)
        batches.set(message.batch, { open: message, iterate })
        return
      }
      case "run":
        stopped = false
        run(message).catch((thrown: unknown) => scope.post(failedMessage(thrown)))
        return
      case "stop":
        stopped = true
        return
      case "close":
        batches.delete(message.batch)
    }
  })
  scope.post({ type: "ready", simulations: [...byName.keys()] })
}

/** What `prepare` threw, told apart from what an iteration did. */
class PrepareError extends Error {
  override readonly name = "PrepareError"
}

const prepared = async (iterate: Promise<Iterate>): Promise<Iterate> => {
  try {
    return await iterate
  } catch (thrown) {
    throw new PrepareError(messageOf(thrown), { cause: thrown })
  }
}

const failedMessage = (thrown: unknown): FailedMessage => {
  const wrapped = thrown instanceof IterationError || thrown instanceof PrepareError
  const cause: unknown = wrapped ? thrown.cause : thrown
  return {
    type: "failed",
    phase: thrown instanceof PrepareError ? "prepare" : "iteration",
    iteration: thrown instanceof IterationError ? thrown.iteration : null,
    message: messageOf(cause),
    stack: cause instanceof Error ? (cause.stack ?? null) : null,
    isPublic: cause instanceof PublicError,
  }
}
