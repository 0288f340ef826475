import { describe, expect, it } from "vitest"
import { EVENT_TYPES, isTerminalEvent, type StreamEvent } from "./events.ts"
import { isFinalStatus, JOB_STATUSES } from "./job.ts"

const progress = { current: 0, total: 1, percentage: 0, elapsedMs: 0, ratePerSecond: 0, etaMs: null }

const events: ReadonlyArray<StreamEvent> = [
  { type: "connected", jobId: "a", status: "running", heartbeatMs: 8000, protocol: 1 },
  { type: "progress", ...progress },
  { type: "partial", stats: {} },
  {
    type: "complete",
    stats: {},
    timeline: null,
    charts: null,
    iterations: 1,
    seed: "1",
    stopReason: "iterations",
    elapsedMs: 1,
    failures: { count: 0, examples: [] },
    digest: "00",
    schemaVersion: 1,
  },
  { type: "error", code: "simulation_failed", message: "It failed." },
  { type: "cancelled" },
]

describe("events", () => {
  it("are six", () => {
    expect(events.map(({ type }) => type)).toEqual([...EVENT_TYPES])
  })

  it("end a stream when they are complete, error or cancelled", () => {
    expect(events.filter(isTerminalEvent).map(({ type }) => type)).toEqual(["complete", "error", "cancelled"])
  })
})

describe("statuses", () => {
  it("are final when nothing follows", () => {
    expect(JOB_STATUSES.filter(isFinalStatus)).toEqual(["completed", "failed", "cancelled"])
  })
})
