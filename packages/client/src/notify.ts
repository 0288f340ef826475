/**
 * Calls a user's callback. What it throws is the page's or the process's to report, as with any event listener: it must
 * neither look like a failure of the connection nor keep others from being told.
 */
export const notify = <Arguments extends ReadonlyArray<unknown>>(
  callback: ((...args: Arguments) => void) | undefined,
  ...args: Arguments
): void => {
  try {
    callback?.(...args)
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown
    })
  }
}
