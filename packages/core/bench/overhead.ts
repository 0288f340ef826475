/** `runBatch` on one thread against the same loop by hand: same generator, same accumulators, nothing else. */
import { startBatch } from "../src/index.ts"
import { addToHistogram, emptyHistogram } from "../src/kernel/accumulators/histogram.ts"
import { addToMoments, emptyMoments } from "../src/kernel/accumulators/moments.ts"
import { addToQuantiles, quantiles } from "../src/kernel/accumulators/quantiles.ts"
import { seedKey } from "../src/kernel/random/key.ts"
import { SeekableRandom } from "../src/kernel/random/random.ts"
import { craps, playCraps } from "./simulations.ts"

const ITERATIONS = Number(process.argv[2] ?? 1e7)
const ROUNDS = 5

const byHand = (): number => {
  const start = performance.now()
  const random = new SeekableRandom(seedKey("1"))
  const moments = emptyMoments()
  const sketch = quantiles.empty()
  const histogram = emptyHistogram()
  for (let index = 0; index < ITERATIONS; index++) {
    random.seek(index)
    const win = playCraps(random)
    addToMoments(moments, win, index)
    addToQuantiles(sketch, win)
    addToHistogram(histogram, win)
  }
  return performance.now() - start
}

const byBatch = async (): Promise<number> => {
  const start = performance.now()
  const batch = startBatch(craps, { config: {}, iterations: ITERATIONS, seed: 1 })
  for await (const { progress } of batch.onProgress) void progress
  await batch.result
  return performance.now() - start
}

const median = (values: Array<number>): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

byHand()
await byBatch()
const ratios: Array<number> = []
const hands: Array<number> = []
for (let round = 0; round < ROUNDS; round++) {
  const hand = byHand()
  const batch = await byBatch()
  hands.push(hand)
  ratios.push(batch / hand)
}
console.log(
  `one thread, ${ITERATIONS.toExponential(0)} craps iterations: x ${median(ratios).toFixed(3)} of the bare loop ` +
    `(${((median(hands) * 1e6) / ITERATIONS).toFixed(1)} ns an iteration by hand)`,
)
