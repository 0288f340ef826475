/**
 * The jobs of this server: made once in a process, whoever asks first. Next bundles routes and pages apart from each other,
 * and in development makes their modules anew with every change, so a constant of a module would be several sets of jobs,
 * and the pages would not find what the routes have started. There is one `globalThis`.
 *
 * What they are is fixed when they are made: a change of a simulation takes a restart of `next dev`.
 */
import { availableParallelism } from "node:os"
import { Worker } from "node:worker_threads"
import { createJobs, type Jobs, type SimulationsOf } from "@simstream/core"
import { simulations } from "@simstream/example-simulations"

/** When a request doesn't say how many. */
const DEFAULT_ITERATIONS = 100_000
/** No job runs longer than this, whatever its config costs an iteration; it keeps what it has by then. */
const MOST_MS = 10 * 60_000
/** Jobs that may wait. */
const QUEUE_LIMIT = 20
const MOST_WORKERS = 256

/** `WORKERS`, one a processor by default. */
const workersFrom = (text: string | undefined): number => {
  if (text === undefined || text === "") return availableParallelism()
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= MOST_WORKERS) return count
  throw new RangeError(
    `WORKERS must be a whole number from 1 to ${MOST_WORKERS}; got ${JSON.stringify(text)}.`,
  )
}

/** Jobs on worker threads, with limits that let strangers start them. */
const createServerJobs = () => {
  const jobs = createJobs({
    simulations,
    concurrency: 2,
    queueLimit: QUEUE_LIMIT,
    workers: {
      count: workersFrom(process.env["WORKERS"]),
      // Turbopack sees this, and bundles the worker's file as well
      spawn: () => new Worker(new URL("./simulations.worker.ts", import.meta.url)),
    },
  })
  const start: Jobs["start"] = ({ iterations = DEFAULT_ITERATIONS, stop, ...request }) =>
    jobs.start({
      ...request,
      iterations,
      stop: { ...stop, timeMs: Math.min(stop?.timeMs ?? MOST_MS, MOST_MS) },
    })
  return { ...jobs, start }
}

export type ServerJobs = ReturnType<typeof createServerJobs>

/** The types of the simulations by name, for the page's client. */
export type Simulations = SimulationsOf<ServerJobs>

declare global {
  var simstreamJobs: ServerJobs | undefined
}

/** The jobs of this process. */
export const serverJobs = (): ServerJobs => (globalThis.simstreamJobs ??= createServerJobs())
