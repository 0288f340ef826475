// What the page of the Hono example costs the tab that it is in.
import type { Browser, CDPSession, Page } from "playwright-core"
import { afterAll, beforeAll, expect, it } from "vitest"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"
import { type Demo, startDemo } from "../support/honoDemo.ts"
import { barsAreThere, isOpenIn, LONG_MS, start, statusIs } from "../support/honoPage.ts"

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

describeInBrowser("a tab with the page of the Hono example", () => {
  let browser: Browser
  let demo: Demo
  let page: Page
  let session: CDPSession

  beforeAll(async () => {
    ;[browser, demo] = await Promise.all([launchChromium(), startDemo()])
    page = await browser.newPage()
    session = await page.context().newCDPSession(page)
    await session.send("Performance.enable")
    await page.goto(demo.url)
  })

  afterAll(async () => {
    await browser.close()
    await demo.stop()
  })

  /** Looks at everything that there is of a run. */
  const lookAtAll = async () => {
    await statusIs(page, "complete")
    await barsAreThere(page)
    await page.getByRole("tab", { name: "Timeline" }).click()
    await page.locator(".recharts-area-area").first().waitFor()
    await page.getByRole("tab", { name: "Charts" }).click()
    await page.locator(".recharts-pie-sector").first().waitFor()
  }

  const runAgain = async () => {
    const before = isOpenIn(page)
    await page.getByTestId("run-again").click()
    await page.waitForURL((url) => url.pathname !== before)
    await lookAtAll()
  }

  /** What is still alive when everything has gone that can. */
  const alive = async () => {
    await session.send("HeapProfiler.collectGarbage")
    const { metrics } = await session.send("Performance.getMetrics")
    const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? Number.NaN
    return { bytes: metric("JSHeapUsedSize"), nodes: metric("Nodes") }
  }

  const heapSnapshot = async (): Promise<HeapSnapshot> => {
    const chunks: Array<string> = []
    const collect = ({ chunk }: { readonly chunk: string }) => void chunks.push(chunk)
    session.on("HeapProfiler.addHeapSnapshotChunk", collect)
    await session.send("HeapProfiler.takeHeapSnapshot", {})
    session.off("HeapProfiler.addHeapSnapshotChunk", collect)
    return JSON.parse(chunks.join("")) as HeapSnapshot
  }

  it(
    "is as large after twenty more runs as before them, and remembers the results of none but the last",
    async () => {
      await start(page, FEW_ITERATIONS)
      await lookAtAll()
      for (let job = 1; job < WARM_UP_JOBS; job++) await runAgain()
      const before = await alive()
      for (let job = 0; job < JOBS; job++) await runAgain()
      const after = await alive()
      expect(after.bytes - before.bytes).toBeLessThan(MOST_GROWTH_BYTES)
      expect(after.nodes - before.nodes).toBeLessThan(MOST_GROWTH_NODES)

      // Every run had a seed, and so a digest, of its own
      const { strings } = await heapSnapshot()
      const digests = strings.filter((text) => /^[0-9a-f]{64}$/.test(text))
      expect(digests.length).toBeGreaterThan(0)
      expect(digests.length).toBeLessThanOrEqual(3)
    },
    4 * LONG_MS,
  )
})
