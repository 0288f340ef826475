/** Runs iterations on the present thread, in time slices between which the event loop takes its turn. */
import * as Effect from "effect/Effect"
import { ChunkRunner } from "../kernel/chunkRunner.ts"
import type { Iterate } from "../kernel/iteration.ts"
import { breathe } from "./breathe.ts"
import type { Executor } from "./executor.ts"
import { simulationFailed } from "./failure.ts"
import type { BatchPlan } from "./plan.ts"
import type { AnyIterationSimulation } from "../simulation/definition.ts"
import { createSlicer, SLICE_MS } from "./slicer.ts"

/** Makes the executor of one batch; `first` is where it will begin. */
export const threadExecutor = (
  plan: BatchPlan<AnyIterationSimulation>,
  iterate: Iterate,
  bucket: number,
  first: number,
): Executor => {
  const { seed, onIterationError } = plan.options
  const metrics = plan.simulation.metrics.map(({ name }) => name)
  const runner = new ChunkRunner(iterate, { seed, metrics, bucket, onIterationError }, first)
  const runSlice = createSlicer(runner)
  const failed = (thrown: unknown) => simulationFailed(plan, "iteration", thrown)

  return {
    done: () => runner.next,
    unfinished: () => {
      const chunk = runner.unfinished()
      return chunk === null ? [] : [chunk]
    },
    waitingFor: () => null,
    run: Effect.fnUntraced(function* ({ end, cut, accept, timeIsUp }) {
      let breathedMs = performance.now()
      while (runner.next < end) {
        const until = Math.min(end, cut(runner.next))
        const pending = yield* Effect.try({ try: () => runSlice(until), catch: failed })
        if (pending !== undefined) yield* Effect.tryPromise({ try: () => pending, catch: failed })
        const part = runner.take()
        if (part !== null && !accept(part)) return
        if (timeIsUp()) break
        if (performance.now() - breathedMs >= SLICE_MS) {
          yield* Effect.promise(breathe)
          breathedMs = performance.now()
        }
      }
      const rest = runner.unfinished()
      if (rest !== null) accept(rest)
    }),
  }
}
