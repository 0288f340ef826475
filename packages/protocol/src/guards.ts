/** Checks of what came over the wire. They check the envelope, what every client relies on; a payload's own shape is its schema's business. */
import type { StreamEvent } from "./events.ts"
import { JOB_STATUSES, type JobSnapshot, type JobStatus, type Progress } from "./job.ts"
import type { Outputs } from "./outputs.ts"
import { type Problem, PROBLEMS } from "./problem.ts"

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isNumber = (value: unknown): value is number => typeof value === "number"
const isNumberOrNull = (value: unknown): boolean => value === null || isNumber(value)

const isOneOf = <A extends string>(all: ReadonlyArray<A>, value: unknown): value is A =>
  (all as ReadonlyArray<unknown>).includes(value)

const isJobStatus = (value: unknown): value is JobStatus => isOneOf(JOB_STATUSES, value)

/** Whether a value has the fields of a `Progress`. */
export const isProgress = (value: unknown): value is Progress =>
  isRecord(value) &&
  isNumber(value["current"]) &&
  isNumberOrNull(value["total"]) &&
  isNumberOrNull(value["percentage"]) &&
  isNumber(value["elapsedMs"]) &&
  isNumber(value["ratePerSecond"]) &&
  isNumberOrNull(value["etaMs"])

/** Whether a value is one of the six events, by its envelope: `stats`, `timeline` and `charts` are not looked into. */
export const isStreamEvent = <O extends Outputs = Outputs>(value: unknown): value is StreamEvent<O> => {
  if (!isRecord(value)) return false
  switch (value["type"]) {
    case "connected":
      return (
        typeof value["jobId"] === "string" &&
        isJobStatus(value["status"]) &&
        isNumber(value["heartbeatMs"]) &&
        isNumber(value["protocol"])
      )
    case "progress":
      return isProgress(value)
    case "partial":
      return "stats" in value
    case "complete":
      return (
        "stats" in value &&
        isNumber(value["iterations"]) &&
        typeof value["seed"] === "string" &&
        typeof value["digest"] === "string"
      )
    case "error":
      return typeof value["message"] === "string" && typeof value["code"] === "string"
    default:
      return value["type"] === "cancelled"
  }
}

/** Whether a value is a job's snapshot, by its envelope. What it was started with is its simulation's: it is not looked into. */
export const isJobSnapshot = <O extends Outputs = Outputs, Config = unknown>(
  value: unknown,
): value is JobSnapshot<O, Config> =>
  isRecord(value) &&
  typeof value["jobId"] === "string" &&
  typeof value["simulation"] === "string" &&
  isJobStatus(value["status"]) &&
  isRecord(value["request"]) &&
  (value["progress"] === null || isProgress(value["progress"])) &&
  (value["lastEventId"] === null || typeof value["lastEventId"] === "string")

/** Whether a value is a problem of this protocol. */
export const isProblem = (value: unknown): value is Problem =>
  isRecord(value) &&
  typeof value["code"] === "string" &&
  Object.hasOwn(PROBLEMS, value["code"]) &&
  typeof value["title"] === "string" &&
  typeof value["detail"] === "string" &&
  isNumber(value["status"])
