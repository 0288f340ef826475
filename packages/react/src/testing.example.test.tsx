import { SimulationProgress, useSimulationStream } from "@simstream/react"
import { complete, createFakeSimulations, drop, progress, wait } from "@simstream/react/testing"
import { render, screen } from "@testing-library/react"
import { expect, it } from "vitest"

const Watch = ({ jobId }: { jobId: string }) => {
  const job = useSimulationStream(jobId)
  return (
    <>
      <SimulationProgress job={job} />
      {job.status === "complete" ? <p>{job.result.iterations} iterations</p> : null}
    </>
  )
}

it("keeps its progress while the connection is lost, and shows the result", async () => {
  using simulations = createFakeSimulations()
  const { jobId } = simulations.job([
    progress(40),
    wait(1000),
    drop(),
    progress(80),
    wait(1000),
    complete({ iterations: 5000 }),
  ])
  render(<Watch jobId={jobId} />, { wrapper: simulations.Provider })
  const told = () => screen.getByRole("progressbar").getAttribute("aria-valuetext")

  await simulations.advance(0) // lets happen what needs no time
  expect(told()).toBe("40%")
  await simulations.advance(1000)
  expect(told()).toBe("40%, reconnecting")
  await simulations.advance(500) // the client is back within half a second
  expect(told()).toBe("80%")
  await simulations.advance(1000)
  expect(screen.getByText("5000 iterations")).toBeDefined()
})
