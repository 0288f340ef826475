import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import { describe, expect, it } from "vitest"
import { serverMetrics } from "./metrics.ts"
import { readMetrics } from "./readMetrics.ts"

/** A context with a registry of its own. */
const isolated = () => Context.make(Metric.MetricRegistry, new Map())

const shown = (context: Context.Context<never>) =>
  readMetrics(context).map(({ name, labels, value }) => {
    const label = Object.values(labels)[0]
    return `${name}${label === undefined ? "" : ` ${label}`} ${value}`
  })

describe("the server's metrics", () => {
  it("count streams that open and end, by the reason", () => {
    const context = isolated()
    const metrics = serverMetrics(context)
    for (let count = 0; count < 3; count++) metrics.opened()
    metrics.ended("left")
    metrics.ended("stalled")
    expect(shown(context)).toEqual([
      "simstream_streams_opened_total 3",
      "simstream_streams_open 1",
      "simstream_streams_ended_total left 1",
      "simstream_streams_ended_total stalled 1",
    ])
  })

  it("count refusals by their code", () => {
    const context = isolated()
    const metrics = serverMetrics(context)
    metrics.refused("queue_full")
    metrics.refused("not_found")
    metrics.refused("queue_full")
    expect(shown(context)).toEqual([
      "simstream_requests_refused_total queue_full 2",
      "simstream_requests_refused_total not_found 1",
    ])
  })

  it("add up the deliveries of a turn, and are told once", async () => {
    const context = isolated()
    const registry = Context.get(context, Metric.MetricRegistry)
    let updates = 0
    const set = registry.set.bind(registry)
    registry.set = (key, metadata) => {
      const { hooks } = metadata
      const update = (input: unknown) => {
        updates++
        hooks.update(input, context)
      }
      return set(key, { ...metadata, hooks: { ...hooks, update } })
    }
    const metrics = serverMetrics(context)
    metrics.sent(1, 0)
    await Promise.resolve()
    updates = 0
    for (let count = 0; count < 500; count++) metrics.sent(1, 2)
    await Promise.resolve()
    expect(shown(context)).toEqual([
      "simstream_events_delivered_total 501",
      "simstream_events_conflated_total 1000",
    ])
    expect(updates).toBe(2)
  })

  it("of two handlers are one figure, unless each has a registry of its own", () => {
    const [shared, own] = [isolated(), isolated()]
    for (const context of [shared, shared, own]) serverMetrics(context).opened()
    expect(shown(shared)).toContain("simstream_streams_open 2")
    expect(shown(own)).toContain("simstream_streams_open 1")
  })
})
