/** How late the event loop is, in Node. */
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"

/** How often the delay is looked at, in milliseconds. A thread that is held up for less shows in part. */
const RESOLUTION_MS = 20
/** What nobody has read for so long is not measured any more, in milliseconds. */
const UNREAD_MS = 300_000
const QUANTILES = [0.5, 0.9, 0.99, 1]
const NAME = "simstream_event_loop_delay_seconds"

/** What is used of a histogram of `node:perf_hooks`; in nanoseconds. */
interface Histogram {
  readonly count: number
  readonly mean: number
  readonly min: number
  readonly max: number
  percentile(percentile: number): number
  enable(): boolean
  disable(): boolean
  reset(): void
}

/** Makes a histogram of the loop's delay; `null` where there is none. What Bun and Deno call the same is something else. */
const monitor = (): Histogram | null => {
  const { versions, getBuiltinModule } = globalThis.process ?? {}
  if (versions === undefined || "bun" in versions || "deno" in versions) return null
  try {
    return getBuiltinModule?.("node:perf_hooks")?.monitorEventLoopDelay({ resolution: RESOLUTION_MS }) ?? null
  } catch {
    // Those who imitate Node may have the function only to say that they have not.
    return null
  }
}

/** What was measured is the time between two looks, of which all but the delay is meant to be. */
const delaySeconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS) / 1000

/** It is read, and never written. */
const nothing = () => undefined

/**
 * Puts the delay into the metric registry of a context, once. Measuring begins when it is first read, and stops when it is
 * not read any more; neither keeps a process alive. Quantiles are of the time since it was last read.
 */
export const measureEventLoopDelay = (context: Context.Context<never>): void => {
  const registry = Context.get(context, Metric.MetricRegistry)
  if (registry.has(NAME)) return
  const histogram = monitor()
  if (histogram === null) return

  let unread: ReturnType<typeof setTimeout> | undefined = undefined
  let state: Metric.SummaryState = { quantiles: [], count: 0, min: 0, max: 0, sum: 0 }

  const read = (): Metric.SummaryState => {
    clearTimeout(unread)
    unread = setTimeout(() => {
      unread = undefined
      histogram.disable()
    }, UNREAD_MS)
    unread.unref()
    const { count, mean } = histogram
    histogram.enable()
    state = {
      quantiles: QUANTILES.map((quantile) => [
        quantile,
        count === 0 ? undefined : delaySeconds(histogram.percentile(quantile * 100)),
      ]),
      count: state.count + count,
      sum: state.sum + (count === 0 ? 0 : count * delaySeconds(mean)),
      min: count === 0 ? 0 : delaySeconds(histogram.min),
      max: count === 0 ? 0 : delaySeconds(histogram.max),
    }
    histogram.reset()
    return state
  }
  registry.set(NAME, {
    id: NAME,
    type: "Summary",
    description: "How late the event loop was since it was last asked, by quantile",
    attributes: undefined,
    hooks: { get: read, update: nothing, modify: nothing },
  })
}
