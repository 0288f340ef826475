/** Cuts a run of iterations into time slices. */
import type { ChunkRunner } from "../kernel/chunkRunner.ts"

/** How long the event loop may have to wait for its turn, in milliseconds. */
export const SLICE_MS = 8
/** How long iterations run between two looks at the clock, which costs about 50 ns. */
const STEP_MS = 0.5
/** Iterations between two looks at most: should they become slow all at once, no more of them are run before that shows. */
const LONGEST_STEP = 256
/** Looks at the clock in one slice at most: Cloudflare's network is said to stop it while code computes. */
const MOST_LOOKS = 4096

/**
 * A function that runs iterations for one time slice, or up to `until`, or until `stopped` says so, whichever is first. A
 * promise in return is of an iteration that is asynchronous.
 */
export const createSlicer = (
  runner: ChunkRunner,
  stopped: () => boolean = () => false,
): ((until: number) => void | Promise<void>) => {
  /** Iterations that take about `STEP_MS`. */
  let step = 1
  return (until) => {
    const start = performance.now()
    let before = start
    let looks = 0
    do {
      const first = runner.next
      const pending = runner.run(Math.min(until, first + step))
      if (pending !== undefined) return pending
      const now = performance.now()
      const ran = runner.next - first
      const fitting = now > before ? Math.ceil((ran * STEP_MS) / (now - before)) : 2 * ran
      // At most doubled: the first iterations may be the cheap ones.
      step = Math.max(1, Math.min(2 * step, fitting, LONGEST_STEP))
      before = now
      looks++
    } while (before - start < SLICE_MS && looks < MOST_LOOKS && runner.next < until && !stopped())
    return undefined
  }
}
