/** Errors as answers. What is not known to be meant for the client becomes a generic 500, and goes to the log. */
import type {
  IdempotencyConflict,
  InvalidConfig,
  InvalidOption,
  JobEnded,
  QueueFull,
  ShuttingDown,
  StoreUnavailable,
  TooManyJobs,
  UnknownJob,
  UnknownSimulation,
} from "@simstream/core"
import { type Issue, problem, PROBLEM_TYPE, type ProblemCode } from "@simstream/protocol"

/** Thrown anywhere in a request, it becomes the answer. */
export class RequestProblem extends Error {
  override readonly name = "RequestProblem"
  readonly code: ProblemCode
  readonly issues: ReadonlyArray<Issue> | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: ProblemCode,
    detail: string,
    options: {
      readonly issues?: ReadonlyArray<Issue>
      readonly headers?: Readonly<Record<string, string>>
    } = {},
  ) {
    super(detail)
    this.code = code
    this.issues = options.issues
    this.headers = options.headers ?? {}
  }
}

const RETRY_LEAST_SECONDS = 2
const RETRY_SPREAD_SECONDS = 8

/** When to try again: not all at the same moment. */
export const retryAfter = (): Readonly<Record<string, string>> => ({
  "retry-after": String(RETRY_LEAST_SECONDS + Math.floor(Math.random() * RETRY_SPREAD_SECONDS)),
})

/** What jobs refuse with. */
type JobsError =
  | IdempotencyConflict
  | InvalidConfig
  | InvalidOption
  | JobEnded
  | QueueFull
  | ShuttingDown
  | StoreUnavailable
  | TooManyJobs
  | UnknownJob
  | UnknownSimulation

const JOBS_ERRORS: { readonly [Tag in JobsError["_tag"]]: true } = {
  IdempotencyConflict: true,
  InvalidConfig: true,
  InvalidOption: true,
  JobEnded: true,
  QueueFull: true,
  ShuttingDown: true,
  StoreUnavailable: true,
  TooManyJobs: true,
  UnknownJob: true,
  UnknownSimulation: true,
}

/** Not `instanceof`: a bundler that makes several bundles, such as Next's, makes as many copies of those classes. */
const isJobsError = (error: unknown): error is JobsError =>
  error instanceof Error &&
  "_tag" in error &&
  typeof error._tag === "string" &&
  Object.hasOwn(JOBS_ERRORS, error._tag)

const refusalOf = (error: JobsError): RequestProblem => {
  const { message } = error
  switch (error._tag) {
    case "InvalidConfig":
      return new RequestProblem("invalid_config", message, { issues: error.issues })
    case "InvalidOption":
      return new RequestProblem("invalid_options", message, { issues: [{ path: error.path, message }] })
    case "UnknownSimulation":
      return new RequestProblem("simulation_not_found", message)
    case "UnknownJob":
      return new RequestProblem("job_not_found", message)
    case "JobEnded":
      return new RequestProblem("job_ended", message)
    case "IdempotencyConflict":
      return new RequestProblem("idempotency_conflict", message)
    case "QueueFull":
      return new RequestProblem("queue_full", message, { headers: retryAfter() })
    case "TooManyJobs":
      return new RequestProblem("too_many_jobs", message, { headers: retryAfter() })
    case "ShuttingDown":
      return new RequestProblem("shutting_down", message, { headers: retryAfter() })
    case "StoreUnavailable": {
      // The cause may name hosts and files: it went to the log of the jobs.
      const detail =
        "The jobs can't be read or written at the moment. What is running goes on; try again later."
      return new RequestProblem("store_unavailable", detail, { headers: retryAfter() })
    }
  }
}

/**
 * What the jobs answer; what they refuse becomes a problem. Only what they throw themselves: an error of the same name from
 * elsewhere is not meant for a client.
 */
export const answerOf = <A>(asked: Promise<A>): Promise<A> =>
  asked.catch((error: unknown) => {
    throw isJobsError(error) ? refusalOf(error) : error
  })

/** The answer to an error, and whether it was a known one. */
export const problemFor = (error: unknown): { readonly problem: RequestProblem; readonly known: boolean } =>
  error instanceof RequestProblem
    ? { problem: error, known: true }
    : {
        problem: new RequestProblem("internal_error", "The server could not answer this request."),
        known: false,
      }

/** A problem as a response. */
export const problemResponse = ({ code, message, issues, headers }: RequestProblem): Response => {
  const body = problem(code, message, issues)
  return new Response(JSON.stringify(body), {
    status: body.status,
    headers: { "content-type": PROBLEM_TYPE, "cache-control": "no-store", ...headers },
  })
}
