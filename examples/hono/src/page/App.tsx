/** The whole page: the form and the recent runs beside whatever the address names. */
import {
  CatalogueFailed,
  type Draft,
  draftOf,
  emptyDraft,
  jobPath,
  Nowhere,
  RecentRuns,
  RunForm,
  RunFormSkeleton,
  type RunRequest,
  Shell,
  StartFailed,
  useRecentRuns,
  useRunRequest,
  useStart,
  Welcome,
} from "@simstream/example-page"
import { useCallback, useState } from "react"
import { client, startUntyped } from "./api.ts"
import { navigate, routeOf, usePathname } from "./routing.tsx"
import { Run } from "./Run.tsx"
import { useCatalogue } from "./useCatalogue.ts"

export const App = () => {
  const route = routeOf(usePathname())
  const [{ status, catalogue }, reloadCatalogue] = useCatalogue()
  const origin = useRunRequest(client.get, route.page === "job" ? route.jobId : null)
  /** What was filled in; `null` before anything was: whoever comes to a run finds the form as it was for it. */
  const [filledIn, setFilledIn] = useState<Draft | null>(null)
  const draft = filledIn ?? (origin.request === null ? emptyDraft : draftOf(origin.request, ""))
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
    setFilledIn(draftOf(request, request.seed ?? ""))
    start(request)
  }

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
                setFilledIn(next)
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
          catalogue={catalogue}
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
          origin={origin}
          catalogue={catalogue}
          onRepeat={startFromMain}
          onSettled={refresh}
        />
      )}
      {route.page === "nowhere" && <Nowhere />}
    </Shell>
  )
}
