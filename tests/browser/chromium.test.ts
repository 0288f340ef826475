// The ground that the other browser tests stand on.
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, it } from "vitest"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"

describeInBrowser("Chromium", () => {
  let browser: Browser
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>here</title>")
  })

  beforeAll(async () => {
    browser = await launchChromium()
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  })

  afterAll(async () => {
    await browser.close()
    server.close()
  })

  it("opens a page of a server on this machine", async () => {
    const page = await browser.newPage()
    const { port } = server.address() as AddressInfo
    await page.goto(`http://127.0.0.1:${port}/`)
    expect(await page.title()).toBe("here")
  })
})
