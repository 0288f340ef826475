// What the examples in doc comments take for granted, and a reader has: simulations, the jobs of a server and its types,
// hooks of those types, and a page around them.
import type { Client } from "@simstream/client"
import type { SimulationHooks, SimulationJob } from "@simstream/react"
import type { ReactNode } from "react"
import type * as scenery from "./simulations.ts"

declare global {
  const dice: typeof scenery.dice
  const dummy: typeof scenery.dummy
  const config: { readonly critChance: number }
  const jobs: ReturnType<typeof scenery.jobsOf>
  type Simulations = scenery.Simulations
  const client: Client<Simulations>
  const jobId: string
  const url: string
  const isLoggedIn: (request: Request) => Promise<boolean>
  const runOnTheCluster: (
    portfolio: string,
    options: { readonly signal: AbortSignal; readonly seed: string },
  ) => AsyncIterable<{ readonly done: number; readonly of: number }>

  const useSimulation: SimulationHooks<Simulations>["useSimulation"]
  const useSimulationStream: SimulationHooks<Simulations>["useSimulationStream"]
  const useSimulationResult: SimulationHooks<Simulations>["useSimulationResult"]
  const useSimulationClient: SimulationHooks<Simulations>["useSimulationClient"]
  const job: SimulationJob
  const Page: () => ReactNode
  const Watch: (props: { readonly jobId: string | null }) => ReactNode
}
