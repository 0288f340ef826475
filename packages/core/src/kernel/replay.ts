/** Runs one iteration alone, and keeps everything that it wrote. */
import type { Iterate, Iteration, Metrics } from "./iteration.ts"
import { BatchRandom } from "./random/iterationRandom.ts"

/** One iteration in full. */
export interface Replay<Metric extends string = string> {
  readonly index: number
  readonly seed: string
  readonly metrics: Metrics<Metric>
  /** Every `iteration.timeline.add`, in order. */
  readonly timeline: ReadonlyArray<{
    readonly series: string
    readonly time: number
    readonly amount: number
  }>
  /** Every `iteration.tally.add`, in order. */
  readonly tally: ReadonlyArray<{ readonly category: string; readonly amount: number }>
}

/** Runs the iteration with this index; what it throws is thrown. */
export const replayIteration = async (iterate: Iterate, seed: string, index: number): Promise<Replay> => {
  const random = new BatchRandom(seed)
  random.seek(index)
  const timeline: Array<{ series: string; time: number; amount: number }> = []
  const tally: Array<{ category: string; amount: number }> = []
  const iteration: Iteration = {
    index,
    random,
    timeline: {
      add: (series, time, amount) => void timeline.push({ series, time, amount }),
      end: () => undefined,
    },
    tally: { add: (category, amount) => void tally.push({ category, amount }) },
  }
  return { index, seed, metrics: await iterate(iteration), timeline, tally }
}
