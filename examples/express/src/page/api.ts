/** The page's client, typed by the server's simulations. */
import { createClient, type JobState, type NameOf, type OutputsOf } from "@simstream/client"
import type { Simulations } from "../jobs.ts"

export const client = createClient<Simulations>({ url: "/api/simulations" })

/** What any of the simulations publishes. */
export type RunOutputs = OutputsOf<Simulations, NameOf<Simulations>>

/** A run as the page shows it. */
export type RunState = JobState<RunOutputs>
