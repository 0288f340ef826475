// The examples in the tabs of a browser: in two of them at once, and what one costs that is long in use.
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"
import { LONG_MS, MANY_ITERATIONS } from "../support/examplePages.ts"
import { EXAMPLES } from "../support/exampleServers.ts"
import type { ServerProcess } from "../support/processes.ts"

const FEW_ITERATIONS = 2_000
/** By then all of the page's code has run, and is compiled. */
const WARM_UP_JOBS = 5
const JOBS = 20
/** Compiled code grows for a while yet; a page that is kept by mistake is several of these. */
const MOST_GROWTH_BYTES = 5_000_000
const MOST_GROWTH_NODES = 300

/** Of a heap snapshot: the names and texts of what is alive. */
interface HeapSnapshot {
  readonly strings: ReadonlyArray<string>
}

const heapSnapshot = async (session: CDPSession): Promise<HeapSnapshot> => {
  const chunks: Array<string> = []
  const collect = ({ chunk }: { readonly chunk: string }) => void chunks.push(chunk)
  session.on("HeapProfiler.addHeapSnapshotChunk", collect)
  await session.send("HeapProfiler.takeHeapSnapshot", {})
  session.off("HeapProfiler.addHeapSnapshotChunk", collect)
  return JSON.parse(chunks.join("")) as HeapSnapshot
}

const digestsAlive = async (session: CDPSession): Promise<number> => {
  await session.send("HeapProfiler.collectGarbage")
  const { strings } = await heapSnapshot(session)
  return strings.filter((text) => /^[0-9a-f]{64}$/.test(text)).length
}

/** What is still alive when everything has gone that can. */
const alive = async (session: CDPSession) => {
  await session.send("HeapProfiler.collectGarbage")
  const { metrics } = await session.send("Performance.getMetrics")
  const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? Number.NaN
  return { bytes: metric("JSHeapUsedSize"), nodes: metric("Nodes") }
}

describeInBrowser.each(EXAMPLES)(
  "tabs with the page of the $name example",
  { timeout: 2 * LONG_MS },
  ({ name, startServer, page: hands }) => {
    const { barBeyond, countBeyond, countOf, part, start, statusIs } = hands
    let browser: Browser
    let server: ServerProcess
    let context: BrowserContext
    let page: Page

    beforeAll(async () => {
      ;[browser, server] = await Promise.all([launchChromium(), startServer()])
    })

    beforeEach(async () => {
      context = await browser.newContext({ reducedMotion: "reduce" })
      page = await context.newPage()
      await page.goto(server.origin)
    })

    afterEach(async () => {
      await hands.cancelIfUnderWay(page)
      await context.close()
    })

    afterAll(async () => {
      await browser.close()
      await server[Symbol.asyncDispose]()
    })

    it("shows a run in two tabs at once, and in both that one of them cancelled it", async () => {
      await start(page, MANY_ITERATIONS, "1")
      await countBeyond(page, 0)
      const other = await context.newPage()
      await other.goto(page.url())
      await Promise.all([page, other].map(async (tab) => barBeyond(tab, await barBeyond(tab, 0))))
      await part(other, "cancel").click()
      await Promise.all([page, other].map((tab) => statusIs(tab, "cancelled")))
      expect(await part(page, "digest").isVisible()).toBe(false)
      expect(await countOf(page)).toBe(await countOf(other))
    })

    /** Waits for it from frame to frame: there is a lot to wait for, and a locator takes its time between two looks. */
    const isThere = (selector: string) =>
      page.waitForFunction((sought) => document.querySelector(sought) !== null, selector)

    /** The charts behind the tabs are the same in Next as in Hono: one of them has to show what they leave behind. */
    const tabs = name === "Next" ? [] : hands.tabs

    /** Looks at everything that there is of a run. */
    const lookAtAll = async () => {
      await isThere("[data-status=complete]")
      await isThere(hands.bars)
      for (const { tab, drawn } of tabs) {
        // Without a pointer, which would wait each time until nothing on the page moves
        await page.getByRole("tab", { name: tab }).dispatchEvent("click")
        await isThere(drawn)
      }
    }

    const runAgain = async () => {
      await hands.runAgain(page)
      await lookAtAll()
    }

    it("is as large after twenty more runs as before them, and remembers the results of none but the last", async () => {
      const session = await context.newCDPSession(page)
      await session.send("Performance.enable")
      await start(page, FEW_ITERATIONS)
      await lookAtAll()
      for (let job = 1; job < WARM_UP_JOBS; job++) await runAgain()
      const before = await alive(session)
      for (let job = 0; job < JOBS; job++) await runAgain()
      const after = await alive(session)
      expect(after.bytes - before.bytes).toBeLessThan(MOST_GROWTH_BYTES)
      expect(after.nodes - before.nodes).toBeLessThan(MOST_GROWTH_NODES)

      // Next keeps what its server had rendered of the pages that were left, for the way back to them
      if (name === "Next") return
      // Every run had a seed, and so a digest, of its own. One that was left a moment ago is kept for who comes back at once
      await expect
        .poll(() => digestsAlive(session), { timeout: LONG_MS })
        .toSatisfy((count) => count > 0 && count <= 3)
    })
  },
)
