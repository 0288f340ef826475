"use client"
/** The page's client and hooks, typed by the server's simulations. */
import { createClient } from "@simstream/client"
import { createSimulationHooks } from "@simstream/react"
import type { Simulations } from "../server/jobs.ts"

const BASE_URL = "/api/simulations"

export const client = createClient<Simulations>({ url: BASE_URL })

/** Starts what the form holds. It is made from a table at run time, so its values have no types here; the server checks them. */
export const startUntyped = createClient({ url: BASE_URL }).start

export const { SimulationProvider, useSimulationStream } = createSimulationHooks<Simulations>()
