// What the page of the Hono example is like to use, whoever uses it and on whatever: axe's rules, and no sideways scrolling.
import { createRequire } from "node:module"
import type { AxeResults } from "axe-core"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, expect, it } from "vitest"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"
import { LONG_MS, MANY_ITERATIONS, reactPage } from "../support/examplePages.ts"
import { startHono } from "../support/exampleServers.ts"
import type { ServerProcess } from "../support/processes.ts"

const AXE = createRequire(import.meta.url).resolve("axe-core")

/** Each width and each scheme; contrast doesn't depend on the width, nor what fits on the scheme. */
const LOOKS = [
  { width: 1280, colorScheme: "dark" },
  { width: 390, colorScheme: "light" },
] as const

const { barsAreThere, start, statusIs } = reactPage

describeInBrowser("the page of the Hono example", () => {
  let browser: Browser
  let server: ServerProcess

  beforeAll(async () => {
    ;[browser, server] = await Promise.all([launchChromium(), startHono()])
  })

  afterAll(async () => {
    await browser.close()
    await server[Symbol.asyncDispose]()
  })

  /** What axe has against the page as it is, in a line each. */
  const complaints = async (page: Page): Promise<ReadonlyArray<string>> => {
    await page.addScriptTag({ path: AXE })
    const results = await page.evaluate<AxeResults>("axe.run()")
    return results.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, any }) => `${id}: ${target.join(" ")}: ${any[0]?.message ?? ""}`),
    )
  }

  const scrollsSideways = (page: Page): Promise<boolean> =>
    page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)

  it.each(LOOKS)(
    "is fit for screen readers, for tired eyes and for a screen of $width pixels, $colorScheme",
    async ({ width, colorScheme }) => {
      const context = await browser.newContext({
        viewport: { width, height: 850 },
        colorScheme,
        // A pulse is caught at whatever contrast it has just then
        reducedMotion: "reduce",
        // The page's own policy lets no script in that it doesn't serve
        bypassCSP: true,
      })
      const page = await context.newPage()
      const found: Record<string, ReadonlyArray<string>> = {}
      const look = async (state: string) => {
        const wrong = await complaints(page)
        const all = (await scrollsSideways(page)) ? [...wrong, "scrolls sideways"] : wrong
        if (all.length > 0) found[state] = all
      }

      try {
        await page.goto(server.origin)
        await page.getByTestId("start").waitFor()
        await look("empty")
        await page.getByTestId("simulation").getByText("Rotation").click()
        await look("the form of the rotation")
        await page.getByTestId("iterations").fill("200000000")
        await page.getByTestId("start").click()
        await page.getByTestId("start-error").waitFor()
        await look("a start that was refused")

        await start(page, MANY_ITERATIONS)
        await barsAreThere(page)
        await look("running")
        await page.getByTestId("cancel").click()
        await statusIs(page, "cancelled")
        await look("cancelled")

        await page.goto(server.origin)
        await start(page, 2_000)
        await statusIs(page, "complete")
        await barsAreThere(page)
        await look("complete")
        await page.getByRole("tab", { name: "Timeline" }).click()
        await page.locator(".recharts-area-area").first().waitFor()
        await look("the timeline")
        await page.getByRole("tab", { name: "Charts" }).click()
        await page.locator(".recharts-pie-sector").first().waitFor()
        await look("the charts")

        await page.goto(`${server.origin}/jobs/job_gone`)
        await page.getByTestId("unavailable").waitFor()
        await look("a run that is gone")
        expect(found).toEqual({})
      } finally {
        await context.close()
      }
    },
    LONG_MS,
  )
})
