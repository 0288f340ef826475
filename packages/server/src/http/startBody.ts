/** Reads and checks the body of a start request: its size, its type, its shape. The values are the jobs' business. */
import type { StartJob } from "@simstream/core"
import type { Issue } from "@simstream/protocol"
import type { CheckedLimits } from "./admission.ts"
import { RequestProblem } from "./problems.ts"

/**
 * A job's config is written as JSON again and again, by recursion: with one that is nested deeper than a stack, a job could
 * be started and not be read.
 */
const DEPTH_LIMIT = 100
/** A request that is wrong in a thousand places has one problem, and its answer must not be larger than itself. */
const ISSUE_LIMIT = 20

type BodyLimits = Pick<CheckedLimits, "bodyBytes" | "bodyMs">

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isDeeper = (value: unknown, limit: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (limit === 0 || Object.values(value).some((part) => isDeeper(part, limit - 1)))

/** The text of a body, or a problem as soon as it is longer or takes longer than allowed. */
const readText = async (request: Request, { bodyBytes, bodyMs }: BodyLimits): Promise<string> => {
  const tooLarge = () => new RequestProblem("body_too_large", `The body may have ${bodyBytes} bytes at most.`)
  if (Number(request.headers.get("content-length") ?? 0) > bodyBytes) throw tooLarge()
  if (request.body === null) return ""
  const reader = request.body.getReader()
  const decoder = new TextDecoder("utf-8", { fatal: true })
  let text = ""
  let size = 0
  let late = false
  const timer = setTimeout(() => {
    late = true
    reader.cancel().catch(() => undefined)
  }, bodyMs)
  try {
    for (;;) {
      const { done, value } = await readPart(reader)
      if (late) throw new RequestProblem("body_too_slow", `The body must be here within ${bodyMs} ms.`)
      if (done) return text + decoder.decode()
      size += value.byteLength
      if (size > bodyBytes) throw tooLarge()
      text += decoder.decode(value, { stream: true })
    }
  } catch (error) {
    // Not waited for: the client may never answer.
    reader.cancel().catch(() => undefined)
    if (error instanceof TypeError)
      throw new RequestProblem("malformed_request", "The body is not UTF-8 text.")
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** A body that breaks off is the doing of a client that has left. */
const readPart = <A>(reader: ReadableStreamDefaultReader<A>): Promise<ReadableStreamReadResult<A>> =>
  reader.read().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw new RequestProblem("malformed_request", `The body broke off: ${reason}`)
  })

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new RequestProblem("malformed_request", `The body is not valid JSON: ${reason}`)
  }
}

const isJson = (contentType: string | null): boolean =>
  /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType?.trim() ?? "")

const FIELDS = ["simulation", "config", "iterations", "seed", "stop"]
const STOP_FIELDS = ["timeMs", "precision"]
const PRECISION_FIELDS = ["metric", "absolute", "relative", "minIterations"]

/** A field that nobody knows is more likely a typing error than meant to be ignored. */
const unknownFields = (
  value: Record<string, unknown>,
  allowed: ReadonlyArray<string>,
  path: ReadonlyArray<string>,
): ReadonlyArray<Issue> =>
  Object.keys(value)
    .filter((key) => !allowed.includes(key))
    .map((key) => ({
      path: [...path, key],
      message: `There is no such field; there are ${allowed.join(", ")}.`,
    }))

const shapeIssues = (body: Record<string, unknown>): ReadonlyArray<Issue> => {
  const { simulation, stop } = body
  const issues = [...unknownFields(body, FIELDS, [])]
  if (typeof simulation !== "string") {
    issues.push({ path: ["simulation"], message: "The name of a simulation is required." })
  }
  if (stop === undefined) return issues
  if (!isRecord(stop)) return [...issues, { path: ["stop"], message: "Must be an object." }]
  issues.push(...unknownFields(stop, STOP_FIELDS, ["stop"]))
  const { precision } = stop
  if (precision === undefined) return issues
  if (!isRecord(precision)) return [...issues, { path: ["stop", "precision"], message: "Must be an object." }]
  return [...issues, ...unknownFields(precision, PRECISION_FIELDS, ["stop", "precision"])]
}

/** A start request of the right shape; the values of `iterations`, `seed` and `stop` are checked where they are used. */
const isStartJob = (body: Record<string, unknown>): body is Record<string, unknown> & StartJob =>
  shapeIssues(body).length === 0

/** Reads what a client wants to start. Without a config, or with `null`, that is `{}`. */
export const readStartBody = async (request: Request, limits: BodyLimits): Promise<StartJob> => {
  if (!isJson(request.headers.get("content-type"))) {
    throw new RequestProblem("unsupported_media_type", "Send the body as application/json.")
  }
  const body = parse(await readText(request, limits))
  if (!isRecord(body)) {
    throw new RequestProblem(
      "malformed_request",
      "The body must be a JSON object with a simulation and its config.",
    )
  }
  if (isDeeper(body, DEPTH_LIMIT)) {
    throw new RequestProblem("malformed_request", `The body may be nested ${DEPTH_LIMIT} deep at most.`)
  }
  if (!isStartJob(body)) {
    const issues = shapeIssues(body).slice(0, ISSUE_LIMIT)
    const first = issues[0]
    throw new RequestProblem(
      "invalid_options",
      first === undefined ? "The request is not valid." : `${first.path.join(".")}: ${first.message}`,
      { issues },
    )
  }
  return { ...body, config: body.config ?? {} }
}
