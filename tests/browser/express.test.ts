// The Express example as a visitor meets it: the built pages, the real server, a real browser.
import { createRequire } from "node:module"
import type { AxeResults } from "axe-core"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest"
import { layCable } from "../support/cable.ts"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"
import {
  complaintsOf,
  isOpenIn,
  LONG_MS,
  MANY_ITERATIONS,
  numberIn,
  plainPage,
} from "../support/examplePages.ts"
import { startExpress } from "../support/exampleServers.ts"
import { endBy, type ServerProcess } from "../support/processes.ts"

const AXE = createRequire(import.meta.url).resolve("axe-core")

/** Each width and each scheme; contrast doesn't depend on the width, nor what fits on the scheme. */
const LOOKS = [
  { width: 1280, colorScheme: "dark" },
  { width: 390, colorScheme: "light" },
] as const

/** What axe has against the page as it is, and whether it has to be moved sideways to be read. */
const faultsOf = async (page: Page): Promise<ReadonlyArray<string>> => {
  await page.addScriptTag({ path: AXE })
  const { violations } = await page.evaluate<AxeResults>("axe.run()")
  const isTooWide = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  )
  return [...violations.map(({ id, help }) => `${id}: ${help}`), ...(isTooWide ? ["scrolls sideways"] : [])]
}

/** What the training dummy takes a second, by arithmetic. */
const KNOWN_MEAN = 134.1666667

/** Long enough to be reloaded in the middle; a few seconds. */
const SOME_ITERATIONS = 60_000
const { barBeyond, barsAreThere, cancelIfUnderWay, countOf, start, statusIs, textOf } = plainPage

