// What a server renders, and how a browser takes it over.
import { act, cleanup, render } from "@testing-library/react"
import { StrictMode, Suspense, type ReactNode } from "react"
import { hydrateRoot, type Root } from "react-dom/client"
import { renderToString } from "react-dom/server"
import { afterEach, describe, expect, it, vi } from "vitest"
import { SimulationAnnouncer, SimulationProgress } from "./index.ts"
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
  type FakeClient,
} from "./react.fixtures.tsx"

const { SimulationProvider, useSimulation, useSimulationResult, useSimulationStream } = hooks

const Follower = ({ snapshot }: { snapshot?: ReturnType<typeof snapshotOf> | undefined }) => {
  const job = useSimulationStream("a", { simulation: "dice", initialSnapshot: snapshot })
  return (
    <section>
      <SimulationProgress job={job} />
      <SimulationAnnouncer job={job} />
      {job.status} {job.connection} {job.progress?.percentage} {job.partialStats?.mean}{" "}
      {job.result?.stats.mean} {job.error?.message}
    </section>
  )
}

const serverOf = (fake: FakeClient, page: ReactNode) =>
  renderToString(<SimulationProvider client={fake.client}>{page}</SimulationProvider>)

/** Roots that the test's end takes down. */
const roots: Array<{ readonly root: Root; readonly container: HTMLElement }> = []

/** The page as the browser takes it over, and what React had to say about it. */
const hydrate = async (html: string, fake: FakeClient, page: ReactNode) => {
  const complaints: Array<unknown> = []
  const container = document.createElement("div")
  document.body.append(container)
  container.innerHTML = html
  const root = await act(() =>
    hydrateRoot(
      container,
      <StrictMode>
        <SimulationProvider client={fake.client}>{page}</SimulationProvider>
      </StrictMode>,
      { onRecoverableError: (error) => complaints.push(error) },
    ),
  )
  roots.push({ root, container })
  return { container, complaints, root }
}

setUpPage()

afterEach(() => {
  for (const { root, container } of roots.splice(0)) {
    act(() => root.unmount())
    container.remove()
  }
})

