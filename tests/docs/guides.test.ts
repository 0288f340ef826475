// Everything that docs/getting-started prints is run as it is printed: the servers on their runtimes, the pages in Chromium.
import { execFile } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { startBatch } from "@simstream/core"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, expect, it } from "vitest"
import { describeInBrowser, launchChromium } from "../support/chromium.ts"
import { bun, canRunWorkerd, deno, onNode, onRuntime, startGuide, startVite, writeGuide } from "./guides.ts"
import { buildNext, next } from "./next.ts"
import { dice } from "./scenery/simulations.ts"
import { workerdCommand } from "./workerd.ts"

/** A build by Next on a small machine that has other things to do. */
const NEXT_BUILD_MS = 300_000

/** Ten dice have 35 pips on average, and the mean of five million throws is closer than this. */
const MEAN = /Mean: 3(4\.99|5\.00)\d/
const THROWN = expect.stringMatching(MEAN)

describeInBrowser("a page that follows a guide", () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  /** Throws the dice on a page, and answers with what it says in the end: once, and again when it is loaded anew. */
  const throwTheDice = async (
    url: string,
    { reload = false } = {},
  ): Promise<ReadonlyArray<string | null>> => {
    const page = await browser.newPage()
    const errors: Array<string> = []
    page.on("pageerror", (error) => errors.push(String(error)))
    const said = async () => {
      await page.getByText("complete", { exact: true }).waitFor()
      return page.getByText("Mean:").textContent()
    }
    await page.goto(url)
    await page.getByRole("button", { name: "Throw the dice" }).click()
    const first = await said()
    if (reload) await page.reload()
    const results = reload ? [first, await said()] : [first]
    await page.close()
    return [...results, ...errors]
  }

  it("throws the dice with Hono, React and Vite", async () => {
    const folder = writeGuide("getting-started/hono")
    await using server = await startGuide(folder, onNode("server.ts"))
    await using page = await startVite(folder, server.origin)
    expect(await throwTheDice(page.origin)).toEqual([THROWN])
  })

  it("throws them with Express and EventSource", async () => {
    await using server = await startGuide(writeGuide("getting-started/express"), onNode("server.ts"))
    expect(await throwTheDice(server.origin)).toEqual([THROWN])
  })

  it(
    "throws them with Next, on a page of the job's own that can be reloaded",
    async () => {
      const folder = buildNext("getting-started/next")
      await using server = await startGuide(folder, { command: process.execPath, args: [next, "start"] })
      expect(await throwTheDice(server.origin, { reload: true })).toEqual([THROWN, THROWN])
    },
    NEXT_BUILD_MS,
  )

  it(
    "has workers in a client component of Next, which give the bits of one thread",
    async () => {
      const folder = buildNext("getting-started/next")
      await using server = await startGuide(folder, { command: process.execPath, args: [next, "start"] })
      const page = await browser.newPage()
      await page.goto(`${server.origin}/batch`)
      await page.getByText(/^[0-9a-f]{64}$/).waitFor()
      const options = { config: { count: 10 }, iterations: 1_000_000, seed: 7 }
      const { digest } = await startBatch(dice, options).result
      expect(await page.locator("body").textContent()).toBe(digest)
      await page.close()
    },
    NEXT_BUILD_MS,
  )

  it("throws them with Fastify, and TypeScript without a framework", async () => {
    const folder = writeGuide("getting-started/fastify")
    await using server = await startGuide(folder, onNode("server.ts"))
    await using page = await startVite(folder, server.origin)
    expect(await throwTheDice(page.origin)).toEqual([THROWN])
  })

  it.skipIf(bun.path === undefined)("throws them with Bun, which bundles the page", async () => {
    await using server = await startGuide(writeGuide("getting-started/bun"), onRuntime(bun, "server.ts"))
    expect(await throwTheDice(server.origin)).toEqual([THROWN])
  })

  it.skipIf(!canRunWorkerd())("throws them in a Durable Object of Cloudflare Workers", async () => {
    const folder = writeGuide("getting-started/workers")
    await using server = await startGuide(folder, await workerdCommand(folder))
    await using page = await startVite(join(folder, "public"), server.origin, false)
    expect(await throwTheDice(page.origin)).toEqual([THROWN])
  })
})

const run = promisify(execFile)

it.skipIf(deno.path === undefined)("watches the dice from a terminal with Deno", async () => {
  const folder = writeGuide("getting-started/deno")
  await using server = await startGuide(folder, onRuntime(deno, "server.ts"))
  const { command, args, env } = onRuntime(deno, "watch.ts")
  const { stdout } = await run(command, [...args], {
    cwd: folder,
    env: { ...env, PORT: String(server.port) },
  })
  expect(stdout.trim().split("\n").at(-1)).toMatch(new RegExp(`^${MEAN.source} [0-9a-f]{64}$`))
})

it("runs a batch without a server", async () => {
  const folder = writeGuide("getting-started/index")
  const { stdout } = await run(process.execPath, ["run.ts"], { cwd: folder })
  expect(stdout.trim().split("\n").at(-1)).toMatch(/^3(4\.99|5\.00)\d+ ± 0\.00\d+ [0-9a-f]{64}$/)
})

it("runs the tests that the guide to testing prints", async () => {
  const folder = writeGuide("guides/testing")
  writeFileSync(join(folder, "vitest.config.mjs"), "export default {}")
  const vitest = join(import.meta.dirname, "../../node_modules/vitest/vitest.mjs")
  const args = [vitest, "run", "--root", folder, "--reporter=json", "--outputFile=report.json"]
  const { NODE_OPTIONS: _, VITEST: __, ...env } = process.env
  await run(process.execPath, args, { cwd: folder, env })
  expect(JSON.parse(readFileSync(join(folder, "report.json"), "utf8"))).toMatchObject({
    numPassedTests: 6,
    numFailedTests: 0,
  })
})
