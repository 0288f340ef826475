import { act, render, renderHook } from "@testing-library/react"
import { Component, Profiler, useState, type ReactNode } from "react"
import { describe, expect, it, vi } from "vitest"
import type { SettledJob, SimulationJob, UseSimulationStreamOptions } from "./index.ts"
import {
  createFakeClient,
  hooks,
  IDLE_MS,
  pass,
  progressAt,
  resultOf,
  setUpPage,
  snapshotOf,
  pageOf,
  type DiceOutputs,
} from "./react.fixtures.tsx"

const { useSimulationStream } = hooks

interface Props extends UseSimulationStreamOptions<DiceOutputs> {
  readonly jobId: string | null
}

const follow = (fake: ReturnType<typeof createFakeClient>, initialProps: Props, strict = false) =>
  renderHook(
    ({ jobId, ...options }: Props) => useSimulationStream(jobId, { ...options, simulation: "dice" }),
    { initialProps, ...pageOf(fake, { strict }) },
  )

const { expectComplaints } = setUpPage()

describe("a followed job", () => {
  it("is idle without an id, and nothing is connected", () => {
    const fake = createFakeClient()
    const { result } = follow(fake, { jobId: null })
    expect(result.current).toMatchObject({
      status: "idle",
      jobId: null,
      connection: "idle",
      partialStats: null,
    })
    expect(fake.connections()).toBe(0)
  })

  it("connects, runs and completes", async () => {
    const fake = createFakeClient()
    const { result } = follow(fake, { jobId: "a" })
    expect(result.current).toMatchObject({ status: "connecting", connection: "connecting" })

    act(() => fake.queued("a"))
    expect(result.current).toMatchObject({ status: "queued", connection: "open" })

    act(() => fake.progress("a", 10))
    act(() => fake.partial("a", 3.4))
    await pass(100)
    expect(result.current).toMatchObject({
      status: "running",
      progress: progressAt(10),
      partial: { stats: { mean: 3.4 } },
      partialStats: { mean: 3.4 },
      result: null,
    })

    act(() => fake.complete("a", 3.5))
    expect(result.current).toMatchObject({ status: "complete", connection: "closed", result: resultOf(3.5) })
    expect(fake.connections()).toBe(0)
  })

  it("shows a lost connection as reconnecting, with the last progress kept, and not as an error", () => {
    const fake = createFakeClient()
    const { result } = follow(fake, { jobId: "a" })
    act(() => fake.progress("a", 40))
    act(() => fake.drop("a"))
    expect(result.current).toMatchObject({
      status: "running",
      connection: "reconnecting",
      attempt: 1,
      progress: progressAt(40),
      error: null,
    })
  })

  it("shows the end of a job that ended while nothing could be heard of it", () => {
    const fake = createFakeClient()
    const { result } = follow(fake, { jobId: "a" })
    act(() => fake.progress("a", 40))
    act(() => fake.drop("a"))
    act(() => fake.complete("a", 3.5))
    expect(result.current).toMatchObject({ status: "complete", result: resultOf(3.5) })
  })

  it("keeps what a cancelled and a failed job left", () => {
    const fake = createFakeClient()
    const { result, rerender } = follow(fake, { jobId: "a" })
    act(() => fake.partial("a", 3.1))
    act(() => fake.cancel("a"))
    expect(result.current).toMatchObject({ status: "cancelled", partialStats: { mean: 3.1 }, error: null })

    rerender({ jobId: "b" })
    act(() => fake.partial("b", 3.2))
    act(() => fake.fail("b"))
    expect(result.current).toMatchObject({
      status: "error",
      partialStats: { mean: 3.2 },
      error: { _tag: "JobFailed", code: "simulation_failed" },
    })
  })

  it("renders nothing of the job before when the id changes, not even once", () => {
    const fake = createFakeClient()
    const shown: Array<string> = []
    const { rerender } = renderHook(
      ({ jobId }: { jobId: string | null }) => {
        const job = useSimulationStream(jobId)
        shown.push(`${jobId}: ${job.jobId} ${job.progress?.percentage ?? "-"}`)
      },
      { initialProps: { jobId: "a" }, ...pageOf(fake) },
    )
    act(() => fake.progress("a", 40))
    rerender({ jobId: "b" })
    act(() => fake.progress("b", 70))
    rerender({ jobId: "a" })
    expect(new Set(shown)).toEqual(new Set(["a: a -", "a: a 40", "b: b -", "b: b 70"]))
  })

  it("takes up a job that is on the page already where it is, in its first render", () => {
    const fake = createFakeClient()
    follow(fake, { jobId: "a" })
    act(() => fake.progress("a", 40))
    const statuses: Array<string> = []
    renderHook(() => {
      statuses.push(useSimulationStream("a").status)
    }, pageOf(fake))
    expect(new Set(statuses)).toEqual(new Set(["running"]))
    expect(fake.opened("a")).toBe(1)
  })

  it("can be cancelled, for everyone", async () => {
    const fake = createFakeClient()
    const { result } = follow(fake, { jobId: "a" })
    await act(() => result.current.cancel())
    expect(fake.cancelled).toEqual(["a"])
  })

  it("has nothing to cancel without an id", async () => {
    const fake = createFakeClient()
    const { result } = follow(fake, { jobId: null })
    await act(() => result.current.cancel())
    expect(fake.cancelled).toEqual([])
  })

  it("stops without cancelling, shows what it saw, and follows again on retry", async () => {
    const fake = createFakeClient()
    const { result } = follow(fake, { jobId: "a" })
    act(() => fake.progress("a", 40))
    act(() => result.current.stop())
    expect(result.current).toMatchObject({ status: "running", connection: "idle", progress: progressAt(40) })
    await pass(IDLE_MS)
    expect(fake.connections()).toBe(0)
    expect(fake.cancelled).toEqual([])

    act(() => fake.progress("a", 60))
    expect(result.current).toMatchObject({ progress: progressAt(40) })
    act(() => result.current.retry())
    expect(fake.connections()).toBe(1)
    expect(result.current).toMatchObject({ status: "running", progress: progressAt(60) })
  })

  it("forgets that it was stopped when the id changes", () => {
    const fake = createFakeClient()
    const { result, rerender } = follow(fake, { jobId: "a" })
    act(() => result.current.stop())
    rerender({ jobId: "b" })
    expect(fake.connections("b")).toBe(1)
  })

  it("connects again on retry after the connection had failed for good", () => {
    const fake = createFakeClient()
    const { result } = follow(fake, { jobId: "a" })
    act(() => fake.progress("a", 40))
    act(() => fake.giveUp("a"))
    expect(result.current).toMatchObject({ status: "error", error: { _tag: "ConnectionFailed" } })
    act(() => result.current.retry())
    expect(fake.opened("a")).toBe(2)
    expect(result.current).toMatchObject({ connection: "connecting", progress: progressAt(40), error: null })
  })

  it("keeps its functions while the job is the same", async () => {
    const fake = createFakeClient()
    const { result } = follow(fake, { jobId: "a" })
    const { cancel, stop, retry } = result.current
    act(() => fake.progress("a", 40))
    await pass(100)
    expect(result.current).toMatchObject({ cancel, stop, retry })
  })

  it("keeps its state object from render to render", () => {
    const fake = createFakeClient()
    const { result, rerender } = follow(fake, { jobId: "a" })
    const before = result.current
    rerender({ jobId: "a" })
    expect(result.current).toBe(before)
  })

  it("says how to get a client when there is none", () => {
    expectComplaints()
    expect(() => renderHook(() => useSimulationStream("a"))).toThrow(/SimulationProvider/)
  })
})

