/** The options of `createJobs`, checked. */
import type { JobSummary } from "@simstream/protocol"
import * as Context from "effect/Context"
import type { AnySimulation } from "../simulation/definition.ts"
import type { JobsOptions } from "./jobs.ts"
import { createMemoryStore } from "./memoryStore.ts"
import type { JobStore } from "./store.ts"

/** The options with their defaults. */
export interface CheckedJobsOptions {
  readonly simulations: ReadonlyMap<string, AnySimulation>
  readonly concurrency: number
  readonly queueLimit: number
  readonly retentionMs: number
  /** `null` when jobs that nobody watches run on. */
  readonly cancelAfterMs: number | null
  readonly store: JobStore
  readonly context: Context.Context<never>
  readonly onError: (error: unknown, job: JobSummary | null) => void
}

const DEFAULT_CONCURRENCY = 2
const DEFAULT_QUEUE_LIMIT = 100
const DEFAULT_RETENTION_MS = 3_600_000
/** Beyond this, 24.8 days, a timer overflows and fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Checks the options and fills in the defaults.
 *
 * @throws RangeError when an option is out of its range, TypeError when there is no simulation, two share a name, or
 * there are both workers and an engine
 */
export const checkJobsOptions = (options: JobsOptions<ReadonlyArray<AnySimulation>>): CheckedJobsOptions => {
  const { whenUnwatched = "keep", workers, engine } = options
  if (workers !== undefined && engine !== undefined) {
    throw new TypeError("createJobs was given workers and an engine; give it one of them.")
  }
  return {
    simulations: byName(options.simulations),
    concurrency: whole("concurrency", options.concurrency ?? DEFAULT_CONCURRENCY, 1),
    queueLimit: whole("queueLimit", options.queueLimit ?? DEFAULT_QUEUE_LIMIT, 0),
    retentionMs: whole("retentionMs", options.retentionMs ?? DEFAULT_RETENTION_MS, 0, LONGEST_TIMER_MS),
    cancelAfterMs:
      whenUnwatched === "keep"
        ? null
        : whole("whenUnwatched.cancelAfterMs", whenUnwatched.cancelAfterMs, 1, LONGEST_TIMER_MS),
    store: options.store ?? createMemoryStore(),
    context: options.context ?? Context.empty(),
    onError: neverThrowing(options.onError ?? printError),
  }
}

const whole = (name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): number => {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  throw new RangeError(`createJobs: ${name} must be a whole number from ${least} to ${most}; got ${value}.`)
}

/**
 * Checks how long a shutdown may wait.
 *
 * @throws RangeError when it is no time, or longer than any timer: that would be over at once
 */
export const checkGrace = (graceMs: number): void => {
  if (graceMs >= 0 && graceMs <= LONGEST_TIMER_MS) return
  throw new RangeError(
    `shutdown: graceMs must be a number of milliseconds from 0 to ${LONGEST_TIMER_MS}; got ${graceMs}.`,
  )
}

const byName = (simulations: ReadonlyArray<AnySimulation>): ReadonlyMap<string, AnySimulation> => {
  const named = new Map<string, AnySimulation>()
  for (const simulation of simulations) {
    if (named.has(simulation.name)) {
      throw new TypeError(`createJobs was given two simulations with the name "${simulation.name}".`)
    }
    named.set(simulation.name, simulation)
  }
  if (named.size === 0) throw new TypeError("createJobs needs at least one simulation.")
  return named
}

type OnError = CheckedJobsOptions["onError"]

/** A log that fails must not stop the jobs behind the one that it was told of. */
const neverThrowing =
  (onError: OnError): OnError =>
  (error, job) => {
    try {
      onError(error, job)
    } catch (thrown) {
      printError(error, job)
      printError(thrown, job)
    }
  }

const printError = (error: unknown, job: JobSummary | null): void => {
  const what = job === null ? "The store of the jobs" : `Job ${job.jobId} (${job.simulation})`
  // eslint-disable-next-line no-console -- the default of `onError`: an error that nobody asked for must show somewhere
  console.error(`${what} failed:`, error)
}
