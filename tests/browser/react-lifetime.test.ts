// The hooks in a real browser: how long connections last, whatever becomes of the components, the line and the tab.
import axe from "axe-core"
import { expect, it } from "vitest"
import { describeInBrowser } from "../support/chromium.ts"
import { setUpPages, showsProgress, type Window } from "./react-hooks/pages.ts"

const EVENTS_PER_SECOND = 100

describeInBrowser("the hooks in a browser", () => {
  const { open, openSleepy, page: current, measured } = setUpPages()

  it("twenty components under StrictMode make one connection, which a route change and back reuses", async () => {
    const { page, jobs } = await open("/twenty", EVENTS_PER_SECOND, "development")
    await showsProgress(page, 10)
    expect(jobs.streams()).toEqual({ open: 1, opened: 1 })
    // Away for half of the idle time, by the page's own clock
    await page.evaluate(async () => {
      const button = document.querySelector<HTMLElement>("[data-testid=route]")
      button?.click()
      await new Promise((resolve) => setTimeout(resolve, 200))
      button?.click()
    })
    const seen = Number(await page.getByTestId("progress").first().textContent())
    await showsProgress(page, seen + EVENTS_PER_SECOND)
    expect(jobs.streams()).toEqual({ open: 1, opened: 1 })

    await page.getByTestId("route").click()
    await expect.poll(() => jobs.streams(), { timeout: 5000 }).toEqual({ open: 0, opened: 1 })
  })

  it("a hundred mounts, job changes and unmounts under StrictMode leave no connection and no timer", async () => {
    await current().addInitScript(() => {
      const pending = new Set<unknown>()
      const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis
      const forget = (clear: (id: number) => void) => (id: number) => {
        pending.delete(id)
        clear(id)
      }
      Object.assign(globalThis, {
        pendingTimers: () => pending.size,
        setTimeout: (run: () => void, ms?: number) => {
          const id = setTimeout(() => {
            pending.delete(id)
            run()
          }, ms)
          pending.add(id)
          return id
        },
        setInterval: (run: () => void, ms?: number) => {
          const id = setInterval(run, ms)
          pending.add(id)
          return id
        },
        clearTimeout: forget(clearTimeout),
        clearInterval: forget(clearInterval),
      })
    })
    const { page, jobs } = await open("/churning", EVENTS_PER_SECOND, "development")
    await page.waitForFunction(() => (globalThis as unknown as Window).measured.isChurned)
    expect(jobs.streams().opened).toBeGreaterThan(0)
    await expect.poll(() => jobs.streams().open, { timeout: 5000 }).toBe(0)
    await expect
      .poll(() => page.evaluate(() => (globalThis as unknown as Window).pendingTimers()), { timeout: 5000 })
      .toBe(0)
  })

  it("a connection that drops shows as reconnecting, with the last progress kept, and never as an error", async () => {
    const { page, jobs } = await open("/recording", EVENTS_PER_SECOND)
    await showsProgress(page, 20)
    const before = (await measured()).seen.length
    jobs.drop(2)
    await page.waitForFunction(
      (from) =>
        /open/.test((globalThis as unknown as Window).measured.seen.slice(from).at(-1) ?? "") &&
        /reconnecting/.test((globalThis as unknown as Window).measured.seen.slice(from).join()),
      before,
    )
    const seen = (await measured()).seen.slice(before).map((state) => state.split(" "))
    const lost = seen.filter(([, connection]) => connection === "reconnecting")
    expect(new Set(seen.map(([status]) => status))).toEqual(new Set(["running"]))
    // The drop, and the two attempts that were refused
    expect(lost.map(([, , attempt]) => attempt)).toEqual(["1", "2", "3"])
    // The same, and what was on the screen before
    expect(new Set(lost.map(([, , , iterations]) => iterations)).size).toBe(1)
    expect(Number(lost[0]?.[3])).toBeGreaterThanOrEqual(20)
  })

  it.each([
    { line: "held", drop: false },
    { line: "was cut", drop: true },
  ])(
    "a job that ended while the tab slept shows its result on wake, when the line $line",
    async ({ drop }) => {
      const { tab, jobs } = await openSleepy("/recording", EVENTS_PER_SECOND)
      const shown = (testId: string) =>
        tab.evaluate(`document.querySelector("[data-testid=${testId}]")?.textContent`)
      await expect.poll(async () => Number(await shown("progress")), { timeout: 10_000 }).toBeGreaterThan(20)
      await tab.sleep()
      if (drop) jobs.drop()
      jobs.complete()
      await expect.poll(() => jobs.streams().open).toBe(0)
      const asleep = await tab.evaluate("measured.seen")
      await tab.wake()

      await expect.poll(() => shown("result"), { timeout: 10_000 }).toMatch(/^0+$/)
      const seen = (await tab.evaluate("measured.seen")) as ReadonlyArray<string>
      // It did sleep: the last that happened in it before it was woken is that it fell asleep
      expect(asleep).toEqual(seen.slice(0, seen.indexOf("freeze") + 1))
      expect(seen[seen.indexOf("freeze") + 1]).toBe("resume")
      expect(seen.at(-1)).toMatch(/^complete closed/)
      expect(seen.join()).not.toContain("error")
      await tab.close()
    },
  )

  it("axe finds nothing in the progress components, with looks and while they speak", async () => {
    const { page } = await open("/looks", EVENTS_PER_SECOND)
    await page.getByTestId("end").click()
    await page.getByText("Damage, for all to see: Complete").waitFor()
    await page.addScriptTag({ content: axe.source })
    const { violations, passes } = await page.evaluate(() =>
      (globalThis as unknown as { readonly axe: typeof axe }).axe.run(),
    )
    expect(violations).toEqual([])
    expect(passes.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["aria-progressbar-name", "aria-valid-attr-value", "color-contrast"]),
    )
  })
})
