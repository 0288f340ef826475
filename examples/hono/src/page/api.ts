/** The page's client and hooks, typed by the server's simulations. */
import { createClient } from "@simstream/client"
import type { Catalogue } from "@simstream/example-simulations"
import { createSimulationHooks } from "@simstream/react"
import type { Simulations } from "../jobs.ts"

const BASE_URL = "/api/simulations"

export const client = createClient<Simulations>({ url: BASE_URL })

/** Starts what the form holds. It is made from a table at run time, so its values have no types here; the server checks them. */
export const startUntyped = createClient({ url: BASE_URL }).start

export const { SimulationProvider, useSimulationStream } = createSimulationHooks<Simulations>()

/** What the form offers. */
export const fetchCatalogue = async (signal: AbortSignal): Promise<Catalogue> => {
  const response = await fetch("/api/catalogue", { signal })
  if (!response.ok) throw new Error(`The server answered ${response.status}.`)
  const catalogue: Catalogue = await response.json()
  return catalogue
}
