"use client"
/** What the pages need of the frame around them. */
import type { RunRequest } from "@simstream/example-page"
import type { Catalogue } from "@simstream/example-simulations"
import { createContext, useContext } from "react"

interface Runs {
  readonly catalogue: Catalogue
  /** Whether a start is under way. */
  readonly starting: boolean
  /** Starts a run and goes to its page. */
  readonly start: (request: RunRequest) => void
  /** A run has ended: the list of them is out of date. */
  readonly onSettled: () => void
  /** A run is looked at: the form shows what it was started with, unless something else was filled in. */
  readonly onShown: (request: RunRequest | null) => void
}

export const RunsContext = createContext<Runs | null>(null)

export const useRuns = (): Runs => {
  const runs = useContext(RunsContext)
  if (runs === null) throw new TypeError("There is no frame around this page.")
  return runs
}
