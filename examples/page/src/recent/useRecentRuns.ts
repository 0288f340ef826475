/** The visitor's runs: read at once, when the page is looked at again, and every few seconds while one is under way. */
import type { Client } from "@simstream/client"
import { useCallback, useEffect, useState } from "react"
import type { RecentRunsState } from "./RecentRuns.tsx"

const LIMIT = 8
const REFRESH_MS = 3_000

const isUnderWay = ({ status }: { readonly status: string }): boolean =>
  status === "queued" || status === "running"

export interface RecentRunsList {
  readonly runs: RecentRunsState
  /** The time by which ages are told. */
  readonly nowMs: number
  readonly refresh: () => void
}

export const useRecentRuns = (list: Client["list"], enabled = true): RecentRunsList => {
  const [runs, setRuns] = useState<RecentRunsState>({ status: "loading" })
  const [nowMs, setNowMs] = useState(() => Date.now())
  const [version, setVersion] = useState(0)
  const refresh = useCallback(() => setVersion((before) => before + 1), [])

  useEffect(() => {
    if (!enabled) return
    const controller = new AbortController()
    list({ limit: LIMIT, signal: controller.signal }).then(
      ({ jobs }) => {
        setRuns({ status: "loaded", jobs })
        setNowMs(Date.now())
      },
      () => {
        // What was there stays: an old list is better than none.
        if (!controller.signal.aborted) {
          setRuns((before) => (before.status === "loaded" ? before : { status: "unavailable" }))
        }
      },
    )
    return () => controller.abort()
  }, [list, enabled, version])

  const hasRunsUnderWay = runs.status === "loaded" && runs.jobs.some(isUnderWay)
  useEffect(() => {
    const timer = hasRunsUnderWay ? setInterval(refresh, REFRESH_MS) : undefined
    addEventListener("focus", refresh)
    return () => {
      clearInterval(timer)
      removeEventListener("focus", refresh)
    }
  }, [hasRunsUnderWay, refresh])

  return { runs, nowMs, refresh }
}
