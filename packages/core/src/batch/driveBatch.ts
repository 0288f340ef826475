/** Runs a checked batch to its end, judges when that is, and reports on the way. */
import { type PartialOutputs, type Result, RESULT_SCHEMA_VERSION, type StopReason } from "@simstream/protocol"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Ledger, type Part } from "../kernel/part.ts"
import { summarise } from "../kernel/summary.ts"
import { mergeSums, mergeTallies, type Sums, type Tallies } from "../kernel/sums.ts"
import type { AnyIterationSimulation } from "../simulation/definition.ts"
import type { SimulationFailed } from "../simulation/errors.ts"
import { resolvePrepared } from "../simulation/prepare.ts"
import { bucketOf } from "./bucket.ts"
import { type Checkpoint, encodeCheckpoint } from "./checkpoint.ts"
import { digestOf } from "./digest.ts"
import type { Executor } from "./executor.ts"
import { driveEngine } from "./driveEngine.ts"
import { attempt } from "./failure.ts"
import type { BatchPlan } from "./plan.ts"
import { type Before, finalProgress, initialMeter, type Meter, readMeter } from "./progress.ts"
import { judgePrecision, nextCheckPoint } from "./stop.ts"
import { createWorkerPool } from "../worker/pool.ts"
import { workerExecutor } from "../worker/workerExecutor.ts"
import { shardExecutor } from "../shards/shardExecutor.ts"
import { threadExecutor } from "./threadExecutor.ts"
import type { BatchObserver } from "./update.ts"

/** Partial outputs are published at least this often, in milliseconds, */
const PARTIAL_MS = 1000
/** and whenever this much more of the work is done, */
const PARTIAL_PERCENT = 10
/** but not more often than this: summarising is work too. */
const PARTIAL_LEAST_MS = 50

type IterationPlan = BatchPlan<AnyIterationSimulation>

/** What a batch in progress knows of itself, and says. */
class BatchState {
  readonly ledger: Ledger
  stopReason: StopReason | null = null
  private readonly plan: IterationPlan
  private readonly bucket: number
  private readonly observer: BatchObserver
  private executor: Executor | null = null
  private checkPoint: number
  private projected: number | null = null
  private meter: Meter
  private partialAtMs = performance.now()
  private partialAtPercentage = 0
  /** What was thrown when a part was accepted, if anything: by `present`, or because there are too many names. */
  private unacceptable: { readonly thrown: unknown } | null = null

  constructor(plan: IterationPlan, bucket: number, observer: BatchObserver, before: Before | null) {
    this.plan = plan
    this.bucket = bucket
    this.observer = observer
    this.ledger = new Ledger(plan.simulation.metrics.length, plan.resumed ?? undefined)
    const { precision } = plan.options.stop
    const first = this.ledger.iterations()
    this.checkPoint = precision === undefined ? Infinity : nextCheckPoint(precision, first)
    this.meter = initialMeter(performance.now(), first, before)
  }

  /** Runs the batch by an executor. */
  runBy(executor: Executor): Effect.Effect<void, SimulationFailed> {
    this.executor = executor
    return executor.run({
      first: this.ledger.iterations(),
      end: this.plan.options.iterations,
      cut: (from) => this.cut(from),
      accept: (part) => this.accept(part),
      timeIsUp: () => this.timeIsUp(),
      timeLeftMs: () => this.timeLeftMs(),
    })
  }

  private cut(from: number): number {
    const { precision } = this.plan.options.stop
    return precision === undefined ? Infinity : nextCheckPoint(precision, from)
  }

  private accept(part: Part): boolean {
    try {
      this.ledger.append(part)
      this.judge()
      if (this.stopReason !== null) return false
      this.reportPartial()
      return true
    } catch (thrown) {
      // Executors call this from wherever their workers' messages arrive; `finish` throws it where it is caught.
      this.unacceptable = { thrown }
      return false
    }
  }

  /** Judges precision where the last part ended, if that is a check point. */
  private judge(): void {
    const { precision } = this.plan.options.stop
    if (this.stopReason !== null || precision === undefined || this.ledger.iterations() !== this.checkPoint)
      return
    this.checkPoint = nextCheckPoint(precision, this.checkPoint)
    const metric = this.plan.simulation.metrics.findIndex(({ name }) => name === precision.metric)
    const state = this.ledger.sums().moments[metric]
    if (state === undefined) return
    const { reached, projected } = judgePrecision(precision, state)
    this.projected = projected
    if (reached) this.stopReason = "precision"
  }

  private timeLeftMs(): number {
    const { timeMs = Infinity } = this.plan.options.stop
    return timeMs - (performance.now() - this.meter.startMs)
  }

  private timeIsUp(): boolean {
    const up = this.timeLeftMs() <= 0
    if (up) this.stopReason ??= "time"
    return up
  }

  /** Publishes progress. */
  report(): void {
    const { iterations, stop } = this.plan.options
    const [meter, progress] = readMeter(this.meter, {
      nowMs: performance.now(),
      current: this.done(),
      total: iterations,
      projected: this.projected,
      timeMs: stop.timeMs,
      waitingFor: this.executor?.waitingFor() ?? null,
    })
    this.meter = meter
    this.observer.progress(progress)
  }

  /** Takes back that it waits, if that was the last word. */
  reportEnd(): void {
    if (this.meter.isWaiting) this.report()
  }

