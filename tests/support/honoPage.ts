/** What the browser tests do on the page of the Hono example, and what they read off it. */
import type { Page } from "playwright-core"

/** Too many to end within a test. */
export const MANY_ITERATIONS = 10_000_000

/** A run of some seconds takes many of them on a machine that is busy with other things. */
export const LONG_MS = 120_000

/** The first number of a text: "± 1,234.5" → 1234.5 */
export const numberIn = (text: string | null): number =>
  Number((text ?? "").replaceAll(",", "").match(/-?[\d.]+/)?.[0])

export const textOf = (page: Page, testId: string) => page.getByTestId(testId).textContent()

/** How many iterations the page says have run. */
export const countOf = async (page: Page): Promise<number> => numberIn(await textOf(page, "count"))

export const statusIs = (page: Page, status: string) =>
  page.locator(`[data-testid=status][data-status=${status}]`).waitFor({ timeout: LONG_MS })

export const connectionIs = (page: Page, connection: string) =>
  page.locator(`[data-testid=connection][data-connection=${connection}]`).waitFor({ timeout: LONG_MS })

export const barsAreThere = (page: Page) =>
  page.getByTestId("histogram").locator(".recharts-bar-rectangle").first().waitFor()

/** Waits until a number that the page shows is more than this, and answers what it is then. */
const beyond = async (page: Page, testId: string, attribute: string | null, least: number) => {
  await page.getByTestId(testId).waitFor({ timeout: LONG_MS })
  const now = await page.waitForFunction(
    ([id, name, than]) => {
      const element = document.querySelector(`[data-testid=${id}]`)
      const text = name === null ? element?.textContent : element?.getAttribute(name)
      const shown = Number((text ?? "").replaceAll(",", "").match(/[\d.]+/)?.[0] ?? 0)
      return shown > than ? shown : false
    },
    [testId, attribute, least] as const,
    { timeout: LONG_MS },
  )
  return Number(await now.jsonValue())
}

/** Waits until the bar is longer than this, in per cent and parts of one, and answers how long. */
export const barBeyond = (page: Page, percentage: number): Promise<number> =>
  beyond(page, "bar", "style", percentage)

/** Waits until more iterations than this have run, and answers how many. */
export const countBeyond = (page: Page, count: number): Promise<number> => beyond(page, "count", null, count)

/** Starts a run of the form as it is, and waits until its page is open. */
export const start = async (page: Page, iterations: number, seed = ""): Promise<void> => {
  await page.getByTestId("iterations").fill(String(iterations))
  await page.getByTestId("seed").fill(seed)
  const before = page.url()
  await page.getByTestId("start").click()
  await page.waitForURL((url) => url.href !== before && url.pathname.startsWith("/jobs/job_"))
}

/** The path of the address that is open. */
export const isOpenIn = (page: Page): string => new URL(page.url()).pathname

/** Cancels what is under way, so that no visitor's run slows down the next one's. */
export const cancelIfUnderWay = async (page: Page): Promise<void> => {
  const cancel = page.getByTestId("cancel")
  if (await cancel.isVisible()) await cancel.click().catch(() => undefined)
}

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
