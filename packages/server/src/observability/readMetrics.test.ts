import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import { expect, it } from "vitest"
import { readMetrics } from "./readMetrics.ts"

const isolated = () => Context.make(Metric.MetricRegistry, new Map())

it("reads each kind of metric, with its labels", () => {
  const context = isolated()
  Metric.counter("simstream_a_total", { description: "As" }).updateUnsafe(2, context)
  Metric.gauge("simstream_b", { attributes: { kind: "x" } }).updateUnsafe(3, context)
  const histogram = Metric.histogram("simstream_c_seconds", { boundaries: [1, 10] })
  for (const value of [0.5, 5, 50]) histogram.updateUnsafe(value, context)
  const summary = Metric.summary("simstream_d_seconds", { maxAge: "1 minute", maxSize: 10, quantiles: [0.5] })
  summary.updateUnsafe(7, context)
  expect(readMetrics(context)).toEqual([
    { name: "simstream_a_total", type: "counter", description: "As", labels: {}, value: 2 },
    { name: "simstream_b", type: "gauge", description: "", labels: { kind: "x" }, value: 3 },
    {
      name: "simstream_c_seconds",
      type: "histogram",
      description: "",
      labels: {},
      value: 3,
      sum: 55.5,
      buckets: [
        [1, 1],
        [10, 2],
      ],
    },
    {
      name: "simstream_d_seconds",
      type: "summary",
      description: "",
      labels: {},
      value: 1,
      sum: 7,
      quantiles: [[0.5, 7]],
    },
  ])
})

it("leaves out what is not Simstream's", () => {
  const context = isolated()
  Metric.counter("orders_total").updateUnsafe(1, context)
  expect(readMetrics(context)).toEqual([])
})

it("reads the registry of the process when none is given", () => {
  const name = "simstream_of_a_test_total"
  Metric.counter(name).updateUnsafe(1, Context.empty())
  expect(readMetrics().find((reading) => reading.name === name)?.value).toBe(1)
})
