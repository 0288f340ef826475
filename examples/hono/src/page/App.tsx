/** The whole page: the form and the recent runs beside whatever the address names. */
import { Alert, Button, Card, Stack, Text, Title } from "@mantine/core"
import { IconAlertCircle } from "@tabler/icons-react"
import type { JobSummary } from "@simstream/protocol"
import { useState } from "react"
import { describeRun, type Draft, draftOf, emptyDraft, type RunRequest } from "./form/draft.ts"
import { RunForm, RunFormSkeleton } from "./form/RunForm.tsx"
import { Header } from "./Header.tsx"
import { JobPage } from "./job/JobPage.tsx"
import { recall } from "./memory.ts"
import { isSimulationName } from "./outputs.ts"
import { explain } from "./problems.ts"
import { RecentRuns } from "./recent/RecentRuns.tsx"
import { useRecentRuns } from "./recent/useRecentRuns.ts"
import { linkTo, routeOf, usePathname } from "./routing.ts"
import { useCatalogue } from "./useCatalogue.ts"
import { useStart } from "./useStart.ts"
import { Welcome } from "./Welcome.tsx"

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
  const { runs, nowMs, refresh } = useRecentRuns(status === "loaded")
  const { start, starting, error, forgetError } = useStart(refresh)

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
    <>
      <Header withNewRun={route.page !== "home"} />
      <div className="layout" data-page={route.page}>
        <main className="main">
          {error !== null && startedIn === "main" && <StartFailed error={error} onClose={forgetError} />}
          {route.page === "home" && <Welcome disabled={starting} onStart={startFromMain} />}
          {route.page === "job" && (
            <JobPage
              // Another run is another page: nothing of this one's choices carries over
              key={route.jobId}
              jobId={route.jobId}
              catalogue={catalogue}
              onRepeat={startFromMain}
              onSettled={refresh}
            />
          )}
          {route.page === "nowhere" && <Nowhere />}
        </main>
        <aside className="aside-form">
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
        </aside>
        <aside className="aside-recent">
          <RecentRuns
            runs={runs}
            currentJobId={route.page === "job" ? route.jobId : null}
            nowMs={nowMs}
            titleOf={titleOf}
            descriptionOf={descriptionOf}
          />
        </aside>
      </div>
    </>
  )
}

const StartFailed = ({ error, onClose }: { readonly error: Error; readonly onClose: () => void }) => {
  const { title, detail } = explain(error)
  return (
    <Alert
      color="red"
      radius="lg"
      mb="md"
      icon={<IconAlertCircle aria-hidden />}
      title={title}
      role="alert"
      withCloseButton
      closeButtonLabel="Close"
      onClose={onClose}
    >
      {detail}
    </Alert>
  )
}

const CatalogueFailed = ({ onRetry }: { readonly onRetry: () => void }) => (
  <Card withBorder radius="lg" padding="lg" className="card" role="alert">
    <Title order={2} size="h4" mb={4}>
      The form can't be loaded
    </Title>
    <Text size="sm" c="dimmed" mb="md">
      The server can't be reached. Check your connection, then try again.
    </Text>
    <Button variant="light" onClick={onRetry}>
      Try again
    </Button>
  </Card>
)

const Nowhere = () => (
  <Card withBorder radius="lg" padding="xl" className="card">
    <Stack align="center" py="xl" gap="sm" ta="center">
      <Title order={1} size="h3">
        There is nothing at this address
      </Title>
      <Text c="dimmed">It may have been mistyped. Your runs are listed on the home page.</Text>
      <Button component="a" {...linkTo("/")} variant="light">
        Go to the home page
      </Button>
    </Stack>
  </Card>
)
