import { act, render } from "@testing-library/react"
import { Component, StrictMode, Suspense, useState, useTransition, type ReactNode } from "react"
import { describe, expect, it, vi } from "vitest"
import {
  createFakeClient,
  hooks,
  IDLE_MS,
  leftOf,
  NOTHING,
  pass,
  setUpPage,
  pageOf,
  type FakeClient,
} from "./react.fixtures.tsx"

const { SimulationProvider, useSimulationResult, useSimulationStream } = hooks
/** How long an outcome waits for a component that shows it. */
const KEEP_MS = 1000

const Outcome = ({ jobId = "a" }: { jobId?: string }) => (
  <p>{useSimulationResult(jobId, { simulation: "dice" }).stats.mean}</p>
)

interface Caught {
  readonly error: Error | null
}

class Boundary extends Component<{ readonly children: ReactNode }, Caught> {
  override state: Caught = { error: null }
  static getDerivedStateFromError = (error: Error): Caught => ({ error })
  override render() {
    const { error } = this.state
    if (error === null) return this.props.children
    return (
      <button type="button" onClick={() => this.setState({ error: null })}>
        {error.name}
      </button>
    )
  }
}

const show = async (fake: FakeClient, page: ReactNode) => {
  const shown = await act(async () =>
    render(<Suspense fallback="waiting">{page}</Suspense>, pageOf(fake, { strict: true })),
  )
  await pass(0)
  return shown
}

const { expectComplaints } = setUpPage()

