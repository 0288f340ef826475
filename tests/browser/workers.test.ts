// Batches in a page, built by Vite: on its own thread, which stays free for the user, and on workers.
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { createServer, type Server } from "node:http"
import { extname, join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { build } from "vite"
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"
import { goldenDigests } from "../support/workers/golden.ts"

const cache = join(import.meta.dirname, "../../node_modules/.cache")

/** What a worker's file may have, minified: the kernel, and these simulations. Effect alone has 90,000. */
const WORKER_BYTES = 30_000

const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" }

/** Builds the page into a folder, with our packages from their sources. */
const buildPage = async (folder: string): Promise<void> => {
  await build({
    configFile: false,
    logLevel: "silent",
    root: join(import.meta.dirname, "fixtures/workers"),
    resolve: { conditions: ["@simstream/source", "module", "browser", "production"] },
    worker: { format: "es" },
    build: { outDir: folder, emptyOutDir: true, target: "es2022" },
  })
}

/** Serves a folder, isolated from other origins, so that memory may be shared with workers. */
const serveFolder = (folder: string): Server =>
  createServer((request, response) => {
    const path = request.url === "/" ? "/index.html" : (request.url ?? "")
    try {
      const body = readFileSync(join(folder, path))
      response.writeHead(200, {
        "content-type": TYPES[extname(path)] ?? "application/octet-stream",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      })
      response.end(body)
    } catch {
      response.writeHead(404).end()
    }
  })

describeInBrowser("batches in a page", () => {
  let folder: string
  let server: Server
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    mkdirSync(cache, { recursive: true })
    folder = mkdtempSync(join(cache, "browser-workers-"))
    await buildPage(folder)
    server = serveFolder(folder)
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    browser = await launchChromium()
    page = await browser.newPage()
  })

  afterAll(async () => {
    await browser.close()
    server.close()
    rmSync(folder, { recursive: true })
  })

  beforeEach(async () => {
    const address = server.address()
    if (address === null || typeof address === "string") throw new Error("The server has no port.")
    await page.goto(`http://127.0.0.1:${address.port}/`)
    await page.waitForFunction(() => "tests" in window)
  })

  /** Resolves when the page has no workers any more. */
  const noWorkers = async (): Promise<void> => {
    await Promise.all(page.workers().map((worker) => worker.waitForEvent("close").catch(() => undefined)))
    expect(page.workers()).toEqual([])
  }

  it("need a small file for their workers, without Effect", () => {
    const assets = join(folder, "assets")
    const [file = ""] = readdirSync(assets).filter((name) => name.startsWith("simulations.worker-"))
    expect(statSync(join(assets, file)).size).toBeLessThan(WORKER_BYTES)
  })

  it("have the digests that they have in Node, on the page's own thread", async () => {
    expect(await page.evaluate(() => window.tests.goldenInline())).toEqual(goldenDigests)
    expect(page.workers()).toEqual([])
  })

  it("have them on two workers, which end with their batch", async () => {
    let workers = 0
    page.on("worker", () => workers++)
    expect(await page.evaluate(() => window.tests.goldenOnWorkers())).toEqual(goldenDigests)
    // Two for each batch, but for one that came when all was done
    expect(workers).toBeGreaterThanOrEqual(3)
    await noWorkers()
  })

  it("on the page's own thread leave it time to draw and to be clicked", async () => {
    const [{ iterations, error }] = await Promise.all([
      page.evaluate(() => window.tests.responsive(30)),
      page.getByRole("button").click(),
    ])
    // It was drawn and clicked while the batch, which is endless, was running
    expect(iterations).toBeGreaterThan(0)
    expect(error).toContain("BatchCancelled")
  })

  it("stop when they are cancelled, keep what was done, and leave no worker", async () => {
    const { error, kept } = await page.evaluate(() => window.tests.cancelled())
    expect(error).toContain("BatchCancelled")
    expect(kept).toBeGreaterThan(0)
    await noWorkers()
  })

  it("lose nothing when workers throw and hang", async () => {
    const { digest, expected } = await page.evaluate(() => window.tests.lost())
    expect(digest).toBe(expected)
    await noWorkers()
  })

  it.each([
    ["throwing", "the tables of spells are missing"],
    ["missing", "workers in a row could not be started"],
    ["unserved", "the workers serve craps, raid, queue"],
  ] as const)("fail with a clear error when the workers are %s", async (name, words) => {
    expect(await page.evaluate((test) => window.tests[test](), name)).toContain(words)
    await noWorkers()
  })
})
