import { describe, expect, it } from "vitest"
import { seedStates, STATE_WORDS } from "./seedStates.ts"
import { threefry2x32 } from "./threefry.ts"

/** The same states, block by block. */
const oneByOne = (k0: number, k1: number, first: number, count: number): Int32Array => {
  const states = new Int32Array(STATE_WORDS * count)
  for (let at = 0; at < count; at++) {
    threefry2x32(k0, k1, first + at, 0, states, STATE_WORDS * at)
    threefry2x32(k0, k1, first + at, 1, states, STATE_WORDS * at + 2)
  }
  return states
}

describe("the states of a run of iterations", () => {
  it.each([
    [0, 0, 0],
    [1, 2, 63],
    [-1, -1, 1_000_000_000],
    [0x13198a2e, 0x03707344, 0x243f6a88],
    [-2_147_483_648, 2_147_483_647, 2_147_483_600],
  ])("are the blocks of each, under the key (%i, %i) from %i on", (k0, k1, first) => {
    const states = new Int32Array(STATE_WORDS * 100)
    seedStates(k0, k1, first, 100, states)
    expect(states).toEqual(oneByOne(k0, k1, first, 100))
  })

  it("are put at the beginning, and nothing behind them is touched", () => {
    const states = new Int32Array(STATE_WORDS * 4).fill(7)
    seedStates(1, 2, 3, 2, states)
    expect(states.subarray(STATE_WORDS * 2)).toEqual(new Int32Array(STATE_WORDS * 2).fill(7))
  })
})
