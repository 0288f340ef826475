/** A clock that stands still: timers of the page go by it until it is disposed of. */

/** A clock that moves when it is told to. */
export interface VirtualTime extends Disposable {
  /** How much time has passed, in milliseconds. */
  readonly now: () => number
  /** How long until the next timer is due, in milliseconds; `null` when none is set. */
  readonly next: () => number | null
  /**
   * Lets so much time pass: timers that are due fire in their order, and after each of them everything happens that needs
   * no time. `advance(0)` only does the latter.
   */
  readonly advance: (ms: number) => Promise<void>
}

interface Timer {
  readonly at: number
  readonly run: () => void
  /** The pause between two runs; `null` for a timer that runs once. */
  readonly every: number | null
}

/** How often the page is given a chance to do what needs no time: promises that wait for promises, and streams. */
const TURNS = 5

/**
 * Replaces `setTimeout`, `setInterval` and their opposites with ones that go by a clock of their own, until it is
 * disposed of. The fake timers of vitest, jest and sinon serve as well; use one or the other.
 *
 * @example
 * ```ts
 * using time = virtualTime()
 * const server = createFakeServer()
 * const job = server.job([progress(10), wait(1000), progress(20), drop(), complete()])
 * // ... render what watches job.jobId ...
 * await time.advance(1000)
 * ```
 */
export const virtualTime = (): VirtualTime => {
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis
  const timers = new Map<number, Timer>()
  let now = 0
  let count = 0

  const add = (run: () => void, ms: number, repeats: boolean): number => {
    count++
    // As in a browser, a delay that is none is 0
    const delay = Math.max(0, Number(ms) || 0)
    timers.set(count, { at: now + delay, run, every: repeats ? Math.max(1, delay) : null })
    return count
  }
  const remove = (id: unknown) => {
    timers.delete(Number(id))
  }
  const settle = async () => {
    for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setTimeout(resolve, 0))
  }

  /** The next timer that is due by then: the earliest, and of several the one that was set first. */
  const dueBy = (time: number): [number, Timer] | undefined => {
    let next: [number, Timer] | undefined
    for (const entry of timers) {
      if (entry[1].at <= time && (next === undefined || entry[1].at < next[1].at)) next = entry
    }
    return next
  }

  Object.assign(globalThis, {
    setTimeout: (run: (...args: ReadonlyArray<unknown>) => void, ms = 0, ...args: ReadonlyArray<unknown>) =>
      add(() => run(...args), ms, false),
    setInterval: (run: (...args: ReadonlyArray<unknown>) => void, ms = 0, ...args: ReadonlyArray<unknown>) =>
      add(() => run(...args), ms, true),
    clearTimeout: remove,
    clearInterval: remove,
  })

  return {
    now: () => now,
    next: () => {
      const due = dueBy(Number.POSITIVE_INFINITY)
      return due === undefined ? null : due[1].at - now
    },
    advance: async (ms) => {
      await settle()
      const goal = now + ms
      for (let due = dueBy(goal); due !== undefined; due = dueBy(goal)) {
        const [id, timer] = due
        now = timer.at
        timers.delete(id)
        if (timer.every !== null) timers.set(id, { ...timer, at: now + timer.every })
        timer.run()
        await settle()
      }
      now = goal
    },
    [Symbol.dispose]: () => {
      Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval })
    },
  }
}
