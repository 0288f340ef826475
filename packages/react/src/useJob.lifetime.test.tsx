// How long connections, listeners and timers live, whatever React does with the components.
import { act, render, renderHook } from "@testing-library/react"
import { Suspense, useState } from "react"
import { describe, expect, it } from "vitest"
import {
  createFakeClient,
  hooks,
  IDLE_MS,
  leftOf,
  NOTHING,
  pass,
  progressAt,
  setUpPage,
  pageOf,
  type FakeClient,
} from "./react.fixtures.tsx"

const { useSimulationStream, SimulationProvider } = hooks

const Follower = ({ jobId, whenHidden }: { jobId: string | null; whenHidden?: "disconnect" | "keep" }) => {
  const job = useSimulationStream(jobId, { whenHidden })
  return <p>{job.progress?.percentage ?? job.status}</p>
}

const { expectComplaints } = setUpPage()

describe.each([
  { mode: "StrictMode", strict: true },
  { mode: "plain React", strict: false },
])("under $mode", ({ strict }) => {
  it("a component connects once, and leaves nothing behind", async () => {
    const fake = createFakeClient()
    const { unmount } = render(<Follower jobId="a" />, pageOf(fake, { strict }))
    act(() => fake.progress("a", 10))
    expect(fake.opened("a")).toBe(1)
    expect(fake.members()).toBe(1)
    unmount()
    expect(await leftOf(fake)).toEqual(NOTHING)
  })

  it.each(["disconnect", "keep"] as const)(
    "a hundred mounts, job changes and unmounts leave nothing behind (whenHidden: %s)",
    async (whenHidden) => {
      const fake = createFakeClient()
      for (let round = 0; round < 100; round += 1) {
        const { rerender, unmount } = render(
          <Follower jobId={`job ${round % 7}`} whenHidden={whenHidden} />,
          {
            ...pageOf(fake, { strict }),
          },
        )
        act(() => fake.progress(`job ${round % 7}`, round / 2))
        if (round % 3 === 0) await pass(round % 11)
        rerender(<Follower jobId={`job ${(round + 1) % 7}`} whenHidden={whenHidden} />)
        act(() => fake.progress(`job ${(round + 1) % 7}`, round / 2))
        if (round % 5 === 0) rerender(<Follower jobId={null} whenHidden={whenHidden} />)
        if (round % 4 === 0) rerender(<Follower jobId={`job ${round % 7}`} />)
        unmount()
      }
      expect(await leftOf(fake)).toEqual(NOTHING)
    },
  )

  it("twenty components on one job make one connection", async () => {
    const fake = createFakeClient()
    const { unmount, container } = render(
      Array.from({ length: 20 }, (_, index) => <Follower key={index} jobId="a" />),
      pageOf(fake, { strict }),
    )
    act(() => fake.progress("a", 7))
    expect(container.textContent).toBe("7".repeat(20))
    expect(fake.opened("a")).toBe(1)
    expect(fake.connections()).toBe(1)
    unmount()
    expect(await leftOf(fake)).toEqual(NOTHING)
  })

  it("a route change and back within the idle time doesn't reconnect, and shows where the job is at once", async () => {
    const fake = createFakeClient()
    const shown: Array<string> = []
    const Route = () => {
      const { status } = useSimulationStream("a")
      shown.push(status)
      return null
    }
    const { rerender } = render(<Route key="here" />, pageOf(fake, { strict }))
    act(() => fake.progress("a", 10))
    rerender(<p>elsewhere</p>)
    await pass(IDLE_MS - 1)
    expect(fake.connections()).toBe(1)
    shown.length = 0
    rerender(<Route key="back" />)
    await pass(IDLE_MS * 2)
    expect(fake.opened("a")).toBe(1)
    expect(new Set(shown)).toEqual(new Set(["running"]))
  })

  it("a route change for longer closes the connection, and another is opened on the way back", async () => {
    const fake = createFakeClient()
    const { rerender } = render(<Follower jobId="a" />, pageOf(fake, { strict }))
    rerender(<p>elsewhere</p>)
    await pass(IDLE_MS)
    expect(fake.connections()).toBe(0)
    rerender(<Follower jobId="a" />)
    expect(fake.opened("a")).toBe(2)
  })

  it("a job that changes in the middle leaves the one before", async () => {
    const fake = createFakeClient()
    const { rerender } = render(<Follower jobId="a" />, pageOf(fake, { strict }))
    act(() => fake.progress("a", 10))
    rerender(<Follower jobId="b" />)
    expect(fake.members()).toBe(1)
    await pass(IDLE_MS)
    expect([fake.connections("a"), fake.connections("b")]).toEqual([0, 1])
  })

  it("another client takes over", async () => {
    const [first, second] = [createFakeClient(), createFakeClient()]
    const page = (fake: FakeClient) => (
      <SimulationProvider client={fake.client}>
        <Follower jobId="a" />
      </SimulationProvider>
    )
    const { rerender, container } = render(page(first), { reactStrictMode: strict })
    act(() => first.progress("a", 10))
    rerender(page(second))
    act(() => second.progress("a", 90))
    expect(container.textContent).toBe("90")
    expect(await leftOf(first)).toEqual(NOTHING)
    expect(second.connections()).toBe(1)
  })

  it("a component that suspends keeps its connection, and needs no second one", async () => {
    const fake = createFakeClient()
    let resolve = () => {}
    let isResolved = false
    const pending = new Promise<void>((settle) => {
      resolve = settle
    })
    const Page = () => {
      const [isSuspended, setSuspended] = useState(false)
      const job = useSimulationStream("a")
      if (isSuspended && !isResolved) throw pending
      return (
        <button type="button" onClick={() => setSuspended(true)}>
          {job.progress?.percentage}
        </button>
      )
    }
    const { container, getByRole } = render(
      <Suspense fallback="waiting">
        <Page />
      </Suspense>,
      pageOf(fake, { strict }),
    )
    act(() => fake.progress("a", 10))
    act(() => getByRole("button").click())
    expect(container.textContent).toContain("waiting")
    await pass(IDLE_MS)
    act(() => fake.progress("a", 60))
    isResolved = true
    resolve()
    await pass(IDLE_MS)
    expect(container.textContent).toBe("60")
    expect(fake.opened("a")).toBe(1)
  })
})

