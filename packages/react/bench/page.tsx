// The page that is measured: one hook or another, and the same panel on it.
import { createClient } from "@simstream/client"
import { SimulationProvider, useSimulationStream, type Progress } from "@simstream/react"
import { useEffect, type ReactNode } from "react"
import { createRoot } from "react-dom/client"
import { useNaiveProgress } from "./naive.ts"

const client = createClient({ url: "/api" })

let commits = 0
const countCommit = () => {
  commits += 1
}

const Panel = ({ progress }: { readonly progress: Progress | null }) => {
  useEffect(countCommit)
  return (
    <section>
      <progress max={100} value={(progress?.current ?? 0) % 100} />
      <output data-testid="progress">{progress?.current ?? 0}</output> iterations,{" "}
      {Math.round(progress?.ratePerSecond ?? 0)}/s, {Math.round((progress?.elapsedMs ?? 0) / 1000)} s
    </section>
  )
}

const Naive = () => <Panel progress={useNaiveProgress("/api/job/stream")} />

const Whole = () => <Panel progress={useSimulationStream("job").progress} />

const Selection = () => {
  const status = useSimulationStream("job", { select: (job) => job.status })
  useEffect(countCommit)
  return <output data-testid="status">{status}</output>
}

const pages: { readonly [path: string]: ReactNode } = {
  "/naive": <Naive />,
  "/whole": <Whole />,
  "/selection": <Selection />,
}

Object.assign(globalThis, { commits: () => commits })

const container = document.querySelector("#root")
if (container !== null) {
  createRoot(container).render(
    <SimulationProvider client={client}>{pages[location.pathname]}</SimulationProvider>,
  )
}
