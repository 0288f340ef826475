// The hooks where only a real browser tells: how the page feels while a job ticks.
import type { Page } from "playwright-core"
import { expect, it } from "vitest"
import { describeInBrowser } from "../support/chromium.ts"
import { setUpPages, showsProgress, type Window } from "./react-hooks/pages.ts"

/** How much the page's transition has to render: 300 components of a millisecond each. */
const SLOW_COMPONENTS = 300
/** How much longer than without the job the transition may take beside it. */
const LONGEST = 1.3
/** How often each transition is measured; the median counts. */
const PAIRS = 5

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

describeInBrowser("a page beside a job that ticks", () => {
  const { open, measured } = setUpPages()

  /** Renders the slow list in a transition and says how that went. */
  const transition = async (page: Page) => {
    await page.getByTestId("transition").click()
    await page.waitForFunction(() => (globalThis as unknown as Window).measured.transitionMs > 0, undefined, {
      timeout: 30_000,
    })
    return measured()
  }

  /** Transitions without the job and beside it in turn, so that what the machine does besides strikes both. */
  const compare = async (page: Page, pairs: number) => {
    const ratios: Array<number> = []
    const renders: Array<number> = []
    for (let pair = 0; pair < pairs; pair++) {
      const alone = await transition(page)
      expect(alone.slowRenders).toBe(SLOW_COMPONENTS)
      await page.getByTestId("follow").click()
      const before = Number(await page.getByTestId("progress").textContent())
      await showsProgress(page, before + 30)
      const beside = await transition(page)
      await page.getByTestId("follow").click()
      ratios.push(beside.transitionMs / alone.transitionMs)
      renders.push(beside.slowRenders)
    }
    return { ratio: median(ratios), renders }
  }

  it("renders a transition of 0.3 s beside 60 events a second in at most 1.3 times what it takes without", async () => {
    const { page } = await open("/hook", 60)
    const { ratio, renders } = await compare(page, PAIRS)
    expect(ratio).toBeLessThanOrEqual(LONGEST)
    // Nothing was begun anew
    expect(renders).toEqual(Array.from({ length: PAIRS }, () => SLOW_COMPONENTS))
  })

  it("would starve it for seconds with useSyncExternalStore, at the same pace", async () => {
    const { page } = await open("/external-store", 60)
    const { ratio, renders } = await compare(page, 1)
    // Twelve times as long on a machine with nothing else to do, for React gives up after five seconds
    expect(ratio).toBeGreaterThan(LONGEST)
    expect(renders[0]).toBeGreaterThan(SLOW_COMPONENTS * 3)
  })

  it("commits at most ten times a second at 1000 events a second, and never for a selection that doesn't change", async () => {
    const { page } = await open("/commits", 1000)
    await showsProgress(page, 100)
    const before = await measured()
    await page.waitForFunction(
      (count) => (globalThis as unknown as Window).measured.commits.hook.length > count,
      before.commits.hook.length + 30,
    )
    const { commits } = await measured()
    expect(commits.selection).toHaveLength(before.commits.selection.length)

    const times = commits.hook.slice(before.commits.hook.length)
    const elapsedMs = (times.at(-1) ?? 0) - (times[0] ?? 0)
    // One more than that, for a busy machine may have kept the first waiting
    expect(times.length - 1).toBeLessThanOrEqual(elapsedMs / 100 + 1)
  })
})
