// The examples where the network is what it often is: slow, gone for a while, or leading to a server that died.
import type { Browser, BrowserContext, Page } from "playwright-core"
import type { JobSnapshot } from "@simstream/protocol"
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest"
import { layCable } from "../support/cable.ts"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"
import { complaintsOf, isOpenIn, LONG_MS, MANY_ITERATIONS } from "../support/examplePages.ts"
import { EXAMPLES } from "../support/exampleServers.ts"
import { endBy, type ServerProcess } from "../support/processes.ts"

/** What Chromium's developer tools call slow 3G: 400 kbit/s both ways, and two seconds until an answer begins. */
const SLOW_3G = { offline: false, latency: 2_000, downloadThroughput: 50_000, uploadThroughput: 50_000 }

const FEW_ITERATIONS = 2_000

describeInBrowser.each(EXAMPLES)(
  "the page of the $name example, on a bad network",
  { timeout: LONG_MS },
  ({ name, startServer, page: hands }) => {
    const { barBeyond, barsAreThere, connectionIs, countBeyond, part, start, statusIs, textOf } = hands
    let browser: Browser
    let server: ServerProcess
    let context: BrowserContext
    let page: Page
    let complaints: Array<string>

    beforeAll(async () => {
      ;[browser, server] = await Promise.all([launchChromium(), startServer()])
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
      await server[Symbol.asyncDispose]()
    })

    /** A first visit on a slow network takes long: one is enough, and the others have been there before. */
    const isAllSlow = name === "Hono"

    /** Where the server has the run that is open. */
    const onServer = (): string => `${server.origin}/api/simulations/${isOpenIn(page).replace("/jobs/", "")}`

    /** How many iterations have really run. */
    const reallyRun = async (): Promise<number> => {
      const snapshot: JobSnapshot = await (await fetch(onServer())).json()
      return snapshot.progress?.current ?? 0
    }

    /** A run that won't end by itself is under way, and all there is of it is on the page. */
    const isLive = async () => {
      await start(page, MANY_ITERATIONS, "1")
      await barsAreThere(page)
      await connectionIs(page, "open")
    }

    /** What was there when the connection was lost stays. */
    const isStillThere = async () => {
      expect(await part(page, "mean").isVisible()).toBe(true)
      expect(await part(page, "histogram").isVisible()).toBe(true)
    }

    it("says that it is offline, and when it is back picks up the run, which went on without it", async () => {
      await using cable = await layCable(server.port)
      await page.goto(cable.url)
      await isLive()

      // Chromium's emulation refuses what is new and lets streams go on; a cable that is pulled ends them
      await context.setOffline(true)
      cable.pull()
      await connectionIs(page, "reconnecting")
      expect(await textOf(page, "notice")).toMatch(/connection was lost.*The run goes on without this page/s)
      await isStillThere()
      const seen = await countBeyond(page, 0)
      await expect.poll(reallyRun, { timeout: LONG_MS }).toBeGreaterThan(seen)
      const meanwhile = await reallyRun()

      cable.plugIn()
      await context.setOffline(false)
      await connectionIs(page, "open")
      expect(await part(page, "notice").isVisible()).toBe(false)
      await countBeyond(page, meanwhile)
      await statusIs(page, "running")
    })

    it("says that it is reconnecting when the server dies, and what became of the run when it is back", async () => {
      await using mortal = await startServer()
      await page.goto(mortal.origin)
      await isLive()
      await endBy(mortal, "SIGKILL")
      await connectionIs(page, "reconnecting")
      expect(await textOf(page, "notice")).toMatch(/connection was lost.*Reconnecting/is)
      await isStillThere()

      await using reborn = await startServer({ port: mortal.port })
      expect(reborn.port).toBe(mortal.port)
      await page.getByText("This run isn't here").waitFor({ timeout: LONG_MS })
      await isStillThere()
      // It is known what was asked for: the run can be had again
      await hands.runAgain(page)
      await statusIs(page, "running")
    })

    it("keeps the bar moving over slow 3G, near to what is the case, and answers clicks meanwhile", async () => {
      if (!isAllSlow) {
        await page.goto(server.origin)
        await start(page, FEW_ITERATIONS)
        await statusIs(page, "complete")
        await barsAreThere(page)
      }
      const session = await context.newCDPSession(page)
      await session.send("Network.enable")
      await session.send("Network.emulateNetworkConditions", SLOW_3G)
      if (isAllSlow) await page.goto(server.origin, { timeout: LONG_MS })
      await part(page, "start").waitFor({ timeout: LONG_MS })
      await hands.chooseLargest(page)
      await start(page, MANY_ITERATIONS, "1")

      let bar = await barBeyond(page, 0)
      await barsAreThere(page)
      // What is under way to a slow reader must not pile up: the page is at most some seconds behind, whenever one looks
      for (let look = 0; look < 3; look++) {
        const before = await reallyRun()
        bar = await barBeyond(page, bar)
        await countBeyond(page, before - 1)
      }

      // The charts came while the run was looked at: a click waits for nothing from the network
      const asked: Array<string> = []
      page.on("request", (request) => asked.push(request.url()))
      for (const { tab, drawn } of hands.tabs) {
        await page.getByRole("tab", { name: tab }).click()
        await page.locator(drawn).first().waitFor()
      }
      expect(asked.filter((url) => !url.includes("/api/"))).toEqual([])

      await part(page, "cancel").click()
      await statusIs(page, "cancelled")
      expect(await textOf(page, "notice")).toMatch(/statistics below are of the [\d,]+ iterations/)
    })
  },
)