describeInBrowser("the Express example", { timeout: LONG_MS }, () => {
  let browser: Browser
  let server: ServerProcess
  let context: BrowserContext
  let page: Page
  /** What the browser itself complained of, other than the network. */
  let complaints: Array<string>

  beforeAll(async () => {
    ;[browser, server] = await Promise.all([launchChromium(), startExpress()])
  })

  beforeEach(async () => {
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

  it("goes on with a run after a reload, and ends where arithmetic says", async () => {
    await start(page, SOME_ITERATIONS, "4242")
    await barBeyond(page, await barBeyond(page, 0))
    await page.locator("#mean").filter({ hasText: /\d/ }).waitFor()
    const address = isOpenIn(page)
    const before = await countOf(page)
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(SOME_ITERATIONS)

    await page.reload()
    await page.locator("#count").waitFor()
    expect(await countOf(page)).toBeGreaterThanOrEqual(before)
    await statusIs(page, "running")

    await statusIs(page, "complete")
    expect(isOpenIn(page)).toBe(address)
    expect(await countOf(page)).toBe(SOME_ITERATIONS)
    const [, low, high] = /interval ([\d.]+) to ([\d.]+)/.exec((await textOf(page, "interval")) ?? "") ?? []
    expect(Number(low)).toBeLessThanOrEqual(KNOWN_MEAN)
    expect(Number(high)).toBeGreaterThanOrEqual(KNOWN_MEAN)
    expect(await textOf(page, "digest")).toMatch(/^[0-9a-f]{64}$/)
    expect(await textOf(page, "seed")).toBe("4242")
    await barsAreThere(page)
  })

  it("shows the same run at its address to somebody else, and goes back and forward between its addresses", async () => {
    await start(page, 1_000, "7")
    await statusIs(page, "complete")
    const digest = await textOf(page, "digest")
    const other = await browser.newPage()
    await other.goto(page.url())
    await statusIs(other, "complete")
    expect(await textOf(other, "digest")).toBe(digest)
    await other.close()
    await page.goBack()
    await page.getByRole("heading", { name: "Watch a simulation converge" }).waitFor()
    await page.goForward()
    await statusIs(page, "complete")
  })

  it("keeps the statistics of a run that is cancelled", async () => {
    await start(page, MANY_ITERATIONS)
    await page.locator("#mean").filter({ hasText: /\d/ }).waitFor()
    await page.getByRole("button", { name: "Cancel" }).click()
    await statusIs(page, "cancelled")
    expect(await textOf(page, "notice")).toMatch(
      /was cancelled.*statistics below are of the [\d,]+ iterations/s,
    )
    expect(numberIn(await textOf(page, "mean"))).toBeGreaterThan(100)
    expect(await countOf(page)).toBeLessThan(MANY_ITERATIONS)
  })

  it("says in words what is wrong with the settings, beside the field that it is about", async () => {
    await page.getByLabel("Crit chance").fill("99")
    await page.getByRole("button", { name: "Start" }).click()
    await page.getByText("Must leave room for “Miss chance”").waitFor()
    const field = page.getByLabel("Crit chance")
    expect(await field.getAttribute("aria-invalid")).toBe("true")
    expect(await textOf(page, (await field.getAttribute("aria-describedby")) ?? "")).toMatch(/leave room/)

    await field.fill("20")
    await page.getByLabel("Iterations").fill("200000000")
    await page.getByRole("button", { name: "Start" }).click()
    await page.getByText(/at most 10,000,000/).waitFor()
    expect(isOpenIn(page)).toBe("/")
  })

  it("says in words that there is no such run, and no such page", async () => {
    await page.goto(`${server.origin}/jobs/job_gone`)
    await page.getByRole("heading", { name: "This run isn't here" }).waitFor()
    await page.getByRole("link", { name: "Start another run" }).click()
    await page.getByRole("heading", { name: "Watch a simulation converge" }).waitFor()
    for (const path of ["/no/such/page", "/jobs/%E0%A4%A"]) {
      await page.goto(`${server.origin}${path}`)
      await page.getByRole("heading", { name: "There is nothing at this address" }).waitFor()
    }
    expect(await page.locator("#run").isVisible()).toBe(false)
  })

  const jobIdOf = (from: Page): string => isOpenIn(from).replace("/jobs/", "")

  const stateIs = (word: string, on = page) =>
    on.locator("#state").filter({ hasText: word }).waitFor({ timeout: LONG_MS })

  /** How many events of each name the page has seen. */
  const eventsSeen = async (on = page): Promise<Readonly<Record<string, number>>> => {
    const rows = await on
      .locator("#events tr")
      .evaluateAll((found) =>
        found.map(
          (row) => [row.children[0]?.textContent ?? "", Number(row.children[1]?.textContent)] as const,
        ),
      )
    return Object.fromEntries(rows)
  }

  it("reads a run to its end with the native EventSource, and after a reload too", async () => {
    await page.goto(`${server.origin}/eventsource`)
    await page.getByRole("button", { name: "Start a run", exact: true }).click()
    await barBeyond(page, 0)
    await page.reload()
    await stateIs("Complete")
    expect(await textOf(page, "words")).toMatch(/^100,000 iterations/)
    expect(numberIn(await textOf(page, "mean"))).toBeCloseTo(KNOWN_MEAN, 0)
    expect(await eventsSeen()).toMatchObject({ connected: 1, complete: 1 })
  })

  it("shows with the native EventSource what is cancelled on the other page", async () => {
    await start(page, MANY_ITERATIONS)
    const other = await context.newPage()
    await other.goto(`${server.origin}/eventsource?job=${jobIdOf(page)}`)
    await barBeyond(other, 0)
    await page.getByRole("button", { name: "Cancel" }).click()
    await stateIs("Cancelled", other)
    await statusIs(page, "cancelled")
    expect(await eventsSeen(other)).toMatchObject({ connected: 1, cancelled: 1 })
  })

  it("goes on with the native EventSource when the network is back", async () => {
    await start(page, MANY_ITERATIONS)
    const jobId = jobIdOf(page)
    await using cable = await layCable(server.port)
    await page.goto(`${cable.url}/eventsource?job=${jobId}`)
    const bar = await barBeyond(page, 0)
    cable.pull()
    await stateIs("Connection lost")
    cable.plugIn()
    await stateIs("Connected")
    await barBeyond(page, bar)
    expect(await eventsSeen()).toMatchObject({ connected: 2 })
    await fetch(`${server.origin}/api/simulations/${jobId}`, { method: "DELETE" })
    await stateIs("Cancelled")
  })

  it("tells a run that failed from a connection that dropped, and from a run that isn't there", async () => {
    await page.goto(`${server.origin}/eventsource`)
    await page.getByRole("button", { name: "Start a run that fails" }).click()
    await stateIs("The run failed")
    expect(await textOf(page, "words")).toBe("Iteration 5000000 went wrong, as it was told to.")
    expect(await eventsSeen()).toMatchObject({ error: 1 })

    await using mortal = await startExpress()
    await page.goto(mortal.origin)
    await start(page, MANY_ITERATIONS)
    const jobId = jobIdOf(page)
    await page.goto(`${mortal.origin}/eventsource?job=${jobId}`)
    await barBeyond(page, 0)
    await endBy(mortal, "SIGKILL")
    await stateIs("Connection lost")
    expect(await eventsSeen()).not.toHaveProperty("error")

    await using reborn = await startExpress({ port: mortal.port })
    await stateIs("Given up")
    expect(reborn.port).toBe(mortal.port)
  })

  it.each(LOOKS)(
    "is fit for screen readers, for tired eyes and for a screen of $width pixels, $colorScheme",
    async ({ width, colorScheme }) => {
      await context.close()
      // The server's own policy lets no script in that it doesn't serve
      context = await browser.newContext({ viewport: { width, height: 850 }, colorScheme, bypassCSP: true })
      page = await context.newPage()
      const found: Record<string, ReadonlyArray<string>> = {}
      const look = async (state: string) => {
        const faults = await faultsOf(page)
        if (faults.length > 0) found[state] = faults
      }

      await page.goto(server.origin)
      await look("home")
      await page.getByLabel("Crit chance").fill("99")
      await page.getByRole("button", { name: "Start" }).click()
      await page.getByRole("alert").waitFor()
      await look("a start that was refused")
      await page.getByLabel("Crit chance").fill("20")
      await start(page, MANY_ITERATIONS)
      await barsAreThere(page)
      await look("running")
      await page.getByRole("button", { name: "Cancel" }).click()
      await statusIs(page, "cancelled")
      await look("cancelled")
      await page.goto(server.origin)
      await start(page, 1_000)
      await statusIs(page, "complete")
      await barsAreThere(page)
      await look("complete")
      await page.goto(`${server.origin}/jobs/job_gone`)
      await page.getByRole("heading", { name: "This run isn't here" }).waitFor()
      await look("a run that isn't there")
      await page.goto(`${server.origin}/eventsource`)
      await page.getByRole("button", { name: "Start a run that fails" }).click()
      await stateIs("The run failed")
      await look("a run that failed, by EventSource")
      expect(found).toEqual({})
    },
  )
})
