import { execFile } from "node:child_process"
import { promisify } from "node:util"
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import { describe, expect, it } from "vitest"
import { measureEventLoopDelay } from "./eventLoopDelay.ts"
import { readMetrics } from "./readMetrics.ts"

const isolated = () => Context.make(Metric.MetricRegistry, new Map())

const delayOf = (context: Context.Context<never>) => {
  const [reading] = readMetrics(context)
  if (reading === undefined) throw new Error("There is no reading.")
  return { ...reading, longest: reading.quantiles?.at(-1)?.[1] ?? null }
}

/** Holds the thread up for so long, in milliseconds. */
const block = (ms: number) => {
  const until = performance.now() + ms
  while (performance.now() < until);
}

/** Reads until something was measured. */
const measured = async (context: Context.Context<never>) => {
  for (;;) {
    const delay = delayOf(context)
    if (delay.longest !== null) return delay
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe("the event loop's delay", () => {
  it("is measured from when it is first read, and says how long the thread was held up", async () => {
    const context = isolated()
    measureEventLoopDelay(context)
    expect(delayOf(context)).toMatchObject({
      name: "simstream_event_loop_delay_seconds",
      type: "summary",
      value: 0,
      longest: null,
    })
    await measured(context)
    // The first look behind a reading has nothing to compare itself with.
    await new Promise((resolve) => setTimeout(resolve, 100))
    block(300)
    await new Promise((resolve) => setTimeout(resolve, 100))
    const { longest, value, sum = 0 } = delayOf(context)
    expect(longest).toBeGreaterThan(0.2)
    expect(value).toBeGreaterThan(0)
    expect(sum).toBeGreaterThan(0.2)
  })

  it("has quantiles of the time since the last reading, and a count and a sum of all time", async () => {
    const context = isolated()
    measureEventLoopDelay(context)
    const first = await measured(context)
    const second = await measured(context)
    expect(second.value).toBeGreaterThan(first.value)
    expect(second.sum).toBeGreaterThanOrEqual(first.sum ?? 0)
    expect(second.quantiles?.map(([quantile]) => quantile)).toEqual([0.5, 0.9, 0.99, 1])
  })

  it("is there once, however many handlers ask for it", () => {
    const context = isolated()
    for (let count = 0; count < 3; count++) measureEventLoopDelay(context)
    expect(readMetrics(context)).toHaveLength(1)
  })

  it("does not keep a process alive, not even while it is measured", async () => {
    const program = `
      import { measureEventLoopDelay } from ${JSON.stringify(new URL("./eventLoopDelay.ts", import.meta.url).href)}
      import { readMetrics } from ${JSON.stringify(new URL("./readMetrics.ts", import.meta.url).href)}
      import * as Context from "effect/Context"
      measureEventLoopDelay(Context.empty())
      console.log(readMetrics().length)
      setTimeout(() => console.log(readMetrics()[0].value > 0), 200)
    `
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--conditions=@simstream/source", "--eval", program],
      { cwd: import.meta.dirname, timeout: 20_000 },
    )
    expect(stdout).toBe("1\ntrue\n")
  })
})