describe("useSimulationResult", () => {
  it("suspends until the job has ended, and returns its result", async () => {
    const fake = createFakeClient()
    const { container, unmount } = await show(fake, <Outcome />)
    expect(container.textContent).toBe("waiting")
    expect(fake.opened("a")).toBe(1)
    await act(async () => fake.progress("a", 40))
    expect(container.textContent).toBe("waiting")
    await act(async () => fake.complete("a", 3.5))
    expect(container.textContent).toBe("3.5")
    unmount()
    expect(await leftOf(fake, KEEP_MS)).toEqual(NOTHING)
  })

  it("asks for nothing in a render", async () => {
    const fake = createFakeClient()
    const result = vi.spyOn(fake.client, "result")
    const { unmount } = render(
      <Suspense fallback="waiting">
        <Outcome />
      </Suspense>,
      pageOf(fake),
    )
    // What a render does has been done by now, and what it left for later has not
    expect(result).not.toHaveBeenCalled()
    await pass(0)
    expect(result).toHaveBeenCalledOnce()
    unmount()
  })

  it("shares one wait, and the connection of the progress that is shown meanwhile", async () => {
    const fake = createFakeClient()
    const result = vi.spyOn(fake.client, "result")
    const Meanwhile = () => useSimulationStream("a").progress?.percentage
    const { container, unmount } = await act(async () =>
      render(
        <Suspense fallback={<Meanwhile />}>
          <Outcome />
          <Outcome />
        </Suspense>,
        pageOf(fake),
      ),
    )
    await pass(0)
    await act(async () => fake.progress("a", 40))
    expect(container.textContent).toBe("40")
    await act(async () => fake.complete("a", 3.5))
    await pass(0)
    expect(container.textContent).toBe("3.53.5")
    expect(result).toHaveBeenCalledOnce()
    expect(fake.opened("a")).toBe(1)
    unmount()
    expect(await leftOf(fake, KEEP_MS)).toEqual(NOTHING)
  })

  it("keeps the result for as long as a component shows it", async () => {
    const fake = createFakeClient()
    const { container, rerender } = await show(fake, <Outcome />)
    await act(async () => fake.complete("a", 3.5))
    await pass(KEEP_MS * 10)
    rerender(
      <Suspense fallback="waiting">
        <Outcome />
      </Suspense>,
    )
    expect(container.textContent).toBe("3.5")
    rerender(
      <Suspense fallback="waiting">
        <Outcome />
        <Outcome />
      </Suspense>,
    )
    expect(container.textContent).toBe("3.53.5")
  })

  it("keeps a result for a component that another one holds back", async () => {
    const fake = createFakeClient()
    const result = vi.spyOn(fake.client, "result")
    const { container, unmount } = await act(async () =>
      render(
        <Suspense fallback="waiting">
          <Outcome jobId="a" />
          <Outcome jobId="b" />
        </Suspense>,
        pageOf(fake),
      ),
    )
    await pass(0)
    await act(async () => fake.complete("a", 1))
    await pass(KEEP_MS * 10)
    expect(container.textContent).toBe("waiting")
    await act(async () => fake.complete("b", 2))
    await pass(0)
    expect(container.textContent).toBe("12")
    expect(result.mock.calls.map(([jobId]) => jobId)).toEqual(["a", "b"])
    unmount()
    expect(await leftOf(fake, KEEP_MS)).toEqual(NOTHING)
  })

  it("keeps the old result on the screen while a transition waits for another job", async () => {
    const fake = createFakeClient()
    const Page = () => {
      const [jobId, setJobId] = useState("a")
      const [isPending, startTransition] = useTransition()
      return (
        <>
          <button type="button" onClick={() => startTransition(() => setJobId("b"))}>
            {isPending ? "pending " : "next "}
          </button>
          <Outcome jobId={jobId} />
        </>
      )
    }
    const { container, unmount } = await show(fake, <Page />)
    await act(async () => fake.complete("a", 1))
    await act(async () => container.querySelector("button")?.click())
    await pass(KEEP_MS * 2)
    expect(container.textContent).toBe("pending 1")
    await act(async () => fake.complete("b", 2))
    await pass(0)
    expect(container.textContent).toBe("next 2")
    unmount()
    expect(await leftOf(fake, KEEP_MS)).toEqual(NOTHING)
  })

  it.each([
    ["JobFailed", (fake: FakeClient) => fake.fail("a")],
    ["JobCancelled", (fake: FakeClient) => fake.cancel("a")],
    ["ConnectionFailed", (fake: FakeClient) => fake.giveUp("a")],
  ])("throws %s to the error boundary", async (name, end) => {
    expectComplaints()
    const fake = createFakeClient()
    const { container, unmount } = await show(
      fake,
      <Boundary>
        <Outcome />
      </Boundary>,
    )
    await act(async () => end(fake))
    expect(container.textContent).toBe(name)
    unmount()
    expect(await leftOf(fake, KEEP_MS)).toEqual(NOTHING)
  })

  it("tries again when the error boundary does", async () => {
    expectComplaints()
    const fake = createFakeClient()
    const { container } = await show(
      fake,
      <Boundary>
        <Outcome />
      </Boundary>,
    )
    await act(async () => fake.giveUp("a"))
    await pass(KEEP_MS)
    await act(async () => container.querySelector("button")?.click())
    expect(container.textContent).toContain("waiting")
    expect(fake.opened("a")).toBe(2)
    await act(async () => fake.complete("a", 3.5))
    await pass(0)
    expect(container.textContent).toBe("3.5")
  })

  it("asks again for a result that nobody has shown for a while", async () => {
    const fake = createFakeClient()
    const result = vi.spyOn(fake.client, "result")
    const first = await show(fake, <Outcome />)
    await act(async () => fake.complete("a", 3.5))
    first.unmount()
    await pass(KEEP_MS)
    result.mockClear()
    const second = await show(fake, <Outcome />)
    expect(second.container.textContent).toBe("3.5")
    expect(result).toHaveBeenCalled()
  })

  it("keeps a hundred results that nobody came to show, and no more", async () => {
    const fake = createFakeClient()
    const result = vi.spyOn(fake.client, "result")
    const page = (jobId: string | null) => (
      <Suspense fallback="waiting">{jobId === null ? "elsewhere" : <Outcome jobId={jobId} />}</Suspense>
    )
    const { container, rerender, unmount } = render(page(null), pageOf(fake))
    for (let job = 0; job <= 100; job++) {
      await act(async () => rerender(page(`job-${job}`)))
      await pass(0)
      await act(async () => rerender(page(null)))
      await act(async () => fake.complete(`job-${job}`, job))
    }
    const asked = result.mock.calls.length
    await act(async () => rerender(page("job-100")))
    expect(container.textContent).toBe("100")
    await act(async () => rerender(page("job-1")))
    expect(container.textContent).toBe("1")
    expect(result).toHaveBeenCalledTimes(asked)

    await act(async () => rerender(page("job-0")))
    await pass(0)
    expect(container.textContent).toBe("0")
    expect(result).toHaveBeenCalledTimes(asked + 1)
    unmount()
    expect(await leftOf(fake, KEEP_MS)).toEqual(NOTHING)
  })

  it("keeps what one route shows for the next, though each has a provider of its own", async () => {
    const fake = createFakeClient()
    const route = (name: string) => (
      <SimulationProvider key={name} client={fake.client}>
        <Suspense fallback="waiting">
          <Outcome />
        </Suspense>
      </SimulationProvider>
    )
    const { container, rerender } = await act(async () => render(route("here")))
    await pass(0)
    await act(async () => fake.complete("a", 3.5))
    const result = vi.spyOn(fake.client, "result")
    await act(async () => rerender(route("there")))
    expect(container.textContent).toBe("3.5")
    await act(async () => rerender(route("there")))
    expect(container.textContent).toBe("3.5")
    expect(result).not.toHaveBeenCalled()
  })

  it("keeps what is shown when another provider of the same client goes", async () => {
    const fake = createFakeClient()
    const first = await show(fake, <Outcome />)
    const second = await show(fake, <p>no result</p>)
    await act(async () => fake.complete("a", 3.5))
    second.unmount()
    const result = vi.spyOn(fake.client, "result")
    first.rerender(
      <Suspense fallback="waiting">
        <Outcome />
      </Suspense>,
    )
    expect(first.container.textContent).toBe("3.5")
    expect(result).not.toHaveBeenCalled()
  })

  it("works where the provider is suspended too", async () => {
    const fake = createFakeClient()
    const { container } = await act(async () =>
      render(
        <StrictMode>
          <Suspense fallback="waiting">
            <SimulationProvider client={fake.client}>
              <Outcome />
            </SimulationProvider>
          </Suspense>
        </StrictMode>,
      ),
    )
    await pass(0)
    await act(async () => fake.complete("a", 3.5))
    await pass(0)
    expect(container.textContent).toBe("3.5")
    expect(fake.opened("a")).toBe(1)
  })

  it("waits no longer once the provider has gone, though nobody can tell that a suspended component has", async () => {
    const fake = createFakeClient()
    const { unmount } = await show(fake, <Outcome />)
    act(() => fake.progress("a", 10))
    unmount()
    expect(await leftOf(fake, KEEP_MS)).toEqual(NOTHING)
  })

  it("begins again where another provider of the same client goes", async () => {
    const fake = createFakeClient()
    const first = await show(fake, <Outcome />)
    const second = await show(fake, <Outcome />)
    second.unmount()
    await pass(0)
    await pass(IDLE_MS)
    expect(fake.connections()).toBe(1)
    await act(async () => fake.complete("a", 3.5))
    await pass(0)
    expect(first.container.textContent).toBe("3.5")
    expect(fake.opened("a")).toBe(1)
  })
})
