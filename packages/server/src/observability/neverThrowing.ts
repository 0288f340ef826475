/**
 * A log that fails must not break what it was told of: an answer, a stream, or, where nobody waits for the call, the
 * process. What it was told is printed then, and why it failed.
 */
export const neverThrowing =
  <Rest extends ReadonlyArray<unknown>>(
    onError: (error: unknown, ...rest: Rest) => void,
    print: (error: unknown, ...rest: Rest) => void,
  ) =>
  (error: unknown, ...rest: Rest): void => {
    try {
      onError(error, ...rest)
    } catch (thrown) {
      print(error, ...rest)
      print(thrown, ...rest)
    }
  }
