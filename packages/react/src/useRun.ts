/** The hook under `useSimulation`: starts jobs, and follows the newest or the one that it is told to. */
import type { JobHandle, StartOptions } from "@simstream/client"
import type { Outputs } from "@simstream/protocol"
import { useCallback, useMemo, useState } from "react"
import { itself, type SimulationJob } from "./job.ts"
import type { UseSimulationOptions } from "./options.ts"
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
  /** Forgets the job that was started and the error, as if nothing had been. The job goes on: `cancel` ends it. */
  readonly reset: () => void
  /** Whether the server has yet to answer `start`. */
  readonly starting: boolean
  /** Why the last `start` failed: a `RequestFailed` with `problem.issues` for a config that is not valid, for one. */
  readonly startError: Error | null
}

/** The newest start. Whatever an older one comes to is nothing to it. */
interface Run<O extends Outputs> {
  readonly source: object | null
  readonly name: string
  readonly pending: Promise<JobHandle<O>> | null
  readonly jobId: string | null
  readonly starting: boolean
  readonly startError: Error | null
}

/** Nothing was started. */
const NO_RUN = {
  source: null,
  name: "",
  pending: null,
  jobId: null,
  starting: false,
  startError: null,
} as const

const toError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown })

export const useRun = <Name extends string, Input, O extends Outputs>(
  source: RunSource<Name, Input, O>,
  name: Name,
  options: UseSimulationOptions<O>,
): SimulationJob<O> & RunControls<Input, O> => {
  const [taken, setRun] = useState<Run<O>>(NO_RUN)
  // What another client or another simulation was asked for is not shown
  const { pending, jobId, starting, startError } =
    taken.source === source && taken.name === name ? taken : NO_RUN

  const start = useCallback(
    (startOptions: StartOptions<Input>) => {
      const answer = source.start(name, startOptions)
      const settle = (outcome: Partial<Run<O>>) =>
        setRun((now) => (now.pending === answer ? { ...now, starting: false, ...outcome } : now))
      setRun({ ...NO_RUN, source, name, pending: answer, starting: true })
      // Being handled here, a rejection that the caller has no interest in is not reported as unhandled
      answer.then(
        (handle) => settle({ jobId: handle.jobId }),
        (thrown: unknown) => settle({ startError: startOptions.signal?.aborted ? null : toError(thrown) }),
      )
      return answer
    },
    [source, name],
  )

  const reset = useCallback(() => setRun(NO_RUN), [])

  const job = useJob(source, options.jobId === undefined ? jobId : options.jobId, {
    ...options,
    select: itself<O>,
  })
  const { cancel: cancelJob } = job
  const cancel = useCallback(async () => {
    // The server has no job to cancel until it has answered; when it refused, there is nothing to cancel
    await (starting ? (await pending?.catch(() => null))?.cancel() : cancelJob())
  }, [starting, pending, cancelJob])

  return useMemo(
    () => ({ ...job, cancel, start, reset, starting, startError }),
    [job, cancel, start, reset, starting, startError],
  )
}
