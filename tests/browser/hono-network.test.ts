// The Hono example where the network is what it often is: slow, gone for a while, or leading to a server that died.
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core"
import type { JobSnapshot } from "@simstream/protocol"
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest"
import { layCable } from "../support/cable.ts"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"
import { type Demo, startDemo } from "../support/honoDemo.ts"
import {
  barBeyond,
  barsAreThere,
  complaintsOf,
  connectionIs,
  countBeyond,
  isOpenIn,
  LONG_MS,
  MANY_ITERATIONS,
  start,
  statusIs,
  textOf,
} from "../support/honoPage.ts"

/** What Chromium's developer tools call slow 3G: 400 kbit/s both ways, and two seconds until an answer begins. */
const SLOW_3G = { latency: 2_000, downloadThroughput: 50_000, uploadThroughput: 50_000 }

describeInBrowser("the page of the Hono example, on a bad network", () => {
  let browser: Browser
  let demo: Demo
  let context: BrowserContext
  let page: Page
  let complaints: Array<string>

  beforeAll(async () => {
    ;[browser, demo] = await Promise.all([launchChromium(), startDemo()])
  })

  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    page = await context.newPage()
    complaints = complaintsOf(page)
  })

  afterEach(async () => {
    // Not by the page, whose network may be gone: no run may slow down the next one's
    if (page.url().includes("/jobs/")) await fetch(onServer(), { method: "DELETE" })
    await context.close()
    if (complaints.length > 0) throw new Error(`The page complained: ${complaints.join("; ")}`)
  })

  afterAll(async () => {
    await browser.close()
    await demo.stop()
  })

  /** Where the server has the run that is open. */
  const onServer = (): string => `${demo.url}/api/simulations/${isOpenIn(page).replace("/jobs/", "")}`

  /** How many iterations have really run. */
  const reallyRun = async (): Promise<number> => {
    const snapshot: JobSnapshot = await (await fetch(onServer())).json()
    return snapshot.progress?.current ?? 0
  }

  it(
    "says that it is offline, and when it is back picks up the run, which went on without it",
    async () => {
      await using cable = await layCable(demo.port)
      await page.goto(cable.url)
      await start(page, MANY_ITERATIONS, "1")
      await page.getByTestId("mean").waitFor({ timeout: LONG_MS })
      await barsAreThere(page)
      await connectionIs(page, "open")

      // Chromium's emulation refuses what is new and lets streams go on; a cable that is pulled ends them
      await context.setOffline(true)
      cable.pull()
      await connectionIs(page, "reconnecting")
      expect(await textOf(page, "notice")).toMatch(/connection was lost.*The run goes on without this page/)
      expect(await page.getByTestId("mean").isVisible()).toBe(true)
      expect(await page.getByTestId("histogram").isVisible()).toBe(true)
      const seen = await countBeyond(page, 0)
      await expect.poll(reallyRun, { timeout: LONG_MS }).toBeGreaterThan(seen)
      const meanwhile = await reallyRun()

      cable.plugIn()
      await context.setOffline(false)
      await connectionIs(page, "open")
      expect(await page.getByTestId("notice").count()).toBe(0)
      await countBeyond(page, meanwhile)
      await statusIs(page, "running")
    },
    LONG_MS,
  )

  it(
    "says that it is reconnecting when the server dies, and what became of the run when it is back",
    async () => {
      const mortal = await startDemo()
      try {
        await page.goto(mortal.url)
        await start(page, MANY_ITERATIONS, "1")
        await page.getByTestId("mean").waitFor({ timeout: LONG_MS })
        await barsAreThere(page)
        await connectionIs(page, "open")
        await mortal.stop("SIGKILL")
        await connectionIs(page, "reconnecting")
        expect(await textOf(page, "notice")).toMatch(/connection was lost.*Reconnecting/i)
        // What was there stays
        expect(await page.getByTestId("mean").isVisible()).toBe(true)

        const reborn = await startDemo(mortal.port)
        try {
          await page.getByText("This run isn't here").waitFor({ timeout: LONG_MS })
          expect(await page.getByTestId("mean").isVisible()).toBe(true)
          // It is known what was asked for: the run can be had again
          const before = isOpenIn(page)
          await page.getByTestId("run-again").click()
          await page.waitForURL((url) => url.pathname !== before)
          await statusIs(page, "running")
        } finally {
          await reborn.stop("SIGKILL")
        }
      } finally {
        await mortal.stop("SIGKILL")
      }
    },
    LONG_MS,
  )

  it(
    "keeps the bar moving over slow 3G, near to what is the case, and answers clicks meanwhile",
    async () => {
      const session: CDPSession = await context.newCDPSession(page)
      await session.send("Network.enable")
      await session.send("Network.emulateNetworkConditions", { offline: false, ...SLOW_3G })
      await page.goto(demo.url, { timeout: LONG_MS })
      await page.getByTestId("start").waitFor({ timeout: LONG_MS })
      // The simulation that says most: its timeline is three times as long as that of a Dota fight
      await page.getByTestId("simulation").getByText("Rotation").click()
      await start(page, MANY_ITERATIONS, "1")

      let bar = await barBeyond(page, 0)
      await barsAreThere(page)
      // What is under way to a slow reader must not pile up: the page is at most some seconds behind, whenever one looks
      for (let look = 0; look < 3; look++) {
        const before = await reallyRun()
        bar = await barBeyond(page, bar)
        await countBeyond(page, before - 1)
      }

      // The charts came while the run was looked at; a click waits for nothing from the network
      await session.send("Network.emulateNetworkConditions", { offline: true, ...SLOW_3G })
      await page.getByRole("tab", { name: "Timeline" }).click()
      await page.locator(".recharts-area-area").first().waitFor()
      await page.getByRole("tab", { name: "Overview" }).click()
      await page.getByTestId("histogram").waitFor()
      await session.send("Network.emulateNetworkConditions", { offline: false, ...SLOW_3G })

      await page.getByTestId("cancel").click()
      await statusIs(page, "cancelled")
      expect(await textOf(page, "notice")).toMatch(/statistics below are of the [\d,]+ iterations/)
    },
    2 * LONG_MS,
  )
})
