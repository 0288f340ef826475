/** The tally of an iteration: a total per category, such as the damage of each spell. */
import type { Series } from "./accumulators/series.ts"
import { SumRecorder } from "./recorder.ts"

/** The most categories that a tally may have. */
export const TALLY_CATEGORY_LIMIT = 1000

/** What a simulation sees of its tally. */
export interface IterationTally {
  /** Adds an amount to a category. */
  add(category: string, amount: number): void
}

/** Records the present iteration. */
export class TallyRecorder implements IterationTally {
  private readonly sums = new SumRecorder("iteration.tally.add", TALLY_CATEGORY_LIMIT)
  private touched = false

  begin(): void {
    if (this.touched) {
      this.sums.begin()
      this.touched = false
    }
  }

  add(category: string, amount: number): void {
    this.touched = true
    this.sums.add(category, 0, amount)
  }

  /** Whether the iteration has recorded anything. */
  used(): boolean {
    return this.touched
  }

  /** See `SumRecorder.verify`. */
  verify(): void {
    if (this.touched) this.sums.verify()
  }

  /** Adds the iteration to `into`. */
  flush(into: Series): void {
    this.sums.flush(into, 1)
  }
}
