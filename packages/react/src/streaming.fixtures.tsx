/** What must hold of pages that a server sends bit by bit, by whichever of React's functions. */
import { act } from "@testing-library/react"
import { StrictMode, Suspense, type ReactNode } from "react"
import { hydrateRoot, type Root } from "react-dom/client"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import {
  createFakeClient,
  hooks,
  leftOf,
  NOTHING,
  pass,
  progressAt,
  resultOf,
  setUpPage,
  snapshotOf,
  type FakeClient,
  type TestSimulations,
} from "./react.fixtures.tsx"

/** Begins to render a page. The parts of its markup come as they are ready. */
export type StreamPage = (page: ReactNode) => Promise<AsyncIterable<Uint8Array | string>>

type Snapshot = ReturnType<typeof snapshotOf>

const SNAPSHOT = snapshotOf("a", { progress: progressAt(30) })

/** React sends a whole document bit by bit, and a part of one when all of it is ready. */
const Document = ({ children }: { readonly children: ReactNode }) => (
  <html lang="en">
    <head />
    <body>
      <main>{children}</main>
    </body>
  </html>
)

const pagesWith = ({ SimulationProvider, useSimulationResult, useSimulationStream }: typeof hooks) => {
  const Follower = () => {
    const { status, progress } = useSimulationStream("a", { simulation: "dice", initialSnapshot: SNAPSHOT })
    return (
      <p>
        {status} {progress?.percentage}
      </p>
    )
  }
  const Outcome = ({ snapshot }: { readonly snapshot: Snapshot | null }) => (
    <p>{useSimulationResult("a", { simulation: "dice", initialSnapshot: snapshot }).stats.mean}</p>
  )
  return {
    /** One half at once, and the other when it need not wait any more. */
    halves: (fake: FakeClient, Wait: (props: { readonly children: ReactNode }) => ReactNode) => (
      <SimulationProvider client={fake.client}>
        <Follower />
        <Suspense fallback={<p>loading</p>}>
          <Wait>
            <Follower />
          </Wait>
        </Suspense>
      </SimulationProvider>
    ),
    results: (fake: FakeClient, snapshot: Snapshot | null) => (
      <SimulationProvider client={fake.client}>
        <Follower />
        <Suspense fallback={<p>waiting</p>}>
          <Outcome snapshot={snapshot} />
        </Suspense>
      </SimulationProvider>
    ),
  }
}

const browser = pagesWith(hooks)
// A server has modules of its own: its renderer and the browser's can't share a context
vi.resetModules()
const server = pagesWith((await import("./index.ts")).createSimulationHooks<TestSimulations>())

/** Something that a server waits for. */
const createData = () => {
  const settlers: Array<() => void> = []
  const coming = new Promise<void>((resolve) => {
    settlers.push(resolve)
  })
  let isThere = false
  const Wait = ({ children }: { readonly children: ReactNode }) => {
    if (!isThere) throw coming
    return children
  }
  return {
    Wait,
    arrive: () => {
      isThere = true
      for (const settle of settlers) settle()
    },
  }
}

const Now = ({ children }: { readonly children: ReactNode }) => children

/** Waits for something on a server whose timers are virtual. */
const served = async <A,>(promise: Promise<A>): Promise<A> => {
  const waiting = new Set([promise])
  const arrived = promise.finally(() => waiting.clear())
  while (waiting.size > 0) {
    await vi.advanceTimersByTimeAsync(1)
    await new Promise((turn) => setImmediate(turn))
  }
  return arrived
}

/** What a server sends: until something is in it, and the rest. */
const serve = async (stream: StreamPage, page: ReactNode) => {
  const parts = (await served(stream(<Document>{page}</Document>)))[Symbol.asyncIterator]()
  const decoder = new TextDecoder()
  const next = async () => {
    const { done, value } = await served(parts.next())
    if (done) return null
    return typeof value === "string" ? value : decoder.decode(value, { stream: true })
  }
  const until = async (enough: (html: string) => boolean) => {
    let html = ""
    while (!enough(html)) {
      const part = await next()
      if (part === null) break
      html += part
    }
    return html
  }
  return { until: (text: string) => until((html) => html.includes(text)), rest: () => until(() => false) }
}

