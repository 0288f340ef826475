/** The page: its addresses, `/` and `/jobs/:id`, and what is shown at each. */
import type { NameOf } from "@simstream/client"
import type { Simulations } from "../jobs.ts"
import { createAnnouncer } from "./announcer.ts"
import { client, type RunState } from "./api.ts"
import { byId, setText } from "./dom.ts"
import { onStart } from "./form.ts"
import { formatCount, formatPercentage } from "./format.ts"
import { isNowhere, isUnderWay, showRun } from "./run.ts"
import { explain, isGone } from "./words.ts"

type Section = "welcome" | "run" | "nowhere"

const showSection = (shown: Section): void => {
  for (const name of ["welcome", "run", "nowhere"] as const) byId(name, HTMLElement).hidden = name !== shown
  document.body.dataset["section"] = shown
}

const cancelButton = byId("cancel", HTMLButtonElement)
const cancelProblem = byId("cancel-problem", HTMLElement)
const retryButton = byId("retry", HTMLButtonElement)
const nowhereRetry = byId("nowhere-retry", HTMLButtonElement)

const showNowhere = (title: string, text: string, canRetry = false): void => {
  showSection("nowhere")
  setText(byId("nowhere-title", HTMLElement), title)
  setText(byId("nowhere-text", HTMLElement), text)
  nowhereRetry.hidden = !canRetry
}

const TITLES = { "training-dummy": "Training dummy", faulty: "A run that fails" } as const satisfies {
  readonly [Name in NameOf<Simulations>]: string
}

/** What it was started with is not in the stream. */
const describe = async (jobId: string, signal: AbortSignal): Promise<void> => {
  const { request } = await client.get(jobId, { signal })
  const { simulation, iterations, seed } = request
  const title = simulation === "faulty" ? TITLES.faulty : TITLES["training-dummy"]
  setText(byId("run-title", HTMLElement), title)
  setText(byId("run-description", HTMLElement), `${formatCount(iterations)} iterations, seed ${seed}`)
}

/** How far it is, for whoever looks at the tab. */
const tabTitle = ({ status, progress }: RunState): string => {
  if (status === "running" && progress !== null) return `${formatPercentage(progress.percentage ?? 0)} · `
  return status === "complete" ? "✓ " : ""
}

/** Follows a run until the returned function is called. */
const follow = (jobId: string): (() => void) => {
  const watcher = client.watch(jobId)
  const announce = createAnnouncer(byId("announcer", HTMLElement))
  const leaving = new AbortController()
  const { signal } = leaving

  const show = () => {
    const state = watcher.getSnapshot()
    document.title = `${tabTitle(state)}Simstream on Express`
    if (isNowhere(state)) {
      const { title, text } = explain(state.error)
      showNowhere(title, text, !isGone(state.error))
      return
    }
    showSection("run")
    showRun(state)
    announce(state)
    cancelButton.hidden = !isUnderWay(state)
  }

  const cancel = () => {
    cancelButton.disabled = true
    cancelProblem.hidden = true
    watcher
      .cancel()
      .catch((thrown: Error) => {
        cancelProblem.hidden = false
        setText(cancelProblem, `The run could not be cancelled. ${explain(thrown).text}`)
      })
      .finally(() => {
        cancelButton.disabled = false
      })
  }

  // Without it there is a run all the same, under a plainer title
  describe(jobId, signal).catch(() => undefined)
  cancelButton.addEventListener("click", cancel, { signal })
  retryButton.addEventListener("click", watcher.retry, { signal })
  nowhereRetry.addEventListener("click", watcher.retry, { signal })
  const unsubscribe = watcher.subscribe(show)
  show()
  return () => {
    leaving.abort()
    unsubscribe()
  }
}

/** The run that an address names; `null` when it names none. */
const jobIdIn = (pathname: string): string | null => {
  const [, encoded] = /^\/jobs\/([^/]+)$/.exec(pathname) ?? []
  if (encoded === undefined) return null
  try {
    return decodeURIComponent(encoded)
  } catch {
    return null
  }
}

let leave = (): void => undefined

/** Shows what the address names. */
const route = (): void => {
  leave()
  leave = () => undefined
  const jobId = jobIdIn(location.pathname)
  if (jobId !== null) leave = follow(jobId)
  else if (location.pathname === "/") showSection("welcome")
  else showNowhere("There is nothing at this address", "It may have been mistyped.")
}

const go = (jobId: string): void => {
  history.pushState(null, "", `/jobs/${encodeURIComponent(jobId)}`)
  scrollTo({ top: 0 })
  route()
}

onStart(async (request) => {
  const { jobId } = await client.start("training-dummy", request)
  go(jobId)
})
addEventListener("popstate", route)
route()
