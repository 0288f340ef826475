import { describe, expect, it } from "vitest"
import { isJobSnapshot, isProblem, isProgress, isStreamEvent } from "./guards.ts"
import { problem } from "./problem.ts"

const progress = {
  current: 5,
  total: 10,
  percentage: 50,
  elapsedMs: 1,
  ratePerSecond: 5000,
  etaMs: 1,
}

const events = {
  connected: { type: "connected", jobId: "job_1", status: "running", heartbeatMs: 8000, protocol: 1 },
  progress: { type: "progress", ...progress },
  partial: { type: "partial", stats: { mean: 1 } },
  complete: { type: "complete", stats: {}, iterations: 10, seed: "7", digest: "00" },
  error: { type: "error", message: "It failed.", code: "simulation_failed" },
  cancelled: { type: "cancelled" },
}

const snapshot = {
  jobId: "job_1",
  simulation: "dice",
  status: "running",
  request: { simulation: "dice", config: {}, iterations: 10, seed: "7", stop: {} },
  createdAt: "2026-01-01T00:00:00.000Z",
  startedAt: null,
  endedAt: null,
  progress: null,
  partial: null,
  result: null,
  error: null,
  lastEventId: null,
}

/** The object without each of its fields in turn. */
const withoutEach = (value: Readonly<Record<string, unknown>>) =>
  Object.keys(value).map((missing) => ({
    missing,
    value: Object.fromEntries(Object.entries(value).filter(([key]) => key !== missing)),
  }))

const notObjects = [undefined, null, true, 7, "progress", [], [progress], () => progress]

describe("isProgress", () => {
  it("takes a progress, known to the end or not", () => {
    expect(isProgress(progress)).toBe(true)
    expect(isProgress({ ...progress, total: null, percentage: null, etaMs: null })).toBe(true)
  })

  it.each(["queue", "workers", "something that a newer server says"])(
    "takes one of a run that waits for %s",
    (waitingFor) => {
      expect(isProgress({ ...progress, waitingFor })).toBe(true)
    },
  )

  it.each(withoutEach(progress))("refuses one without $missing", ({ value }) => {
    expect(isProgress(value)).toBe(false)
  })

  it.each(Object.keys(progress))("refuses one whose %s is text", (field) => {
    expect(isProgress({ ...progress, [field]: "5" })).toBe(false)
  })

  it.each(["current", "elapsedMs", "ratePerSecond"])("refuses one whose %s is null", (field) => {
    expect(isProgress({ ...progress, [field]: null })).toBe(false)
  })
})

describe("isStreamEvent", () => {
  it.each(Object.values(events))("takes the event $type", (event) => {
    expect(isStreamEvent(event)).toBe(true)
  })

  it("takes fields that it does not know, so that a server may be newer", () => {
    expect(isStreamEvent({ ...events.progress, note: "more" })).toBe(true)
  })

  it("does not look into what a simulation publishes", () => {
    expect(isStreamEvent({ type: "partial", stats: null })).toBe(true)
    expect(isStreamEvent({ type: "cancelled", stats: { mean: 1 } })).toBe(true)
  })

  it.each(
    Object.values(events).flatMap((event) =>
      withoutEach(event).map(({ missing, value }) => ({ type: event.type, missing, value })),
    ),
  )("refuses $type without $missing", ({ value }) => {
    expect(isStreamEvent(value)).toBe(false)
  })

  it.each([
    { ...events.connected, status: "paused" },
    { ...events.connected, heartbeatMs: "8000" },
    { ...events.complete, iterations: "10" },
    { ...events.complete, seed: 7 },
    { ...events.error, code: 500 },
    { type: "toString" },
    { type: "finished" },
    { type: 1 },
  ])("refuses %j", (event) => {
    expect(isStreamEvent(event)).toBe(false)
  })

  it.each(notObjects)("refuses %s, which is no object", (value) => {
    expect(isStreamEvent(value)).toBe(false)
  })
})

describe("isJobSnapshot", () => {
  it("takes a snapshot", () => {
    expect(isJobSnapshot(snapshot)).toBe(true)
    expect(isJobSnapshot({ ...snapshot, progress, lastEventId: "3-job_1" })).toBe(true)
  })

  it.each(["jobId", "simulation", "status", "request", "progress", "lastEventId"])(
    "refuses one without %s",
    (missing) => {
      const found = withoutEach(snapshot).find((one) => one.missing === missing)
      expect(isJobSnapshot(found?.value)).toBe(false)
    },
  )

  it.each([{ status: "paused" }, { request: null }, { progress: {} }, { lastEventId: 3 }, { jobId: 1 }])(
    "refuses %j",
    (wrong) => {
      expect(isJobSnapshot({ ...snapshot, ...wrong })).toBe(false)
    },
  )

  it.each(notObjects)("refuses %s, which is no object", (value) => {
    expect(isJobSnapshot(value)).toBe(false)
  })
})

describe("isProblem", () => {
  const found = problem("job_not_found", "There is no job 7.")

  it("takes a problem, with issues or without", () => {
    expect(isProblem(found)).toBe(true)
    expect(isProblem(problem("invalid_config", "Wrong.", [{ path: ["config"], message: "no" }]))).toBe(true)
  })

  it.each(["title", "status", "detail", "code"])("refuses one without %s", (missing) => {
    const rest = withoutEach({ ...found }).find((one) => one.missing === missing)
    expect(isProblem(rest?.value)).toBe(false)
  })

  it.each(["teapot", "toString", "__proto__", 404])("refuses the unknown code %j", (code) => {
    expect(isProblem({ ...found, code })).toBe(false)
  })

  it.each(notObjects)("refuses %s, which is no object", (value) => {
    expect(isProblem(value)).toBe(false)
  })
})
