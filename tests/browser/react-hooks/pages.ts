// A browser with one of the pages of page.tsx in it, and the server that it follows jobs of.
import type { Browser, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest"
import { bundlePage } from "../../support/bundlePage.ts"
import { launchChromium } from "../../support/chromium.ts"
import { openSleepyTab } from "../../support/sleepyTab.ts"
import { serveTickingJobs, type TickingJobs } from "../../support/tickingJob.ts"
import type { Measured } from "./measured.ts"

type Mode = "production" | "development"

/** What a test finds in the page. */
export type Window = { readonly measured: Measured; readonly pendingTimers: () => number }

/** Sets up a browser for a file of tests: a page for each, and nothing that the page throws goes unheard. */
export const setUpPages = () => {
  const scripts = new Map<Mode, string>()
  let browser: Browser
  let page: Page
  let jobs: TickingJobs | undefined
  let complaints: Array<string>

  beforeAll(async () => {
    for (const mode of ["production", "development"] as const) {
      scripts.set(mode, await bundlePage(`${import.meta.dirname}/page.tsx`, mode))
    }
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  beforeEach(async () => {
    page = await browser.newPage()
    complaints = []
    page.on("pageerror", (error) => complaints.push(error.message))
  })
  afterEach(async () => {
    await page.close()
    jobs?.close()
    expect(complaints).toEqual([])
  })

  const serve = async (eventsPerSecond: number, mode: Mode) => {
    jobs = await serveTickingJobs(scripts.get(mode) ?? "", eventsPerSecond)
    return jobs
  }

  return {
    /** Opens the page at a path, with jobs that tick so fast. */
    open: async (path: string, eventsPerSecond: number, mode: Mode = "production") => {
      const served = await serve(eventsPerSecond, mode)
      await page.goto(`${served.origin}${path}`)
      return { page, jobs: served }
    },
    /** The same in a tab that can be put to sleep. */
    openSleepy: async (path: string, eventsPerSecond: number) => {
      const served = await serve(eventsPerSecond, "production")
      return { tab: await openSleepyTab(browser, `${served.origin}${path}`), jobs: served }
    },
    page: () => page,
    measured: () =>
      page.evaluate(() =>
        structuredClone((globalThis as unknown as { readonly measured: Measured }).measured),
      ),
  }
}

/** Waits until a page shows progress of so many iterations, or more. */
export const showsProgress = (page: Page, current: number) =>
  page.waitForFunction(
    (least) => Number(document.querySelector("[data-testid=progress]")?.textContent) >= least,
    current,
  )
