/** What the browser tests do on the pages of the examples, and what they read off them, whatever a page is made of. */
import type { Page } from "playwright-core"

/** Too many to end within a test. */
export const MANY_ITERATIONS = 10_000_000

/** A run of some seconds takes many of them on a machine that is busy with other things. */
export const LONG_MS = 120_000

/** The first number of a text: "± 1,234.5" → 1234.5 */
export const numberIn = (text: string | null): number =>
  Number((text ?? "").replaceAll(",", "").match(/-?[\d.]+/)?.[0])

/** The path of the address that is open. */
export const isOpenIn = (page: Page): string => new URL(page.url()).pathname

/** What the page's scripts complained of, other than the network; read it when the test is over. */
export const complaintsOf = (page: Page): Array<string> => {
  const complaints: Array<string> = []
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(message.text())
    }
  })
  return complaints
}

/** Where a page has what the tests look for, as selectors of CSS. */
interface Places {
  /** A part of the page, by the name that the tests have for it. */
  readonly part: (name: string) => string
  /** A field of the form. */
  readonly field: (name: string) => string
  /** The bar, and which of its attributes says how long it is, in per cent and parts of one. */
  readonly bar: string
  readonly barAttribute: string
  /** What is there once the histogram is drawn. */
  readonly bars: string
  /** What starts another run when one is over. */
  readonly again: string
  /** What else a run has to show, by tabs, and what is there once it is drawn. */
  readonly tabs: ReadonlyArray<{ readonly tab: string; readonly drawn: string }>
  /** The choice in the form of the simulation whose events are the largest, where there is a choice. */
  readonly largest: string | null
}

/** Waits until a number that the page shows is more than this, and answers what it is then. */
const beyond = async (page: Page, selector: string, attribute: string | null, least: number) => {
  await page.locator(selector).waitFor({ timeout: LONG_MS })
  const now = await page.waitForFunction(
    ([where, name, than]) => {
      const element = document.querySelector(where)
      const text = name === null ? element?.textContent : element?.getAttribute(name)
      const shown = Number((text ?? "").replaceAll(",", "").match(/[\d.]+/)?.[0] ?? 0)
      return shown > than ? shown : false
    },
    [selector, attribute, least] as const,
    { timeout: LONG_MS },
  )
  return Number(await now.jsonValue())
}

/** Does what opens the page of another run, and waits until it is open. */
const opensRun = async (page: Page, act: () => Promise<void>): Promise<void> => {
  const before = page.url()
  await act()
  await page.waitForURL((url) => url.href !== before && url.pathname.startsWith("/jobs/job_"), {
    timeout: LONG_MS,
  })
}

/** Hands and eyes for pages of one make. */
const handsOn = ({ part, field, bar, barAttribute, bars, again, tabs, largest }: Places) => {
  const locate = (page: Page, name: string) => page.locator(part(name))

  const textOf = (page: Page, name: string): Promise<string | null> => locate(page, name).textContent()

  return {
    /** What is there once the histogram is drawn. */
    bars,
    /** What else a run has to show, by tabs, and what is there once it is drawn. */
    tabs,
    part: locate,
    textOf,
    /** How many iterations the page says have run. */
    countOf: async (page: Page): Promise<number> => numberIn(await textOf(page, "count")),
    statusIs: (page: Page, status: string) =>
      page.locator(`${part("status")}[data-status=${status}]`).waitFor({ timeout: LONG_MS }),
    connectionIs: (page: Page, connection: string) =>
      page.locator(`${part("connection")}[data-connection=${connection}]`).waitFor({ timeout: LONG_MS }),
    barsAreThere: (page: Page) => page.locator(bars).first().waitFor({ timeout: LONG_MS }),
    /** Waits until the bar is longer than this, in per cent and parts of one, and answers how long. */
    barBeyond: (page: Page, percentage: number): Promise<number> =>
      beyond(page, bar, barAttribute, percentage),
    /** Waits until more iterations than this have run, and answers how many. */
    countBeyond: (page: Page, count: number): Promise<number> => beyond(page, part("count"), null, count),
    /** Chooses the simulation that says most: its timeline is three times as long as that of a Dota fight. */
    chooseLargest: async (page: Page): Promise<void> => {
      if (largest !== null) await page.locator(largest).click()
    },
    /** Starts a run of the form as it is, and waits until its page is open. */
    start: async (page: Page, iterations: number, seed = ""): Promise<void> => {
      await page.locator(field("iterations")).fill(String(iterations))
      await page.locator(field("seed")).fill(seed)
      await opensRun(page, () => locate(page, "start").click())
    },
    /** Starts another run from the page of one that is over. */
    runAgain: (page: Page): Promise<void> => opensRun(page, () => page.locator(again).dispatchEvent("click")),
    /** Cancels what is under way, so that no visitor's run slows down the next one's. */
    cancelIfUnderWay: async (page: Page): Promise<void> => {
      const cancel = locate(page, "cancel")
      if (await cancel.isVisible()) await cancel.click({ timeout: 500 }).catch(() => undefined)
    },
  }
}

export type Hands = ReturnType<typeof handsOn>

const testId = (name: string): string => `[data-testid=${name}]`

/** The page that the examples in React share. */
export const reactPage: Hands = handsOn({
  part: testId,
  field: testId,
  bar: testId("bar"),
  barAttribute: "style",
  bars: `${testId("histogram")} .recharts-bar-rectangle`,
  again: testId("run-again"),
  tabs: [
    { tab: "Timeline", drawn: ".recharts-area-area" },
    { tab: "Charts", drawn: ".recharts-pie-sector" },
  ],
  largest: `${testId("simulation")} label:has-text("Rotation")`,
})

/** The page without a framework. */
export const plainPage: Hands = handsOn({
  part: (name) => `#${name}`,
  field: (name) => `#form [name=${name}]`,
  bar: "#progress",
  barAttribute: "value",
  bars: "#histogram-chart svg",
  again: "#start",
  tabs: [],
  largest: null,
})