describe("enabled", () => {
  it("connects to nothing while it is false, and pretends nothing", () => {
    const fake = createFakeClient()
    const { result } = follow(fake, { jobId: "a", enabled: false })
    expect(result.current).toMatchObject({ status: "idle", jobId: "a", connection: "idle" })
    expect(fake.connections()).toBe(0)
  })

  it("connects when it turns true", () => {
    const fake = createFakeClient()
    const { result, rerender } = follow(fake, { jobId: "a", enabled: false })
    rerender({ jobId: "a", enabled: true })
    expect(fake.connections()).toBe(1)
    expect(result.current.status).toBe("connecting")
  })

  it("shows what was seen while it is false again, and catches up after", async () => {
    const fake = createFakeClient()
    const { result, rerender } = follow(fake, { jobId: "a" })
    act(() => fake.progress("a", 40))
    rerender({ jobId: "a", enabled: false })
    await pass(IDLE_MS)
    expect(fake.connections()).toBe(0)
    act(() => fake.progress("a", 60))
    expect(result.current).toMatchObject({ status: "running", connection: "idle", progress: progressAt(40) })
    rerender({ jobId: "a", enabled: true })
    expect(result.current).toMatchObject({ progress: progressAt(60) })
  })

  it("makes no difference to a job that has ended", () => {
    const fake = createFakeClient()
    const { result, rerender } = follow(fake, { jobId: "a" })
    act(() => fake.complete("a", 3.5))
    const ended = result.current
    rerender({ jobId: "a", enabled: false })
    expect(result.current).toEqual(ended)
  })

  it("follows the newest options that it was given while it was false", async () => {
    const fake = createFakeClient()
    const onProgress = vi.fn<() => void>()
    const { rerender } = follow(fake, { jobId: "a", enabled: false })
    rerender({ jobId: "b", enabled: false, throttleMs: 1000 })
    rerender({ jobId: "c", enabled: false, throttleMs: 1000, onProgress })
    expect(fake.members()).toBe(0)
    rerender({ jobId: "c", enabled: true, throttleMs: 1000, onProgress })
    expect([fake.opened("a"), fake.opened("b"), fake.opened("c")]).toEqual([0, 0, 1])
    act(() => fake.progress("c", 10))
    await pass(999)
    act(() => fake.progress("c", 20))
    await pass(0)
    expect(onProgress.mock.calls).toEqual([[progressAt(10)]])
    await pass(1)
    expect(onProgress.mock.calls).toEqual([[progressAt(10)], [progressAt(20)]])
  })

  it("toggled ten times within the idle time, connects once", () => {
    const fake = createFakeClient()
    const { rerender } = follow(fake, { jobId: "a" })
    for (let round = 0; round < 10; round += 1) {
      rerender({ jobId: "a", enabled: false })
      rerender({ jobId: "a", enabled: true })
    }
    expect(fake.opened("a")).toBe(1)
  })
})

