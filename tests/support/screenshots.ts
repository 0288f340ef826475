/**
 * Pictures of the Hono example's page in every state, wide and narrow, light and dark:
 *
 *   npm run build:js && npm run build:examples
 *   node --conditions=@simstream/source tests/support/screenshots.ts <folder> [--viewport] [state …]
 *
 * Of the whole page, or with --viewport of what a screen shows of it. The page and its figures are real; the server is a stand-in that holds every job still in one state.
 */
import { mkdir } from "node:fs/promises"
import { createServer, type ServerResponse } from "node:http"
import { join } from "node:path"
import { getRequestListener } from "@hono/node-server"
import {
  encodeFrame,
  EVENT_STREAM_TYPE,
  formatEventId,
  isFinalStatus,
  problem,
  PROBLEM_TYPE,
  type JobSnapshot,
  type JobSummary,
  type StreamEvent,
} from "@simstream/protocol"
import type { Browser, Page } from "playwright-core"
import { createApp } from "../../examples/hono/src/app.ts"
import { createDemoJobs } from "../../examples/hono/src/jobs.ts"
import { launchChromium } from "./chromium.ts"

/** How long a stream that is to break off lasts: long enough for a slow page to have read it. */
const DROP_MS = 1_500

const BASE = "/api/simulations"

const DOTA = {
  simulation: "dota-dps",
  config: { hero: "juggernaut", level: 1, items: ["greater_crit"], durationSeconds: 60, targetArmor: 0 },
  iterations: 1_000_000,
  seed: "4242",
}
const DUMMY = { simulation: "training-dummy", config: {}, iterations: 200_000, seed: "7" }

/** A job, held still. */
interface Scene {
  readonly snapshot: JobSnapshot
  readonly request: typeof DOTA | typeof DUMMY
  /** Whether its stream breaks off after the first events, and is refused from then on. */
  readonly drops?: boolean
}

type Jobs = ReturnType<typeof createDemoJobs>

