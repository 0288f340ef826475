/**
 * Pictures of the pages of the Express and Next examples, wide and narrow, light and dark:
 *
 *   npm run build:js && npm run build:examples
 *   node --conditions=@simstream/source tests/support/exampleScreenshots.ts <folder> [--viewport] [express|next] [state …]
 *
 * Of the whole page, or with --viewport of what a screen shows of it. The servers and their runs are real, so that no two
 * pictures are the same.
 */
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { encodeFrame, EVENT_STREAM_TYPE, formatEventId } from "@simstream/protocol"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { launchChromium } from "./chromium.ts"
import { startExpress, startNext } from "./exampleServers.ts"
import { endBy, type ServerProcess } from "./processes.ts"

interface Shot {
  readonly name: string
  /** Brings the page to its state. The server is the picture's own. */
  readonly prepare: (page: Page, server: ServerProcess) => Promise<unknown>
}

const statusIs = (page: Page, status: string) => page.locator(`[data-status=${status}]`).first().waitFor()

const DUMMY = { simulation: "training-dummy", config: {}, seed: "4242" }

const startRun = async ({ origin }: ServerProcess, request: object): Promise<string> => {
  const response = await fetch(`${origin}/api/simulations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  })
  const { jobId }: { readonly jobId: string } = await response.json()
  return jobId
}

const openRun = async (page: Page, server: ServerProcess, request: object): Promise<string> => {
  const jobId = await startRun(server, request)
  await page.goto(`${server.origin}/jobs/${jobId}`)
  return jobId
}

const percentageIs = (page: Page, least: number) =>
  page.waitForFunction((from) => {
    const bar = document.querySelector("[role=progressbar], progress")
    const value = bar instanceof HTMLProgressElement ? bar.value : Number(bar?.getAttribute("aria-valuenow"))
    return value >= from
  }, least)

const EXPRESS: ReadonlyArray<Shot> = [
  { name: "home", prepare: (page, { origin }) => page.goto(origin) },
  {
    name: "running",
    prepare: async (page, server) => {
      await openRun(page, server, { ...DUMMY, iterations: 200_000 })
      await percentageIs(page, 40)
      await page.locator("#histogram-chart svg").first().waitFor()
    },
  },
  {
    name: "complete",
    prepare: async (page, server) => {
      await openRun(page, server, { ...DUMMY, iterations: 40_000 })
      await statusIs(page, "complete")
      await page.locator("#histogram-chart svg").first().waitFor()
    },
  },
  {
    name: "cancelled",
    prepare: async (page, server) => {
      await openRun(page, server, { ...DUMMY, iterations: 200_000 })
      await percentageIs(page, 20)
      await page.getByRole("button", { name: "Cancel" }).click()
      await statusIs(page, "cancelled")
      await page.locator("#histogram-chart svg").first().waitFor()
    },
  },
  {
    name: "failed",
    prepare: async (page, server) => {
      await openRun(page, server, {
        simulation: "faulty",
        config: { failAt: 2_000_000 },
        iterations: 3_000_000,
      })
      await statusIs(page, "error")
      await page.locator("#histogram-chart svg").first().waitFor()
    },
  },
  {
    name: "reconnecting",
    prepare: async (page, server) => {
      await openRun(page, server, { ...DUMMY, iterations: 200_000 })
      await percentageIs(page, 30)
      await page.locator("#histogram-chart svg").first().waitFor()
      await endBy(server, "SIGKILL")
      await page.getByText("The connection was lost").first().waitFor()
    },
  },
  {
    name: "unknown",
    prepare: async (page, { origin }) => {
      await page.goto(`${origin}/jobs/job_gone`)
      await page.getByText("This run isn't here").first().waitFor()
    },
  },
  {
    name: "invalid",
    prepare: async (page, { origin }) => {
      await page.goto(origin)
      await page.getByLabel("Crit chance").fill("99")
      await page.getByRole("button", { name: "Start" }).click()
      await page.getByRole("alert").waitFor()
    },
  },
  {
    name: "eventsource-failed",
    prepare: async (page, { origin }) => {
      await page.goto(`${origin}/eventsource`)
      await page.getByRole("button", { name: "Start a run that fails" }).click()
      await page.getByText("went wrong, as it was told to").first().waitFor()
    },
  },
  {
    name: "eventsource-lost",
    prepare: async (page, server) => {
      const jobId = await startRun(server, { ...DUMMY, iterations: 400_000 })
      await page.goto(`${server.origin}/eventsource?job=${jobId}`)
      await percentageIs(page, 10)
      await endBy(server, "SIGKILL")
      await page.getByText("Connection lost").waitFor()
    },
  },
]

const DOTA = {
  simulation: "dota-dps",
  config: { hero: "juggernaut", level: 1, items: ["greater_crit"], durationSeconds: 60, targetArmor: 0 },
  seed: "4242",
}

const chartIsThere = (page: Page) =>
  page.locator("[data-testid=histogram] .recharts-bar-rectangle").first().waitFor()

const NEXT: ReadonlyArray<Shot> = [
  {
    name: "home",
    prepare: async (page, { origin }) => {
      await page.goto(origin)
      await page.getByText("Your runs will be listed here").waitFor()
    },
  },
  {
    name: "running",
    prepare: async (page, server) => {
      await openRun(page, server, { ...DOTA, iterations: 2_000_000 })
      await percentageIs(page, 30)
      await chartIsThere(page)
    },
  },
  {
    name: "complete",
    prepare: async (page, server) => {
      await openRun(page, server, { ...DOTA, iterations: 200_000 })
      await statusIs(page, "complete")
      await chartIsThere(page)
    },
  },
  {
    name: "cancelled",
    prepare: async (page, server) => {
      await openRun(page, server, { ...DOTA, iterations: 2_000_000 })
      await percentageIs(page, 10)
      await page.getByTestId("cancel").click()
      await statusIs(page, "cancelled")
      await chartIsThere(page)
    },
  },
  {
    name: "reconnecting",
    prepare: async (page, server) => {
      await openRun(page, server, { ...DOTA, iterations: 2_000_000 })
      await percentageIs(page, 20)
      await chartIsThere(page)
      await endBy(server, "SIGKILL")
      await page.getByText("The connection was lost").first().waitFor()
    },
  },
  {
    name: "failed",
    prepare: async (page, server) => {
      const jobId = await startRun(server, { ...DOTA, iterations: 2_000_000 })
      // None of the simulations fails: only the end of this one is made up
      const failure = { type: "error", code: "simulation_failed", message: "The simulation failed." }
      const frame = { event: "error", id: formatEventId(jobId, 1_000_000), data: JSON.stringify(failure) }
      const body = encodeFrame(frame)
      await page.goto(`${server.origin}/jobs/${jobId}`)
      await percentageIs(page, 10)
      await chartIsThere(page)
      await page.route("**/stream", (route) => route.fulfill({ contentType: EVENT_STREAM_TYPE, body }))
      await page.reload()
      await statusIs(page, "error")
      await chartIsThere(page)
    },
  },
  {
    name: "unknown",
    prepare: async (page, { origin }) => {
      await page.goto(`${origin}/jobs/job_gone`)
      await page.getByTestId("unavailable").waitFor()
      await page.getByText("Your runs will be listed here").waitFor()
    },
  },
]

const EXAMPLES = {
  next: { shots: NEXT, start: startNext },
  express: { shots: EXPRESS, start: startExpress },
} as const

const WIDTHS = [1280, 390]
const SCHEMES = ["light", "dark"] as const

const takeOne = async (
  context: BrowserContext,
  shot: Shot,
  start: () => Promise<ServerProcess>,
  file: string,
) => {
  await using server = await start()
  const page = await context.newPage()
  page.setDefaultTimeout(120_000)
  page.on("pageerror", (error) => console.error(`${file}: ${error.message}`))
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      console.error(`${file}: ${message.text()}`)
  })
  await shot.prepare(page, server)
  await page.evaluate(() => scrollTo(0, 0))
  await page.screenshot({ path: file, fullPage: isWhole })
  await page.close()
}

const take = async (
  browser: Browser,
  folder: string,
  example: keyof typeof EXAMPLES,
  names: ReadonlyArray<string>,
) => {
  const { shots, start } = EXAMPLES[example]
  for (const shot of shots.filter(({ name }) => names.length === 0 || names.includes(name))) {
    for (const width of WIDTHS) {
      for (const colorScheme of SCHEMES) {
        const context = await browser.newContext({
          viewport: { width, height: width > 600 ? 800 : 844 },
          colorScheme,
          reducedMotion: "reduce",
          deviceScaleFactor: 1,
        })
        await takeOne(
          context,
          shot,
          start,
          join(folder, `${example}-${shot.name}-${width}-${colorScheme}.png`),
        )
        await context.close()
      }
    }
  }
}

const isWhole = !process.argv.includes("--viewport")

const isExample = (name: string): name is keyof typeof EXAMPLES => Object.hasOwn(EXAMPLES, name)

const [folder, ...rest] = process.argv.slice(2)
if (folder === undefined) {
  console.error(
    "Say into which folder: node … exampleScreenshots.ts <folder> [--viewport] [express|next] [state …]",
  )
  process.exit(1)
}
await mkdir(folder, { recursive: true })
const browser = await launchChromium()
const chosen = rest.filter(isExample)
for (const example of chosen.length === 0 ? Object.keys(EXAMPLES).filter(isExample) : chosen) {
  await take(
    browser,
    folder,
    example,
    rest.filter((name) => !isExample(name) && name !== "--viewport"),
  )
}
await browser.close()