describe("throttleMs", () => {
  it("is how often the component renders for progress, and no reason to reconnect", async () => {
    const fake = createFakeClient()
    const { result, rerender } = follow(fake, { jobId: "a", throttleMs: 500 })
    act(() => fake.progress("a", 1))
    await pass(499)
    act(() => fake.progress("a", 2))
    expect(result.current.progress).toEqual(progressAt(1))
    await pass(1)
    expect(result.current.progress).toEqual(progressAt(2))

    rerender({ jobId: "a", throttleMs: 20 })
    expect(result.current.progress).toEqual(progressAt(2))
    await pass(20)
    act(() => fake.progress("a", 3))
    await pass(20)
    expect(result.current.progress).toEqual(progressAt(3))
    expect(fake.opened("a")).toBe(1)
  })

  it("lets status, connection and the end through at once", () => {
    const fake = createFakeClient()
    const { result } = follow(fake, { jobId: "a", throttleMs: 10_000 })
    act(() => fake.progress("a", 1))
    act(() => fake.drop("a"))
    expect(result.current.connection).toBe("reconnecting")
    act(() => fake.complete("a", 3.5))
    expect(result.current.status).toBe("complete")
  })
})

describe("select", () => {
  const Percentage = ({ onRender }: { onRender: () => void }) => {
    const percentage = useSimulationStream("a", { select: (job) => job.progress?.percentage ?? null })
    onRender()
    return <p>{percentage}</p>
  }

  it("returns what was picked, and renders for that only", async () => {
    const fake = createFakeClient()
    const onRender = vi.fn<() => void>()
    const { container } = render(<Percentage onRender={onRender} />, pageOf(fake))
    act(() => fake.progress("a", 40))
    await pass(100)
    expect(container.textContent).toBe("40")
    onRender.mockClear()

    act(() => fake.partial("a", 3.5))
    await pass(100)
    act(() => fake.drop("a"))
    await pass(100)
    expect(onRender).not.toHaveBeenCalled()

    act(() => fake.progress("a", 50))
    await pass(100)
    expect(container.textContent).toBe("50")
    expect(onRender).toHaveBeenCalledOnce()
  })

  it("compares by isEqual, and keeps the object that is equal", async () => {
    const fake = createFakeClient()
    let renders = 0
    const { result, rerender } = renderHook(() => {
      renders += 1
      return useSimulationStream("a", {
        select: ({ status }) => ({ isRunning: status === "running" }),
        isEqual: (previous, next) => previous.isRunning === next.isRunning,
      })
    }, pageOf(fake))
    act(() => fake.progress("a", 40))
    const picked = result.current
    expect(picked).toEqual({ isRunning: true })
    renders = 0
    act(() => fake.drop("a"))
    expect(renders).toBe(0)
    rerender()
    expect(result.current).toBe(picked)
  })

  it("renders for every published state when it makes a new object each time, and does not loop", async () => {
    const fake = createFakeClient()
    let renders = 0
    const { result } = renderHook(() => {
      renders += 1
      return useSimulationStream("a", { select: ({ progress }) => ({ progress }) })
    }, pageOf(fake))
    act(() => fake.progress("a", 40))
    await pass(100)
    expect(result.current).toEqual({ progress: progressAt(40) })
    expect(renders).toBeLessThan(6)
  })

  it("picks from the newest state when the function changes", async () => {
    const fake = createFakeClient()
    const { result, rerender } = renderHook(
      ({ field }: { field: "status" | "partialStats" }) =>
        useSimulationStream("a", { simulation: "dice", select: (job) => job[field] }),
      { initialProps: { field: "status" }, ...pageOf(fake) },
    )
    act(() => fake.progress("a", 40))
    act(() => fake.partial("a", 3.5))
    await pass(100)
    expect(result.current).toBe("running")
    rerender({ field: "partialStats" })
    expect(result.current).toEqual({ mean: 3.5 })
  })

  it("can pick functions too", async () => {
    const fake = createFakeClient()
    const { result } = renderHook(() => useSimulationStream("a", { select: ({ cancel }) => cancel }), {
      ...pageOf(fake),
    })
    await act(() => result.current())
    expect(fake.cancelled).toEqual(["a"])
  })

  it("that throws is caught by the error boundary, and the other components go on", async () => {
    expectComplaints()
    class Boundary extends Component<{ readonly children: ReactNode }, { failed: boolean }> {
      override state = { failed: false }
      static getDerivedStateFromError = () => ({ failed: true })
      override render = () => (this.state.failed ? "caught" : this.props.children)
    }
    const Fragile = () =>
      useSimulationStream("a", {
        select: ({ progress }) => {
          if (progress !== null) throw new Error("no progress, please")
          return "fine"
        },
      })
    const Robust = () => useSimulationStream("a").progress?.percentage
    const fake = createFakeClient()
    const { container } = render(
      <>
        <Boundary>
          <Fragile />
        </Boundary>
        <Robust />
      </>,
      pageOf(fake),
    )
    expect(container.textContent).toBe("fine")
    act(() => fake.progress("a", 40))
    await pass(100)
    expect(container.textContent).toBe("caught40")
  })
})

