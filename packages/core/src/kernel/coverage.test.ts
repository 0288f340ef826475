import { expect, it } from "vitest"
import { ChunkRunner } from "./chunkRunner.ts"
import type { Iterate } from "./iteration.ts"
import { Ledger } from "./part.ts"
import { halfWidth95 } from "./summary.ts"

const SEEDS = 1000

/** Of a thousand batches with a seed each, how many have the true mean in their 95 % interval. */
const coverage = (iterate: Iterate<"value">, mean: number, iterations: number): number => {
  let covered = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const runner = new ChunkRunner(iterate, {
      seed: String(seed),
      metrics: ["value"],
      bucket: 1,
      onIterationError: "fail",
    })
    void runner.run(iterations)
    const ledger = new Ledger(1)
    for (const part of [runner.take(), runner.unfinished()]) if (part !== null) ledger.append(part)
    const [state] = ledger.sums().moments
    const halfWidth = state === undefined ? null : halfWidth95(state)
    if (state !== undefined && halfWidth !== null && Math.abs(state.mean - mean) <= halfWidth) covered++
  }
  return covered / SEEDS
}

const craps: Iterate<"value"> = ({ random }) => {
  const roll = () => random.int(1, 6) + random.int(1, 6)
  const point = roll()
  if (point === 7 || point === 11) return { value: 1 }
  if (point === 2 || point === 3 || point === 12) return { value: 0 }
  for (;;) {
    const next = roll()
    if (next === point) return { value: 1 }
    if (next === 7) return { value: 0 }
  }
}

/** The discounted payoff of a call: S = K = 100, r = 0.05, σ = 0.2, T = 1. */
const call: Iterate<"value"> = ({ random }) => {
  const price = 100 * Math.exp(0.05 - 0.02 + 0.2 * random.normal())
  return { value: Math.exp(-0.05) * Math.max(0, price - 100) }
}

it.each<[string, Iterate<"value">, number, number]>([
  ["a normal variate, 10 at a time", ({ random }) => ({ value: random.normal(3, 2) }), 3, 10],
  ["an exponential variate", ({ random }) => ({ value: random.exponential(2) }), 2, 500],
  ["the pass line of craps", craps, 244 / 495, 500],
  ["a Black-Scholes call", call, 10.450583572185565, 500],
])(
  "the 95 % interval of %s covers the true mean in 95 ± 1.5 % of 1,000 seeds",
  (_, iterate, mean, iterations) => {
    expect(Math.abs(coverage(iterate, mean, iterations) - 0.95)).toBeLessThanOrEqual(0.015)
  },
)
