// The hooks where only a real browser tells: how the page feels while a job ticks.
import { once } from "node:events"
import { createServer, type ServerResponse } from "node:http"
import { encodeFrame, formatEventId, PROTOCOL_VERSION, type StreamEvent } from "@simstream/protocol"
import type { Browser, Page } from "playwright-core"
import { build } from "vite"
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"

/** What the page keeps. */
interface Measured {
  readonly commits: { readonly hook: ReadonlyArray<number>; readonly selection: ReadonlyArray<number> }
  readonly slowRenders: number
  readonly transitionMs: number
}

/** How much the page's transition has to render: 300 components of a millisecond each. */
const SLOW_COMPONENTS = 300

/** Events a second of the job, in bursts, for no timer is that fast. */
const EVENTS_PER_SECOND = 1000
const BURST_MS = 10

type Mode = "production" | "development"

/** The page's script, with the React of that mode, and our packages from their sources. */
const bundle = async (mode: Mode): Promise<string> => {
  const output = await build({
    configFile: false,
    logLevel: "silent",
    mode,
    // Vite takes these from the environment, which here is a test's
    define: { "process.env.NODE_ENV": JSON.stringify(mode) },
    oxc: { jsx: { development: mode === "development" } },
    resolve: { conditions: ["@simstream/source", "module", "browser", mode] },
    build: {
      write: false,
      lib: { entry: `${import.meta.dirname}/react-hooks/page.tsx`, formats: ["es"], fileName: "page" },
    },
  })
  const [first] = Array.isArray(output) ? output : [output]
  if (first === undefined || !("output" in first)) throw new Error("Vite built nothing.")
  return first.output[0].code
}

/** Serves the page, and one job that never ends. */
const serveJob = (script: string) => {
  const open = new Set<ServerResponse>()
  let opened = 0
  let current = 0

  const frame = (event: StreamEvent) =>
    encodeFrame({
      event: event.type,
      data: JSON.stringify(event),
      ...(event.type === "connected" ? {} : { id: formatEventId("job", current + 1) }),
    })
  const tick = () =>
    frame({
      type: "progress",
      current: (current += 1),
      total: null,
      percentage: null,
      elapsedMs: current,
      ratePerSecond: EVENTS_PER_SECOND,
      etaMs: null,
    })

  const timer = setInterval(() => {
    const burst = Array.from({ length: (EVENTS_PER_SECOND * BURST_MS) / 1000 }, tick).join("")
    for (const response of open) response.write(burst)
  }, BURST_MS)

  const server = createServer((request, response) => {
    if (request.url === "/page.js") {
      response.writeHead(200, { "content-type": "text/javascript" }).end(script)
    } else if (request.url?.startsWith("/api/job/stream")) {
      opened += 1
      open.add(response)
      response.on("close", () => open.delete(response))
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" })
      response.write(
        frame({
          type: "connected",
          jobId: "job",
          status: "running",
          heartbeatMs: 8000,
          protocol: PROTOCOL_VERSION,
        }),
      )
    } else {
      response
        .writeHead(200, { "content-type": "text/html" })
        .end(
          '<!doctype html><title>hooks</title><div id="root"></div><script type="module" src="/page.js"></script>',
        )
    }
  })

  return {
    listen: async () => {
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      const address = server.address()
      if (address === null || typeof address === "string") throw new Error("The server has no port.")
      return `http://127.0.0.1:${address.port}`
    },
    /** Streams that are open now, and that ever were. */
    streams: () => ({ open: open.size, opened }),
    close: () => {
      clearInterval(timer)
      server.close()
      server.closeAllConnections()
    },
  }
}

describeInBrowser("the hooks in a browser, at a thousand events a second", () => {
  let browser: Browser
  let page: Page
  let job: ReturnType<typeof serveJob>
  /** What the page threw. */
  let complaints: Array<string>
  const scripts = new Map<string, string>()

  beforeAll(async () => {
    for (const mode of ["production", "development"] as const) scripts.set(mode, await bundle(mode))
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
    job.close()
    expect(complaints).toEqual([])
  })

  const open = async (path: string, mode: Mode = "production") => {
    job = serveJob(scripts.get(mode) ?? "")
    await page.goto(`${await job.listen()}${path}`)
    await page.waitForFunction(
      () => Number(document.querySelector("[data-testid=progress]")?.textContent) > 100,
    )
  }

  const measured = () =>
    page.evaluate(() => {
      const { measured: kept } = globalThis as unknown as { readonly measured: Measured }
      return structuredClone(kept)
    })

  /** Renders the slow list in a transition and says how that went. */
  const transition = async () => {
    await page.getByTestId("transition").click()
    await page.waitForFunction(
      () => (globalThis as unknown as { readonly measured: Measured }).measured.transitionMs > 0,
      undefined,
      { timeout: 30_000 },
    )
    return measured()
  }

  it("a transition of 0.3 s takes 0.3 s beside a job that ticks", async () => {
    await open("/hook")
    const { transitionMs, slowRenders } = await transition()
    expect(slowRenders).toBe(SLOW_COMPONENTS)
    expect(transitionMs).toBeLessThan(1500)
  })

  it("which useSyncExternalStore would starve for seconds", async () => {
    await open("/external-store")
    const { transitionMs, slowRenders } = await transition()
    expect(slowRenders).toBeGreaterThan(SLOW_COMPONENTS * 3)
    expect(transitionMs).toBeGreaterThan(3000)
  })

  it("a component commits at most ten times a second, and never for a selection that doesn't change", async () => {
    await open("/commits")
    const before = await measured()
    await page.waitForTimeout(3000)
    const { commits } = await measured()
    expect(commits.selection).toHaveLength(before.commits.selection.length)

    const times = commits.hook.slice(before.commits.hook.length)
    const elapsedMs = (times.at(-1) ?? 0) - (times[0] ?? 0)
    // One more than that, for a busy machine may have kept the first waiting
    expect(times.length - 1).toBeLessThanOrEqual(elapsedMs / 100 + 1)
    expect(times.length).toBeGreaterThan(15)
  })

  it("twenty components under StrictMode make one connection, which a route change and back reuses", async () => {
    await open("/twenty", "development")
    expect(job.streams()).toEqual({ open: 1, opened: 1 })
    await page.evaluate(async () => {
      const button = document.querySelector<HTMLElement>("[data-testid=route]")
      button?.click()
      await new Promise((resolve) => setTimeout(resolve, 200))
      button?.click()
    })
    await page.waitForTimeout(1000)
    expect(job.streams()).toEqual({ open: 1, opened: 1 })
    await page.getByTestId("route").click()
    await expect.poll(() => job.streams(), { timeout: 5000 }).toEqual({ open: 0, opened: 1 })
  })
})
