/** Iterations that failed and were left out. */

/** A failed iteration. */
export interface Failure {
  /** Its index, from 0: replay it to see what happened. */
  readonly iteration: number
  /** The message of what it threw, or what was wrong with what it returned. */
  readonly message: string
}

/** How many failed iterations are kept with their messages. */
export const FAILURE_EXAMPLES = 20

/** The examples with one more: the first by iteration, so that it does not matter in which order they came. */
export const keepExample = (examples: ReadonlyArray<Failure>, failure: Failure): Array<Failure> =>
  [...examples, failure].sort((left, right) => left.iteration - right.iteration).slice(0, FAILURE_EXAMPLES)

/** The words of whatever was thrown: an error, one of another realm (a vm context), or anything else. */
export const messageOf = (thrown: unknown): string => {
  if (typeof thrown !== "object" || thrown === null) return String(thrown)
  return "message" in thrown && typeof thrown.message === "string"
    ? thrown.message
    : Object.prototype.toString.call(thrown)
}
