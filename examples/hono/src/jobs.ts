/** The jobs of this server, and their types, which the page imports with `import type`. */
import { createJobs, InvalidOption, type Jobs, type SimulationsOf } from "@simstream/core"
import { simulations } from "@simstream/example-simulations"

/** What one visitor may ask for at a time. A minute or so of work for most configs. */
const MOST_ITERATIONS = 10_000_000
/** When a request doesn't say how many. */
const DEFAULT_ITERATIONS = 100_000
/** No job runs longer than this, whatever its config costs an iteration; it keeps what it has by then. */
const MOST_MS = 10 * 60_000
/** Jobs that may wait: enough for a busy day, few enough that nobody waits for an hour. */
const QUEUE_LIMIT = 20

/** Jobs with limits that let strangers start them. */
export const createDemoJobs = () => {
  const jobs = createJobs({ simulations, concurrency: 2, queueLimit: QUEUE_LIMIT })
  const start: Jobs["start"] = async (request) => {
    const { iterations = DEFAULT_ITERATIONS, stop } = request
    if (iterations > MOST_ITERATIONS) {
      throw new InvalidOption({
        path: ["iterations"],
        value: iterations,
        message: `iterations may be ${MOST_ITERATIONS.toLocaleString("en")} at most on this server; got ${iterations.toLocaleString("en")}.`,
      })
    }
    return jobs.start({
      ...request,
      iterations,
      stop: { ...stop, timeMs: Math.min(stop?.timeMs ?? MOST_MS, MOST_MS) },
    })
  }
  return { ...jobs, start }
}

export type DemoJobs = ReturnType<typeof createDemoJobs>

/** The types of the simulations by name, for the page's client. */
export type Simulations = SimulationsOf<DemoJobs>
