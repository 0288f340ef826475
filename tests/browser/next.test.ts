// The Next example as a visitor meets it: the built app, `next start`, a real browser.
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"
import { startNext } from "../support/exampleServers.ts"
import { endBy, type ServerProcess } from "../support/processes.ts"

/** What Juggernaut does a second at level 1 with Daedalus, by arithmetic. */
const KNOWN_MEAN = 199.433928571

/** Long enough to be reloaded in the middle; a few seconds. */
const SOME_ITERATIONS = 400_000
/** Too many to end within a test. */
const MANY_ITERATIONS = 10_000_000
/** A run of some seconds takes many of them on a machine that is busy with other things. */
const LONG_MS = 120_000

const numberIn = (text: string | null): number =>
  Number((text ?? "").replaceAll(",", "").match(/-?[\d.]+/)?.[0])

const textOf = (page: Page, testId: string) => page.getByTestId(testId).textContent()

const statusIs = (page: Page, status: string) =>
  page.locator(`[data-testid=status][data-status=${status}]`).waitFor({ timeout: LONG_MS })

/** Waits until the bar has come further than this, in per cent, and answers how far. */
const barBeyond = async (page: Page, percentage: number): Promise<number> => {
  const now = await page.waitForFunction(
    (least) => {
      const shown = document.querySelector("[data-testid=progress]")?.getAttribute("aria-valuenow")
      return Number(shown ?? 0) > least ? Number(shown) : false
    },
    percentage,
    { timeout: LONG_MS },
  )
  return Number(await now.jsonValue())
}

const barsAreThere = (page: Page) =>
  page.getByTestId("histogram").locator(".recharts-bar-rectangle").first().waitFor()

const startFromForm = async (page: Page, iterations: number, seed: string): Promise<void> => {
  await page.getByTestId("iterations").fill(String(iterations))
  await page.getByTestId("seed").fill(seed)
  await page.getByTestId("start").click()
  await page.waitForURL(/\/jobs\/job_/)
}

