"use client"
/** What stands around every page: the form and the recent runs, and the ways to start one. */
import {
  Boundary,
  type Draft,
  draftOf,
  emptyDraft,
  jobPath,
  type LinkProps,
  PageProvider,
  RecentRuns,
  RunForm,
  type RunRequest,
  Shell,
  StartFailed,
  useRecentRuns,
  useStart,
} from "@simstream/example-page"
import type { Catalogue } from "@simstream/example-simulations"
import NextLink from "next/link"
import { useParams, usePathname, useRouter } from "next/navigation"
import { type ReactNode, useCallback, useMemo, useState } from "react"
import { client, SimulationProvider, startUntyped } from "./api.ts"
import { RunsContext } from "./runs.ts"

/** Nothing is loaded ahead: a run that was read some time before it is looked at is an old one. */
const Link = ({ href, ...props }: LinkProps) => <NextLink href={href} prefetch={false} {...props} />

interface Props {
  readonly catalogue: Catalogue
  readonly children: ReactNode
}

export const Frame = ({ catalogue, children }: Props) => (
  <PageProvider link={Link}>
    <SimulationProvider client={client}>
      <Boundary what="The page">
        <Runs catalogue={catalogue}>{children}</Runs>
      </Boundary>
    </SimulationProvider>
  </PageProvider>
)

const Runs = ({ catalogue, children }: Props) => {
  const router = useRouter()
  const pathname = usePathname()
  const { jobId } = useParams<{ jobId?: string }>()
  /** What was filled in; `null` before anything was: whoever comes to a run finds the form as it was for it. */
  const [filledIn, setFilledIn] = useState<Draft | null>(null)
  const [shown, setShown] = useState<RunRequest | null>(null)
  const draft = filledIn ?? (shown === null ? emptyDraft : draftOf(shown, ""))
  const { runs, nowMs, refresh } = useRecentRuns(client.list)
  const show = useCallback(
    (startedId: string) => {
      router.push(jobPath(startedId))
      refresh()
    },
    [router, refresh],
  )
  const { start, starting, error, forgetError } = useStart(startUntyped, show)

  /** Where the last start was asked for, which is where people look when it comes to nothing. */
  const [startedIn, setStartedIn] = useState<"form" | "main">("form")

  const startFromForm = (request: RunRequest) => {
    setStartedIn("form")
    start(request)
  }
  const startFromMain = useCallback(
    (request: RunRequest) => {
      setStartedIn("main")
      setFilledIn(draftOf(request, request.seed ?? ""))
      start(request)
    },
    [start],
  )

  const context = useMemo(
    () => ({ catalogue, starting, start: startFromMain, onSettled: refresh, onShown: setShown }),
    [catalogue, starting, startFromMain, refresh],
  )
  return (
    <Shell
      page={pathname === "/" ? "home" : "job"}
      form={
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
      }
      recent={<RecentRuns runs={runs} currentJobId={jobId ?? null} nowMs={nowMs} catalogue={catalogue} />}
    >
      {error !== null && startedIn === "main" && <StartFailed error={error} onClose={forgetError} />}
      <RunsContext value={context}>{children}</RunsContext>
    </Shell>
  )
}
