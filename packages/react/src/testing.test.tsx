import { readFileSync } from "node:fs"
import type { StreamEvent } from "@simstream/protocol"
import { fireEvent, render, renderHook, screen, cleanup } from "@testing-library/react"
import { Suspense, useEffect, useState } from "react"
import { afterEach, describe, expect, it, vi } from "vitest"
import { useSimulation, useSimulationResult, useSimulationStream } from "./index.ts"
import { hooks, type TestSimulations } from "./react.fixtures.tsx"
import {
  cancelled,
  complete,
  createFakeSimulations,
  drop,
  fail,
  partial,
  progress,
  refuse,
  stall,
  wait,
  type FakeSimulations,
} from "./testing.tsx"

/** Every state that was committed, in order. */
const follow = (simulations: FakeSimulations, jobId: string) => {
  const seen: Array<string> = []
  const { result } = renderHook(
    () => {
      const job = useSimulationStream(jobId)
      const { status, connection } = job
      const percentage = job.progress?.percentage ?? "-"
      useEffect(() => {
        seen.push(`${status} ${connection} ${percentage}`)
      }, [status, connection, percentage])
      return job
    },
    { wrapper: simulations.Provider },
  )
  return { seen, result }
}

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

/** The two clocks that a test may have: one of our own, and that of its framework. */
describe.each([
  ["its own clock", () => createFakeSimulations()],
  [
    "the fake timers of vitest",
    () => {
      vi.useFakeTimers()
      return createFakeSimulations({ advanceTimers: vi.advanceTimersByTimeAsync })
    },
  ],
])("a component on fake simulations, by %s,", (_, create) => {
  it("goes through progress, a drop, the way back and completion", async () => {
    using simulations = create()
    const { jobId } = simulations.job([
      progress(10),
      wait(1000),
      progress(40),
      drop(),
      progress(60),
      wait(1000),
      complete({ stats: { mean: 3.5 } }),
    ])
    const { seen, result } = follow(simulations, jobId)
    await simulations.advance(0)
    expect(seen).toEqual(["connecting idle -", "connecting connecting -", "running open 10"])
    await simulations.advance(1000)
    expect(seen.at(-1)).toBe("running reconnecting 40")
    await simulations.advance(500)
    expect(seen.at(-1)).toBe("running open 60")
    await simulations.advance(1000)
    expect(result.current).toMatchObject({ status: "complete", result: { stats: { mean: 3.5 } } })
    expect(simulations.requests).toHaveLength(2)
  })

  it("renders what happens on the way, and not only where it leads", async () => {
    using simulations = create()
    const { jobId } = simulations.job([
      progress(10),
      wait(1000),
      progress(20),
      wait(1000),
      progress(30),
      wait(1000),
      complete(),
    ])
    const { seen } = follow(simulations, jobId)
    await simulations.advance(5000)
    expect(seen.slice(2)).toEqual([
      "running open 10",
      "running open 20",
      "running open 30",
      "complete closed 30",
    ])
  })

  it.each([
    ["failure", fail({ code: "boom" }), { status: "error", error: { _tag: "JobFailed", code: "boom" } }],
    ["cancellation", cancelled({ stats: 3 }), { status: "cancelled", partialStats: 3 }],
    ["refusal", refuse(403), { status: "error", error: { _tag: "RequestFailed", status: 403 } }],
  ])("goes through a %s", async (_name, last, state) => {
    using simulations = create()
    const { jobId } = simulations.job([last])
    const { result } = follow(simulations, jobId)
    await simulations.advance(500)
    expect(result.current).toMatchObject(state)
  })

  it("finds out about a stalled connection in half a minute that takes no time", async () => {
    using simulations = create()
    const { jobId } = simulations.job([progress(10), stall(), progress(60), complete()])
    const { seen } = follow(simulations, jobId)
    await simulations.advance(40_000)
    expect(seen).toContain("running reconnecting 10")
    expect(seen.at(-1)).toMatch(/^complete/)
  })

  it("starts a job and follows it, all in no time", async () => {
    using simulations = create()
    const Dice = () => {
      const dice = useSimulation("dice")
      return (
        <button type="button" onClick={() => void dice.start({ config: { sides: 6 } })}>
          {dice.status}
        </button>
      )
    }
    render(<Dice />, { wrapper: simulations.Provider })
    fireEvent.click(screen.getByRole("button"))
    await simulations.advance(0)
    expect(screen.getByRole("button").textContent).toBe("complete")
    expect(simulations.requests[0]).toMatchObject({ method: "POST", body: { simulation: "dice" } })
  })
})

