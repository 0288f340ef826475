/** Turns counts and a clock into what a progress bar shows. */
import type { Progress, WaitingFor } from "@simstream/protocol"
import { etaMs, initialRate, type Rate, ratePerSecond, recordRate } from "./rate.ts"

/** What a reading is taken from. */
export interface Reading {
  readonly nowMs: number
  readonly current: number
  /** The most iterations there can be. */
  readonly total: number
  /** Iterations that a precision rule is expected to need, if there is one. */
  readonly projected: number | null
  readonly timeMs: number | undefined
  /** What the work waits for; `null` while it goes on. */
  readonly waitingFor: WaitingFor | null
}

/** Progress so far; start with `initialMeter`. */
export interface Meter {
  readonly startMs: number
  /** What was there at the start. */
  readonly first: number
  readonly rate: Rate
  readonly percentage: number
  /** Whether the last reading was of work that waits. */
  readonly isWaiting: boolean
}

/** How far a batch had come, and in what time, when it was interrupted. */
export type Before = Pick<Progress, "elapsedMs" | "percentage">

/**
 * A meter at its start; `current` iterations are there already when a batch is resumed. They count as done in no time,
 * unless it is the same batch that goes on: then its time goes on, too.
 */
export const initialMeter = (nowMs: number, current: number, before: Before | null = null): Meter => ({
  startMs: nowMs - (before?.elapsedMs ?? 0),
  first: before === null ? current : 0,
  rate: initialRate(nowMs, current),
  percentage: before?.percentage ?? 0,
  isWaiting: false,
})

/** Takes a reading. The percentage is of whichever end comes first, and never goes back. */
export const readMeter = (meter: Meter, reading: Reading): readonly [Meter, Progress] => {
  const { nowMs, current, total, projected, timeMs, waitingFor } = reading
  const elapsedMs = nowMs - meter.startMs
  const rate = recordRate(meter.rate, nowMs, current)
  const expected = Math.min(total, Math.max(current, projected ?? total))
  const byCount = (100 * current) / expected
  const byTime = timeMs === undefined ? 0 : (100 * elapsedMs) / timeMs
  const percentage = Math.max(meter.percentage, Math.min(100, Math.max(byCount, byTime)))
  // Nobody knows how long it will wait; a time budget is spent meanwhile.
  const byCountMs = waitingFor === null ? etaMs(rate, expected - current) : null
  const byTimeMs = timeMs === undefined ? null : Math.max(0, Math.round(timeMs - elapsedMs))
  const progress: Progress = {
    current,
    total,
    percentage: Math.round(percentage * 100) / 100,
    elapsedMs: Math.round(elapsedMs),
    ratePerSecond: Math.round(ratePerSecond(rate) * 10) / 10,
    etaMs: byCountMs === null ? byTimeMs : byTimeMs === null ? byCountMs : Math.min(byCountMs, byTimeMs),
    ...(waitingFor === null ? {} : { waitingFor }),
  }
  return [{ ...meter, rate, percentage, isWaiting: waitingFor !== null }, progress]
}

/** The last reading: all is done. */
export const finalProgress = (meter: Meter, nowMs: number, current: number): Progress => {
  const elapsedMs = nowMs - meter.startMs
  const ran = current - meter.first
  return {
    current,
    total: current,
    percentage: 100,
    elapsedMs: Math.round(elapsedMs),
    ratePerSecond: elapsedMs > 0 ? Math.round((ran / elapsedMs) * 10_000) / 10 : 0,
    etaMs: 0,
  }
}
