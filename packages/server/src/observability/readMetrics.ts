/** The metrics as plain values, for those who don't use Effect. */
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"

/** What a metric is at the moment of reading. */
export interface MetricReading {
  /** Such as `simstream_streams_open`. */
  readonly name: string
  readonly type: "counter" | "gauge" | "histogram" | "summary"
  /** What it counts, in words. */
  readonly description: string
  /** Such as `{ reason: "left" }`; there is a reading for each. */
  readonly labels: Readonly<Record<string, string>>
  /** The count of a counter, the value of a gauge, or how many values a histogram or a summary has seen. */
  readonly value: number
  /** The sum of the values that a histogram or a summary has seen. */
  readonly sum?: number
  /** Of a histogram: upper bounds, and how many values are not above them. */
  readonly buckets?: ReadonlyArray<readonly [upTo: number, count: number]>
  /** Of a summary: quantiles, from 0 to 1, and their values since it was last read; `null` when there is none. */
  readonly quantiles?: ReadonlyArray<readonly [quantile: number, value: number | null]>
}

const PREFIX = "simstream_"

const valuesOf = (
  metric: Metric.Metric.Snapshot,
): Omit<MetricReading, "name" | "description" | "labels"> | null => {
  switch (metric.type) {
    case "Counter":
      return { type: "counter", value: Number(metric.state.count) }
    case "Gauge":
      return { type: "gauge", value: Number(metric.state.value) }
    case "Histogram": {
      const { count, sum, buckets } = metric.state
      return { type: "histogram", value: count, sum, buckets }
    }
    case "Summary": {
      const { count, sum, quantiles } = metric.state
      return {
        type: "summary",
        value: count,
        sum,
        quantiles: quantiles.map(([quantile, value]) => [quantile, value ?? null]),
      }
    }
    case "Frequency":
      return null
  }
}

/**
 * Reads every metric of Simstream in this process. They are Effect's: with Effect, read its registry, or have a layer of
 * `effect/observability` export it.
 *
 * @param context whose registry to read, when the jobs and the handler were given a context with one of its own
 *
 * @example
 * ```ts
 * import { readMetrics } from "@simstream/server"
 *
 * const open = readMetrics().find(({ name }) => name === "simstream_streams_open")?.value ?? 0
 * ```
 */
export const readMetrics = (
  context: Context.Context<never> = Context.empty(),
): ReadonlyArray<MetricReading> =>
  Metric.snapshotUnsafe(context).flatMap((metric) => {
    const values = metric.id.startsWith(PREFIX) ? valuesOf(metric) : null
    if (values === null) return []
    const { id, description = "", attributes = {} } = metric
    return [{ name: id, description, labels: attributes, ...values }]
  })
