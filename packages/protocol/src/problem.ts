/** Errors on the wire: problem details as of RFC 9457, with a stable `code`. */

/** The media type of a problem. */
export const PROBLEM_TYPE = "application/problem+json"

/** Every problem that a server answers with: its status and its title. */
export const PROBLEMS = {
  malformed_request: { status: 400, title: "The request could not be read" },
  unauthorized: { status: 401, title: "Credentials are missing or invalid" },
  forbidden: { status: 403, title: "Not allowed" },
  not_found: { status: 404, title: "There is nothing at this address" },
  job_not_found: { status: 404, title: "There is no such job" },
  simulation_not_found: { status: 404, title: "There is no such simulation" },
  method_not_allowed: { status: 405, title: "The method is not allowed here" },
  not_acceptable: { status: 406, title: "None of the accepted media types can be served" },
  job_ended: { status: 409, title: "The job has already ended" },
  idempotency_conflict: { status: 409, title: "The idempotency key was used for another request" },
  body_too_slow: { status: 408, title: "The body took too long to come in" },
  body_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The body must be JSON" },
  invalid_config: { status: 422, title: "The config is not valid" },
  invalid_options: { status: 422, title: "An option is not valid" },
  too_many_streams: { status: 429, title: "Too many streams are open" },
  too_many_jobs: { status: 429, title: "Too many jobs are under way" },
  queue_full: { status: 503, title: "The queue is full" },
  server_busy: { status: 503, title: "The server has as many streams open as it may" },
  store_unavailable: { status: 503, title: "The jobs can't be read or written at the moment" },
  shutting_down: { status: 503, title: "The server is shutting down" },
  internal_error: { status: 500, title: "Something went wrong on the server" },
} as const satisfies Record<string, { status: number; title: string }>

/** The stable name of a problem. */
export type ProblemCode = keyof typeof PROBLEMS

/** One thing that was wrong with what was sent. */
export interface Issue {
  /** Where: `["config", "critChance"]`. */
  readonly path: ReadonlyArray<string | number>
  /** What is wrong with it and what is allowed. */
  readonly message: string
}

/** The body of an error response. */
export interface Problem {
  /** A link to the explanation of this kind of problem. */
  readonly type: string
  /** In words, the same for every problem of its code. */
  readonly title: string
  /** Of the HTTP answer. */
  readonly status: number
  /** What happened this time, and what to do. */
  readonly detail: string
  /** What a program decides by. */
  readonly code: ProblemCode
  /** What is wrong with the request, place by place; left out when there are no places. */
  readonly issues?: ReadonlyArray<Issue>
}

const DOCUMENTATION = "https://github.com/simstream/simstream/blob/main/docs/protocol.md"

/** Makes the body of an error response. */
export const problem = (code: ProblemCode, detail: string, issues?: ReadonlyArray<Issue>): Problem => ({
  type: `${DOCUMENTATION}#${code}`,
  ...PROBLEMS[code],
  detail,
  code,
  ...(issues === undefined ? {} : { issues }),
})
