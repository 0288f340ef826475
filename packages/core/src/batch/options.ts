/** The options of a batch, checked before any work starts. */
import { MAX_ITERATIONS, type StopRules } from "@simstream/protocol"
import * as Effect from "effect/Effect"
import type { IterationErrorPolicy } from "../kernel/iteration.ts"
import type { AnySimulation } from "../simulation/definition.ts"
import type { BatchEngine } from "../shards/engine.ts"
import type { Checkpoint } from "./checkpoint.ts"
import type { WorkerOptions, WorkerPool } from "../worker/pool.ts"
import { InvalidOption } from "../simulation/errors.ts"

/** How a batch is run. */
export interface BatchOptions {
  /** How many iterations, 1 to 1e9; 10,000 by default. With `stop` it is the most there can be, 10,000,000 by default. */
  readonly iterations?: number
  /**
   * The same seed gives the same result: a whole number or any text of up to 256 characters. `7`, `7n` and `"7"` are one
   * seed. Chosen at random, and reported in the result, when absent.
   */
  readonly seed?: number | bigint | string
  /** Rules that may end the batch sooner; the first that holds does. */
  readonly stop?: StopRules
  /**
   * What to do when an iteration throws or returns something that is no finite number. `"fail"`, the default, fails the
   * batch and names the iteration. `"skip"` leaves it out and counts it; `"collect"` also keeps the first 20 messages.
   * Leaving iterations out means that the statistics are of those that succeed.
   */
  readonly onIterationError?: IterationErrorPolicy
  /**
   * Runs the iterations on workers instead of this thread: how to make one, or a pool that batches share. The result is
   * the same to the bit.
   */
  readonly workers?: WorkerOptions | WorkerPool
  /**
   * Runs the iterations in other processes, on this machine and on others, instead of this one. The result is the same to
   * the bit. The config must be JSON.
   */
  readonly engine?: BatchEngine
  /**
   * The name of the batch for its engine: 1 to 64 letters, digits, `-` and `_`; chosen at random when absent. A process
   * that runs a batch with the same name again, after a crash, goes on with what workers have done of it.
   */
  readonly batchId?: string
  /** Goes on from here instead of the beginning, to the same bits; see `checkpoint`. The seed is its own unless given too. */
  readonly resume?: Checkpoint
  /** How often progress is published, in milliseconds; 100 by default, at least 10. */
  readonly progressMs?: number
}

/** Options with every default filled in. */
export interface CheckedOptions {
  readonly iterations: number
  readonly seed: string
  readonly stop: StopRules
  readonly onIterationError: IterationErrorPolicy
  readonly progressMs: number
  readonly workers: WorkerOptions | WorkerPool | null
  readonly engine: BatchEngine | null
  readonly batchId: string | null
  readonly resume: Checkpoint | null
}

const DEFAULT_ITERATIONS = 10_000
/** The cap of a batch whose length its stop rules decide, where the caller gave none. */
const DEFAULT_CAP = 10_000_000
const DEFAULT_PROGRESS_MS = 100
const LEAST_PROGRESS_MS = 10
const SEED_LENGTH_LIMIT = 256
/** An interval from fewer values is not worth a decision: the study measured a coverage of 2 % for rare events. */
export const LEAST_PRECISION_ITERATIONS = 100
const POLICIES: ReadonlyArray<unknown> = ["fail", "skip", "collect"]

/** A seed of 53 random bits. */
const randomSeed = (): string => {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2))
  return String((high >>> 11) * 4294967296 + low)
}

const shown = (value: unknown): string => {
  if (typeof value !== "string" && typeof value !== "object") return String(value)
  try {
    return JSON.stringify(value)
  } catch {
    // It refers to itself or holds a bigint: what it is not will do.
    return "something that is no JSON"
  }
}

const invalid = (path: ReadonlyArray<string>, value: unknown, allowed: string) =>
  new InvalidOption({ path, value, message: `${path.join(".")} must be ${allowed}; got ${shown(value)}.` })

const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isPositive = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value > 0

/** The options with their defaults, or the first that is out of its range. */
export const checkOptions = Effect.fnUntraced(function* (
  simulation: AnySimulation,
  options: BatchOptions,
): Effect.fn.Return<CheckedOptions, InvalidOption> {
  const { seed, stop = {}, onIterationError = "fail", progressMs = DEFAULT_PROGRESS_MS } = options
  if (!isObject(stop)) return yield* invalid(["stop"], stop, "an object with the rules")
  const stops = stop.timeMs !== undefined || stop.precision !== undefined
  const { resume = null } = options
  const { iterations = stops ? DEFAULT_CAP : DEFAULT_ITERATIONS } = options

  if (!(Number.isSafeInteger(iterations) && iterations >= 1 && iterations <= MAX_ITERATIONS)) {
    return yield* invalid(["iterations"], iterations, "a whole number from 1 to 1,000,000,000")
  }
  if (!isSeed(seed)) {
    return yield* invalid(["seed"], seed, "a whole number, or text of 1 to 256 characters")
  }
  if (!POLICIES.includes(onIterationError)) {
    return yield* invalid(["onIterationError"], onIterationError, '"fail", "skip" or "collect"')
  }
  if (!(isPositive(progressMs) && progressMs >= LEAST_PROGRESS_MS)) {
    return yield* invalid(["progressMs"], progressMs, `${LEAST_PROGRESS_MS} milliseconds or more`)
  }
  yield* checkStop(simulation, stop)
  yield* checkWorkers(options.workers)
  yield* checkEngine(options)
  if (resume !== null && !(typeof resume === "object" && Array.isArray(resume.nodes))) {
    return yield* invalid(["resume"], resume, "a checkpoint of this batch")
  }
  if (simulation.kind === "engine") yield* checkEngineOptions(simulation, options)
  return {
    iterations,
    seed: seed === undefined ? (resume?.seed ?? randomSeed()) : String(seed),
    stop,
    onIterationError,
    progressMs,
    workers: options.workers ?? null,
    engine: options.engine ?? null,
    batchId: options.batchId ?? null,
    resume,
  }
})

