/**
 * Pictures of the Hono example's page in every state:
 *
 *   npm run screenshots -w @simstream/example-hono
 *
 * makes all those of docs/screenshots, after a build. Some of them, elsewhere, or of the whole page instead of what a
 * screen shows of it:
 *
 *   node --conditions=@simstream/source tests/support/screenshots.ts <folder> [--full] [state …]
 *
 * The page and its figures are real; the server is a stand-in that holds every job still in one state.
 */
import { mkdir, writeFile } from "node:fs/promises"
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

const BASE = "/api/simulations"

const DOTA = {
  simulation: "dota-dps",
  config: { hero: "juggernaut", level: 1, items: ["greater_crit"], durationSeconds: 60, targetArmor: 0 },
  iterations: 1_000_000,
  seed: "4242",
}
const RETIREMENT = { simulation: "retirement", config: {}, iterations: 200_000, seed: "7" }
const ROTATION = { simulation: "spell-rotation", config: {}, iterations: 50_000, seed: "7" }
/** A fight with one of everything that items do. */
const ITEMS = {
  simulation: "dota-dps",
  config: {
    hero: "juggernaut",
    level: 20,
    items: ["greater_crit", "basher", "mjollnir", "monkey_king_bar", "echo_sabre", "witch_blade"],
    targetArmor: 15,
  },
  iterations: 100_000,
  seed: "7",
}

