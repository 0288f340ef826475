/** What a fake job does, step by step. */
import type { JobError, JobEvent, PartialOutputs, Progress, Result } from "@simstream/protocol"

/** One step of a script. */
export type ScriptStep =
  | { readonly step: "event"; readonly event: JobEvent }
  | { readonly step: "wait"; readonly ms: number }
  | { readonly step: "drop" }
  | { readonly step: "end" }
  | { readonly step: "stall" }
  | {
      readonly step: "refuse"
      readonly status: number
      readonly headers: Record<string, string>
      readonly body: string
    }

/** What a job does, in order. */
export type Script = ReadonlyArray<ScriptStep>

const event = (told: JobEvent): ScriptStep => ({ step: "event", event: told })

/** The job has done so many iterations, of 100 unless `fields` say otherwise. */
export const progress = (current: number, fields: Partial<Progress> = {}): ScriptStep => {
  const total = fields.total === undefined ? 100 : fields.total
  return event({
    type: "progress",
    current,
    total,
    percentage: total === null ? null : (current / total) * 100,
    elapsedMs: current * 10,
    ratePerSecond: 100,
    etaMs: total === null ? null : (total - current) * 10,
    ...fields,
  })
}

/** The job has outputs so far. */
export const partial = (stats: unknown, rest: Omit<PartialOutputs, "stats"> = {}): ScriptStep =>
  event({ type: "partial", stats, ...rest })

/** The job is done. Fields that are left out have some value. */
export const complete = (result: Partial<Result> = {}): ScriptStep =>
  event({
    type: "complete",
    stats: {},
    timeline: null,
    charts: null,
    iterations: 100,
    seed: "1",
    stopReason: "iterations",
    elapsedMs: 1000,
    failures: { count: 0, examples: [] },
    digest: "0".repeat(64),
    schemaVersion: 1,
    ...result,
  })

/** The job fails. */
export const fail = (error: Partial<JobError> = {}): ScriptStep =>
  event({ type: "error", code: "simulation_failed", message: "The simulation failed.", ...error })

/** The job is cancelled, by somebody else. */
export const cancelled = (outputs: Partial<PartialOutputs> = {}): ScriptStep =>
  event({ type: "cancelled", ...outputs })

/** Nothing happens for so long, but heartbeats. */
export const wait = (ms: number): ScriptStep => ({ step: "wait", ms })

/** Every connection breaks. The script goes on when somebody connects again. */
export const drop = (): ScriptStep => ({ step: "drop" })

/** Every stream ends in good order, as streams do from time to time. The script goes on when somebody connects again. */
export const end = (): ScriptStep => ({ step: "end" })

/**
 * Every connection falls silent, heartbeats included, and stays open. The script goes on when somebody connects again.
 * Two in a row, and a client takes streams to be blocked and polls.
 */
export const stall = (): ScriptStep => ({ step: "stall" })

/**
 * The next request for the stream is refused: `refuse(503, { "retry-after": "2" })`. If somebody is connected then, the
 * connection breaks first. `refuse(200, { "content-type": "text/html" })` is a page in place of a stream.
 */
export const refuse = (status: number, headers: Record<string, string> = {}, body = ""): ScriptStep => ({
  step: "refuse",
  status,
  headers,
  body,
})