describe("on the server", () => {
  it("a job is connecting when nothing is known of it, and nothing is connected", () => {
    const fake = createFakeClient()
    const html = serverOf(fake, <Follower />)
    expect(html).toContain("connecting")
    expect(fake.connections()).toBe(0)
    expect(fake.opened("a")).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([
    ["queued", snapshotOf("a", { status: "queued" }), "queued idle"],
    [
      "running",
      snapshotOf("a", { progress: progressAt(30), partial: { stats: { mean: 3 } } }),
      "running idle 30 3",
    ],
    ["completed", snapshotOf("a", { status: "completed", result: resultOf(3.5) }), "complete closed   3.5"],
    [
      "cancelled",
      snapshotOf("a", { status: "cancelled", partial: { stats: { mean: 3 } } }),
      "cancelled closed  3",
    ],
    [
      "failed",
      snapshotOf("a", { status: "failed", error: { code: "simulation_failed", message: "It threw." } }),
      "error closed    It threw.",
    ],
    ["completed, with its result left out", snapshotOf("a", { status: "completed" }), "connecting idle"],
    ["failed, with its error left out", snapshotOf("a", { status: "failed" }), "connecting idle"],
  ])("a job that is %s is what its snapshot says", (_, snapshot, text) => {
    const html = serverOf(createFakeClient(), <Follower snapshot={snapshot} />)
    const shown = html.replaceAll("<!-- -->", "").replaceAll(/<[^>]+>/g, "")
    expect(shown.trim()).toBe(text)
  })

  it("a simulation has not been started", () => {
    const Starter = () => useSimulation("dice").status
    expect(serverOf(createFakeClient(), <Starter />)).toBe("idle")
  })
})

describe("in the browser, what the server rendered is taken over without a mismatch", () => {
  it("when nothing was known", async () => {
    const fake = createFakeClient()
    const html = serverOf(fake, <Follower />)
    const { container, complaints } = await hydrate(html, fake, <Follower />)
    expect(complaints).toEqual([])
    expect(fake.opened("a")).toBe(1)
    act(() => fake.progress("a", 40))
    expect(container.textContent).toContain("running open 40")
  })

  it("when a snapshot was", async () => {
    const snapshot = snapshotOf("a", { progress: progressAt(30), partial: { stats: { mean: 3 } } })
    const html = serverOf(createFakeClient(), <Follower snapshot={snapshot} />)
    const fake = createFakeClient()
    const { container, complaints } = await hydrate(html, fake, <Follower snapshot={snapshot} />)
    expect(complaints).toEqual([])
    expect(container.textContent).toContain("running connecting 30 3")
    act(() => fake.complete("a", 3.5))
    expect(container.textContent).toContain("complete closed 30 3 3.5")
  })

  it("when another part of the page is far ahead by then", async () => {
    const snapshot = snapshotOf("a", { progress: progressAt(30) })
    const html = serverOf(createFakeClient(), <Follower snapshot={snapshot} />)
    const fake = createFakeClient()
    render(<Follower />, pageOf(fake))
    act(() => fake.progress("a", 70))
    const { container, complaints } = await hydrate(html, fake, <Follower snapshot={snapshot} />)
    expect(complaints).toEqual([])
    expect(container.textContent).toContain("running open 70")
    expect(fake.opened("a")).toBe(1)
    cleanup()
  })

  it("when the job has ended by then", async () => {
    const html = serverOf(createFakeClient(), <Follower />)
    const fake = createFakeClient()
    fake.complete("a", 3.5)
    const { container, complaints } = await hydrate(html, fake, <Follower />)
    expect(complaints).toEqual([])
    expect(container.textContent).toContain("complete")
    expect(fake.opened("a")).toBe(0)
  })

  it("and leaves nothing behind when it goes", async () => {
    const fake = createFakeClient()
    const { root } = await hydrate(serverOf(fake, <Follower />), fake, <Follower />)
    act(() => root.unmount())
    await pass(IDLE_MS)
    expect([fake.connections(), fake.members(), vi.getTimerCount()]).toEqual([0, 0, 0])
  })
})

describe("a result", () => {
  const Outcome = ({ snapshot }: { snapshot?: ReturnType<typeof snapshotOf> | undefined }) => (
    <p>{useSimulationResult("a", { simulation: "dice", initialSnapshot: snapshot }).stats.mean}</p>
  )
  const page = (snapshot?: ReturnType<typeof snapshotOf>) => (
    <Suspense fallback={<p>waiting</p>}>
      <Outcome snapshot={snapshot} />
    </Suspense>
  )

  it("that is known is rendered on the server and taken over", async () => {
    const snapshot = snapshotOf("a", { status: "completed", result: resultOf(3.5) })
    const html = serverOf(createFakeClient(), page(snapshot))
    expect(html).toContain("<p>3.5</p>")
    const fake = createFakeClient()
    const { container, complaints } = await hydrate(html, fake, page(snapshot))
    expect(complaints).toEqual([])
    expect(container.textContent).toBe("3.5")
    expect(fake.opened("a")).toBe(0)
  })

  it("that isn't is not waited for: the server sends the fallback, and the browser waits", async () => {
    const fake = createFakeClient()
    const html = serverOf(fake, page())
    expect(html).toContain("<p>waiting</p>")
    await pass(0)
    expect(fake.opened("a")).toBe(0)

    const { container, complaints } = await hydrate(html, fake, page())
    expect(container.textContent).toBe("waiting")
    await pass(0)
    await act(async () => fake.complete("a", 3.5))
    expect(container.textContent).toBe("3.5")
    // React reports what the server threw, with our words in it, where the page can filter it out
    expect(complaints).toHaveLength(1)
    await pass(1000)
  })
})