  /** Publishes partial outputs if they are due. */
  reportPartial(): void {
    const nowMs = performance.now()
    const sinceMs = nowMs - this.partialAtMs
    if (sinceMs < PARTIAL_LEAST_MS) return
    const percentage = Math.max(this.meter.percentage, (100 * this.done()) / this.plan.options.iterations)
    if (sinceMs >= PARTIAL_MS || percentage >= this.partialAtPercentage + PARTIAL_PERCENT) {
      this.partialAtPercentage = percentage
      this.partialAtMs = nowMs
      this.publishPartial()
    }
  }

  /** Publishes what there is, down to the last iteration that is known; nothing if there is nothing. */
  publishPartial(): void {
    const delivered = this.ledger.iterations()
    const rest = (this.executor?.unfinished() ?? []).filter(({ first }) => first >= delivered)
    if (delivered === 0 && rest.length === 0) return
    let sums = this.ledger.sums()
    let tallies = this.ledger.tallies()
    for (const part of rest) {
      for (const node of part.nodes) sums = mergeSums(sums, node.value)
      tallies = mergeTallies(tallies, part.tallies)
    }
    this.observer.partial(this.outputs(sums, tallies))
  }

  /** What can be put aside now. */
  checkpoint(): Checkpoint {
    const { simulation, config, options } = this.plan
    return encodeCheckpoint({ simulation: simulation.name, seed: options.seed, config }, this.ledger.state())
  }

  /** Closes the books. */
  finish(): Result {
    if (this.unacceptable !== null) throw this.unacceptable.thrown
    const { options } = this.plan
    const iterations = this.ledger.iterations()
    const tallies = this.ledger.tallies()
    const { stats, timeline, charts } = this.outputs(this.ledger.sums(), tallies)
    const result = {
      stats,
      timeline,
      charts,
      iterations,
      seed: options.seed,
      failures: { count: tallies.failed, examples: tallies.failures },
      schemaVersion: RESULT_SCHEMA_VERSION,
    }
    const nowMs = performance.now()
    const counted = options.stop.precision === undefined ? "iterations" : "maxIterations"
    this.observer.progress(finalProgress(this.meter, nowMs, iterations))
    return {
      ...result,
      stopReason: this.stopReason ?? counted,
      elapsedMs: Math.round(nowMs - this.meter.startMs),
      digest: digestOf(result),
    }
  }

  private done(): number {
    return this.executor?.done() ?? this.ledger.iterations()
  }

  private outputs(sums: Sums, tallies: Tallies): Required<PartialOutputs> {
    const { simulation, config } = this.plan
    const summary = summarise(sums, tallies, {
      metrics: simulation.metrics,
      timeline: { bucket: this.bucket, unit: simulation.timeline.unit },
    })
    return simulation.present(summary, config)
  }
}

/**
 * Runs the batch. When it is interrupted or an iteration fails, its newest partial outputs are published before it goes.
 * One that goes on after an interruption is given how far it was `before`.
 */
export const driveBatch = (
  plan: BatchPlan,
  observer: BatchObserver,
  before: Before | null = null,
): Effect.Effect<Result, SimulationFailed> => {
  const { simulation } = plan
  return Effect.scoped(
    simulation.kind === "engine"
      ? driveEngine(plan, simulation, observer)
      : driveIterations({ ...plan, simulation }, observer, before),
  )
}

const driveIterations = Effect.fnUntraced(function* (
  plan: IterationPlan,
  observer: BatchObserver,
  before: Before | null,
): Effect.fn.Return<Result, SimulationFailed, Scope.Scope> {
  const { simulation, config, options } = plan
  const bucket = yield* attempt(plan, "prepare", () => bucketOf(simulation, config))
  const state = new BatchState(plan, bucket, observer, before)
  observer.checkpoints?.(() => state.checkpoint())
  const executor = yield* makeExecutor(plan, bucket, state.ledger.iterations())

  const tick = attempt(plan, "present", () => {
    state.report()
    state.reportPartial()
  })
  const ticking = tick.pipe(Effect.delay(options.progressMs), Effect.forever)
  const leave = attempt(plan, "present", () => {
    state.report()
    state.publishPartial()
  })
  return yield* Effect.sync(() => state.report()).pipe(
    // What fails while ticking, a `present` that throws, fails the batch.
    Effect.andThen(Effect.raceFirst(state.runBy(executor), ticking)),
    Effect.andThen(attempt(plan, "present", () => state.finish())),
    // What a failed batch leaves. Should `present` fail on it, the first failure is still the one to tell.
    Effect.tapError(({ phase }) =>
      phase === "iteration" ? Effect.ignore(leave) : Effect.sync(() => state.reportEnd()),
    ),
    Effect.onInterrupt(() => Effect.orDie(leave)),
  )
})

/** An engine or workers if there are any, and this thread otherwise. A pool that the batch made for itself ends with it. */
const makeExecutor = Effect.fnUntraced(function* (
  plan: IterationPlan,
  bucket: number,
  first: number,
): Effect.fn.Return<Executor, SimulationFailed, Scope.Scope> {
  const { simulation, config, options } = plan
  const { workers, engine, batchId } = options
  if (engine !== null) return shardExecutor(plan, engine, batchId ?? randomBatchId(), bucket, first)
  if (workers === null) {
    const iterate = yield* attempt(plan, "prepare", (signal) =>
      resolvePrepared(simulation.prepare(config), signal),
    )
    return threadExecutor(plan, iterate, bucket, first)
  }
  const pool =
    "attach" in workers
      ? workers
      : yield* Effect.acquireRelease(
          Effect.sync(() => createWorkerPool(workers)),
          (own) => Effect.sync(own.close),
        )
  return workerExecutor(plan, pool, bucket, first)
})

const randomBatchId = (): string => `batch_${crypto.randomUUID().replaceAll("-", "")}`
