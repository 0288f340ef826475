import type { WaitingFor } from "@simstream/client"
import { act, render } from "@testing-library/react"
import { StrictMode } from "react"
import { describe, expect, it, vi } from "vitest"
import { SimulationAnnouncer, type ProgressView, type SimulationAnnouncerProps } from "./index.ts"
import { pass, progressAt, setUpPage } from "./react.fixtures.tsx"

const running = (percentage: number, known: Partial<ProgressView> = {}): ProgressView => ({
  status: "running",
  connection: "open",
  progress: progressAt(percentage),
  error: null,
  ...known,
})
const idle: ProgressView = { status: "idle", connection: "idle", progress: null, error: null }
const connecting: ProgressView = {
  status: "connecting",
  connection: "connecting",
  progress: null,
  error: null,
}
const complete = running(100, { status: "complete", connection: "closed" })

/** Shows one job after the other and keeps what a screen reader would have said. */
const listen = (first: ProgressView, props: Omit<SimulationAnnouncerProps, "job"> = {}) => {
  const said: Array<string> = []
  const page = (job: ProgressView) => (
    <StrictMode>
      <SimulationAnnouncer job={job} {...props} />
    </StrictMode>
  )
  const { rerender, unmount, getByRole } = render(page(first))
  const region = getByRole("status")
  new MutationObserver(() => {
    if (region.textContent !== "") said.push(region.textContent)
  }).observe(region, { childList: true, characterData: true, subtree: true })
  return {
    said,
    region,
    unmount,
    show: async (job: ProgressView, forMs: number) => {
      act(() => rerender(page(job)))
      await pass(forMs)
    },
  }
}

setUpPage()

describe("SimulationAnnouncer", () => {
  it("says the start, each quarter and the end, and nothing in between", async () => {
    const { said, show } = listen(idle)
    await show(connecting, 100)
    for (let percentage = 0; percentage <= 100; percentage += 1) await show(running(percentage), 200)
    await show(complete, 1000)
    expect(said).toEqual([
      "Simulation: Running",
      "Simulation: 25%",
      "Simulation: 50%",
      "Simulation: 75%",
      "Simulation: Complete",
    ])
  })

  it("leaves quarters out when they come faster than they can be said, but not the end", async () => {
    const { said, show } = listen(idle)
    for (let percentage = 0; percentage <= 100; percentage += 1) await show(running(percentage), 20)
    await show(complete, 0)
    expect(said).toEqual(["Simulation: Running", "Simulation: Complete"])
  })

  it("says that the connection is lost, and how far the job is when it is back", async () => {
    const { said, show } = listen(running(30))
    await show(running(30, { connection: "reconnecting" }), 10_000)
    await show(running(60), 10_000)
    expect(said).toEqual(["Simulation: 25%, reconnecting", "Simulation: 50%"])
  })

  it("doesn't say that the connection is lost when it is back in no time", async () => {
    const { said, show } = listen(running(30))
    for (let round = 0; round < 20; round += 1) {
      await show(running(30, { connection: "reconnecting" }), 400)
      await show(running(30), 100)
    }
    expect(said).toEqual([])
  })

  it("says what the job waits for, and how far it is when it goes on", async () => {
    const { said, show } = listen(idle)
    const waiting = (percentage: number, waitingFor: WaitingFor) =>
      running(percentage, { progress: { ...progressAt(percentage), waitingFor } })
    await show(running(0), 5000)
    await show(waiting(0, "workers"), 5000)
    await show(running(0), 5000)
    await show(waiting(30, "queue"), 5000)
    await show(waiting(31, "queue"), 5000)
    await show(running(31), 5000)
    expect(said).toEqual([
      "Simulation: Running",
      "Simulation: Waiting for workers",
      "Simulation: Running",
      "Simulation: 25%, waiting for the queue",
      "Simulation: 25%",
    ])
  })

  it("says nothing about what was so from the start", async () => {
    const { said, show, region } = listen(complete)
    await show(complete, 10_000)
    expect(said).toEqual([])
    expect(region.textContent).toBe("")
  })

  it("says the end of every job of a row", async () => {
    const { said, show } = listen(idle)
    for (let job = 0; job < 2; job += 1) {
      await show(connecting, 10)
      await show(complete, 10)
    }
    expect(said).toEqual(["Simulation: Complete", "Simulation: Complete"])
  })

  it("takes a label and words from elsewhere", async () => {
    const { said, show } = listen(idle, {
      label: "Schaden",
      describe: ({ progress }) => (progress === null ? "läuft" : `${progress.percentage} Prozent`),
    })
    await show(running(10), 5000)
    await show(running(80), 5000)
    expect(said).toEqual(["Schaden: läuft", "Schaden: 75 Prozent"])
  })

  it("is out of sight, unless it is styled", () => {
    const { region, unmount } = listen(idle)
    expect(region.style.position).toBe("absolute")
    unmount()
    expect(listen(idle, { className: "toast" }).region.getAttribute("style")).toBeNull()
  })

  it("can be styled by the job's status, which it has at once", async () => {
    const { region, show } = listen(idle, { className: "toast" })
    expect(region.dataset["status"]).toBe("idle")
    await show(running(10), 0)
    expect(region.dataset["status"]).toBe("running")
  })

  it("leaves no timer behind", async () => {
    const { show, unmount } = listen(idle)
    await show(running(10), 100)
    unmount()
    expect(vi.getTimerCount()).toBe(0)
  })
})
