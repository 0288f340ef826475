/** The whole page: the form and the recent runs beside whatever the address names. */
import {
  CatalogueFailed,
  describeRun,
  type Draft,
  draftOf,
  emptyDraft,
  isSimulationName,
  jobPath,
  Nowhere,
  recall,
  RecentRuns,
  RunForm,
  RunFormSkeleton,
  type RunRequest,
  Shell,
  StartFailed,
  useRecentRuns,
  useStart,
  Welcome,
} from "@simstream/example-page"
import type { JobSummary } from "@simstream/protocol"
import { useCallback, useState } from "react"
import { client, startUntyped } from "./api.ts"
import { navigate, routeOf, usePathname } from "./routing.tsx"
import { Run } from "./Run.tsx"
import { useCatalogue } from "./useCatalogue.ts"

/** Whoever comes back to a run finds the form as it was for it. */
const firstDraft = (): Draft => {
  const route = routeOf(location.pathname)
  const request = route.page === "job" ? recall(route.jobId) : null
  return request === null ? emptyDraft : draftOf(request, request.seed ?? "")
}

export const App = () => {
  const route = routeOf(usePathname())
  const [{ status, catalogue }, reloadCatalogue] = useCatalogue()
  const [draft, setDraft] = useState(firstDraft)
  const { runs, nowMs, refresh } = useRecentRuns(client.list, status === "loaded")
  const show = useCallback(
    (jobId: string) => {
      navigate(jobPath(jobId))
      refresh()
    },
    [refresh],
  )
  const { start, starting, error, forgetError } = useStart(startUntyped, show)

  /** Where the last start was asked for, which is where people look when it comes to nothing. */
  const [startedIn, setStartedIn] = useState<"form" | "main">("form")

  const startFromForm = (request: RunRequest) => {
    setStartedIn("form")
    start(request)
  }
  const startFromMain = (request: RunRequest) => {
    setStartedIn("main")
    setDraft(draftOf(request, request.seed ?? ""))
    start(request)
  }

  const descriptionOf = (job: JobSummary): string | null => {
    const request = recall(job.jobId)
    return request === null ? null : describeRun(request, catalogue)
  }
  const titleOf = ({ simulation }: JobSummary): string =>
    (isSimulationName(simulation) && catalogue?.forms[simulation].title) || simulation

  return (
    <Shell
      page={route.page}
      form={
        <>
          {status === "loading" && <RunFormSkeleton />}
          {status === "failed" && <CatalogueFailed onRetry={reloadCatalogue} />}
          {catalogue !== null && (
            <RunForm
              catalogue={catalogue}
              draft={draft}
              onDraft={(next) => {
                forgetError()
                setDraft(next)
              }}
              starting={starting}
              error={startedIn === "form" ? error : null}
              onStart={startFromForm}
            />
          )}
        </>
      }
      recent={
        <RecentRuns
          runs={runs}
          currentJobId={route.page === "job" ? route.jobId : null}
          nowMs={nowMs}
          titleOf={titleOf}
          descriptionOf={descriptionOf}
        />
      }
    >
      {error !== null && startedIn === "main" && <StartFailed error={error} onClose={forgetError} />}
      {route.page === "home" && <Welcome disabled={starting} onStart={startFromMain} />}
      {route.page === "job" && (
        <Run
          // Another run is another page: nothing of this one's choices carries over
          key={route.jobId}
          jobId={route.jobId}
          catalogue={catalogue}
          onRepeat={startFromMain}
          onSettled={refresh}
        />
      )}
      {route.page === "nowhere" && <Nowhere />}
    </Shell>
  )
}
