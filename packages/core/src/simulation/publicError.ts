/**
 * Throw this in a simulation when its message is meant for the person who started the job. Any other error reaches them
 * as "the simulation failed", and goes to the log in full.
 */
export class PublicError extends Error {
  override readonly name = "PublicError"
}
