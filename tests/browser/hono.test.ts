// The Hono example as a visitor meets it: the built page, the real server, a real browser.
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"
import {
  complaintsOf,
  isOpenIn,
  LONG_MS,
  MANY_ITERATIONS,
  numberIn,
  reactPage,
} from "../support/examplePages.ts"
import { startHono } from "../support/exampleServers.ts"
import type { ServerProcess } from "../support/processes.ts"

/** What Juggernaut does a second at level 1 with Daedalus, by arithmetic. */
const KNOWN_MEAN = 199.433928571

/** Long enough to be reloaded in the middle; a few seconds. */
const SOME_ITERATIONS = 1_000_000

const { barBeyond, barsAreThere, cancelIfUnderWay, countOf, start, statusIs, textOf } = reactPage

describeInBrowser("the page of the Hono example", () => {
  let browser: Browser
  let server: ServerProcess
  let context: BrowserContext
  let page: Page
  /** What the browser itself complained of, other than the network. */
  let complaints: Array<string>

  beforeAll(async () => {
    ;[browser, server] = await Promise.all([launchChromium(), startHono()])
  })

  beforeEach(async () => {
    // A visitor each, with a session of their own
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    page = await context.newPage()
    complaints = complaintsOf(page)
    await page.goto(server.origin)
  })

  afterEach(async () => {
    await cancelIfUnderWay(page)
    await context.close()
    if (complaints.length > 0) throw new Error(`The page complained: ${complaints.join("; ")}`)
  })

  afterAll(async () => {
    await browser.close()
    await server[Symbol.asyncDispose]()
  })

  it(
    "goes on with a run after a reload, and ends where arithmetic says",
    async () => {
      await start(page, SOME_ITERATIONS, "4242")
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
    await start(page, 20_000, "7")
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
    await start(page, 20_000, "7")
    await statusIs(page, "complete")
    await page.getByRole("tab", { name: "Timeline" }).click()
    expect(await textOf(page, "broken")).toMatch(/The timeline can't be shown/)
    await page.getByRole("tab", { name: "Overview" }).click()
    await page.getByTestId("mean").waitFor()
    // React and the browser report it, as they should
    complaints.length = 0
  })

  it("gives the same digest when a run is repeated with its seed", async () => {
    await start(page, 20_000, "7")
    await statusIs(page, "complete")
    const first = { address: isOpenIn(page), digest: await textOf(page, "digest") }
    await page.getByTestId("repeat").click()
    await page.waitForURL((url) => url.pathname !== first.address)
    await statusIs(page, "complete")
    expect(await textOf(page, "digest")).toBe(first.digest)
  })

  it("keeps the statistics of a run that is cancelled", async () => {
    await start(page, MANY_ITERATIONS, "1")
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

    await page.getByTestId("simulation").getByText("Dummy").click()
    await page.getByTestId("iterations").fill("1000")
    await page.getByTestId("config-missChance").fill("90")
    await page.getByTestId("start").click()
    // Only the server knows what holds between fields
    await page.getByText(/Must leave room for “Miss chance”/).waitFor()
    expect(isOpenIn(page)).toBe("/")
  })

  it("says in words that there is no such run, and no such page", async () => {
    await page.goto(`${server.origin}/jobs/job_gone`)
    await page.getByRole("heading", { name: "This run isn't here" }).waitFor()
    await page.getByRole("link", { name: "Start another run" }).click()
    await page.getByRole("heading", { name: "Watch a simulation converge" }).waitFor()
    expect(isOpenIn(page)).toBe("/")
    await page.goto(`${server.origin}/no/such/page`)
    await page.getByRole("heading", { name: "There is nothing at this address" }).waitFor()
  })

  it("lets whoever is given a run's address see what was asked for, and run it again", async () => {
    await page.getByTestId("config-level").fill("12")
    await start(page, 20_000, "7")
    await statusIs(page, "complete")
    const digest = await textOf(page, "digest")

    const stranger = await browser.newContext()
    try {
      const theirs = await stranger.newPage()
      await theirs.goto(page.url())
      await theirs.getByText("Juggernaut, level 12, Daedalus").first().waitFor()
      expect(await textOf(theirs, "digest")).toBe(digest)
      expect(await theirs.getByTestId("config-level").inputValue()).toBe("12")
      // The list is the visitor's own
      await theirs.getByText("Your runs will be listed here").waitFor()
      await theirs.getByTestId("repeat").click()
      await theirs.waitForURL((url) => url.pathname !== isOpenIn(page))
      await statusIs(theirs, "complete")
      expect(await textOf(theirs, "digest")).toBe(digest)
    } finally {
      await stranger.close()
    }
  })

  it("tells a plan's chance in per cent, its wealth over the years in dollars, and how it ended", async () => {
    await page.getByTestId("simulation").getByText("Retirement").click()
    await page.getByTestId("config-stockShare").fill("0")
    await page.getByTestId("config-safeRatePercent").fill("0")
    await start(page, 1_000, "7")
    await statusIs(page, "complete")
    // 50,000 and 30 years of 12,000 are 410,000, which pay for 17 years of 24,000 and a month
    expect(await textOf(page, "mean")).toBe("0%")
    await page.getByLabel("Metric").getByText("Money at retirement").click()
    expect(await textOf(page, "mean")).toBe("$410,000")
    await page.getByLabel("Metric").getByText("Years of retirement paid for").click()
    expect(await textOf(page, "mean")).toBe("17")
    await page.getByText("All 1,000 values are the same.").waitFor()
    await page.getByRole("tab", { name: "Timeline" }).click()
    await page.getByRole("heading", { name: "Wealth over the years" }).waitFor()
    await page.getByText("$410K").or(page.getByText("$450K")).first().waitFor()
    await page.getByRole("tab", { name: "Charts" }).click()
    await page.getByRole("progressbar", { name: "Share of Ran out in years 11 to 20" }).waitFor()
  })
})

describeInBrowser("the list of priorities", () => {
  let browser: Browser
  let server: ServerProcess
  let page: Page
  let complaints: Array<string>

  beforeAll(async () => {
    ;[browser, server] = await Promise.all([launchChromium(), startHono()])
  })

  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    complaints = complaintsOf(page)
    await page.goto(server.origin)
    await page.getByTestId("simulation").getByText("Rotation").click()
  })

  afterEach(async () => {
    await page.context().close()
    if (complaints.length > 0) throw new Error(`The page complained: ${complaints.join("; ")}`)
  })

  afterAll(async () => {
    await browser.close()
    await server[Symbol.asyncDispose]()
  })

  /** The spells as they stand in the list. */
  const order = async () =>
    (await page.getByTestId("config-priority").getByRole("button", { name: /^Drag/ }).all()).reduce<
      Promise<ReadonlyArray<string>>
    >(async (names, handle) => {
      const label = (await handle.getAttribute("aria-label")) ?? ""
      return [...(await names), label.replace("Drag ", "")]
    }, Promise.resolve([]))

  const BY_DEFAULT = ["Kindle", "Searing Brand", "Meteor", "Spark", "Fireball"]

  it("is put in order by buttons, which keep the focus at the ends and say where a spell has come to", async () => {
    expect(await order()).toEqual(BY_DEFAULT)
    const up = page.getByRole("button", { name: "Move Searing Brand up" })
    await up.focus()
    await page.keyboard.press("Enter")
    await page.getByText("Searing Brand is at place 1 of 5.").waitFor({ state: "attached" })
    expect(await order()).toEqual(["Searing Brand", "Kindle", "Meteor", "Spark", "Fireball"])
    await page.keyboard.press("Enter")
    expect(await order()).toEqual(["Searing Brand", "Kindle", "Meteor", "Spark", "Fireball"])
    expect(await up.evaluate((element) => element === document.activeElement)).toBe(true)
  })

  it("is put in order by the keyboard on a handle, and put back by Escape", async () => {
    const said = (text: string) =>
      page.getByText(text, { exact: true }).first().waitFor({ state: "attached" })
    await page.getByRole("button", { name: "Drag Spark" }).focus()
    await page.keyboard.press("Space")
    await said("Spark is at place 4 of 5.")
    await page.keyboard.press("ArrowUp")
    await said("Spark is at place 3 of 5.")
    await page.keyboard.press("ArrowUp")
    await said("Spark is at place 2 of 5.")
    await page.keyboard.press("Space")
    await said("Dropped. Spark is at place 2 of 5.")
    const moved = ["Kindle", "Spark", "Searing Brand", "Meteor", "Fireball"]
    expect(await order()).toEqual(moved)

    await page.keyboard.press("Space")
    await said("Spark is at place 2 of 5.")
    await page.keyboard.press("ArrowDown")
    await said("Spark is at place 3 of 5.")
    await page.keyboard.press("Escape")
    await said("Put back. Spark is at place 2 of 5.")
    expect(await order()).toEqual(moved)
  })

  it("is put in order with the mouse, and decides what is cast", async () => {
    const handle = page.getByRole("button", { name: "Drag Fireball" })
    const top = page.getByRole("button", { name: "Drag Kindle" })
    const [from, to] = await Promise.all([handle.boundingBox(), top.boundingBox()])
    if (from === null || to === null) throw new Error("The handles are not on the screen.")
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2)
    await page.mouse.down()
    await page.mouse.move(from.x + from.width / 2, from.y - 20, { steps: 5 })
    await page.mouse.move(to.x + to.width / 2, to.y, { steps: 20 })
    await page.getByText("Fireball is at place 1 of 5.").first().waitFor({ state: "attached" })
    await page.mouse.up()
    await expect.poll(order).toEqual(["Fireball", "Kindle", "Searing Brand", "Meteor", "Spark"])

    await start(page, 1_000, "7")
    await statusIs(page, "complete")
    await page.getByText("Fireball first").first().waitFor()
    await page.getByRole("tab", { name: "Charts" }).click()
    const shares = page.getByRole("progressbar", { name: /^Share of/ })
    await shares.first().waitFor()
    expect(await shares.count()).toBe(1)
    expect(await shares.first().getAttribute("aria-label")).toBe("Share of Fireball")
  })
})