it("serves the hooks that know their simulations, and suspends", async () => {
  using simulations = createFakeSimulations<TestSimulations>()
  const { jobId } = simulations.job([partial({ mean: 3 }), wait(1000), complete({ stats: { mean: 3.5 } })])
  const Mean = () => <p>{useSimulationResult(jobId).digest.length}</p>
  const Meanwhile = () => <p>{hooks.useSimulationStream<"dice">(jobId).partialStats?.mean}</p>
  const { container } = render(
    <Suspense fallback={<Meanwhile />}>
      <Mean />
    </Suspense>,
    { wrapper: simulations.Provider },
  )
  await simulations.advance(0)
  expect(container.textContent).toBe("3")
  await simulations.advance(1000)
  expect(container.textContent).toBe("64")
})

it("starts what onStart says, by a client with options of the test's", async () => {
  const onError = vi.fn<() => void>()
  using simulations = createFakeSimulations({
    onStart: ({ config }) => [drop(), complete({ stats: config })],
    client: { onError, throttleMs: 10 },
  })
  const { result } = renderHook(() => useSimulation("dice"), { wrapper: simulations.Provider })
  void result.current.start({ config: { sides: 6 } })
  await simulations.advance(500)
  expect(result.current.result?.stats).toEqual({ sides: 6 })
  expect(onError).toHaveBeenCalledOnce()
})

it("shows a result at once on the way back within the idle time, and asks for nothing", async () => {
  using simulations = createFakeSimulations()
  const { jobId } = simulations.job([complete({ stats: { mean: 3.5 } })])
  const Status = () => <p>{useSimulationStream(jobId).status}</p>
  const { container, rerender } = render(<Status key="here" />, { wrapper: simulations.Provider })
  await simulations.advance(0)
  expect(container.textContent).toBe("complete")
  rerender(<p>elsewhere</p>)
  await simulations.advance(399)
  rerender(<Status key="back" />)
  expect(container.textContent).toBe("complete")
  await simulations.advance(1000)
  expect(simulations.requests).toHaveLength(1)
})

it("shows what a component's own check refuses as the end that it is", async () => {
  using simulations = createFakeSimulations()
  const { jobId } = simulations.job([progress(10), complete()])
  const check = (event: StreamEvent) => {
    if (event.type === "complete") throw new Error("no mean")
    return event
  }
  const { result } = renderHook(() => useSimulationStream(jobId, { check }), {
    wrapper: simulations.Provider,
  })
  await simulations.advance(0)
  expect(result.current).toMatchObject({ status: "error", error: { _tag: "InvalidEvent" } })
})

it("gives the timers back", () => {
  const { setTimeout } = globalThis
  const simulations = createFakeSimulations()
  expect(globalThis.setTimeout).not.toBe(setTimeout)
  simulations[Symbol.dispose]()
  expect(globalThis.setTimeout).toBe(setTimeout)
})

it("says what is missing when the timers are fake already", () => {
  vi.useFakeTimers()
  expect(() => createFakeSimulations()).toThrow("Did you mean createFakeSimulations({ advanceTimers:")
})

it("tells nobody that this is a test who didn't know", async () => {
  const scope = globalThis as typeof globalThis & { IS_REACT_ACT_ENVIRONMENT?: unknown }
  const before = scope.IS_REACT_ACT_ENVIRONMENT
  using simulations = createFakeSimulations()
  scope.IS_REACT_ACT_ENVIRONMENT = false
  await simulations.advance(10)
  expect(scope.IS_REACT_ACT_ENVIRONMENT).toBe(false)
  scope.IS_REACT_ACT_ENVIRONMENT = before
})

it("says so when a component renders for ever", async () => {
  using simulations = createFakeSimulations()
  const Restless = () => {
    const [count, setCount] = useState(0)
    useEffect(() => {
      const timer = setTimeout(() => setCount(count + 1), 0)
      return () => clearTimeout(timer)
    })
    return <p>{count}</p>
  }
  render(<Restless />, { wrapper: simulations.Provider })
  await expect(simulations.advance(0)).rejects.toThrow("50 times while no time passed")
})

it("the example of the README is the test beside this one", () => {
  const folder = import.meta.dirname
  const example = readFileSync(`${folder}/testing.example.test.tsx`, "utf8")
  expect(readFileSync(`${folder}/../README.md`, "utf8")).toContain(example)
})
