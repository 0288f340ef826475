/** Follows one run, and shows it. */
import type { Catalogue } from "@simstream/example-simulations"
import { JobPage, recall, type RunRequest } from "@simstream/example-page"
import { useEffect, useState } from "react"
import { client, useSimulationStream } from "./api.ts"

interface Props {
  readonly jobId: string
  readonly catalogue: Catalogue | null
  readonly onRepeat: (request: RunRequest) => void
  readonly onSettled: () => void
}

export const Run = ({ jobId, catalogue, onRepeat, onSettled }: Props) => {
  const job = useSimulationStream(jobId, { onSettled })
  const request = recall(jobId)
  const simulation = useSimulationOf(jobId, request)
  return (
    <JobPage job={job} simulation={simulation} request={request} catalogue={catalogue} onRepeat={onRepeat} />
  )
}

/** The name of the run's simulation: remembered, or asked for, since the stream doesn't say it. */
const useSimulationOf = (jobId: string, request: RunRequest | null): string | null => {
  const [found, setFound] = useState<string | null>(null)
  const isKnown = request !== null
  useEffect(() => {
    if (isKnown) return
    const controller = new AbortController()
    client.get(jobId, { signal: controller.signal }).then(
      ({ simulation }) => setFound(simulation),
      // The stream says what is wrong, and better.
      () => undefined,
    )
    return () => controller.abort()
  }, [jobId, isKnown])
  return request?.simulation ?? found
}