const roots: Array<Root> = []

/** The page of a browser that has received so much of its document. */
const hydrate = async (html: string, page: ReactNode) => {
  const complaints: Array<unknown> = []
  const sent = new DOMParser().parseFromString(html, "text/html").querySelector("main")
  if (sent === null) throw new Error(`There is no page in ${html}`)
  const container = document.importNode(sent, true)
  document.body.append(container)
  const root = await act(async () =>
    hydrateRoot(container, <StrictMode>{page}</StrictMode>, {
      onRecoverableError: (error) => complaints.push(error),
    }),
  )
  roots.push(root)
  return {
    complaints,
    root,
    text: () => container.textContent,
    /** What comes later, scripts and all. React shows it with one of the next frames. */
    receive: async (more: string, text: string) => {
      const template = document.createElement("template")
      template.innerHTML = more
      for (const inert of template.content.querySelectorAll("script")) {
        const script = document.createElement("script")
        script.textContent = inert.textContent
        inert.replaceWith(script)
      }
      document.body.append(template.content)
      while (container.textContent !== text) {
        await act(() => new Promise((turn) => setImmediate(turn)))
        await pass(1)
      }
    },
  }
}

/** The tests of one function that streams. */
export const testStreaming = (name: string, stream: StreamPage) => {
  describe(`what ${name} sends`, () => {
    setUpPage()

    beforeEach(() => {
      // React gives up what is missing from a document that has come to its end
      vi.spyOn(document, "readyState", "get").mockReturnValue("loading")
    })

    afterEach(() => {
      for (const root of roots.splice(0)) act(() => root.unmount())
      document.body.replaceChildren()
    })

    it("is taken over without a mismatch, though the job goes on before all of it has come", async () => {
      const data = createData()
      const serving = createFakeClient()
      const sent = await serve(stream, server.halves(serving, data.Wait))
      const shell = await sent.until("loading")

      const fake = createFakeClient()
      const { complaints, receive, root, text } = await hydrate(shell, browser.halves(fake, Now))
      act(() => fake.progress("a", 70))
      expect(text()).toBe("running 70loading")

      data.arrive()
      await receive(await sent.rest(), "running 70running 70")
      act(() => fake.complete("a", 3.5))
      expect(text()).toBe("complete 70complete 70")

      expect(complaints).toEqual([])
      expect(fake.opened("a")).toBe(1)
      expect([serving.opened("a"), serving.members()]).toEqual([0, 0])
      act(() => root.unmount())
      expect(await leftOf(fake)).toEqual(NOTHING)
    })

    it("is taken over when the job has ended before all of it has come", async () => {
      const data = createData()
      const sent = await serve(stream, server.halves(createFakeClient(), data.Wait))
      const shell = await sent.until("loading")
      const fake = createFakeClient()
      const { complaints, receive } = await hydrate(shell, browser.halves(fake, Now))
      act(() => fake.complete("a", 3.5))
      data.arrive()
      await receive(await sent.rest(), "complete 30complete 30")
      expect(complaints).toEqual([])
    })

    it("has a result that is known, and waits for none that isn't", async () => {
      const known = snapshotOf("a", { status: "completed", result: resultOf(3.5) })
      const whole = await serve(stream, server.results(createFakeClient(), known))
      expect(await whole.rest()).toContain("<p>3.5</p>")

      const serving = createFakeClient()
      const sent = await serve(stream, server.results(serving, null))
      const html = await sent.rest()
      expect(html).toContain("<p>waiting</p>")
      expect(serving.opened("a")).toBe(0)

      const fake = createFakeClient()
      const { text } = await hydrate(html, browser.results(fake, null))
      await pass(0)
      expect(text()).toBe("running 30waiting")
      await act(async () => fake.complete("a", 3.5))
      expect(text()).toBe("complete 303.5")
    })
  })
}
