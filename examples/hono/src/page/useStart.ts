/** Starts runs, and remembers what they were asked for. */
import { useCallback, useState } from "react"
import { startUntyped } from "./api.ts"
import type { RunRequest } from "./form/draft.ts"
import { remember } from "./memory.ts"
import { jobPath, navigate } from "./routing.ts"

export interface Start {
  readonly start: (request: RunRequest) => void
  readonly starting: boolean
  readonly error: Error | null
  readonly forgetError: () => void
}

export const useStart = (onStarted: () => void): Start => {
  const [starting, setStarting] = useState(false)
  const [error, setError] = useState<Error | null>(null)

  const start = useCallback(
    (request: RunRequest) => {
      const { simulation, ...options } = request
      setStarting(true)
      setError(null)
      startUntyped(simulation, options)
        .then(
          ({ jobId }) => {
            remember(jobId, request)
            navigate(jobPath(jobId))
            onStarted()
          },
          (reason: unknown) => setError(reason instanceof Error ? reason : new Error(String(reason))),
        )
        .finally(() => setStarting(false))
    },
    [onStarted],
  )
  return { start, starting, error, forgetError: useCallback(() => setError(null), []) }
}
