// The client in real tabs: connections that are shared, and handed over when a tab is closed.
import { once } from "node:events"
import { createServer, type ServerResponse } from "node:http"
import {
  encodeFrame,
  formatEventId,
  PROTOCOL_VERSION,
  revisionOf,
  type StreamEvent,
} from "@simstream/protocol"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { build } from "vite"
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"
import type { Heard } from "./client-tabs/page.ts"

const bundle = async (): Promise<string> => {
  const output = await build({
    configFile: false,
    logLevel: "silent",
    resolve: { conditions: ["@simstream/source", "module", "browser", "production"] },
    build: {
      write: false,
      lib: { entry: `${import.meta.dirname}/client-tabs/page.ts`, formats: ["es"], fileName: "page" },
    },
  })
  const [first] = Array.isArray(output) ? output : [output]
  if (first === undefined || !("output" in first)) throw new Error("Vite built nothing.")
  return first.output[0].code
}

/** A page, and one job that goes on when it is told to. */
const serve = async (script: string) => {
  const streams = new Set<ServerResponse>()
  const cursors: Array<string> = []
  let current = 0
  let last: string | undefined

  const frame = (event: StreamEvent, revision?: number) =>
    encodeFrame({
      event: event.type,
      data: JSON.stringify(event),
      ...(revision === undefined ? {} : { id: formatEventId("job", revision) }),
    })
  const progress = () =>
    frame(
      {
        type: "progress",
        current,
        total: null,
        percentage: null,
        elapsedMs: current,
        ratePerSecond: 1,
        etaMs: null,
      },
      current,
    )

  const server = createServer((request, response) => {
    if (request.url === "/page.js") {
      response.writeHead(200, { "content-type": "text/javascript" }).end(script)
    } else if (request.url === "/api/job/stream") {
      const cursor = String(request.headers["last-event-id"] ?? "")
      cursors.push(cursor)
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
      if (revisionOf("job", cursor) < current) response.write(progress())
      if (last !== undefined) response.end(last)
      streams.add(response)
      response.on("close", () => streams.delete(response))
    } else {
      response
        .writeHead(200, { "content-type": "text/html" })
        .end('<!doctype html><title>tab</title><script type="module" src="/page.js"></script>')
    }
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("The server has no port.")
  return {
    origin: `http://127.0.0.1:${address.port}`,
    streams: () => streams.size,
    /** The cursor of every stream that was asked for. */
    cursors,
    tick: () => {
      current++
      for (const response of streams) response.write(progress())
    },
    finish: () => {
      last = frame({ type: "cancelled" }, current + 1)
      for (const response of streams) response.end(last)
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

const heardBy = (tab: Page) =>
  tab.evaluate(() => structuredClone((globalThis as unknown as { readonly heard: Heard }).heard))

/** Waits until a tab has heard of so many iterations. */
const hears = (tab: Page, count: number | string) =>
  tab.waitForFunction(
    (what) => (globalThis as unknown as { readonly heard: Heard }).heard.told.includes(what),
    count,
  )

describeInBrowser("the client in tabs", () => {
  let browser: Browser
  let script: string
  let context: BrowserContext
  let job: Awaited<ReturnType<typeof serve>>

  beforeAll(async () => {
    script = await bundle()
    browser = await launchChromium()
  })
  afterAll(() => browser.close())
  beforeEach(async () => {
    job = await serve(script)
    context = await browser.newContext()
  })
  afterEach(async () => {
    await context.close()
    job.close()
  })

  const openTab = async (query = "?shared") => {
    const tab = await context.newPage()
    await tab.goto(`${job.origin}/${query}`)
    return tab
  }

  it("has one connection for eight of them, which is two more than a browser allows", async () => {
    const tabs = []
    for (let i = 0; i < 8; i++) tabs.push(await openTab())
    job.tick()
    for (const tab of tabs) await hears(tab, 1)
    expect(job.streams()).toBe(1)
    expect(job.cursors).toHaveLength(1)
    job.finish()
    for (const tab of tabs) await hears(tab, "cancelled")
    for (const tab of tabs)
      expect(await heardBy(tab)).toMatchObject({ told: ["connected", 1, "cancelled"], ended: true })
    expect(job.cursors).toHaveLength(1)
  })

  it("hands the connection over when the tab that has it is closed, and nothing is lost or told twice", async () => {
    const tabs = [await openTab()]
    job.tick()
    await hears(tabs[0] as Page, 1)
    for (let i = 0; i < 2; i++) tabs.push(await openTab())
    for (const tab of tabs) await hears(tab, 1)
    const [leader, ...others] = tabs
    await leader?.close()
    await expect.poll(() => job.cursors, { timeout: 10_000 }).toEqual(["", formatEventId("job", 1)])
    await expect.poll(() => job.streams(), { timeout: 10_000 }).toBe(1)
    job.tick()
    job.finish()
    for (const tab of others) {
      await hears(tab, "cancelled")
      const { told, connections } = await heardBy(tab)
      expect(told.filter((what) => what !== "connected")).toEqual([1, 2, "cancelled"])
      // Those who only listened didn't notice
      expect(connections).toEqual(["open", "closed"])
    }
    expect(job.cursors).toHaveLength(2)
  })

  it("has a connection each when they don't share", async () => {
    const tabs = [await openTab(""), await openTab("")]
    job.tick()
    for (const tab of tabs) await hears(tab, 1)
    expect(job.streams()).toBe(2)
  })
})
