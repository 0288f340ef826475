// Chromium's own EventSource, without a line of Simstream in the page.
import { createJobs } from "@simstream/core"
import type { StreamEvent } from "@simstream/protocol"
import { createHandler } from "@simstream/server"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, it } from "vitest"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"
import { listen } from "../support/server.ts"
import { craps, createGated } from "../support/simulations.ts"
import { testClient } from "../support/testClient.ts"

const PAGE = '<!doctype html><meta charset="utf-8"><title>EventSource</title>'
const TYPES = ["connected", "progress", "partial", "complete", "error", "cancelled"]

/** Reads a stream in the page until the browser has given it up; the events that it has delivered. */
const readInPage = ({ url, types }: { readonly url: string; readonly types: ReadonlyArray<string> }) =>
  new Promise<ReadonlyArray<string>>((resolve) => {
    const events: Array<string> = []
    const source = new EventSource(url)
    for (const type of types) {
      source.addEventListener(type, (event) => {
        // The server's `error` has data; the browser's own has none.
        if (event instanceof MessageEvent) events.push(String(event.data))
        else if (source.readyState === EventSource.CLOSED) resolve(events)
      })
    }
  })

describeInBrowser("Chromium's EventSource", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  const setUp = async () => {
    const gated = createGated()
    const jobs = createJobs({ simulations: [craps, gated.simulation] })
    const handler = createHandler({ jobs })
    const statuses: Array<number> = []
    const server = await listen(async (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === "/") return new Response(PAGE, { headers: { "content-type": "text/html" } })
      const response = await handler(request)
      if (pathname.endsWith("/stream")) statuses.push(response.status)
      return response
    })
    const page = await browser.newPage()
    await page.goto(server.origin)
    const client = testClient(server.origin)
    return {
      gated,
      jobs,
      handler,
      client,
      statuses,
      read: async (jobId: string): Promise<ReadonlyArray<StreamEvent>> => {
        const events = await page.evaluate(readInPage, {
          url: `${client.base}/${jobId}/stream`,
          types: TYPES,
        })
        return events.map((event) => JSON.parse(event) as StreamEvent)
      },
      [Symbol.asyncDispose]: async () => {
        gated.open()
        await page.close()
        await jobs.shutdown({ graceMs: 0 })
        await server[Symbol.asyncDispose]()
      },
    }
  }

  it("reads a job to its end, comes again once, is told that there is no more, and stops", async () => {
    await using app = await setUp()
    const events = await app.read(
      await app.client.start({ simulation: "craps", iterations: 300_000, seed: 7 }),
    )
    expect(events[0]).toMatchObject({ type: "connected" })
    expect(events.at(-1)).toMatchObject({ type: "complete", iterations: 300_000 })
    expect(events.filter(({ type }) => type === "complete")).toHaveLength(1)
    expect(app.statuses).toEqual([200, 204])
  })

  it("gives up on a job that there is not", async () => {
    await using app = await setUp()
    expect(await app.read("job_nobody")).toEqual([])
    expect(app.statuses).toEqual([404])
  })
})
