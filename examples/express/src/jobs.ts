/** The jobs of this server, and their types, which the page imports with `import type`. */
import { Worker } from "node:worker_threads"
import { createJobs, type Jobs, type SimulationsOf } from "@simstream/core"
import { simulations } from "./simulations.ts"

/** When a request doesn't say how many. */
const DEFAULT_ITERATIONS = 100_000
/** No job runs longer than this, whatever its config costs an iteration; it keeps what it has by then. */
const MOST_MS = 10 * 60_000
/** Jobs that may wait. */
const QUEUE_LIMIT = 20

export interface ServerJobsOptions {
  /** How many worker threads run the iterations; 0, the default, runs them on this thread. */
  readonly workers?: number
}

/** Jobs with limits that let strangers start them. */
export const createServerJobs = ({ workers = 0 }: ServerJobsOptions = {}) => {
  const jobs = createJobs({
    simulations,
    concurrency: 2,
    queueLimit: QUEUE_LIMIT,
    ...(workers === 0
      ? {}
      : {
          workers: {
            count: workers,
            spawn: () => new Worker(new URL("./simulations.worker.ts", import.meta.url)),
          },
        }),
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
