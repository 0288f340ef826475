// The Next example as a visitor meets it: the built app, `next start`, a real browser.
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"
import { complaintsOf, LONG_MS, MANY_ITERATIONS, numberIn, reactPage } from "../support/examplePages.ts"
import { startNext } from "../support/exampleServers.ts"
import { endBy, type ServerProcess } from "../support/processes.ts"

/** What Juggernaut does a second at level 1 with Daedalus, by arithmetic. */
const KNOWN_MEAN = 199.433928571

/** Long enough to be reloaded in the middle; a few seconds. */
const SOME_ITERATIONS = 400_000
const { barBeyond, barsAreThere, cancelIfUnderWay, connectionIs, countBeyond, countOf, statusIs, textOf } =
  reactPage

describeInBrowser("the Next example", { timeout: LONG_MS }, () => {
  let browser: Browser
  let server: ServerProcess
  let context: BrowserContext
  let page: Page
  /** What the browser itself complained of, other than the network: a page that hydrates to something else, for one. */
  let complaints: Array<string>

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
    await reactPage.start(page, SOME_ITERATIONS, "4242")
    await barBeyond(page, await barBeyond(page, 0))
    await page.getByTestId("mean").waitFor()
    const address = page.url()
    const before = await countOf(page)
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(SOME_ITERATIONS)

    await page.reload()
    expect(await countOf(page)).toBeGreaterThanOrEqual(before)
    await statusIs(page, "running")

    await statusIs(page, "complete")
    expect(page.url()).toBe(address)
    expect(await countOf(page)).toBe(SOME_ITERATIONS)
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
    expect(await countOf(reader)).toBe(20_000)
    expect(Math.abs(numberIn(await textOf(reader, "mean")) - KNOWN_MEAN)).toBeLessThan(2)
    expect(await textOf(reader, "digest")).toMatch(/^[0-9a-f]{64}$/)
    expect(await reader.title()).toMatch(/ · Simstream$/)
    await plain.close()
  })

  it("is live from the first moment of a page that the server rendered in the middle of a run", async () => {
    const jobId = await start(MANY_ITERATIONS)
    await page.goto(`${server.origin}/jobs/${jobId}`)
    const rendered = await countOf(page)
    expect(await countBeyond(page, rendered)).toBeGreaterThan(rendered)
    await connectionIs(page, "open")
  })

  it("shows a run to whoever has its address, and lists it to whoever started it", async () => {
    await reactPage.start(page, 20_000, "7")
    await statusIs(page, "complete")
    const digest = await textOf(page, "digest")
    const elsewhere = await browser.newContext()
    const other = await elsewhere.newPage()
    const theirs = complaintsOf(other)
    await other.goto(page.url())
    await statusIs(other, "complete")
    expect(await textOf(other, "digest")).toBe(digest)
    await other.getByText("Your runs will be listed here").waitFor()
    await elsewhere.close()
    expect(theirs).toEqual([])

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
    await reactPage.start(page, MANY_ITERATIONS, "1")
    await page.getByTestId("mean").waitFor()
    await page.getByTestId("cancel").click()
    await statusIs(page, "cancelled")
    expect(await textOf(page, "notice")).toMatch(/was cancelled/)
    expect(numberIn(await textOf(page, "mean"))).toBeGreaterThan(150)
    expect(await countOf(page)).toBeLessThan(MANY_ITERATIONS)
  })

  it("says in words that there is no such run, and no such page, and answers 404", async () => {
    const run = await page.goto(`${server.origin}/jobs/job_gone`)
    expect(run?.status()).toBe(404)
    await page.getByRole("heading", { name: "This run isn't here" }).waitFor()
    await page.getByRole("link", { name: "Start another run" }).click()
    await page.getByRole("heading", { name: "Watch a simulation converge" }).waitFor()
    for (const path of ["/no/such/page", "/jobs/%E0%A4%A"]) {
      const nothing = await page.goto(`${server.origin}${path}`)
      expect(nothing?.status()).toBe(404)
      await page.getByRole("heading", { name: "There is nothing at this address" }).waitFor()
    }
    // The routes as well, whose bundle is another than that of the page that has made the jobs.
    const answer = await fetch(`${server.origin}/api/simulations/job_gone`)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: "job_not_found" })
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
})
