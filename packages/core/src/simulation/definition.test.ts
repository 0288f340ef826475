import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import type { Summary } from "../kernel/summary.ts"
import { defineSimulation } from "./definition.ts"

const config = Schema.Struct({ seconds: Schema.Finite })
const prepare = () => () => ({ dps: 1 })

const named = (name: string) => defineSimulation({ name, config, metrics: { dps: {} }, prepare })

const summary: Summary<"dps"> = {
  stats: {
    dps: {
      unit: null,
      count: 0,
      mean: null,
      stdDev: null,
      stdErr: null,
      ci95: null,
      min: null,
      max: null,
      skewness: null,
      kurtosis: null,
      p1: null,
      p5: null,
      p25: null,
      p50: null,
      p75: null,
      p95: null,
      p99: null,
    },
  },
  timeline: { bucket: 1, unit: "s", alive: [], series: {} },
  charts: { histograms: { dps: null }, tally: [] },
}

describe("a definition", () => {
  it.each(["a", "training-dummy", "v1.2_x", "9", "x".repeat(64)])("may be named %j", (name) => {
    expect(named(name).name).toBe(name)
  })

  it.each(["", "a b", "-a", ".a", "é", "a/b", "a\n", "x".repeat(65)])("can't be named %j", (name) => {
    expect(() => named(name)).toThrow(TypeError)
    expect(() => named(name)).toThrow(JSON.stringify(name))
  })

  it("needs a metric", () => {
    expect(() => defineSimulation({ name: "empty", config, metrics: {}, prepare: () => () => ({}) })).toThrow(
      'The simulation "empty" has no metrics; give it at least one, such as { score: {} }.',
    )
  })

  it("lists its metrics with their units", () => {
    const { metrics } = defineSimulation({
      name: "a",
      config,
      metrics: { dps: { unit: "damage/s" }, hits: {} },
      prepare: () => () => ({ dps: 1, hits: 1 }),
    })
    expect(metrics).toEqual([
      { name: "dps", unit: "damage/s" },
      { name: "hits", unit: null },
    ])
  })

  it("has a timeline in buckets of a second, unless it says otherwise", () => {
    const { timeline } = named("a")
    expect([timeline.bucket({ seconds: 300 }), timeline.unit]).toEqual([1, "s"])
    const other = defineSimulation({
      name: "a",
      config,
      metrics: { dps: {} },
      timeline: { bucket: ({ seconds }) => seconds / 100, unit: "min" },
      prepare,
    }).timeline
    expect([other.bucket({ seconds: 300 }), other.unit]).toEqual([3, "min"])
  })

  it("publishes the summary, unless it presents it in its own way", () => {
    expect(named("a").present(summary, { seconds: 300 })).toEqual(summary)
    const own = defineSimulation({
      name: "a",
      config,
      metrics: { dps: {} },
      prepare,
      present: ({ stats }, { seconds }) => ({ stats: { count: stats.dps.count, seconds } }),
    })
    expect(own.present(summary, { seconds: 300 })).toEqual({
      stats: { count: 0, seconds: 300 },
      timeline: null,
      charts: null,
    })
  })

  it("may bring an engine of its own instead", () => {
    const { kind, name } = defineSimulation({
      name: "remote",
      config,
      async *run() {
        yield { type: "result" as const, stats: { value: 1 } }
      },
    })
    expect({ kind, name }).toEqual({ kind: "engine", name: "remote" })
  })
})
