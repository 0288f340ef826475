/**
 * What this browser has started. A list of jobs doesn't say what each of them was asked for, as the job itself does; runs
 * that are listed are described from here, and so is a run that was just started, before the server has answered.
 */
import type { RunRequest } from "./form/draft.ts"

const KEY = "simstream.runs"
/** Older ones are forgotten; the server forgets them as well. */
const MOST = 50

type Remembered = ReadonlyArray<readonly [jobId: string, request: RunRequest]>

const isRequest = (value: unknown): value is RunRequest =>
  typeof value === "object" &&
  value !== null &&
  "simulation" in value &&
  typeof value.simulation === "string" &&
  "config" in value &&
  typeof value.config === "object" &&
  value.config !== null &&
  "iterations" in value &&
  typeof value.iterations === "number"

const isEntry = (value: unknown): value is Remembered[number] =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === "string" && isRequest(value[1])

const read = (): Remembered => {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]")
    return Array.isArray(stored) ? stored.filter(isEntry) : []
  } catch {
    // Storage can be switched off, or have been written by something else: nothing is remembered then.
    return []
  }
}

export const remember = (jobId: string, request: RunRequest): void => {
  const others = read().filter(([id]) => id !== jobId)
  try {
    localStorage.setItem(KEY, JSON.stringify([[jobId, request], ...others].slice(0, MOST)))
  } catch {
    // Full, or switched off: the run can't be repeated with a click, and nothing else is lost.
  }
}

/** What a job was asked for; `null` when it wasn't this browser that asked. */
export const recall = (jobId: string): RunRequest | null => read().find(([id]) => id === jobId)?.[1] ?? null