/** A job, held still. */
interface Scene {
  readonly snapshot: JobSnapshot
  readonly request: typeof DOTA | typeof RETIREMENT | typeof ROTATION | typeof ITEMS
  /** Whether its stream breaks off when it is told to, and is refused from then on. */
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
  const retirement = await runTo(jobs, RETIREMENT, 100)
  const retiring = await runTo(jobs, RETIREMENT, 30)
  const rotation = await runTo(jobs, ROTATION, 100)
  const items = await runTo(jobs, ITEMS, 100)
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
    ["retiring", { snapshot: started(retiring, "retiring", 4_000), request: RETIREMENT }],
    ["retirement", { snapshot: started(retirement, "retirement", 6 * minute), request: RETIREMENT }],
    ["rotation", { snapshot: started(rotation, "rotation", 11 * minute), request: ROTATION }],
    ["items", { snapshot: started(items, "items", 12 * minute), request: ITEMS }],
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

/** The streams that are to break off. */
interface Wire {
  readonly open: Set<ServerResponse>
  isCut: boolean
}

const stream = ({ snapshot, drops }: Scene, wire: Wire, response: ServerResponse) => {
  const { jobId, status } = snapshot
  if (drops && wire.isCut) {
    response.destroy()
    return
  }
  if (drops) wire.open.add(response)
  response.writeHead(200, { "content-type": EVENT_STREAM_TYPE })
  const connected = { type: "connected", jobId, status, heartbeatMs: 60_000, protocol: 1 }
  response.write(encodeFrame({ event: "connected", data: JSON.stringify(connected) }))
  eventsOf(snapshot).forEach((event, at) => {
    response.write(
      encodeFrame({ event: event.type, id: formatEventId(jobId, at + 1), data: JSON.stringify(event) }),
    )
  })
  if (isFinalStatus(status)) response.end()
}

const summaryOf = (snapshot: JobSnapshot): JobSummary => snapshot

/** The app, with jobs that stand still. `listed` is what the list of recent runs shows. */
const serve = async (jobs: Jobs, scenes: ReadonlyMap<string, Scene>) => {
  const app = getRequestListener(createApp(jobs).fetch)
  const wire: Wire = { open: new Set(), isCut: false }
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
    if (isStream) return stream(scene, wire, response)
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
      wire.isCut = false
    },
    /** Breaks off the streams that are to break off. */
    cut: () => {
      wire.isCut = true
      for (const response of wire.open) response.destroy()
      wire.open.clear()
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

type StandIn = Awaited<ReturnType<typeof serve>>

/** The size of a screen, and light or dark. */
interface Look {
  readonly width: number
  readonly height: number
  readonly colorScheme: "light" | "dark"
}

const DESKTOP = { width: 1280, height: 860 }
const PHONE = { width: 390, height: 844 }

/** What a state must look right in. */
const EVERYWHERE: ReadonlyArray<Look> = [DESKTOP, PHONE].flatMap((screen) => [
  { ...screen, colorScheme: "light" } as const,
  { ...screen, colorScheme: "dark" } as const,
])
/** Where another simulation shows the same state. */
const BRIEFLY: ReadonlyArray<Look> = [
  { ...DESKTOP, colorScheme: "light" },
  { ...PHONE, colorScheme: "dark" },
]

/** A state of the page: where it is found, and what to wait for or do before the picture. */
interface Shot {
  readonly name: string
  readonly path: string
  readonly listed: ReadonlyArray<string>
  readonly looks: ReadonlyArray<Look>
  readonly ready: (page: Page, server: StandIn) => Promise<unknown>
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

const timeline = tab("Timeline", ".recharts-area-area")
const charts = tab("Charts", ".recharts-pie-sector")

const RECENT = ["running", "queued", "complete", "retirement", "rotation", "cancelled", "failed"]

/** The page of a run. */
const run = (name: string, ready: Shot["ready"], looks = BRIEFLY, scene = name): Shot => ({
  name,
  path: `/jobs/${scene}`,
  listed: RECENT,
  looks,
  ready,
})

/** The home page, with the form of one of the simulations. */
const form = (name: string, looks: ReadonlyArray<Look>, ready: Shot["ready"]): Shot => ({
  name,
  path: "/",
  listed: [],
  looks,
  ready: async (page, server) => {
    await page.getByTestId("start").waitFor()
    await ready(page, server)
    // Neither a pointer nor a caret in the picture
    await page.mouse.move(0, 0)
    await page.evaluate("document.activeElement?.blur()")
  },
})

const choose = (page: Page, simulation: string) =>
  page.getByTestId("simulation").getByText(simulation).click()

const SHOTS: ReadonlyArray<Shot> = [
  form("empty", EVERYWHERE, () => Promise.resolve()),
  run("queued", statusIs("queued"), EVERYWHERE),
  run("running", chartIsThere, EVERYWHERE),
  run(
    "reconnecting",
    async (page, { cut }) => {
      await chartIsThere(page)
      cut()
      await page.locator("[data-testid=connection][data-connection=reconnecting]").waitFor()
    },
    EVERYWHERE,
  ),
  run("complete", chartIsThere, EVERYWHERE),
  run("cancelled", chartIsThere, EVERYWHERE),
  run("failed", chartIsThere, EVERYWHERE),
  run("timeline", timeline, EVERYWHERE, "items"),
  run("charts", charts, EVERYWHERE, "items"),
  run("gone", (page) => page.getByTestId("unavailable").waitFor()),
  form("invalid", BRIEFLY, async (page) => {
    await page.getByTestId("config-level").fill("99")
    await page.getByTestId("start").click()
    await page.getByTestId("start-error").waitFor()
  }),
  form("rotation-form", BRIEFLY, async (page) => {
    await choose(page, "Rotation")
    await page.getByRole("button", { name: "Move Spark up" }).click()
    await page.getByTestId("config-priority").scrollIntoViewIfNeeded()
  }),
  run("rotation", chartIsThere),
  run("rotation-timeline", timeline, BRIEFLY, "rotation"),
  run("rotation-charts", charts, BRIEFLY, "rotation"),
  form("retirement-form", BRIEFLY, (page) => choose(page, "Retirement")),
  run("retirement-running", chartIsThere, BRIEFLY, "retiring"),
  run("retirement", chartIsThere),
  run(
    "retirement-wealth",
    async (page) => {
      await page.getByLabel("Metric").getByText("Money left at the end").click()
      await chartIsThere(page)
    },
    BRIEFLY,
    "retirement",
  ),
  run("retirement-timeline", timeline, BRIEFLY, "retirement"),
  run("retirement-charts", charts, BRIEFLY, "retirement"),
]

/** Where the page of a state is worth seeing from: a phone shows the form below the welcome, and charts below figures. */
const bringIntoView = async (page: Page, { name }: Shot, { width }: Look): Promise<void> => {
  if (width === PHONE.width && /form|invalid/.test(name)) {
    await page.locator(".aside-form").evaluate((element) => element.scrollIntoView())
    // Out from under the header
    await page.evaluate("scrollBy(0, -70)")
  } else {
    await page.evaluate("scrollTo(0, 0)")
  }
}

const takeOne = async (
  browser: Browser,
  server: StandIn,
  memory: ReadonlyArray<unknown>,
  shot: Shot,
  look: Look,
  fullPage: boolean,
): Promise<Buffer> => {
  const { width, height, colorScheme } = look
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    reducedMotion: "reduce",
    deviceScaleFactor: 1,
  })
  await context.addInitScript(
    `localStorage.setItem("simstream.runs", ${JSON.stringify(JSON.stringify(memory))})`,
  )
  const page = await context.newPage()
  page.on("pageerror", (error) => console.error(`${shot.name}: ${error.message}`))
  await page.goto(`${server.url}${shot.path}`)
  await shot.ready(page, server)
  if (!fullPage) await bringIntoView(page, shot, look)
  const picture = await page.screenshot({ fullPage })
  await context.close()
  return picture
}

const take = async (browser: Browser, folder: string, shots: ReadonlyArray<Shot>, fullPage: boolean) => {
  const jobs = createDemoJobs()
  const scenes = await prepareScenes(jobs)
  const server = await serve(jobs, scenes)
  const memory = [...scenes].map(([jobId, { request }]) => [jobId, request])
  for (const shot of shots) {
    for (const look of shot.looks) {
      server.list(shot.listed)
      const picture = await takeOne(browser, server, memory, shot, look, fullPage)
      await writeFile(join(folder, `${shot.name}-${look.width}-${look.colorScheme}.png`), picture)
    }
  }
  server.close()
  await jobs.shutdown()
}

const [folder, ...rest] = process.argv.slice(2)
const names = rest.filter((argument) => argument !== "--full")
if (folder === undefined) {
  console.error("Say into which folder: node … screenshots.ts <folder> [--full] [state …]")
  process.exit(1)
}
await mkdir(folder, { recursive: true })
const browser = await launchChromium()
await take(
  browser,
  folder,
  SHOTS.filter(({ name }) => names.length === 0 || names.includes(name)),
  rest.includes("--full"),
)
await browser.close()
process.exit(0)
