/** Runs a checked batch to its end on the present thread, in time slices, and reports on the way. */
import { type PartialOutputs, type Result, RESULT_SCHEMA_VERSION, type StopReason } from "@simstream/protocol"
import * as Effect from "effect/Effect"
import { ChunkRunner } from "../kernel/chunkRunner.ts"
import { messageOf } from "../kernel/failures.ts"
import { foldAll } from "../kernel/fold.ts"
import { type Iterate, IterationError } from "../kernel/iteration.ts"
import { emptySums, mergeSums, type Sums } from "../kernel/sums.ts"
import { summarise } from "../kernel/summary.ts"
import type { AnySimulation } from "../simulation/definition.ts"
import { SimulationFailed } from "../simulation/errors.ts"
import { resolvePrepared } from "../simulation/prepare.ts"
import { breathe } from "./breathe.ts"
import { digestOf } from "./digest.ts"
import type { CheckedOptions } from "./options.ts"
import { finalProgress, initialMeter, readMeter } from "./progress.ts"
import { judgePrecision, nextCheckPoint } from "./stop.ts"
import type { BatchObserver } from "./update.ts"

/** How long the event loop may have to wait for its turn. */
const SLICE_MS = 8
/** How long iterations run between two looks at the clock, which costs about 50 ns. */
const STEP_MS = 0.5
/** Partial outputs are published at least this often, */
const PARTIAL_MS = 1000
/** and whenever this much more of the work is done, */
const PARTIAL_PERCENT = 10
/** but not more often than this: summarising is work too. */
const PARTIAL_LEAST_MS = 50

/** A batch that has been checked and can be run. */
export interface BatchPlan {
  readonly simulation: AnySimulation
  /** As the schema gave it. */
  readonly config: unknown
  readonly options: CheckedOptions
}

const attempt = <A>(
  { simulation, options }: BatchPlan,
  phase: SimulationFailed["phase"],
  evaluate: () => Promise<A> | A,
): Effect.Effect<A, SimulationFailed> =>
  Effect.tryPromise({
    try: async () => evaluate(),
    catch: (thrown) => failure(simulation, options.seed, phase, thrown),
  })

const failure = (
  simulation: AnySimulation,
  seed: string,
  phase: SimulationFailed["phase"],
  thrown: unknown,
): SimulationFailed => {
  const iteration = thrown instanceof IterationError ? thrown.iteration : null
  const cause = thrown instanceof IterationError ? thrown.cause : thrown
  const where = iteration === null ? phase : `iteration ${iteration} (seed ${seed})`
  return new SimulationFailed({
    simulation: simulation.name,
    phase,
    iteration,
    seed,
    cause,
    message: `"${simulation.name}" failed in ${where}: ${messageOf(cause)}`,
  })
}

/** What a batch in progress can say of itself. */
class BatchState {
  readonly runner: ChunkRunner
  private readonly plan: BatchPlan
  private readonly observer: BatchObserver
  private meter = initialMeter(performance.now())
  private projected: number | null = null
  private partialAtMs = performance.now()
  private partialAtPercentage = 0
  private step = 1

  constructor(plan: BatchPlan, iterate: Iterate, bucket: number, observer: BatchObserver) {
    const { seed, onIterationError } = plan.options
    this.plan = plan
    this.observer = observer
    this.runner = new ChunkRunner(iterate, {
      seed,
      metrics: plan.simulation.metrics.map(({ name }) => name),
      bucket,
      onIterationError,
    })
  }

  /** Runs for a time slice at most, or up to `until`. A promise is of an iteration that is asynchronous. */
  runSlice(until: number): void | Promise<void> {
    const { runner } = this
    const start = performance.now()
    let before = start
    do {
      const first = runner.next
      const pending = runner.run(Math.min(until, first + this.step))
      if (pending !== undefined) return pending
      const now = performance.now()
      const ran = runner.next - first
      const fitting = now > before ? Math.ceil((ran * STEP_MS) / (now - before)) : 2 * ran
      // At most doubled: the first iterations may be the cheap ones.
      this.step = Math.max(1, Math.min(2 * this.step, fitting))
      before = now
    } while (before - start < SLICE_MS && runner.next < until)
  }

  /** Publishes progress, and partial outputs when they are due. */
  report(): void {
    const nowMs = performance.now()
    const { iterations, stop } = this.plan.options
    const [meter, progress] = readMeter(this.meter, {
      nowMs,
      current: this.runner.next,
      total: iterations,
      projected: this.projected,
      timeMs: stop.timeMs,
    })
    this.meter = meter
    this.observer.progress(progress)
  }

  /** Publishes partial outputs if they are due. */
  reportPartial(): void {
    const nowMs = performance.now()
    const sinceMs = nowMs - this.partialAtMs
    if (sinceMs < PARTIAL_LEAST_MS || this.runner.next === 0) return
    const { iterations } = this.plan.options
    const percentage = Math.max(this.meter.percentage, (100 * this.runner.next) / iterations)
    if (sinceMs >= PARTIAL_MS || percentage >= this.partialAtPercentage + PARTIAL_PERCENT) {
      this.partialAtPercentage = percentage
      this.partialAtMs = nowMs
      this.observer.partial(this.outputs())
    }
  }

