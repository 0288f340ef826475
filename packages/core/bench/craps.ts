/** What is benchmarked: an iteration of about a hundred nanoseconds, so that every nanosecond around it shows. */
import { defineSimulation, type Random } from "@simstream/core/simulation"

/** The pass line of craps: 1 for a win, which has a probability of 244/495. */
export const playCraps = (random: Random): number => {
  const point = random.int(1, 6) + random.int(1, 6)
  if (point === 7 || point === 11) return 1
  if (point === 2 || point === 3 || point === 12) return 0
  for (;;) {
    const roll = random.int(1, 6) + random.int(1, 6)
    if (roll === point) return 1
    if (roll === 7) return 0
  }
}

export const craps = defineSimulation({
  name: "craps",
  // A Standard Schema by hand, for a worker that loads a schema library is ready that much later.
  config: { "~standard": { version: 1, vendor: "bench", validate: (value: unknown) => ({ value }) } },
  metrics: { win: {} },
  prepare:
    () =>
    ({ random }) => ({ win: playCraps(random) }),
})
