"use client"
/** A run: what the server knew when it rendered the page, and live from there on. */
import { JobPage, type RunOutputs, useRunRequest } from "@simstream/example-page"
import type { JobSnapshot } from "@simstream/protocol"
import { useEffect } from "react"
import { client, useSimulationStream } from "./api.ts"
import { useRuns } from "./runs.ts"

export const Run = ({ snapshot }: { readonly snapshot: JobSnapshot<RunOutputs> }) => {
  const { catalogue, start, onSettled, onShown } = useRuns()
  const job = useSimulationStream(snapshot.jobId, { initialSnapshot: snapshot, onSettled })
  const origin = useRunRequest(client.get, snapshot.jobId, snapshot.request)
  const { request } = origin
  useEffect(() => onShown(request), [request, onShown])
  return <JobPage job={job} {...origin} catalogue={catalogue} onRepeat={start} />
}
