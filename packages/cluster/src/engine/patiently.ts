/** Does again what has failed, until it is done or nobody wants it any more. */

/** Pauses between attempts grow from this to the longest, in milliseconds. */
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1000

/** When to give up, whom to tell, and what can't be healed. */
export interface Patience {
  /** Rejects with its reason, at once, whatever the attempt under way does. */
  readonly signal: AbortSignal
  readonly onError: (error: Error) => void
  /** Whether an attempt that has failed so would fail again; no by default. */
  readonly isFinal?: (thrown: unknown) => boolean
}

/** Attempts something until it succeeds. */
export const patiently = async <A>(
  attempt: () => Promise<A>,
  { signal, onError, isFinal = () => false }: Patience,
): Promise<A> => {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      signal.throwIfAborted()
      return await unlessAborted(attempt(), signal)
    } catch (thrown) {
      if (signal.aborted || isFinal(thrown)) throw thrown
      onError(thrown instanceof Error ? thrown : new Error(String(thrown)))
    }
    await pause(pauseMs, signal)
  }
}

/** What a promise comes to, unless the signal is aborted before. */
export const unlessAborted = <A>(promise: Promise<A>, signal: AbortSignal): Promise<A> =>
  new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener("abort", onAbort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort))
  })

/** Waits; rejects when the signal is aborted. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined = undefined
  const waiting = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  return unlessAborted(waiting, signal).finally(() => clearTimeout(timer))
}

/** Waits for something, but not for longer than this. */
export const within = async (ms: number, doing: Promise<unknown>): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined = undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  try {
    await Promise.race([doing, late])
  } finally {
    clearTimeout(timer)
  }
}
