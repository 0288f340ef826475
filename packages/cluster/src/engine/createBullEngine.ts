/** Runs batches on worker processes, any number on any number of machines, with BullMQ as the queue between. */
import type { BatchEngine } from "@simstream/core"
import { type Bull, checkPlace, openBull } from "./connection.ts"
import { createBullSession } from "./bullSession.ts"
import { onceInAWhile, printError } from "./onceInAWhile.ts"
import { patiently } from "./patiently.ts"
import type { BullPlace } from "./place.ts"

/** How batches are run on workers. */
export interface BullEngineOptions extends BullPlace {
  /**
   * How long a batch waits for a worker with its version of the simulation while all that serve it have others, in
   * milliseconds; 60,000 by default, for the time in which a new version is rolled out. Then it fails, in words. For a
   * worker at all it waits for ever, and says so through `onError`.
   */
  readonly versionWaitMs?: number
  /** Told of what an operator should know: a server that can't be reached, a batch that no worker runs. Prints by default. */
  readonly onError?: (error: Error) => void
}

/** An engine on Redis or PostgreSQL. */
export interface BullEngine extends BatchEngine {
  /** Ends the connections. Batches that still need them fail; end those first. */
  readonly close: () => Promise<void>
}

const DEFAULT_VERSION_WAIT_MS = 60_000

/**
 * Makes an engine that runs batches on the workers of a cluster. It connects when its first batch starts. Workers are
 * processes of their own: `npx simstream-worker ./simulations.js`, or `startBullWorker`.
 *
 * @example
 * ```ts
 * import { createBullEngine } from "@simstream/cluster"
 * import { createJobs } from "@simstream/core"
 *
 * const engine = createBullEngine({ connection: "redis://127.0.0.1:6379" })
 * const jobs = createJobs({ simulations: [dice], engine })
 * ```
 *
 * @throws TypeError when the connection is no URL of Redis or PostgreSQL or the namespace no name there, RangeError when an option is out of its range
 */
export const createBullEngine = ({
  versionWaitMs = DEFAULT_VERSION_WAIT_MS,
  onError = printError,
  ...place
}: BullEngineOptions): BullEngine => {
  if (!(Number.isFinite(versionWaitMs) && versionWaitMs >= 0)) {
    throw new RangeError(`versionWaitMs must be a number of milliseconds, 0 or more; got ${versionWaitMs}.`)
  }
  checkPlace(place)
  const closing = new AbortController()
  const report = onceInAWhile(onError)
  /** The last attempt to connect, which may come through when nobody waits for it any more. */
  let connecting: Promise<Bull> | null = null
  let opened: Promise<Bull> | null = null
  const connect = (): Promise<Bull> => {
    connecting = openBull(place, report)
    return connecting
  }
  const bull = (): Promise<Bull> => {
    opened ??= patiently(connect, {
      signal: closing.signal,
      onError: report,
      // A package that is not installed, which is not healed by waiting.
      isFinal: (thrown) => thrown instanceof TypeError,
    })
    return opened
  }
  return {
    open: (batch, events) =>
      createBullSession({
        bull: bull(),
        batch,
        events,
        versionWaitMs,
        engineSignal: closing.signal,
        onError: report,
      }),
    close: async () => {
      closing.abort(new Error("The engine was closed."))
      const closed = connecting?.then(
        (open) => open.close(),
        () => undefined,
      )
      await opened?.then(
        () => closed,
        () => undefined,
      )
    },
  }
}
