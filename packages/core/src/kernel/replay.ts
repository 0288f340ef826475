/** Runs one iteration alone, and keeps everything that it wrote. */
import type { RunnerOptions } from "./chunkRunner.ts"
import type { Iterate, Iteration, Metrics } from "./iteration.ts"
import { verifyMetrics } from "./metrics.ts"
import { BatchRandom } from "./random/iterationRandom.ts"
import { TallyRecorder } from "./tally.ts"
import { TimelineRecorder } from "./timeline.ts"

/** One iteration in full. */
export interface Replay<Metric extends string = string> {
  /** Which iteration it was, from 0. */
  readonly index: number
  /** The seed, as text. */
  readonly seed: string
  /** What it returned. */
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

/** Runs the iteration with this index; what it throws is thrown, and so is what the batch would have refused. */
export const replayIteration = async (
  iterate: Iterate,
  { seed, metrics: names, bucket }: Pick<RunnerOptions, "seed" | "metrics" | "bucket">,
  index: number,
): Promise<Replay> => {
  const random = new BatchRandom(seed)
  random.seek(index)
  const timelineOfBatch = new TimelineRecorder(bucket)
  const tallyOfBatch = new TallyRecorder()
  const timeline: Array<{ series: string; time: number; amount: number }> = []
  const tally: Array<{ category: string; amount: number }> = []
  const iteration: Iteration = {
    index,
    random,
    timeline: {
      add: (series, time, amount) => {
        timelineOfBatch.add(series, time, amount)
        timeline.push({ series, time, amount })
      },
      end: (time) => timelineOfBatch.end(time),
    },
    tally: {
      add: (category, amount) => {
        tallyOfBatch.add(category, amount)
        tally.push({ category, amount })
      },
    },
  }
  const metrics = await iterate(iteration)
  verifyMetrics(names, metrics)
  timelineOfBatch.verify()
  tallyOfBatch.verify()
  return { index, seed, metrics, timeline, tally }
}