  /** The outputs of what has run, including the chunk under way. */
  outputs(): PartialOutputs & { readonly timeline: unknown; readonly charts: unknown } {
    const { simulation, config } = this.plan
    const folded = foldAll(this.runner.fold, mergeSums)
    const sums = folded === undefined ? this.runner.openChunk : mergeSums(folded, this.runner.openChunk)
    return simulation.present(this.summary(sums), config)
  }

  /** Whether the wanted precision is reached; called where check points are. */
  precisionReached(): boolean {
    const rule = this.plan.options.stop.precision
    if (rule === undefined) return false
    const at = this.plan.simulation.metrics.findIndex(({ name }) => name === rule.metric)
    const sums = foldAll(this.runner.fold, mergeSums)
    if (sums === undefined || at === -1) return false
    const { reached, projected } = judgePrecision(rule, sums.moments[at])
    this.projected = projected
    return reached
  }

  /** Whether the time budget is spent. */
  timeIsUp(): boolean {
    const { timeMs } = this.plan.options.stop
    return timeMs !== undefined && performance.now() - this.meter.startMs >= timeMs
  }

  /** Closes the books. */
  finish(stopReason: StopReason): Result {
    const { simulation, config, options } = this.plan
    const { runner } = this
    runner.closeChunk()
    const sums = foldAll(runner.fold, mergeSums) ?? emptySums(simulation.metrics.length)
    const { stats, timeline, charts } = simulation.present(this.summary(sums), config)
    const { failed, failures } = runner.tallies
    const result = {
      stats,
      timeline,
      charts,
      iterations: runner.next,
      seed: options.seed,
      failures: { count: failed, examples: failures },
      schemaVersion: RESULT_SCHEMA_VERSION,
    }
    const nowMs = performance.now()
    this.observer.progress(finalProgress(this.meter, nowMs, runner.next))
    return {
      ...result,
      stopReason,
      elapsedMs: Math.round(nowMs - this.meter.startMs),
      digest: digestOf(result),
    }
  }

  private summary(sums: Sums) {
    const { simulation, config } = this.plan
    return summarise(sums, this.runner.tallies, {
      metrics: simulation.metrics,
      timeline: { bucket: simulation.timeline.bucket(config), unit: simulation.timeline.unit },
    })
  }
}

/** Runs the batch. When it is interrupted, its newest partial outputs are published before it goes. */
export const driveBatch = Effect.fnUntraced(function* (
  plan: BatchPlan,
  observer: BatchObserver,
): Effect.fn.Return<Result, SimulationFailed> {
  const { simulation, config } = plan
  const iterate = yield* attempt(plan, "prepare", () => resolvePrepared(simulation.prepare(config)))
  const bucket = yield* attempt(plan, "prepare", () => checkBucket(simulation.timeline.bucket(config)))
  const state = new BatchState(plan, iterate, bucket, observer)
  return yield* Effect.scoped(runToEnd(plan, state)).pipe(
    Effect.onInterrupt(() =>
      Effect.sync(() => {
        state.report()
        if (state.runner.next > 0) observer.partial(state.outputs())
      }),
    ),
  )
})

const checkBucket = (bucket: number): number => {
  if (Number.isFinite(bucket) && bucket > 0) return bucket
  throw new RangeError(`timeline.bucket must be a number greater than 0; got ${bucket}.`)
}

const runToEnd = Effect.fnUntraced(function* (plan: BatchPlan, state: BatchState) {
  const { iterations, stop, progressMs } = plan.options
  const { runner } = state
  state.report()
  yield* Effect.sync(() => state.report()).pipe(Effect.delay(progressMs), Effect.forever, Effect.forkScoped)

  let stopReason: StopReason =
    stop.precision === undefined && stop.timeMs === undefined ? "iterations" : "maxIterations"
  let checkPoint = stop.precision === undefined ? Infinity : nextCheckPoint(stop.precision, 0)
  let breathedMs = performance.now()
  while (runner.next < iterations) {
    const until = Math.min(iterations, checkPoint)
    const pending = yield* Effect.try({
      try: () => state.runSlice(until),
      catch: (thrown) => failure(plan.simulation, plan.options.seed, "iteration", thrown),
    })
    if (pending !== undefined) yield* attempt(plan, "iteration", () => pending)
    if (runner.next === checkPoint && stop.precision !== undefined) {
      if (state.precisionReached()) {
        stopReason = "precision"
        break
      }
      checkPoint = nextCheckPoint(stop.precision, checkPoint)
    }
    if (state.timeIsUp()) {
      stopReason = "time"
      break
    }
    yield* attempt(plan, "present", () => state.reportPartial())
    if (performance.now() - breathedMs >= SLICE_MS) {
      yield* Effect.promise(breathe)
      breathedMs = performance.now()
    }
  }
  return yield* attempt(plan, "present", () => state.finish(stopReason))
})
