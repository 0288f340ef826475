// The Hono example as a visitor meets it: the built page, the real server, a real browser.
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"
import { type Demo, startDemo } from "../support/honoDemo.ts"

/** What Juggernaut does a second at level 1 with Daedalus, by arithmetic. */
const KNOWN_MEAN = 199.433928571

/** Long enough to be reloaded in the middle; a few seconds. */
const SOME_ITERATIONS = 1_000_000
/** Too many to end within a test. */
const MANY_ITERATIONS = 10_000_000

const numberIn = (text: string | null): number =>
  Number((text ?? "").replaceAll(",", "").match(/-?[\d.]+/)?.[0])

const textOf = (page: Page, testId: string) => page.getByTestId(testId).textContent()

const countOf = async (page: Page): Promise<number> => numberIn(await textOf(page, "count"))

/** A run of some seconds takes many of them on a machine that is busy with other things. */
const LONG_MS = 120_000

const statusIs = (page: Page, status: string) =>
  page.locator(`[data-testid=status][data-status=${status}]`).waitFor({ timeout: LONG_MS })

const connectionIs = (page: Page, connection: string) =>
  page.locator(`[data-testid=connection][data-connection=${connection}]`).waitFor({ timeout: 30_000 })

const barsAreThere = (page: Page) =>
  page.getByTestId("histogram").locator(".recharts-bar-rectangle").first().waitFor()

/** Waits until the bar has come further than this, in per cent, and answers how far. */
const barBeyond = async (page: Page, percentage: number): Promise<number> => {
  const bar = page.getByTestId("progress")
  await bar.waitFor()
  const now = await page.waitForFunction(
    (least) => {
      const shown = document.querySelector("[data-testid=progress]")?.getAttribute("aria-valuenow")
      return Number(shown ?? 0) > least ? Number(shown) : false
    },
    percentage,
    { timeout: 30_000 },
  )
  return Number(await now.jsonValue())
}

const startDota = async (page: Page, iterations: number, seed: string): Promise<void> => {
  await page.getByTestId("iterations").fill(String(iterations))
  await page.getByTestId("seed").fill(seed)
  await page.getByTestId("start").click()
  await page.waitForURL(/\/jobs\/job_/)
}

const isOpenIn = (page: Page): string => new URL(page.url()).pathname