describe("onProgress", () => {
  it("is called with every published progress, whatever is selected", async () => {
    const fake = createFakeClient()
    const onProgress = vi.fn<() => void>()
    renderHook(() => useSimulationStream("a", { onProgress, select: () => null }), {
      ...pageOf(fake),
    })
    for (let percentage = 1; percentage <= 20; percentage += 1) {
      act(() => fake.progress("a", percentage))
      await pass(10)
    }
    await pass(100)
    expect(onProgress.mock.calls).toEqual([[progressAt(1)], [progressAt(10)], [progressAt(20)]])
  })

  it("is not called with what was known from the start", async () => {
    const fake = createFakeClient()
    const onProgress = vi.fn<() => void>()
    const known = (jobId: string): Props => ({
      jobId,
      onProgress,
      initialSnapshot: snapshotOf(jobId, { progress: progressAt(30) }),
    })
    const { rerender } = follow(fake, known("a"))
    rerender(known("b"))
    await pass(1000)
    expect(onProgress).not.toHaveBeenCalled()
    act(() => fake.progress("b", 40))
    expect(onProgress.mock.calls).toEqual([[progressAt(40)]])
  })

  it("may be another function on every render, and the newest is called", () => {
    const fake = createFakeClient()
    const heard: Array<string> = []
    const { rerender } = follow(fake, { jobId: "a", onProgress: () => heard.push("old") })
    for (let round = 0; round < 10; round += 1) {
      rerender({ jobId: "a", onProgress: () => heard.push(`new ${round}`) })
    }
    act(() => fake.progress("a", 10))
    expect(heard).toEqual(["new 9"])
    expect(fake.opened("a")).toBe(1)
    expect(fake.members()).toBe(1)
  })

  it("that throws is reported, and stops nothing", async () => {
    const fake = createFakeClient()
    const reported: Array<unknown> = []
    const listen = (thrown: unknown) => reported.push(thrown)
    process.on("uncaughtException", listen)
    const { result } = follow(fake, {
      jobId: "a",
      onProgress: () => {
        throw new Error("in a callback")
      },
    })
    act(() => fake.progress("a", 10))
    await pass(0)
    process.off("uncaughtException", listen)
    expect(reported).toEqual([new Error("in a callback")])
    expect(result.current.progress).toEqual(progressAt(10))
  })
})

