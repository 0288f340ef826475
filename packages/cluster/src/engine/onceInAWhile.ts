/** How engines and workers say what an operator should know, and not a thousand times. */

/** The same message again is not told before so long, in milliseconds: an outage is one event, and not a thousand. */
const REPEAT_MS = 30_000

/** Leaves out what was told a short while ago. */
export const onceInAWhile = (tell: (error: Error) => void): ((error: Error) => void) => {
  const told = new Map<string, number>()
  return (error) => {
    const nowMs = performance.now()
    for (const [message, atMs] of told) if (nowMs - atMs >= REPEAT_MS) told.delete(message)
    if (told.has(error.message)) return
    told.set(error.message, nowMs)
    tell(error)
  }
}

/** The default of `onError`. */
export const printError = (error: Error): void => {
  // eslint-disable-next-line no-console -- the default of `onError`: what nobody asked for must show somewhere
  console.error(`simstream: ${error.message}`)
}
