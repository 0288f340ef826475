import { JobFailed, type WaitingFor } from "@simstream/client"
import { render } from "@testing-library/react"
import { describe, expect, it } from "vitest"
import { describeProgress, getProgressProps, SimulationProgress, type ProgressView } from "./index.ts"
import { progressAt, setUpPage } from "./react.fixtures.tsx"

const view = (known: Partial<ProgressView> = {}): ProgressView => ({
  status: "running",
  connection: "open",
  progress: progressAt(42.7),
  error: null,
  ...known,
})

const waiting = (waitingFor: WaitingFor) => ({ ...progressAt(42.7), waitingFor })

const failed = new JobFailed("It threw.", { jobId: "a", code: "simulation_failed" })

setUpPage()

describe("describeProgress", () => {
  it.each<[string, Partial<ProgressView>]>([
    ["Not started", { status: "idle", connection: "idle", progress: null }],
    ["Connecting", { status: "connecting", connection: "connecting", progress: null }],
    ["Waiting to start", { status: "queued", progress: null }],
    ["Running", { progress: null }],
    ["42%", {}],
    ["42%, reconnecting", { connection: "reconnecting" }],
    ["42%", { connection: "polling" }],
    ["42%, waiting for the queue", { progress: waiting("queue") }],
    ["42%, waiting for workers", { progress: waiting("workers") }],
    ["42%, waiting for workers, reconnecting", { progress: waiting("workers"), connection: "reconnecting" }],
    ["Waiting for workers", { progress: { ...waiting("workers"), total: null, percentage: null } }],
    ["Cancelled", { status: "cancelled", connection: "closed", progress: waiting("workers") }],
    ["Complete", { status: "complete", connection: "closed" }],
    ["Cancelled", { status: "cancelled", connection: "closed" }],
    ["Failed", { status: "error", connection: "closed", error: failed }],
  ])("says %j", (words, known) => {
    expect(describeProgress(view(known))).toBe(words)
  })

  it("leaves out what a newer server says that the run waits for", () => {
    const progress = Object.assign(progressAt(42.7), { waitingFor: "constructor" })
    expect(describeProgress(view({ progress }))).toBe("42%")
  })
})

describe("getProgressProps", () => {
  it("makes a progress bar with a name, whole numbers and words", () => {
    expect(getProgressProps(view(), { label: "Damage" })).toEqual({
      role: "progressbar",
      "aria-label": "Damage",
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-valuenow": 42,
      "aria-valuetext": "42%",
      "aria-busy": true,
    })
  })

  it.each<[string, Partial<ProgressView>]>([
    ["nothing is known yet", { status: "connecting", progress: null }],
    ["the engine can't tell", { progress: { ...progressAt(0), total: null, percentage: null } }],
  ])("leaves the value out when %s, which is how ARIA says indeterminate", (_, known) => {
    expect(getProgressProps(view(known))).not.toHaveProperty("aria-valuenow")
  })

  it("is full and no longer busy when the job is complete, whatever the last progress was", () => {
    expect(getProgressProps(view({ status: "complete", progress: null }))).toMatchObject({
      "aria-valuenow": 100,
      "aria-busy": false,
    })
  })

  it("never says 100 before the end, and never leaves 0 to 100", () => {
    expect(getProgressProps(view({ progress: progressAt(99.99) }))["aria-valuenow"]).toBe(99)
    expect(getProgressProps(view({ progress: progressAt(-3) }))["aria-valuenow"]).toBe(0)
    expect(getProgressProps(view({ progress: progressAt(101) }))["aria-valuenow"]).toBe(100)
  })

  it("takes words from elsewhere", () => {
    const describeInGerman = ({ progress }: ProgressView) => `${progress?.current} von ${progress?.total}`
    expect(
      getProgressProps(view({ progress: progressAt(50) }), { describe: describeInGerman }),
    ).toMatchObject({
      "aria-valuetext": "500 von 1000",
    })
  })
})

describe("SimulationProgress", () => {
  it("is found by role, name and value", () => {
    const { getByRole } = render(<SimulationProgress job={view()} label="Damage" />)
    const bar = getByRole("progressbar", {
      name: "Damage",
      value: { now: 42, min: 0, max: 100, text: "42%" },
    })
    expect(bar.firstElementChild?.getAttribute("style")).toBe("width: 42.7%;")
  })

  it("can be styled by class names and by attributes", () => {
    const { getByRole, rerender } = render(
      <SimulationProgress
        job={view()}
        className="track"
        barClassName="bar"
        id="here"
        style={{ height: 4 }}
      />,
    )
    const bar = getByRole("progressbar")
    expect(bar.outerHTML).toContain('class="track" id="here" style="height: 4px;"')
    expect(bar.firstElementChild?.className).toBe("bar")
    expect({ ...bar.dataset }).toEqual({ status: "running", connection: "open" })

    rerender(<SimulationProgress job={view({ connection: "reconnecting", progress: null })} />)
    expect({ ...bar.dataset }).toEqual({ status: "running", connection: "reconnecting", indeterminate: "" })
    expect(bar.firstElementChild?.getAttribute("style")).toBe("")

    rerender(<SimulationProgress job={view({ progress: waiting("queue") })} />)
    expect({ ...bar.dataset }).toEqual({ status: "running", connection: "open", waiting: "queue" })

    rerender(
      <SimulationProgress
        job={view({ status: "cancelled", connection: "closed", progress: waiting("queue") })}
      />,
    )
    expect({ ...bar.dataset }).toEqual({ status: "cancelled", connection: "closed" })
  })
})
