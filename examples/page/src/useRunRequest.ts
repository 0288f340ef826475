/** What a run was asked for: the job says it, to whoever has its address. */
import type { Client } from "@simstream/client"
import type { JobRequest } from "@simstream/protocol"
import { useEffect, useState } from "react"
import { type RunRequest, runRequestOf } from "./form/draft.ts"
import { recall } from "./memory.ts"

/** What is known of what a run was asked for. */
export interface RunOrigin {
  /** The name of its simulation, which this page may not know; `null` while it isn't known. */
  readonly simulation: string | null
  /** `null` while it isn't known, or when it is nothing that the form could ask for. */
  readonly request: RunRequest | null
}

const NOTHING: RunOrigin = { simulation: null, request: null }

const originOf = (request: JobRequest): RunOrigin => ({
  simulation: request.simulation,
  request: runRequestOf(request),
})

/** `known` is what a server that renders the page has read already. */
export const useRunRequest = (
  get: Client["get"],
  jobId: string | null,
  known: JobRequest | null = null,
): RunOrigin => {
  const [answer, setAnswer] = useState<{ readonly jobId: string; readonly origin: RunOrigin } | null>(null)
  const isKnown = known !== null

  useEffect(() => {
    if (jobId === null || isKnown) return
    const controller = new AbortController()
    get(jobId, { signal: controller.signal }).then(
      ({ request }) => setAnswer({ jobId, origin: originOf(request) }),
      // The stream says what is wrong, and better.
      () => undefined,
    )
    return () => controller.abort()
  }, [get, jobId, isKnown])

  if (jobId === null) return NOTHING
  if (known !== null) return originOf(known)
  if (answer?.jobId === jobId) return answer.origin
  const remembered = recall(jobId)
  return remembered === null ? NOTHING : { simulation: remembered.simulation, request: remembered }
}
