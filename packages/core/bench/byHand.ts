/** The loop that `runBatch` is measured against: the same generator, the same accumulators, nothing else. */
import { addToHistogram, emptyHistogram, histogram } from "../src/kernel/accumulators/histogram.ts"
import { addToMoments, emptyMoments, moments } from "../src/kernel/accumulators/moments.ts"
import { addToQuantiles, quantiles } from "../src/kernel/accumulators/quantiles.ts"
import { BatchRandom } from "../src/kernel/random/iterationRandom.ts"
import { playCraps } from "./craps.ts"

/** Plays the iterations from `first` to the one before `until`. */
export const playByHand = (first: number, until: number) => {
  const random = new BatchRandom("1")
  const state = { moments: emptyMoments(), quantiles: quantiles.empty(), histogram: emptyHistogram() }
  for (let index = first; index < until; index++) {
    random.seek(index)
    const win = playCraps(random)
    addToMoments(state.moments, win, index)
    addToQuantiles(state.quantiles, win)
    addToHistogram(state.histogram, win)
  }
  return state
}

export type ByHand = ReturnType<typeof playByHand>

export const mergeByHand = (left: ByHand, right: ByHand): ByHand => ({
  moments: moments.merge(left.moments, right.moments),
  quantiles: quantiles.merge(left.quantiles, right.quantiles),
  histogram: histogram.merge(left.histogram, right.histogram),
})
