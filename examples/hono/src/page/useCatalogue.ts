/** The catalogue of simulations, fetched once. */
import type { Catalogue } from "@simstream/example-simulations"
import { useCallback, useEffect, useState } from "react"
import { fetchCatalogue } from "./api.ts"

export type CatalogueState =
  | { readonly status: "loading"; readonly catalogue: null }
  | { readonly status: "loaded"; readonly catalogue: Catalogue }
  | { readonly status: "failed"; readonly catalogue: null }

const LOADING: CatalogueState = { status: "loading", catalogue: null }

export const useCatalogue = (): readonly [state: CatalogueState, reload: () => void] => {
  const [state, setState] = useState<CatalogueState>(LOADING)
  const [attempt, setAttempt] = useState(0)

  useEffect(() => {
    const controller = new AbortController()
    fetchCatalogue(controller.signal).then(
      (catalogue) => setState({ status: "loaded", catalogue }),
      () => {
        if (!controller.signal.aborted) setState({ status: "failed", catalogue: null })
      },
    )
    return () => controller.abort()
  }, [attempt])

  const reload = useCallback(() => {
    setState(LOADING)
    setAttempt((before) => before + 1)
  }, [])
  return [state, reload]
}
