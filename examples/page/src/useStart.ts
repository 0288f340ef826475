/** Starts runs, and remembers what they were asked for. */
import type { Client } from "@simstream/client"
import { useCallback, useState } from "react"
import type { RunRequest } from "./form/draft.ts"
import { remember } from "./memory.ts"

export interface Start {
  readonly start: (request: RunRequest) => void
  readonly starting: boolean
  readonly error: Error | null
  readonly forgetError: () => void
}

/** `startJob` is a client's own; `onStarted` goes to the run's page. */
export const useStart = (startJob: Client["start"], onStarted: (jobId: string) => void): Start => {
  const [starting, setStarting] = useState(false)
  const [error, setError] = useState<Error | null>(null)

  const start = useCallback(
    (request: RunRequest) => {
      const { simulation, ...options } = request
      setStarting(true)
      setError(null)
      startJob(simulation, options)
        .then(
          ({ jobId }) => {
            remember(jobId, request)
            onStarted(jobId)
          },
          (reason: unknown) => setError(reason instanceof Error ? reason : new Error(String(reason))),
        )
        .finally(() => setStarting(false))
    },
    [startJob, onStarted],
  )
  return { start, starting, error, forgetError: useCallback(() => setError(null), []) }
}