it("a render that React throws away opens nothing", async () => {
  const fake = createFakeClient()
  const never = new Promise<void>(() => {})
  const Page = () => {
    useSimulationStream("a")
    throw never
  }
  const { unmount } = render(
    <Suspense fallback="waiting">
      <Page />
    </Suspense>,
    pageOf(fake, { strict: true }),
  )
  await pass(IDLE_MS)
  expect(fake.watches()).toBeGreaterThan(0)
  expect(fake.opened("a")).toBe(0)
  unmount()
  expect(await leftOf(fake)).toEqual(NOTHING)
})

it("hears of what was published between its render and its effects", () => {
  const fake = createFakeClient()
  const { result } = renderHook(
    () => {
      const job = useSimulationStream("a")
      if (job.progress === null && fake.opened("a") === 1) fake.progress("a", 10)
      return job
    },
    pageOf(fake, { strict: true }),
  )
  expect(result.current.progress).toEqual(progressAt(10))
})

it("shows nothing of the job before that is published while React renders the next, not even once", () => {
  expectComplaints()
  const fake = createFakeClient()
  const shown: Array<string> = []
  const Showing = ({ jobId }: { jobId: string }) => {
    const job = useSimulationStream(jobId)
    shown.push(`${jobId}: ${job.jobId}`)
    return null
  }
  const Publisher = ({ jobId }: { jobId: string }) => {
    // React complains, and rightly, that a component is updated while another renders: that is the moment in question
    if (jobId === "b") fake.progress("a", 99)
    return null
  }
  const page = (jobId: string) => (
    <>
      <Showing jobId={jobId} />
      <Publisher jobId={jobId} />
    </>
  )
  // The next one has nothing new to say, which would cover it up
  render(<Follower jobId="b" />, pageOf(fake))
  act(() => fake.queued("b"))
  const { rerender } = render(page("a"), pageOf(fake))
  act(() => fake.queued("a"))
  rerender(page("b"))
  expect(new Set(shown)).toEqual(new Set(["a: a", "b: b"]))
})
