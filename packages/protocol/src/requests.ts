/** What a client sends: the routes, below a base path that is the user's, and the body that starts a job. */
import type { JobStatus, JobSummary } from "./job.ts"

/** The routes under a base path: `routes("/api/simulations").stream(id)`. */
export const routes = (base: string) => {
  const root = base.replace(/\/+$/, "")
  const job = (jobId: string) => `${root}/${encodeURIComponent(jobId)}`
  return {
    /** `POST` starts a job, `GET` lists. */
    jobs: root === "" ? "/" : root,
    /** `GET` reads, `DELETE` cancels. */
    job,
    /** `GET` streams. */
    stream: (jobId: string) => `${job(jobId)}/stream`,
  } as const
}

/** The request header that makes a repeated start safe: the second one finds the job of the first. */
export const IDEMPOTENCY_KEY_HEADER = "Idempotency-Key"

/** The longest idempotency key that a server accepts, in characters. */
export const IDEMPOTENCY_KEY_LIMIT = 255

/** The request header, and the query parameter beside it, that resume a stream. */
export const LAST_EVENT_ID_HEADER = "Last-Event-ID"
/** See `LAST_EVENT_ID_HEADER`; for clients that can't set headers. */
export const LAST_EVENT_ID_QUERY = "lastEventId"

/** How many iterations a batch may have. */
export const MAX_ITERATIONS = 1_000_000_000

/**
 * Stop as soon as the 95 % confidence interval of a metric's mean is narrow enough: its half-width is at most
 * `absolute`, or at most `relative` times the mean. Give one of the two, or both for whichever comes first.
 */
export interface PrecisionRule {
  /** Which metric's interval is looked at. */
  readonly metric: string
  /** Half-width in the metric's own unit; greater than 0. */
  readonly absolute?: number
  /** Half-width as a fraction of the mean, greater than 0: 0.01 is one per cent. A mean near 0 never gets there; use `absolute`. */
  readonly relative?: number
  /** Don't stop before this many iterations; 100 by default, which is also the least. */
  readonly minIterations?: number
}

/** Rules that end a run before its count is reached; the first that holds ends it, and the result says which. */
export interface StopRules {
  /** Stop after this long, in milliseconds. Where it stops depends on the machine: repeat it with the result's `iterations`. */
  readonly timeMs?: number
  /** Ends it when the mean of a metric is known well enough. */
  readonly precision?: PrecisionRule
}

/** The body of `POST /`. */
export interface StartRequest<Name extends string = string, Config = unknown> {
  /** The name of one of the server's simulations. */
  readonly simulation: Name
  /** What its schema takes. */
  readonly config: Config
  /** 1 to 1e9. With stop rules it is the most there can be. */
  readonly iterations?: number
  /** The same seed gives the same result. Chosen at random, and reported, when absent. `7` and `"7"` are the same seed. */
  readonly seed?: number | string
  /** When it may end sooner; by default it runs all iterations. */
  readonly stop?: StopRules
}

/** The answer to `POST /`. */
export interface StartResponse {
  /** Random and not to be guessed. */
  readonly jobId: string
  /** As it is now: a repeated key may find a job that has ended. */
  readonly status: JobStatus
}

/** The answer to `GET /`: newest first. */
export interface ListResponse {
  /** Newest first. */
  readonly jobs: ReadonlyArray<JobSummary>
  /** Give it as `?cursor=` to read on; `null` at the end. */
  readonly nextCursor: string | null
}
