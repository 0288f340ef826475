/** What holds for every accumulator: each one's own test file calls `accumulatorProperties`. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { seedKey } from "../random/key.ts"
import { SeekableRandom } from "../random/random.ts"
import type { Accumulator } from "./accumulator.ts"

/** An accumulator, what it may be given, and how exact it claims to be. */
export interface AccumulatorClaims<State, Sample, Encoded> {
  readonly accumulator: Accumulator<State, Sample, Encoded>
  readonly samples: fc.Arbitrary<ReadonlyArray<Sample>>
  /** How many examples of each property are tried; 300 by default. */
  readonly runs?: number
  /** Says that two summaries of the same samples are equal within rounding. Without it they must be equal to the bit. */
  readonly expectClose?: (actual: State, expected: State, samples: ReadonlyArray<Sample>) => void
}

/** Finite numbers of every kind. */
export const finiteNumber: fc.Arbitrary<number> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ noNaN: true, min: -1000, max: 1000 }),
  fc.integer({ min: -100, max: 100 }),
  fc.constantFrom(0, -0, 1, -1, 5e-324, -5e-324, 2 ** -1022, -(2 ** -1022), 2 ** 53, 0.1, 1e-300, -1e-300),
  fc.constantFrom(Number.MAX_VALUE, -Number.MAX_VALUE, Number.EPSILON, 1e15 + 0.5, -1e300),
)

/** Lists of numbers: of all magnitudes, of one value, or of values close together. */
export const finiteNumbers: fc.Arbitrary<ReadonlyArray<number>> = fc.oneof(
  fc.array(finiteNumber, { maxLength: 60 }),
  fc.tuple(finiteNumber, fc.integer({ min: 1, max: 60 })).map(([value, count]) => Array(count).fill(value)),
  fc
    .tuple(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), fc.array(fc.integer({ min: -50, max: 50 })))
    .map(([center, steps]) => steps.map((step) => center + step / 7)),
)

/** Merges in an order and a tree that `seed` decides. */
const mergeAnyhow = <State>(
  states: ReadonlyArray<State>,
  merge: (left: State, right: State) => State,
  seed: number,
): State | undefined => {
  const random = new SeekableRandom(seedKey(String(seed)))
  random.seek(0)
  const left = [...states]
  while (left.length > 1) {
    const [first] = left.splice(random.int(0, left.length - 1), 1)
    const [second] = left.splice(random.int(0, left.length - 1), 1)
    if (first !== undefined && second !== undefined) left.push(merge(first, second))
  }
  return left[0]
}

/** Describes the properties as tests. */
export const accumulatorProperties = <State, Sample, Encoded>({
  accumulator,
  samples: anySamples,
  runs = 300,
  expectClose,
}: AccumulatorClaims<State, Sample, Encoded>): void => {
  const { empty, add, merge, encode, decode } = accumulator

  const of = (samples: ReadonlyArray<Sample>): State => {
    const state = empty()
    for (const sample of samples) add(state, sample)
    return state
  }
  // As JSON, because that is what is kept, sent and digested: bit by bit, but −0 is 0, and no number is `null`.
  const jsonOf = (state: State): string => JSON.stringify(encode(state))
  const expectSame = (actual: State, expected: State): void => expect(jsonOf(actual)).toBe(jsonOf(expected))
  const expectAgrees = (actual: State, expected: State, samples: ReadonlyArray<Sample>): void => {
    if (expectClose === undefined) expectSame(actual, expected)
    else expectClose(actual, expected, samples)
  }
  const throughJson = (state: State): State => {
    const parsed: Encoded = JSON.parse(jsonOf(state))
    return decode(parsed)
  }
  /** Samples cut into as many parts as there are cuts, and one more. */
  const cutSamples = (cuts: number) =>
    fc
      .tuple(anySamples, fc.array(fc.nat(100), { minLength: cuts, maxLength: cuts }))
      .map(([samples, percents]) => {
        const at = percents
          .map((percent) => Math.round((percent * samples.length) / 100))
          .sort((a, b) => a - b)
        return {
          samples,
          parts: [0, ...at].map((start, index) => samples.slice(start, at[index] ?? samples.length)),
        }
      })

  describe("as an accumulator", () => {
    it("has an identity: merging with nothing changes nothing, on either side", () => {
      fc.assert(
        fc.property(anySamples, (samples) => {
          const state = of(samples)
          expectSame(merge(state, empty()), state)
          expectSame(merge(empty(), state), state)
          expectSame(merge(empty(), empty()), empty())
        }),
        { seed: 1, numRuns: runs / 2 },
      )
    })

    it("merges two summaries to what adding one by one gives", () => {
      fc.assert(
        fc.property(cutSamples(1), ({ samples, parts: [left, right] }) => {
          expectAgrees(merge(of(left), of(right)), of(samples), samples)
        }),
        { seed: 2, numRuns: runs },
      )
    })

    it("merges three summaries to the same from the left and from the right", () => {
      fc.assert(
        fc.property(cutSamples(2), ({ samples, parts: [a, b, c] }) => {
          expectAgrees(merge(merge(of(a), of(b)), of(c)), merge(of(a), merge(of(b), of(c))), samples)
        }),
        { seed: 3, numRuns: runs },
      )
    })

    it("merges many summaries to the same in any order and any tree", () => {
      fc.assert(
        fc.property(cutSamples(7), fc.nat(), ({ samples, parts }, seed) => {
          const merged = mergeAnyhow(parts.map(of), merge, seed)
          expectAgrees(merged ?? empty(), of(samples), samples)
        }),
        { seed: 4, numRuns: runs },
      )
    })

    it("leaves the arguments of a merge as they are", () => {
      fc.assert(
        fc.property(cutSamples(1), ({ parts: [first, second] }) => {
          const left = of(first)
          const right = of(second)
          const before = structuredClone([left, right])
          merge(left, right)
          expect([left, right]).toStrictEqual(before)
        }),
        { seed: 5, numRuns: runs / 2 },
      )
    })

    it("shares nothing between a merge and its arguments: each can grow by itself", () => {
      fc.assert(
        fc.property(cutSamples(2), ({ samples, parts: [first, second, third] }) => {
          const left = of(first)
          const right = of(second)
          const merged = merge(left, right)
          const mergedBefore = jsonOf(merged)
          for (const sample of [...third, ...samples]) {
            add(left, sample)
            add(right, sample)
          }
          expect(jsonOf(merged)).toBe(mergedBefore)
          const bothBefore = [jsonOf(left), jsonOf(right)]
          for (const sample of [...samples, ...third]) add(merged, sample)
          expect([jsonOf(left), jsonOf(right)]).toEqual(bothBefore)
        }),
        { seed: 6, numRuns: runs / 2 },
      )
    })

    it("survives JSON to the bit, and goes on from there as if nothing had happened", () => {
      fc.assert(
        fc.property(cutSamples(1), ({ parts: [first, second] }) => {
          const state = of(first)
          const copy = throughJson(state)
          expectSame(copy, state)
          expectSame(merge(copy, of(second)), merge(state, of(second)))
          for (const sample of second) {
            add(state, sample)
            add(copy, sample)
          }
          expectSame(copy, state)
        }),
        { seed: 7, numRuns: runs },
      )
    })
  })
}