describe("onSettled", () => {
  const settle = (jobId: string | null, onSettled: (job: SettledJob<DiceOutputs>) => void): Props => ({
    jobId,
    onSettled,
  })

  it("is called once, with the job as it ended", async () => {
    const fake = createFakeClient()
    const onSettled = vi.fn<(job: SettledJob<DiceOutputs>) => void>()
    const { rerender } = follow(fake, settle("a", onSettled), true)
    act(() => fake.progress("a", 10))
    act(() => fake.complete("a", 3.5))
    rerender(settle("a", onSettled))
    await pass(1000)
    expect(onSettled).toHaveBeenCalledOnce()
    expect(onSettled.mock.calls[0]?.[0]).toMatchObject({ status: "complete", result: resultOf(3.5) })
  })

  it("is called for a cancelled and for a failed job", () => {
    const fake = createFakeClient()
    const onSettled = vi.fn<(job: SettledJob<DiceOutputs>) => void>()
    const { rerender } = follow(fake, settle("a", onSettled))
    act(() => fake.cancel("a"))
    rerender(settle("b", onSettled))
    act(() => fake.fail("b"))
    expect(onSettled.mock.calls.map(([{ jobId, status }]) => `${jobId} ${status}`)).toEqual([
      "a cancelled",
      "b error",
    ])
  })

  it("is not called for a connection that is lost, even for good", async () => {
    const fake = createFakeClient()
    const onSettled = vi.fn<() => void>()
    const { rerender, unmount } = follow(fake, settle("a", onSettled))
    act(() => fake.progress("a", 10))
    act(() => fake.drop("a"))
    act(() => fake.giveUp("a"))
    rerender({ jobId: "a", onSettled, enabled: false })
    rerender(settle(null, onSettled))
    unmount()
    await pass(1000)
    expect(onSettled).not.toHaveBeenCalled()
  })

  it("is not called for a job that had ended before it was seen", async () => {
    const fake = createFakeClient()
    const onSettled = vi.fn<() => void>()
    follow(fake, {
      jobId: "a",
      onSettled,
      initialSnapshot: snapshotOf("a", { status: "completed", result: resultOf(3.5) }),
    })
    await pass(1000)
    expect(onSettled).not.toHaveBeenCalled()
    expect(fake.opened("a")).toBe(0)
  })

  it("is called once for each job, however often the component goes back to it", () => {
    const fake = createFakeClient()
    const onSettled = vi.fn<(job: SettledJob<DiceOutputs>) => void>()
    const { rerender } = follow(fake, settle("a", onSettled))
    act(() => fake.complete("a", 3.5))
    rerender(settle("b", onSettled))
    rerender(settle("a", onSettled))
    rerender(settle("b", onSettled))
    act(() => fake.complete("b", 3.5))
    rerender(settle("a", onSettled))
    rerender(settle("b", onSettled))
    expect(onSettled.mock.calls.map(([{ jobId }]) => jobId)).toEqual(["a", "b"])
  })

  it("is called for a job that ended while the component was elsewhere", () => {
    const fake = createFakeClient()
    const onSettled = vi.fn<(job: SettledJob<DiceOutputs>) => void>()
    const { rerender } = follow(fake, settle("a", onSettled))
    act(() => fake.progress("a", 10))
    rerender(settle("b", onSettled))
    act(() => fake.complete("a", 3.5))
    expect(onSettled).not.toHaveBeenCalled()
    rerender(settle("a", onSettled))
    expect(onSettled.mock.calls.map(([{ jobId }]) => jobId)).toEqual(["a"])
  })

  it("is not called by a component that another's onSettled has taken down", () => {
    const fake = createFakeClient()
    const heard: Array<string> = []
    const Follower = ({ name, onSettled }: { name: string; onSettled?: () => void }) => {
      useSimulationStream("a", {
        onSettled: () => {
          heard.push(name)
          onSettled?.()
        },
      })
      return null
    }
    const Page = () => {
      const [isHidden, setHidden] = useState(false)
      return (
        <>
          <Follower name="first" onSettled={() => act(() => setHidden(true))} />
          {isHidden ? null : <Follower name="second" />}
        </>
      )
    }
    render(<Page />, pageOf(fake))
    fake.complete("a", 3.5)
    expect(heard).toEqual(["first"])
  })
})