/** An engine of the user's own decides for itself when to stop and where to run. */
const checkEngineOptions = Effect.fnUntraced(function* (
  { name }: AnySimulation,
  options: BatchOptions,
): Effect.fn.Return<void, InvalidOption> {
  for (const option of ["stop", "workers", "engine", "resume"] as const) {
    if (options[option] !== undefined) {
      return yield* invalid([option], options[option], `absent: "${name}" has an engine of its own`)
    }
  }
})

const checkWorkers = Effect.fnUntraced(function* (
  workers: BatchOptions["workers"],
): Effect.fn.Return<void, InvalidOption> {
  if (workers === undefined) return
  if (!isObject(workers)) return yield* invalid(["workers"], workers, "a pool, or an object with spawn")
  if ("attach" in workers) return
  const { spawn, count, stallMs } = workers
  if (typeof spawn !== "function") {
    return yield* invalid(["workers", "spawn"], spawn, "a function that makes a worker")
  }
  if (count !== undefined && !(Number.isSafeInteger(count) && count >= 1)) {
    return yield* invalid(["workers", "count"], count, "a whole number, 1 or more")
  }
  if (stallMs !== undefined && !isPositive(stallMs)) {
    return yield* invalid(["workers", "stallMs"], stallMs, "a number of milliseconds greater than 0")
  }
})

const BATCH_ID = /^[A-Za-z0-9_-]{1,64}$/

const checkEngine = Effect.fnUntraced(function* ({
  engine,
  batchId,
  workers,
}: BatchOptions): Effect.fn.Return<void, InvalidOption> {
  if (batchId !== undefined && !(typeof batchId === "string" && BATCH_ID.test(batchId))) {
    return yield* invalid(["batchId"], batchId, 'text of 1 to 64 letters, digits, "-" and "_"')
  }
  if (engine === undefined) return
  if (!isObject(engine) || typeof engine.open !== "function") {
    return yield* invalid(["engine"], engine, "an engine, such as createBullEngine makes")
  }
  if (workers !== undefined) {
    return yield* invalid(
      ["workers"],
      workers,
      "absent beside an engine, whose workers are processes of their own",
    )
  }
})

const isSeed = (seed: unknown): boolean =>
  seed === undefined ||
  (typeof seed === "number" && Number.isSafeInteger(seed)) ||
  // The result reports a seed as text, which must be a seed again.
  ((typeof seed === "bigint" || typeof seed === "string") && isSeedText(String(seed)))

const isSeedText = (text: string): boolean => text.length >= 1 && text.length <= SEED_LENGTH_LIMIT

const checkStop = Effect.fnUntraced(function* (
  simulation: AnySimulation,
  { timeMs, precision }: StopRules,
): Effect.fn.Return<void, InvalidOption> {
  if (timeMs !== undefined && !isPositive(timeMs)) {
    return yield* invalid(["stop", "timeMs"], timeMs, "a number of milliseconds greater than 0")
  }
  if (precision === undefined || simulation.kind === "engine") return
  if (!isObject(precision)) {
    return yield* invalid(["stop", "precision"], precision, "an object with a metric and a half-width")
  }
  const { metric, absolute, relative, minIterations } = precision
  const metrics = simulation.metrics.map(({ name }) => name)
  if (!metrics.includes(metric)) {
    return yield* invalid(
      ["stop", "precision", "metric"],
      metric,
      `a metric of "${simulation.name}" (${metrics.join(", ")})`,
    )
  }
  if (absolute === undefined && relative === undefined) {
    return yield* invalid(["stop", "precision"], precision, "given an absolute or a relative half-width")
  }
  if (absolute !== undefined && !isPositive(absolute)) {
    return yield* invalid(["stop", "precision", "absolute"], absolute, "a half-width greater than 0")
  }
  if (relative !== undefined && !isPositive(relative)) {
    return yield* invalid(
      ["stop", "precision", "relative"],
      relative,
      "a fraction of the mean greater than 0",
    )
  }
  if (
    minIterations !== undefined &&
    !(Number.isSafeInteger(minIterations) && minIterations >= LEAST_PRECISION_ITERATIONS)
  ) {
    return yield* invalid(
      ["stop", "precision", "minIterations"],
      minIterations,
      `a whole number, ${LEAST_PRECISION_ITERATIONS} or more`,
    )
  }
})