/** Runs a job until it has come so far, in per cent; 100 runs it to its end. */
const runTo = async (jobs: Jobs, request: Scene["request"], percentage: number): Promise<JobSnapshot> => {
  const { jobId } = await jobs.start(request)
  for (;;) {
    const snapshot = await jobs.get(jobId)
    if (isFinalStatus(snapshot.status)) return snapshot
    if (percentage < 100 && (snapshot.progress?.percentage ?? 0) >= percentage && snapshot.partial !== null) {
      await jobs.cancel(jobId)
      return snapshot
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A job as if it had been started under this id some time ago. */
const started = (snapshot: JobSnapshot, jobId: string, agoMs: number): JobSnapshot => ({
  ...snapshot,
  jobId,
  createdAt: new Date(Date.now() - agoMs).toISOString(),
  lastEventId: null,
})

const prepareScenes = async (jobs: Jobs): Promise<ReadonlyMap<string, Scene>> => {
  const early = await runTo(jobs, DOTA, 4)
  const middle = await runTo(jobs, DOTA, 42)
  const cancelled = await jobs.get(middle.jobId)
  const done = await runTo(jobs, DOTA, 100)
  const dummy = await runTo(jobs, DUMMY, 100)
  const minute = 60_000
  const queued = {
    ...started(middle, "queued", 2_000),
    status: "queued",
    progress: null,
    partial: null,
  } as const
  const failure = { code: "simulation_failed", message: "The simulation failed. The server's log says why." }
  return new Map<string, Scene>([
    ["running", { snapshot: started(middle, "running", 5_000), request: DOTA }],
    ["early", { snapshot: started(early, "early", 5_000), request: DOTA }],
    ["reconnecting", { snapshot: started(middle, "reconnecting", 8_000), request: DOTA, drops: true }],
    ["queued", { snapshot: queued, request: DOTA }],
    ["complete", { snapshot: started(done, "complete", 2 * minute), request: DOTA }],
    ["dummy", { snapshot: started(dummy, "dummy", 11 * minute), request: DUMMY }],
    ["cancelled", { snapshot: started(cancelled, "cancelled", 14 * minute), request: DOTA }],
    [
      "failed",
      {
        snapshot: { ...started(early, "failed", 26 * minute), status: "failed", error: failure },
        request: DOTA,
      },
    ],
  ])
}

const eventsOf = ({ status, progress, partial, result, error }: JobSnapshot): ReadonlyArray<StreamEvent> => [
  ...(progress === null ? [] : [{ type: "progress" as const, ...progress }]),
  ...(partial === null ? [] : [{ type: "partial" as const, ...partial }]),
  ...(status === "completed" && result !== null ? [{ type: "complete" as const, ...result }] : []),
  ...(status === "failed" && error !== null ? [{ type: "error" as const, ...error }] : []),
  ...(status === "cancelled" ? [{ type: "cancelled" as const, ...partial }] : []),
]

const stream = ({ snapshot, drops }: Scene, seen: Set<string>, response: ServerResponse) => {
  const { jobId, status } = snapshot
  if (drops && seen.has(jobId)) {
    response.destroy()
    return
  }
  seen.add(jobId)
  response.writeHead(200, { "content-type": EVENT_STREAM_TYPE })
  const connected = { type: "connected", jobId, status, heartbeatMs: 60_000, protocol: 1 }
  response.write(encodeFrame({ event: "connected", data: JSON.stringify(connected) }))
  eventsOf(snapshot).forEach((event, at) => {
    response.write(
      encodeFrame({ event: event.type, id: formatEventId(jobId, at + 1), data: JSON.stringify(event) }),
    )
  })
  if (isFinalStatus(status)) response.end()
  if (drops) setTimeout(() => response.destroy(), DROP_MS)
}

const summaryOf = (snapshot: JobSnapshot): JobSummary => snapshot

/** The app, with jobs that stand still. `listed` is what the list of recent runs shows. */
const serve = async (jobs: Jobs, scenes: ReadonlyMap<string, Scene>) => {
  const app = getRequestListener(createApp(jobs).fetch)
  const seen = new Set<string>()
  let listed: ReadonlyArray<string> = []
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost")
    if (request.method !== "GET" || !pathname.startsWith(BASE)) return void app(request, response)
    const [jobId = "", isStream] = pathname.slice(BASE.length + 1).split("/")
    if (jobId === "") {
      const found = listed.flatMap((name) => scenes.get(name)?.snapshot ?? [])
      response.setHeader("content-type", "application/json")
      return void response.end(JSON.stringify({ jobs: found.map(summaryOf), nextCursor: null }))
    }
    const scene = scenes.get(jobId)
    if (scene === undefined) {
      response.writeHead(404, { "content-type": PROBLEM_TYPE })
      return void response.end(JSON.stringify(problem("job_not_found", `There is no job "${jobId}".`)))
    }
    if (isStream) return stream(scene, seen, response)
    response.setHeader("content-type", "application/json")
    return void response.end(JSON.stringify(scene.snapshot))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("The server has no port.")
  return {
    url: `http://127.0.0.1:${address.port}`,
    list: (names: ReadonlyArray<string>) => {
      listed = names
      seen.clear()
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A state of the page: where it is found, and what to wait for or do before the picture. */
interface Shot {
  readonly name: string
  readonly path: string
  readonly listed: ReadonlyArray<string>
  readonly ready: (page: Page) => Promise<unknown>
}

const statusIs = (status: string) => (page: Page) =>
  page.locator(`[data-testid=status][data-status=${status}]`).waitFor()

const chartIsThere = (page: Page) =>
  page.locator("[data-testid=histogram] .recharts-bar-rectangle").first().waitFor()

const tab =
  (name: string, chart: string) =>
  async (page: Page): Promise<void> => {
    await page.getByRole("tab", { name }).click()
    await page.locator(chart).first().waitFor()
  }

const RECENT = ["running", "queued", "complete", "dummy", "cancelled", "failed"]

const job = (name: string, ready: Shot["ready"], scene = name): Shot => ({
  name,
  path: `/jobs/${scene}`,
  listed: RECENT,
  ready,
})

const SHOTS: ReadonlyArray<Shot> = [
  { name: "empty", path: "/", listed: [], ready: (page) => page.getByTestId("start").waitFor() },
  {
    name: "invalid",
    path: "/",
    listed: RECENT,
    ready: async (page) => {
      await page.getByTestId("iterations").fill("200000000")
      await page.getByTestId("start").click()
      await page.getByTestId("start-error").waitFor()
    },
  },
  job("queued", statusIs("queued")),
  job("early", chartIsThere),
  job("running", chartIsThere),
  job("reconnecting", async (page) => {
    await page.locator("[data-testid=connection][data-connection=reconnecting]").waitFor()
    await chartIsThere(page)
  }),
  job("complete", chartIsThere),
  job("timeline", tab("Timeline", ".recharts-area-area"), "dummy"),
  job("charts", tab("Charts", ".recharts-pie-sector"), "dummy"),
  job("charts-dota", tab("Charts", ".recharts-pie-sector"), "complete"),
  job("dummy", chartIsThere),
  job("cancelled", chartIsThere),
  job("failed", statusIs("error")),
  job("unknown", (page) => page.getByTestId("unavailable").waitFor(), "gone"),
  { name: "nowhere", path: "/no/such/page", listed: [], ready: (page) => page.getByTestId("start").count() },
]

const WIDTHS = [1280, 390]
const SCHEMES = ["light", "dark"] as const

const take = async (browser: Browser, folder: string, shots: ReadonlyArray<Shot>, fullPage: boolean) => {
  const jobs = createDemoJobs()
  const scenes = await prepareScenes(jobs)
  const server = await serve(jobs, scenes)
  const memory = [...scenes].map(([jobId, { request }]) => [jobId, request])
  for (const width of WIDTHS) {
    for (const colorScheme of SCHEMES) {
      const context = await browser.newContext({
        viewport: { width, height: width > 600 ? 800 : 844 },
        colorScheme,
        reducedMotion: "reduce",
        deviceScaleFactor: 1,
      })
      await context.addInitScript(
        `localStorage.setItem("simstream.runs", ${JSON.stringify(JSON.stringify(memory))})`,
      )
      for (const { name, path, listed, ready } of shots) {
        server.list(listed)
        const page = await context.newPage()
        page.on("pageerror", (error) => console.error(`${name}: ${error.message}`))
        page.on("console", (message) => {
          if (message.type() === "error" || message.type() === "warning")
            console.error(`${name}: ${message.text()}`)
        })
        await page.goto(`${server.url}${path}`)
        await ready(page)
        // A sticky header would be in the middle of it
        await page.evaluate(() => scrollTo(0, 0))
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage })
        await page.close()
      }
      await context.close()
    }
  }
  server.close()
  await jobs.shutdown()
}

const [folder, ...rest] = process.argv.slice(2)
const names = rest.filter((argument) => argument !== "--viewport")
if (folder === undefined) {
  console.error("Say into which folder: node … screenshots.ts <folder> [state …]")
  process.exit(1)
}
await mkdir(folder, { recursive: true })
const browser = await launchChromium()
await take(
  browser,
  folder,
  SHOTS.filter(({ name }) => names.length === 0 || names.includes(name)),
  !rest.includes("--viewport"),
)
await browser.close()
process.exit(0)