describeInBrowser("the page of the Hono example", () => {
  let browser: Browser
  let demo: Demo
  let context: BrowserContext
  let page: Page
  /** What the browser itself complained of, other than the network. */
  let complaints: Array<string>

  beforeAll(async () => {
    ;[browser, demo] = await Promise.all([launchChromium(), startDemo()])
  })

  beforeEach(async () => {
    // A visitor each, with a session of their own
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    page = await context.newPage()
    complaints = []
    page.on("pageerror", (error) => complaints.push(error.message))
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        complaints.push(message.text())
      }
    })
    await page.goto(demo.url)
  })

  afterEach(async () => {
    // No visitor's run may slow down the next one's
    await page
      .getByTestId("cancel")
      .click({ timeout: 500 })
      .catch(() => undefined)
    await context.close()
    if (complaints.length > 0) throw new Error(`The page complained: ${complaints.join("; ")}`)
  })

  afterAll(async () => {
    await browser.close()
    await demo.stop()
  })

  it(
    "goes on with a run after a reload, and ends where arithmetic says",
    async () => {
      await startDota(page, SOME_ITERATIONS, "4242")
      await barBeyond(page, await barBeyond(page, 0))
      await page.getByTestId("mean").waitFor()
      const address = isOpenIn(page)
      const before = await countOf(page)
      expect(before).toBeGreaterThan(0)
      expect(before).toBeLessThan(SOME_ITERATIONS)

      await page.reload()
      await page.getByTestId("count").waitFor()
      expect(await countOf(page)).toBeGreaterThanOrEqual(before)
      expect(isOpenIn(page)).toBe(address)
      await statusIs(page, "running")

      await statusIs(page, "complete")
      expect(isOpenIn(page)).toBe(address)
      expect(await countOf(page)).toBe(SOME_ITERATIONS)
      expect(await page.getByTestId("progress").getAttribute("aria-valuenow")).toBe("100")

      const [mean, halfWidth, low, high] = await Promise.all(
        ["mean", "half-width", "ci-low", "ci-high"].map(async (testId) =>
          numberIn(await textOf(page, testId)),
        ),
      )
      expect(Math.abs(Number(mean) - KNOWN_MEAN)).toBeLessThanOrEqual(Number(halfWidth))
      expect(low).toBeLessThanOrEqual(KNOWN_MEAN)
      expect(high).toBeGreaterThanOrEqual(KNOWN_MEAN)
      expect(await textOf(page, "digest")).toMatch(/^[0-9a-f]{64}$/)
      expect(await textOf(page, "seed-used")).toBe("4242")
      expect(await page.getByTestId("recent").getByRole("listitem").count()).toBe(1)
    },
    LONG_MS,
  )

  it("shows what happened when, and what it came from", async () => {
    await startDota(page, 20_000, "7")
    await statusIs(page, "complete")
    await barsAreThere(page)
    await page.getByRole("tab", { name: "Timeline" }).click()
    await page.locator(".recharts-area-area").first().waitFor()
    await page.getByRole("tab", { name: "Charts" }).click()
    await page.getByRole("progressbar", { name: "Share of Daedalus crit" }).waitFor()
    await page.locator(".recharts-pie-sector").first().waitFor()
    expect(await page.getByRole("tab", { selected: true }).textContent()).toBe("Charts")
  })

  it("does without a chart that can't be loaded, and says so", async () => {
    await page.route(/TimelinePanel/, (route) => route.abort())
    await startDota(page, 20_000, "7")
    await statusIs(page, "complete")
    await page.getByRole("tab", { name: "Timeline" }).click()
    expect(await textOf(page, "broken")).toMatch(/The timeline can't be shown/)
    await page.getByRole("tab", { name: "Overview" }).click()
    await page.getByTestId("mean").waitFor()
    // React and the browser report it, as they should
    complaints = []
  })

  it("gives the same digest when a run is repeated with its seed", async () => {
    await startDota(page, 20_000, "7")
    await statusIs(page, "complete")
    const first = { address: isOpenIn(page), digest: await textOf(page, "digest") }
    await page.getByTestId("repeat").click()
    await page.waitForURL((url) => url.pathname !== first.address)
    await statusIs(page, "complete")
    expect(await textOf(page, "digest")).toBe(first.digest)
  })

  it("keeps the statistics of a run that is cancelled", async () => {
    await startDota(page, MANY_ITERATIONS, "1")
    await page.getByTestId("mean").waitFor()
    await page.getByTestId("cancel").click()
    await statusIs(page, "cancelled")
    expect(await textOf(page, "notice")).toMatch(
      /was cancelled.*statistics below are of the [\d,]+ iterations/,
    )
    expect(numberIn(await textOf(page, "mean"))).toBeGreaterThan(150)
    expect(await countOf(page)).toBeLessThan(MANY_ITERATIONS)
    expect(await page.getByTestId("statistics").isVisible()).toBe(true)
  })

  it("says in words what is wrong with the settings", async () => {
    await page.getByTestId("config-level").fill("99")
    await page.getByTestId("start").click()
    await page.getByText("From 1 to 30.").waitFor()
    expect(await textOf(page, "start-error")).toMatch(/was not started/)

    await page.getByTestId("config-level").fill("2")
    expect(await page.getByTestId("start-error").count()).toBe(0)
    await page.getByTestId("iterations").fill("200000000")
    await page.getByTestId("start").click()
    await page.getByText(/at most 10,000,000/).waitFor()

    await page.getByTestId("simulation").getByText("Training dummy").click()
    await page.getByTestId("iterations").fill("1000")
    await page.getByTestId("config-missChance").fill("90")
    await page.getByTestId("start").click()
    // Only the server knows what holds between fields
    await page.getByText(/Must leave room for “Miss chance”/).waitFor()
    expect(isOpenIn(page)).toBe("/")
  })

  it("says in words that there is no such run, and no such page", async () => {
    await page.goto(`${demo.url}/jobs/job_gone`)
    await page.getByRole("heading", { name: "This run isn't here" }).waitFor()
    await page.getByRole("link", { name: "Start another run" }).click()
    await page.getByRole("heading", { name: "Watch a simulation converge" }).waitFor()
    expect(isOpenIn(page)).toBe("/")
    await page.goto(`${demo.url}/no/such/page`)
    await page.getByRole("heading", { name: "There is nothing at this address" }).waitFor()
  })

  it("says that it is reconnecting when the server dies, and what became of the run when it is back", async () => {
    const mortal = await startDemo()
    try {
      await page.goto(mortal.url)
      await startDota(page, MANY_ITERATIONS, "1")
      await page.getByTestId("mean").waitFor()
      await barsAreThere(page)
      await connectionIs(page, "open")
      await mortal.stop("SIGKILL")
      await connectionIs(page, "reconnecting")
      expect(await textOf(page, "notice")).toMatch(/connection was lost.*Reconnecting/i)
      // What was there stays
      expect(await page.getByTestId("mean").isVisible()).toBe(true)

      const reborn = await startDemo(mortal.port)
      try {
        await page.getByText("This run isn't here").waitFor({ timeout: 40_000 })
      } finally {
        await reborn.stop()
      }
    } finally {
      await mortal.stop("SIGKILL")
    }
  })
})
