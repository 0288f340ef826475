/** The page of one run: what is known of it, and what can be done with it. */
import { Alert } from "@mantine/core"
import type { Catalogue } from "@simstream/example-simulations"
import type { SimulationJob } from "@simstream/react"
import { useEffect, useState } from "react"
import { preloadCharts } from "../charts/lazyCharts.ts"
import { describeRun } from "../form/describeRun.ts"
import type { RunRequest } from "../form/draft.ts"
import { formatPercentage } from "../format/numbers.ts"
import type { RunOutputs, RunState } from "../outputs.ts"
import { explain } from "../problems.ts"
import { isSimulationName } from "../views.ts"
import { RunView } from "./RunView.tsx"

interface Props {
  /** The run, as `useSimulationStream` gives it. */
  readonly job: SimulationJob<RunOutputs>
  /** The name of its simulation; `null` while it isn't known. */
  readonly simulation: string | null
  /** What was asked for; `null` when it isn't known. */
  readonly request: RunRequest | null
  readonly catalogue: Catalogue | null
  readonly onRepeat: (request: RunRequest) => void
}

const UNNAMED = "Simulation run"

export const JobPage = ({ job, simulation, request, catalogue, onRepeat }: Props) => {
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
        simulation={simulation}
        description={request === null ? null : describeRun(request, catalogue)}
        state={job}
        cancelling={cancelling}
        onCancel={cancel}
        onRetry={job.retry}
        onRepeat={request === null ? null : (seed) => onRepeat(withSeed(request, seed))}
      />
    </>
  )
}

/** The same again; with no seed, of other luck. */
const withSeed = ({ seed: _seed, ...request }: RunRequest, seed: string | null): RunRequest =>
  seed === null ? request : { ...request, seed }

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
