/**
 * Iterations per second, smoothed: an exponential average over time, taken twice, each weighted by how long a reading
 * lasted. It forgets half of the past in a few seconds, is right from the first reading on, and decays while the work
 * stalls.
 *
 * @see https://github.com/console-rs/indicatif The estimator of indicatif's progress bars, whose idea this is.
 */

/** An estimate; start with `initialRate`. */
export interface Rate {
  readonly smoothed: number
  readonly twice: number
  readonly startMs: number
  readonly atMs: number
  readonly current: number
}

/** A reading this long ago has a weight of a tenth. */
const WINDOW_MS = 15_000

const weightOf = (ageMs: number): number => 0.1 ** (ageMs / WINDOW_MS)

export const initialRate = (nowMs: number, current: number): Rate => ({
  smoothed: 0,
  twice: 0,
  startMs: nowMs,
  atMs: nowMs,
  current,
})

/** Takes a reading: `current` iterations are done at `nowMs`. */
export const recordRate = (rate: Rate, nowMs: number, current: number): Rate => {
  const elapsed = nowMs - rate.atMs
  if (elapsed <= 0) return rate
  const perSecond = (Math.max(0, current - rate.current) / elapsed) * 1000
  const weight = weightOf(elapsed)
  const smoothed = rate.smoothed * weight + perSecond * (1 - weight)
  // An average that began at 0 is low by the weight that 0 still has; dividing by the rest mends that.
  const normalised = smoothed / (1 - weightOf(nowMs - rate.startMs))
  const twice = rate.twice * weight + normalised * (1 - weight)
  return { smoothed, twice, startMs: rate.startMs, atMs: nowMs, current }
}

/** Iterations per second at the last reading. */
export const ratePerSecond = (rate: Rate): number => {
  const elapsed = rate.atMs - rate.startMs
  return elapsed <= 0 ? 0 : rate.twice / (1 - weightOf(elapsed))
}

/** How long `remaining` iterations will take, in milliseconds; `null` while nothing moves. */
export const etaMs = (rate: Rate, remaining: number): number | null => {
  if (remaining <= 0) return 0
  const perSecond = ratePerSecond(rate)
  return perSecond > 1e-9 ? Math.round((remaining / perSecond) * 1000) : null
}
