/** What the page keeps for its test to read, as `globalThis.measured`. */
export interface Measured {
  /** When each component was committed. */
  readonly commits: { readonly hook: Array<number>; readonly selection: Array<number> }
  /** The transition that was rendered last: how often its components were rendered, and how long it took; 0 until it is over. */
  slowRenders: number
  transitionMs: number
  /** Every state that was committed, and what became of the page, in order. */
  readonly seen: Array<string>
  /** Whether the rounds of mounts, job changes and unmounts are over. */
  isChurned: boolean
}

export const measured: Measured = {
  commits: { hook: [], selection: [] },
  slowRenders: 0,
  transitionMs: 0,
  seen: [],
  isChurned: false,
}
