/** Errors as answers. What is not known to be meant for the client becomes a generic 500, and goes to the log. */
import {
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

const fromError = (error: unknown): RequestProblem | null => {
  if (error instanceof RequestProblem) return error
  if (error instanceof InvalidConfig) {
    return new RequestProblem("invalid_config", error.message, { issues: error.issues })
  }
  if (error instanceof InvalidOption) {
    return new RequestProblem("invalid_options", error.message, {
      issues: [{ path: error.path, message: error.message }],
    })
  }
  if (error instanceof UnknownSimulation) return new RequestProblem("simulation_not_found", error.message)
  if (error instanceof UnknownJob) return new RequestProblem("job_not_found", error.message)
  if (error instanceof JobEnded) return new RequestProblem("job_ended", error.message)
  if (error instanceof IdempotencyConflict) return new RequestProblem("idempotency_conflict", error.message)
  if (error instanceof QueueFull) {
    return new RequestProblem("queue_full", error.message, { headers: retryAfter() })
  }
  if (error instanceof TooManyJobs) {
    return new RequestProblem("too_many_jobs", error.message, { headers: retryAfter() })
  }
  if (error instanceof ShuttingDown) {
    return new RequestProblem("shutting_down", error.message, { headers: retryAfter() })
  }
  if (error instanceof StoreUnavailable) {
    // The cause may name hosts and files: it went to the log of the jobs.
    const detail =
      "The jobs can't be read or written at the moment. What is running goes on; try again later."
    return new RequestProblem("store_unavailable", detail, { headers: retryAfter() })
  }
  return null
}

/** The answer to an error, and whether it was a known one. */
export const problemFor = (error: unknown): { readonly problem: RequestProblem; readonly known: boolean } => {
  const known = fromError(error)
  return known === null
    ? {
        problem: new RequestProblem("internal_error", "The server could not answer this request."),
        known: false,
      }
    : { problem: known, known: true }
}

/** A problem as a response. */
export const problemResponse = ({ code, message, issues, headers }: RequestProblem): Response => {
  const body = problem(code, message, issues)
  return new Response(JSON.stringify(body), {
    status: body.status,
    headers: { "content-type": PROBLEM_TYPE, "cache-control": "no-store", ...headers },
  })
}
