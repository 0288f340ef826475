/**
 * What every accumulator has: constant memory whatever the count, a merge, and a JSON form. One property suite
 * (accumulator.properties.fixtures.ts) holds for all of them.
 */

/** A summary of samples that grows by one sample, or by another summary of the same kind. */
export interface Accumulator<State, Sample, Encoded> {
  /** A summary of nothing: the identity of `merge`. */
  readonly empty: () => State
  /** Adds a sample to `state`, in place. */
  readonly add: (state: State, sample: Sample) => void
  /** The summary of both; neither argument is changed, and the result shares nothing mutable with them. */
  readonly merge: (left: State, right: State) => State
  /** A value that survives JSON. */
  readonly encode: (state: State) => Encoded
  /** The inverse of `encode`: what it gives encodes to the same JSON, and so does whatever both grow to from there. */
  readonly decode: (encoded: Encoded) => State
}
