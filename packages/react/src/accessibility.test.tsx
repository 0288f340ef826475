import { cleanup, render } from "@testing-library/react"
import { run } from "axe-core"
import { afterEach, expect, it } from "vitest"
import { SimulationAnnouncer, SimulationProgress, type ProgressView } from "./index.ts"
import { progressAt } from "./react.fixtures.tsx"
import { JobFailed } from "@simstream/client"

afterEach(cleanup)

it.each<[string, ProgressView]>([
  ["not started", { status: "idle", connection: "idle", progress: null, error: null }],
  ["queued", { status: "queued", connection: "open", progress: null, error: null }],
  ["running", { status: "running", connection: "open", progress: progressAt(42), error: null }],
  [
    "waiting for workers",
    {
      status: "running",
      connection: "open",
      progress: { ...progressAt(42), waitingFor: "workers" },
      error: null,
    },
  ],
  ["reconnecting", { status: "running", connection: "reconnecting", progress: progressAt(42), error: null }],
  ["complete", { status: "complete", connection: "closed", progress: progressAt(100), error: null }],
  [
    "failed",
    {
      status: "error",
      connection: "closed",
      progress: progressAt(42),
      error: new JobFailed("It threw.", { jobId: "a", code: "simulation_failed" }),
    },
  ],
])("axe finds nothing in the progress components while a job is %s", async (_, job) => {
  const { container } = render(
    <main>
      <h1>Damage</h1>
      <SimulationProgress job={job} label="Damage" />
      <SimulationAnnouncer job={job} label="Damage" />
    </main>,
  )
  const { violations } = await run(container)
  expect(violations).toEqual([])
})
