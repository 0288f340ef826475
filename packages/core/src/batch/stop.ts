/** Stop rules: when a batch may end before its count is reached, judged where every run of it would judge alike. */
import type { StopRules } from "@simstream/protocol"
import { CHUNK_SIZE } from "../kernel/chunk.ts"
import type { Moments } from "../kernel/accumulators/moments.ts"
import { halfWidth95 } from "../kernel/summary.ts"
import { LEAST_PRECISION_ITERATIONS } from "./options.ts"

type PrecisionRule = NonNullable<StopRules["precision"]>

/** Check points lie further and further apart: an interval looked at all the time will be narrow by chance. */
const CHECK_POINT_GROWTH = 1.25

/** The count of iterations after `count` at which precision is judged next. It depends on the rule alone. */
export const nextCheckPoint = (rule: PrecisionRule, count: number): number => {
  const least = Math.max(LEAST_PRECISION_ITERATIONS, rule.minIterations ?? 0)
  let chunks = Math.ceil(least / CHUNK_SIZE)
  while (chunks * CHUNK_SIZE <= count) chunks = Math.max(chunks + 1, Math.floor(chunks * CHECK_POINT_GROWTH))
  return chunks * CHUNK_SIZE
}

/** The half-width that the rule asks for, given the mean so far. */
const target = ({ absolute = 0, relative = 0 }: PrecisionRule, mean: number): number =>
  Math.max(absolute, relative * Math.abs(mean))

/** How far a metric is from the wanted precision. */
export interface Precision {
  readonly reached: boolean
  /** Iterations that the wanted half-width will take, by n·(h/ε)²; `null` while it can't be told. */
  readonly projected: number | null
}

/** Judges a metric. Equal values throughout prove nothing (a rare event not seen yet), so they never stop a batch. */
export const judgePrecision = (rule: PrecisionRule, state: Moments): Precision => {
  const halfWidth = halfWidth95(state)
  const wanted = target(rule, state.mean)
  if (halfWidth === null || state.m2 <= 0) return { reached: false, projected: null }
  return {
    reached: halfWidth <= wanted,
    projected: wanted > 0 ? Math.ceil(state.count * (halfWidth / wanted) ** 2) : null,
  }
}
