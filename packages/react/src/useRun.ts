/** The hook under `useSimulation`: starts jobs and follows the newest. */
import type { JobHandle, StartOptions } from "@simstream/client"
import type { Outputs } from "@simstream/protocol"
import { useCallback, useMemo, useState } from "react"
import { itself, type SimulationJob } from "./job.ts"
import type { FollowOptions } from "./options.ts"
import { useJob, type JobSource } from "./useJob.ts"

/** What the hook needs of a client. */
export interface RunSource<Name extends string, Input, O extends Outputs> extends JobSource<O> {
  readonly start: (name: Name, options: StartOptions<Input>) => Promise<JobHandle<O>>
}

/** What `useSimulation` adds to the job. */
export interface RunControls<Input, O extends Outputs> {
  /**
   * Starts a job and follows it in place of the one before, which goes on by itself. Rejects as the client's `start`
   * does; `startError` has the error too, so a click handler need not wait for it.
   */
  readonly start: (options: StartOptions<Input>) => Promise<JobHandle<O>>
  /** Forgets the job and the error, as if nothing had been started. The job goes on: `cancel` ends it. */
  readonly reset: () => void
  /** Whether the server has yet to answer `start`. */
  readonly starting: boolean
  /** Why the last `start` failed: a `RequestFailed` with `problem.issues` for a config that is not valid, for one. */
  readonly startError: Error | null
}

/** The newest start. Whatever an older one comes to is nothing to it. */
interface Run<Name extends string, O extends Outputs> {
  readonly source: object
  readonly name: Name
  readonly pending: Promise<JobHandle<O>> | null
  readonly jobId: string | null
  readonly starting: boolean
  readonly startError: Error | null
}

const noRun = <Name extends string, O extends Outputs>(source: object, name: Name): Run<Name, O> => ({
  source,
  name,
  pending: null,
  jobId: null,
  starting: false,
  startError: null,
})

const toError = (thrown: unknown): Error =>
  thrown instanceof Error
    ? thrown
    : new Error(`The job could not be started: ${String(thrown)}`, { cause: thrown })

export const useRun = <Name extends string, Input, O extends Outputs>(
  source: RunSource<Name, Input, O>,
  name: Name,
  options: FollowOptions<O>,
): SimulationJob<O> & RunControls<Input, O> => {
  const [taken, setRun] = useState(() => noRun<Name, O>(source, name))
  const isStale = taken.source !== source || taken.name !== name
  const run = isStale ? noRun<Name, O>(source, name) : taken
  if (isStale) setRun(run)

  const start = useCallback(
    (startOptions: StartOptions<Input>) => {
      const pending = source.start(name, startOptions)
      const settle = (outcome: Partial<Run<Name, O>>) =>
        setRun((now) => (now.pending === pending ? { ...now, starting: false, ...outcome } : now))
      setRun({ ...noRun<Name, O>(source, name), pending, starting: true })
      // Being handled here, a rejection that the caller has no interest in is not reported as unhandled
      pending.then(
        ({ jobId }) => settle({ jobId }),
        (thrown: unknown) => settle({ startError: startOptions.signal?.aborted ? null : toError(thrown) }),
      )
      return pending
    },
    [source, name],
  )

  const reset = useCallback(() => setRun(noRun(source, name)), [source, name])

  const { pending, starting, startError } = run
  const cancel = useCallback(async () => {
    // The server has no job to cancel until it has answered; when it refused, there is nothing to cancel
    const handle = await pending?.catch(() => null)
    await handle?.cancel()
  }, [pending])

  const job = useJob(source, run.jobId, { ...options, select: itself<O> })
  return useMemo(
    () => ({ ...job, cancel, start, reset, starting, startError }),
    [job, cancel, start, reset, starting, startError],
  )
}
