/** Iterations that failed and were left out. */

/** A failed iteration. */
export interface Failure {
  readonly iteration: number
  readonly message: string
}

/** Orders by iteration. */
export const compareIterations = (left: Failure, right: Failure): number => left.iteration - right.iteration

/** The words of whatever was thrown. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : typeof thrown === "string" ? thrown : String(thrown)