describe("initialSnapshot", () => {
  it("is shown until there is better", () => {
    const fake = createFakeClient()
    const shown: Array<SimulationJob<DiceOutputs>> = []
    renderHook(() => {
      shown.push(
        useSimulationStream("a", {
          simulation: "dice",
          initialSnapshot: snapshotOf("a", { progress: progressAt(30), partial: { stats: { mean: 3 } } }),
        }),
      )
    }, pageOf(fake))
    expect(shown[0]).toMatchObject({ status: "running", progress: progressAt(30), partialStats: { mean: 3 } })
    act(() => fake.progress("a", 40))
    expect(shown.at(-1)).toMatchObject({ progress: progressAt(40) })
  })

  it("may be another object on every render", () => {
    const fake = createFakeClient()
    const { rerender } = follow(fake, { jobId: "a", initialSnapshot: snapshotOf("a") })
    for (let round = 0; round < 10; round += 1) rerender({ jobId: "a", initialSnapshot: snapshotOf("a") })
    expect(fake.opened("a")).toBe(1)
  })

  it("of another job is of no use", () => {
    const fake = createFakeClient()
    const initialSnapshot = snapshotOf("a", { progress: progressAt(30) })
    const { result, rerender } = follow(fake, { jobId: "a", initialSnapshot })
    expect(result.current.progress).toEqual(progressAt(30))
    rerender({ jobId: "b", initialSnapshot })
    expect(result.current).toMatchObject({ jobId: "b", status: "connecting", progress: null })
  })

  it("is shown while watching is off", () => {
    const fake = createFakeClient()
    const initialSnapshot = snapshotOf("a", { progress: progressAt(30) })
    const { result } = follow(fake, { jobId: "a", initialSnapshot, enabled: false })
    expect(result.current).toMatchObject({ status: "running", connection: "idle", progress: progressAt(30) })
    expect(fake.connections()).toBe(0)
  })
})

describe("check", () => {
  it("is what the client validates by, and another one is no reason to reconnect", () => {
    const fake = createFakeClient()
    const watch = vi.spyOn(fake.client, "watch")
    const check = () => {
      throw new Error("never called")
    }
    const { rerender } = follow(fake, { jobId: "a", check })
    expect(watch).toHaveBeenCalledWith("a", expect.objectContaining({ check }))
    watch.mockClear()
    rerender({ jobId: "a", check: () => check() })
    expect(watch).not.toHaveBeenCalled()
  })
})

describe("a job that publishes a thousand events a second", () => {
  /** The most commits in any second of two, and how many there were in all. */
  const commitsOf = async (Page: () => ReactNode) => {
    const fake = createFakeClient()
    const times: Array<number> = []
    render(
      <Profiler id="page" onRender={() => times.push(Date.now())}>
        <Page />
      </Profiler>,
      pageOf(fake),
    )
    act(() => fake.progress("a", 0))
    await pass(100)
    times.length = 0
    for (let event = 1; event <= 2000; event += 1) {
      act(() => {
        fake.progress("a", event / 20)
        if (event % 10 === 0) fake.partial("a", event)
      })
      await pass(1)
    }
    const inASecond = times.map(
      (start) => times.filter((time) => time >= start && time < start + 1000).length,
    )
    return { inAll: times.length, inASecond: Math.max(0, ...inASecond) }
  }

  it("makes at most ten commits a second", async () => {
    const commits = await commitsOf(() => useSimulationStream("a").progress?.percentage)
    expect(commits).toEqual({ inAll: 21, inASecond: 10 })
  })

  it("makes at most ten commits a second with twenty components", async () => {
    const Follower = () => useSimulationStream("a").progress?.percentage
    const commits = await commitsOf(() => Array.from({ length: 20 }, (_, index) => <Follower key={index} />))
    expect(commits).toEqual({ inAll: 21, inASecond: 10 })
  })

  it("makes none for a selection that doesn't change", async () => {
    const commits = await commitsOf(() => useSimulationStream("a", { select: ({ status }) => status }))
    expect(commits).toEqual({ inAll: 0, inASecond: 0 })
  })
})
