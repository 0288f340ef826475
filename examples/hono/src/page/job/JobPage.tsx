/** The page of one run: follows it, and shows what is known. */
import { Alert } from "@mantine/core"
import type { Catalogue } from "@simstream/example-simulations"
import { useEffect, useState } from "react"
import { client, useSimulationStream } from "../api.ts"
import { preloadCharts } from "../charts/lazyCharts.ts"
import { describeRun, type RunRequest } from "../form/draft.ts"
import { formatPercentage } from "../format/numbers.ts"
import { recall } from "../memory.ts"
import { isSimulationName, type RunState } from "../outputs.ts"
import { explain } from "../problems.ts"
import { RunView } from "./RunView.tsx"

interface Props {
  readonly jobId: string
  readonly catalogue: Catalogue | null
  readonly onRepeat: (request: RunRequest) => void
  readonly onSettled: () => void
}

const UNNAMED = "Simulation run"

export const JobPage = ({ jobId, catalogue, onRepeat, onSettled }: Props) => {
  const job = useSimulationStream(jobId, { onSettled })
  const request = recall(jobId)
  const simulation = useSimulationOf(jobId, request)
  const title = (isSimulationName(simulation) && catalogue?.forms[simulation].title) || UNNAMED
  const [cancelling, setCancelling] = useState(false)
  const [cancelError, setCancelError] = useState<Error | null>(null)

  useEffect(() => void preloadCharts(), [])

  useEffect(() => {
    document.title = `${tabTitle(job)}${title} · Simstream`
    return () => {
      document.title = "Simstream"
    }
  })

  const cancel = () => {
    setCancelling(true)
    setCancelError(null)
    job
      .cancel()
      .catch((reason: unknown) =>
        setCancelError(reason instanceof Error ? reason : new Error(String(reason))),
      )
      .finally(() => setCancelling(false))
  }

  return (
    <>
      {cancelError !== null && (
        <Alert
          color="red"
          title="The run could not be cancelled"
          mb="md"
          withCloseButton
          onClose={() => setCancelError(null)}
        >
          {explain(cancelError).detail}
        </Alert>
      )}
      <RunView
        title={title}
        description={request === null ? null : describeRun(request, catalogue)}
        state={job}
        cancelling={cancelling}
        onCancel={cancel}
        onRetry={job.retry}
        onRepeat={
          request === null ? null : (seed) => onRepeat(seed === null ? request : { ...request, seed })
        }
      />
    </>
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

/** What is worth a look at the tab: how far it is, or how it ended. */
const tabTitle = ({ status, progress }: RunState): string => {
  switch (status) {
    case "running":
      return progress?.percentage == null ? "" : `${formatPercentage(progress.percentage)} · `
    case "complete":
      return "✓ "
    case "queued":
      return "Queued · "
    default:
      return ""
  }
}
