import { MantineProvider } from "@mantine/core"
import type { Progress } from "@simstream/protocol"
import { renderToStaticMarkup } from "react-dom/server"
import { describe, expect, it } from "vitest"
import { ProgressPanel } from "./ProgressPanel.tsx"

const PROGRESS: Progress = {
  current: 4270,
  total: 10_000,
  percentage: 42.7,
  elapsedMs: 4000,
  ratePerSecond: 1000,
  etaMs: null,
}

/** The panel of a run, as HTML. */
const panel = (progress: Progress, status: "running" | "cancelled" = "running"): string =>
  renderToStaticMarkup(
    <MantineProvider>
      <ProgressPanel
        state={{
          jobId: "job_1",
          status,
          connection: status === "running" ? "open" : "closed",
          attempt: 0,
          progress,
          partial: null,
          result: null,
          error: null,
        }}
      />
    </MantineProvider>,
  )

const isAnimated = (html: string): boolean => html.includes("data-animated")

describe("the progress of a run that can't go on", () => {
  it.each([
    ["queue", "Waiting for the queue", "full or can&#x27;t be reached"],
    ["workers", "Waiting for a worker", "No worker is free"],
  ] as const)("says that it waits for the %s, and stands still", (waitingFor, headline, why) => {
    const html = panel({ ...PROGRESS, waitingFor })
    expect(html).toContain(headline)
    expect(html).toContain(why)
    expect(html).toContain("It goes on by itself")
    expect(html).not.toContain(">Running<")
    expect(html).not.toContain("estimating")
    expect(isAnimated(html)).toBe(false)
  })

  it("runs again when it goes on", () => {
    const html = panel(PROGRESS)
    expect(html).toContain(">Running<")
    expect(html).not.toContain("Waiting")
    expect(isAnimated(html)).toBe(true)
  })

  it("is that of one that runs when the reason is one of a newer server", () => {
    const html = panel(Object.assign({ ...PROGRESS }, { waitingFor: "licence" }))
    expect(html).toContain(">Running<")
    expect(isAnimated(html)).toBe(true)
  })

  it("doesn't wait once it has ended, whatever was known last", () => {
    const html = panel({ ...PROGRESS, waitingFor: "workers" }, "cancelled")
    expect(html).toContain(">Stopped<")
    expect(html).not.toContain("Waiting")
  })
})
