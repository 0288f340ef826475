/**
 * The figures of `@simstream/react`: what a job that ticks costs a page, beside the hook that everyone writes first
 * (naive.ts). In a real browser, with React's production build: `npm run bench -w @simstream/react`; an argument, such as
 * `0.2`, scales how long is measured.
 */
import { setTimeout } from "node:timers/promises"
import type { Browser } from "playwright-core"
import { bundlePage } from "../../../tests/support/bundlePage.ts"
import { launchChromium } from "../../../tests/support/chromium.ts"
import { serveTickingJobs } from "../../../tests/support/tickingJob.ts"

const scale = Number(process.argv[2] ?? 1)
const SECONDS = Math.max(1, 5 * scale)
const ROUNDS = 3
const RATES = [10, 100, 1000]
const HOOKS = {
  "/naive": "one setState per EventSource event",
  "/whole": "useSimulationStream",
  "/selection": "useSimulationStream, select: status",
} as const

type Path = keyof typeof HOOKS

interface Cost {
  readonly commits: number
  readonly mainThreadMs: number
}

const median = (values: ReadonlyArray<number>) =>
  [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN

const script = await bundlePage(`${import.meta.dirname}/page.tsx`, "production")

/** What a page costs in a second, at so many events in each. */
const measure = async (browser: Browser, path: Path, eventsPerSecond: number): Promise<Cost> => {
  const jobs = await serveTickingJobs(script, eventsPerSecond)
  const page = await browser.newPage()
  await page.goto(`${jobs.origin}${path}`)
  await page.waitForFunction(
    () => document.querySelector("#root")?.textContent?.match(/running|[1-9]\d* iterations/) !== null,
  )
  const session = await page.context().newCDPSession(page)
  // The time that the page's thread was on a processor, and not what else this machine did meanwhile
  await session.send("Performance.enable", { timeDomain: "threadTicks" })
  const read = async () => {
    const { metrics } = await session.send("Performance.getMetrics")
    const commits = await page.evaluate(() => (globalThis as unknown as { commits: () => number }).commits())
    return {
      commits,
      // Tasks of all kinds: script, style, layout
      mainThreadMs: (metrics.find(({ name }) => name === "TaskDuration")?.value ?? NaN) * 1000,
      at: performance.now(),
    }
  }
  // The compiler of the browser has seen it all by then
  await setTimeout(1000)
  const before = await read()
  await setTimeout(SECONDS * 1000)
  const after = await read()
  await page.close()
  jobs.close()
  const seconds = (after.at - before.at) / 1000
  return {
    commits: (after.commits - before.commits) / seconds,
    mainThreadMs: (after.mainThreadMs - before.mainThreadMs) / seconds,
  }
}

const browser = await launchChromium()
console.log(
  `Chromium ${browser.version()}, React's production build; each for ${SECONDS} s, medians of ${ROUNDS} rounds of all\n`,
)
console.log(
  `${"events a second".padEnd(17)}${"hook".padEnd(38)}${"commits a second".padEnd(18)}main thread, ms a second`,
)
for (const rate of RATES) {
  const costs = new Map<Path, Array<Cost>>()
  const paths = Object.keys(HOOKS) as ReadonlyArray<Path>
  for (let round = 0; round < ROUNDS; round++) {
    for (const path of paths) {
      costs.set(path, [...(costs.get(path) ?? []), await measure(browser, path, rate)])
    }
  }
  const figure = (path: Path, key: keyof Cost) => median((costs.get(path) ?? []).map((cost) => cost[key]))
  for (const path of paths) {
    const [commits, mainThreadMs] = [figure(path, "commits"), figure(path, "mainThreadMs")]
    const ratio = mainThreadMs / figure("/naive", "mainThreadMs")
    console.log(
      `${String(rate).padEnd(17)}${HOOKS[path].padEnd(38)}${commits.toFixed(1).padEnd(18)}` +
        `${mainThreadMs.toFixed(1).padStart(6)}${path === "/naive" ? "" : `  x ${ratio.toFixed(2)}`}`,
    )
  }
}
await browser.close()
