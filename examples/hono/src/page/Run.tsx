/** Follows one run, and shows it. */
import type { Catalogue } from "@simstream/example-simulations"
import { JobPage, type RunOrigin, type RunRequest } from "@simstream/example-page"
import { useSimulationStream } from "./api.ts"

interface Props {
  readonly jobId: string
  readonly origin: RunOrigin
  readonly catalogue: Catalogue | null
  readonly onRepeat: (request: RunRequest) => void
  readonly onSettled: () => void
}

export const Run = ({ jobId, origin, catalogue, onRepeat, onSettled }: Props) => {
  const job = useSimulationStream(jobId, { onSettled })
  return <JobPage job={job} {...origin} catalogue={catalogue} onRepeat={onRepeat} />
}
