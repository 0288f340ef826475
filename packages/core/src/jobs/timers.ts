/** Timers of jobs. None of them keeps a process alive. */

/** Lets a process end while the timer is set. Browsers' timers are numbers, and have no `unref`. */
export const unref = (timer: unknown): void => {
  if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function")
    timer.unref()
}

/** At most one timer for each job. */
export interface JobTimers {
  readonly set: (jobId: string, ms: number, act: () => void) => void
  readonly clear: (jobId: string) => void
  readonly clearAll: () => void
}

export const createJobTimers = (): JobTimers => {
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  const clear = (jobId: string) => {
    clearTimeout(timers.get(jobId))
    timers.delete(jobId)
  }
  return {
    clear,
    set: (jobId, ms, act) => {
      clear(jobId)
      const timer = setTimeout(() => {
        timers.delete(jobId)
        act()
      }, ms)
      unref(timer)
      timers.set(jobId, timer)
    },
    clearAll: () => {
      for (const jobId of timers.keys()) clear(jobId)
    },
  }
}
