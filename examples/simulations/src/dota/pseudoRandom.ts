/**
 * Dota's pseudo-random distribution (https://liquipedia.net/dota2/Pseudo_Random_Distribution): the chance of an event is
 * C at the first attempt after a success, 2C at the second, 3C at the third, so that streaks of luck are rarer than with
 * a coin. C is chosen so that in the long run the event happens with the chance that the game shows.
 */
import type { Random } from "@simstream/core"

/**
 * The chances that the first n attempts after a success all fail, for n = 0, 1, 2 … until they no longer count. Their sum
 * is the mean number of attempts to a success.
 */
const failing = (constant: number): ReadonlyArray<number> => {
  const chances: Array<number> = []
  let sum = 0
  for (let chance = 1; sum + chance > sum; chance *= Math.max(0, 1 - chances.length * constant)) {
    chances.push(chance)
    sum += chance
  }
  return chances
}

const sumOf = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0)

/** How often an event with this constant happens in the long run, per attempt. */
export const longRunChance = (constant: number): number => 1 / sumOf(failing(constant))

/**
 * The constant C of a chance, to the last bit: `pseudoRandomConstant(0.3)` is 0.118949192725…
 *
 * @throws RangeError when the chance is not above 0 and at most 1
 */
export const pseudoRandomConstant = (chance: number): number => {
  if (!(chance > 0 && chance <= 1)) {
    throw new RangeError(`A pseudo-random chance is above 0 and at most 1; got ${chance}.`)
  }
  // The long-run chance grows with C and is never below it, so that C lies between 0 and the chance: halve until
  // there is no number in between.
  let low = 0
  let high = chance
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) return high
    if (longRunChance(middle) < chance) low = middle
    else high = middle
  }
}

/** A sequence of attempts. */
export interface Attempts {
  /** How many attempts lie behind the sequence's start since the event happened last: 0 when it happened at the last one. */
  readonly since: number
  /** Says whether the event happens at the next attempt. */
  readonly next: () => boolean
}

/**
 * An event with a pseudo-random chance, which after it has happened can't happen at the next `rest` attempts: a cooldown,
 * in attempts. The function that is returned starts a sequence of attempts as it is found at a random moment of a long
 * fight: how long ago the event happened last is drawn from its stationary distribution.
 *
 * From one event to the next are rest + N attempts, N being those of an event without a rest, 1/p on average; so in the
 * long run the event happens at 1 / (rest + 1/p) of the attempts. At a random moment n attempts have come to nothing
 * since the last event with the chance S(n) / ΣS, where S(n) is the chance that n attempts behind an event come to
 * nothing: 1 for those of the rest. The next attempt then succeeds with Σ (S(n) − S(n + 1)) / ΣS = 1/ΣS, the first as well
 * as any other, so a fight of any length has the long-run mean. A sequence that starts from nothing would succeed less
 * often at first, by C in place of p.
 */
export const pseudoRandom = (chance: number, rest = 0): ((random: Pick<Random, "float">) => Attempts) => {
  const constant = pseudoRandomConstant(chance)
  const stationary = [...Array.from({ length: rest }, () => 1), ...failing(constant)]
  const total = sumOf(stationary)

  const drawSince = (uniform: number): number => {
    let left = uniform * total
    for (const [since, weight] of stationary.entries()) {
      left -= weight
      if (left < 0) return since
    }
    return 0
  }

  return (random) => {
    const start = drawSince(random.float())
    let since = start
    return {
      since: start,
      next: () => {
        const happens = since >= rest && random.float() < (since - rest + 1) * constant
        since = happens ? 0 : since + 1
        return happens
      },
    }
  }
}