describeInBrowser("the Next example", { timeout: LONG_MS }, () => {
  let browser: Browser
  let server: ServerProcess
  let context: BrowserContext
  let page: Page
  /** What the browser itself complained of, other than the network: a page that hydrates to something else, for one. */
  let complaints: Array<string>

  const listen = (to: Page) => {
    to.on("pageerror", (error) => complaints.push(error.message))
    to.on("console", (message) => {
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        complaints.push(message.text())
      }
    })
  }

  /** Starts a run as another program would, and answers its id. */
  const start = async (iterations: number, origin = server.origin): Promise<string> => {
    const response = await fetch(`${origin}/api/simulations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        simulation: "dota-dps",
        config: { hero: "juggernaut", level: 1, items: ["greater_crit"] },
        iterations,
        seed: "7",
      }),
    })
    const { jobId }: { readonly jobId: string } = await response.json()
    return jobId
  }

  const isComplete = async (jobId: string): Promise<void> => {
    const stream = await fetch(`${server.origin}/api/simulations/${jobId}/stream`)
    expect(await stream.text()).toMatch(/event: complete\n/)
  }

  beforeAll(async () => {
    ;[browser, server] = await Promise.all([launchChromium(), startNext()])
  })

  beforeEach(async () => {
    // A visitor each, with a session of their own
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    page = await context.newPage()
    complaints = []
    listen(page)
    await page.goto(server.origin)
  })

  afterEach(async () => {
    // No visitor's run may slow down the next one's
    const cancel = page.getByTestId("cancel")
    if (await cancel.isVisible()) await cancel.click({ timeout: 500 }).catch(() => undefined)
    await context.close()
    if (complaints.length > 0) throw new Error(`The page complained: ${complaints.join("; ")}`)
  })

  afterAll(async () => {
    await browser.close()
    await server[Symbol.asyncDispose]()
  })

  it("goes on with a run after a reload, and ends where arithmetic says", async () => {
    await startFromForm(page, SOME_ITERATIONS, "4242")
    await barBeyond(page, await barBeyond(page, 0))
    await page.getByTestId("mean").waitFor()
    const address = page.url()
    const before = numberIn(await textOf(page, "count"))
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(SOME_ITERATIONS)

    await page.reload()
    expect(numberIn(await textOf(page, "count"))).toBeGreaterThanOrEqual(before)
    await statusIs(page, "running")

    await statusIs(page, "complete")
    expect(page.url()).toBe(address)
    expect(numberIn(await textOf(page, "count"))).toBe(SOME_ITERATIONS)
    const [low, high] = await Promise.all([textOf(page, "ci-low"), textOf(page, "ci-high")])
    expect(numberIn(low)).toBeLessThanOrEqual(KNOWN_MEAN)
    expect(numberIn(high)).toBeGreaterThanOrEqual(KNOWN_MEAN)
    expect(await textOf(page, "seed-used")).toBe("4242")
    await barsAreThere(page)
    expect(await page.getByTestId("recent").getByRole("listitem").count()).toBe(1)
    expect(await page.title()).toMatch(/^✓ .+ · Simstream$/)
  })

  it("answers the address of a run with what it knows of it, for pages without a line of JavaScript too", async () => {
    const jobId = await start(20_000)
    await isComplete(jobId)
    const plain = await browser.newContext({ javaScriptEnabled: false })
    const reader = await plain.newPage()
    const response = await reader.goto(`${server.origin}/jobs/${jobId}`)
    expect(response?.status()).toBe(200)
    await statusIs(reader, "complete")
    expect(numberIn(await textOf(reader, "count"))).toBe(20_000)
    expect(Math.abs(numberIn(await textOf(reader, "mean")) - KNOWN_MEAN)).toBeLessThan(2)
    expect(await textOf(reader, "digest")).toMatch(/^[0-9a-f]{64}$/)
    expect(await reader.title()).toMatch(/ · Simstream$/)
    await plain.close()
  })

  it("is live from the first moment of a page that the server rendered in the middle of a run", async () => {
    const jobId = await start(MANY_ITERATIONS)
    await page.goto(`${server.origin}/jobs/${jobId}`)
    const rendered = numberIn(await textOf(page, "count"))
    await page.waitForFunction(
      (least) => {
        const shown = document.querySelector("[data-testid=count]")?.textContent ?? ""
        return Number(shown.replaceAll(",", "").match(/\d+/)?.[0]) > least
      },
      rendered,
      { timeout: LONG_MS },
    )
    expect(await page.locator("[data-testid=connection]").getAttribute("data-connection")).toBe("open")
  })

  it("shows a run to whoever has its address, and lists it to whoever started it", async () => {
    await startFromForm(page, 20_000, "7")
    await statusIs(page, "complete")
    const digest = await textOf(page, "digest")
    const elsewhere = await browser.newContext()
    const other = await elsewhere.newPage()
    listen(other)
    await other.goto(page.url())
    await statusIs(other, "complete")
    expect(await textOf(other, "digest")).toBe(digest)
    await other.getByText("Your runs will be listed here").waitFor()
    await elsewhere.close()

    // Back and forward between them, and a second run of the same seed
    await page.goBack()
    await page.getByRole("heading", { name: "Watch a simulation converge" }).waitFor()
    await page.goForward()
    await statusIs(page, "complete")
    const first = page.url()
    await page.getByTestId("repeat").click()
    await page.waitForURL((url) => url.href !== first)
    await statusIs(page, "complete")
    expect(await textOf(page, "digest")).toBe(digest)
  })

  it("keeps the statistics of a run that is cancelled", async () => {
    await startFromForm(page, MANY_ITERATIONS, "1")
    await page.getByTestId("mean").waitFor()
    await page.getByTestId("cancel").click()
    await statusIs(page, "cancelled")
    expect(await textOf(page, "notice")).toMatch(/was cancelled/)
    expect(numberIn(await textOf(page, "mean"))).toBeGreaterThan(150)
    expect(numberIn(await textOf(page, "count"))).toBeLessThan(MANY_ITERATIONS)
  })

  it("says in words that there is no such run, and no such page, and answers 404", async () => {
    const run = await page.goto(`${server.origin}/jobs/job_gone`)
    expect(run?.status()).toBe(404)
    await page.getByRole("heading", { name: "This run isn't here" }).waitFor()
    await page.getByRole("link", { name: "Start another run" }).click()
    await page.getByRole("heading", { name: "Watch a simulation converge" }).waitFor()
    const nothing = await page.goto(`${server.origin}/no/such/page`)
    expect(nothing?.status()).toBe(404)
    await page.getByRole("heading", { name: "There is nothing at this address" }).waitFor()
  })

  it("tells every page how its run ended when the server is told to stop, and stops", async () => {
    await using mortal = await startNext()
    const jobId = await start(MANY_ITERATIONS, mortal.origin)
    await page.goto(`${mortal.origin}/jobs/${jobId}`)
    await barBeyond(page, 0)
    // As a shell says it: Next ends with the number of the signal on top of 128
    expect(await endBy(mortal, "SIGTERM")).toBe(143)
    await statusIs(page, "cancelled")
  })

  it("says that it is reconnecting when the server dies, and keeps what it has", async () => {
    await using mortal = await startNext()
    const jobId = await start(MANY_ITERATIONS, mortal.origin)
    await page.goto(`${mortal.origin}/jobs/${jobId}`)
    await page.getByTestId("mean").waitFor()
    await endBy(mortal, "SIGKILL")
    await page.getByText("The connection was lost").first().waitFor()
    expect(await page.getByTestId("mean").isVisible()).toBe(true)
  })
})
