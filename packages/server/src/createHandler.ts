/** Jobs over HTTP: every route, as one function from a `Request` to a `Response`. */
import type { Jobs } from "@simstream/core"
import {
  IDEMPOTENCY_KEY_HEADER,
  IDEMPOTENCY_KEY_LIMIT,
  isFinalStatus,
  LAST_EVENT_ID_HEADER,
  LAST_EVENT_ID_QUERY,
  revisionOf,
  routes,
} from "@simstream/protocol"
import * as Context from "effect/Context"
import { checkLimits, createAdmission, type Limits, type Place } from "./http/admission.ts"
import { headOf, json, streamHeaders } from "./http/headers.ts"
import { answerOf, problemFor, problemResponse, RequestProblem, retryAfter } from "./http/problems.ts"
import { readStartBody } from "./http/startBody.ts"
import { measureEventLoopDelay } from "./observability/eventLoopDelay.ts"
import { serverMetrics } from "./observability/metrics.ts"
import { neverThrowing } from "./observability/neverThrowing.ts"
import { answerTraced, type RequestSpan } from "./observability/tracing.ts"
import { createConnections } from "./stream/connections.ts"
import { feedSource } from "./stream/feedSource.ts"
import { formatFor, isStreamReader, sseFormat, type StreamFormat } from "./stream/format.ts"
import { streamingResponse } from "./stream/streamBody.ts"
import { checkTiming, LONGEST_TIMER_MS, type StreamTiming } from "./stream/timing.ts"

/** What a request is about to do. */
export type Action =
  | { readonly type: "start" }
  | { readonly type: "list" }
  | { readonly type: "read" | "stream" | "cancel"; readonly jobId: string }

/** Whether a request may do what it is about to. */
export type Authorization = boolean | "unauthorized" | Response

/** What `createHandler` takes. */
export interface HandlerOptions {
  /** What `createJobs` made. The handler never shuts it down. */
  readonly jobs: Jobs
  /** The path under which the handler is mounted; `/api/simulations` by default. */
  readonly basePath?: string
  /**
   * Decides whether a request may do what it is about to, before anything of it is read. `false` answers 403,
   * `"unauthorized"` 401, which tells a client to come again with fresh credentials; a `Response` is sent as it is. Everything is allowed by default: a job's id can't be guessed, and is all one needs.
   */
  readonly authorize?: (request: Request, action: Action) => Authorization | Promise<Authorization>
  /**
   * Who is asking: a user's id, a session's. It decides whose jobs `GET /` lists, and the limits per client count by it.
   * There is none by default, and so no list: a header that anybody can forge would be worse.
   */
  readonly clientKey?: (request: Request) => string | null | Promise<string | null>
  /** What is refused, and from how much on; as each of its fields says by default. */
  readonly limits?: Limits
  /** Heartbeat, write timeout and longest duration, in milliseconds; as each of its fields says by default. */
  readonly stream?: StreamTiming
  /**
   * A context of Effect's, whose tracer is given a span for each request and whose metric registry has the figures. By
   * default there are no spans, and the figures are in the registry that all of the process shares: see `readMetrics`.
   */
  readonly context?: Context.Context<never>
  /** Told of errors that are nobody's fault but the server's; prints to the console's error stream by default. */
  readonly onError?: (error: unknown, request: AnsweredRequest) => void
}

/** Which request it was. A whole `Request` would be kept in memory for as long as its stream is open. */
export interface AnsweredRequest {
  /** As the request has it: `GET`. */
  readonly method: string
  /** As the request has it, whole. */
  readonly url: string
}

/** Answers requests. */
export interface Handler {
  (request: Request): Promise<Response>
  /** Where it is mounted, without a slash at the end. */
  readonly basePath: string
  /** How many streams are open. */
  readonly streams: () => number
  /**
   * To be called before the server closes: ends every open stream, telling each client to come again at its own moment
   * within `windowMs` (10,000), and refuses new ones. Jobs are not touched; `jobs.shutdown()` is what ends them.
   *
   * @throws RangeError when `windowMs` is no time, or longer than any timer
   */
  readonly drain: (options?: { readonly windowMs?: number }) => void
}

const DRAIN_WINDOW_MS = 10_000
const PAGE_LIMIT = 50
const PAGE_LIMIT_MOST = 200

const printError = (error: unknown, { method, url }: AnsweredRequest): void => {
  // eslint-disable-next-line no-console -- the default of `onError`: an error that nobody asked for must show somewhere
  console.error(`${method} ${new URL(url).pathname} failed:`, error)
}

/**
 * Makes the handler of all routes.
 *
 * @example
 * ```ts
 * import { createHandler } from "@simstream/server"
 * import { Hono } from "hono"
 *
 * const handler = createHandler({ jobs })
 * const app = new Hono().all("/api/simulations/*", (context) => handler(context.req.raw))
 * ```
 *
 * @throws RangeError or TypeError when an option is out of its range, so that it shows at start and not in the first request
 */
export const createHandler = (options: HandlerOptions): Handler => {
  const { jobs, authorize, clientKey, context } = options
  const onError = neverThrowing(options.onError ?? printError, printError)
  const basePath = checkBasePath(options.basePath ?? "/api/simulations")
  const paths = routes(basePath)
  const limits = checkLimits(options.limits, clientKey !== undefined)
  const timing = checkTiming(options.stream)
  const admission = createAdmission(limits)
  const metrics = serverMetrics(context ?? Context.empty())
  measureEventLoopDelay(context ?? Context.empty())
  const connections = createConnections<Visit>(timing, (visit, reason, error) => {
    admission.leave(visit)
    metrics.ended(reason)
    if (reason === "failed") onError(error, { method: "GET", url: visit.url })
  })
  let draining = false

  const permit = async (request: Request, action: Action): Promise<void> => {
    const answer = authorize === undefined ? true : await authorize(request, action)
    if (answer instanceof Response) throw new Answer(answer)
    if (answer === "unauthorized") {
      throw new RequestProblem("unauthorized", "Credentials are missing, expired or invalid.", {
        headers: { "www-authenticate": "Bearer" },
      })
    }
    // Nothing else allows it: a `Response` of another library, or whatever else is true of a value, is no permission.
    if (answer !== true) throw new RequestProblem("forbidden", "You may not do this.")
  }

  const clientOf = async (request: Request): Promise<string | null> => {
    const key: unknown = clientKey === undefined ? null : await clientKey(request)
    // Jobs of no owner in particular would be everybody's to list.
    if (key === undefined || key === null) return null
    if (typeof key === "string") return key
    throw new TypeError(`clientKey must answer with text or null; got ${String(key)}.`)
  }

  const start = async (request: Request, span: RequestSpan): Promise<Response> => {
    await permit(request, { type: "start" })
    const idempotencyKey = idempotencyKeyOf(request)
    const body = await readStartBody(request, limits)
    checkIterations(body.iterations)
    const owner = await clientOf(request)
    const { jobId, status, created } = await answerOf(
      jobs.start({
        ...body,
        owner,
        ownerLimit: limits.jobsPerClient,
        traceparent: span.traceparent,
        ...(idempotencyKey === null ? {} : { idempotencyKey }),
      }),
    )
    span.annotate({ "simstream.simulation": body.simulation, "simstream.job_id": jobId })
    return json(created ? 202 : 200, { jobId, status }, { location: paths.job(jobId) })
  }

  const checkIterations = (iterations: unknown): void => {
    if (!(typeof iterations === "number" && iterations > limits.iterations)) return
    const message = `iterations must be at most ${limits.iterations} here; got ${iterations}.`
    throw new RequestProblem("invalid_options", message, { issues: [{ path: ["iterations"], message }] })
  }

  const list = async (request: Request, query: URLSearchParams): Promise<Response> => {
    await permit(request, { type: "list" })
    const owner = await clientOf(request)
    if (owner === null) {
      throw new RequestProblem(
        "forbidden",
        "There is no list for callers who can't be told apart: the server has no clientKey, or it doesn't know you.",
      )
    }
    const limit = Number(query.get("limit") ?? PAGE_LIMIT)
    if (!(Number.isSafeInteger(limit) && limit >= 1 && limit <= PAGE_LIMIT_MOST)) {
      throw new RequestProblem(
        "invalid_options",
        `limit must be a whole number from 1 to ${PAGE_LIMIT_MOST}; got ${JSON.stringify(query.get("limit"))}.`,
      )
    }
    const cursor = query.get("cursor")
    return json(200, await answerOf(jobs.list({ owner, limit, ...(cursor === null ? {} : { cursor }) })))
  }

  const read = async (request: Request, jobId: string): Promise<Response> => {
    await permit(request, { type: "read", jobId })
    return json(200, await answerOf(jobs.get(jobId)))
  }

  const cancel = async (request: Request, jobId: string): Promise<Response> => {
    await permit(request, { type: "cancel", jobId })
    await answerOf(jobs.cancel(jobId))
    return json(202, { jobId, status: "cancelled" })
  }

  const stream = async (request: Request, jobId: string, query: URLSearchParams): Promise<Response> => {
    await permit(request, { type: "stream", jobId })
    const format = formatFor(request)
    if (format === null) {
      throw new RequestProblem("not_acceptable", "A stream is text/event-stream or application/x-ndjson.")
    }
    const job = await answerOf(jobs.subscribe(jobId))
    const client = await clientOf(request)
    const { feed } = job
    const cursor = request.headers.get(LAST_EVENT_ID_HEADER) ?? query.get(LAST_EVENT_ID_QUERY)
    const seen = revisionOf(jobId, cursor)
    // A revision that the job can't have reached is no cursor of ours; the client gets everything. One that it has reached
    // in another process may not be known here yet; what is newer will come.
    const revision = seen > job.reached() ? 0 : seen
    // A feed may also end because this process can follow the job no more: then there is more to say, elsewhere.
    if (isFinalStatus(job.status()) && feed.ended() && revision === feed.revision()) return nothingLeft()

    if (draining) {
      throw new RequestProblem("shutting_down", "The server is shutting down.", { headers: retryAfter() })
    }
    // A client that left while we looked things up gets a stream that nobody reads, and nothing is subscribed to.
    if (request.signal.aborted) return nothingLeft()
    const visit = { jobId, client, url: request.url }
    if (request.method === "HEAD") {
      admission.check(visit)
      return new Response(null, { headers: streamHeaders(format.contentType) })
    }
    admission.enter(visit)
    metrics.opened()
    const source = feedSource(job, format, {
      revision,
      heartbeatMs: timing.heartbeatMs,
      sent: metrics.sent,
    })
    return streamingResponse(request, connections.open(source, format, visit), format)
  }

  const route = (request: Request, url: URL, segments: Segments | null, span: RequestSpan) => {
    if (segments === null) throw new RequestProblem("not_found", "There is nothing at this address.")
    const [jobId, part] = segments
    // Wherever GET is, HEAD is, too; what the answer to it has for a body is left out at the end.
    const method = request.method === "HEAD" ? "GET" : request.method
    if (jobId === undefined) {
      if (method === "POST") return start(request, span)
      if (method === "GET") return list(request, url.searchParams)
      throw methodNotAllowed("GET, HEAD, POST")
    }
    span.annotate({ "simstream.job_id": jobId })
    if (part !== undefined) {
      if (method === "GET") return stream(request, jobId, url.searchParams)
      throw methodNotAllowed("GET, HEAD")
    }
    if (method === "GET") return read(request, jobId)
    if (method === "DELETE") return cancel(request, jobId)
    throw methodNotAllowed("GET, HEAD, DELETE")
  }

  const answer = async (request: Request, answering: () => Promise<Response>): Promise<Response> => {
    try {
      return await answering()
    } catch (error) {
      if (error instanceof Answer) return error.response
      const { problem, known } = problemFor(error)
      metrics.refused(problem.code)
      if (!known) onError(error, { method: request.method, url: request.url })
      return isStreamReader(request)
        ? streamOfOneError(problem, formatFor(request) ?? sseFormat)
        : problemResponse(problem)
    }
  }

  const handle = (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    const segments = segmentsBelow(basePath, url.pathname)
    return answerTraced(context, request, basePath + shapeOf(segments), async (span) => {
      const response = await answer(request, async () => route(request, url, segments, span))
      return request.method === "HEAD" ? headOf(response) : response
    })
  }

  const drain = ({ windowMs = DRAIN_WINDOW_MS }: { readonly windowMs?: number } = {}): void => {
    if (!(windowMs >= 0 && windowMs <= LONGEST_TIMER_MS)) {
      throw new RangeError(
        `windowMs must be a number of milliseconds from 0 to ${LONGEST_TIMER_MS}; got ${windowMs}.`,
      )
    }
    draining = true
    for (const connection of connections.all()) {
      connection.finish(Math.round(windowMs * Math.random()), "drained")
    }
  }

  return Object.assign(handle, { basePath, streams: admission.streams, drain })
}

/** Whose stream it is: what is kept of a request for as long as that is open. */
interface Visit extends Place {
  readonly url: string
}

/** Carries the response that `authorize` gave out of the depths of a route. */
class Answer extends Error {
  readonly response: Response

  constructor(response: Response) {
    super("answered")
    this.response = response
  }
}

const checkBasePath = (basePath: string): string => {
  if (!basePath.startsWith("/"))
    throw new TypeError(`basePath must start with "/"; got ${JSON.stringify(basePath)}.`)
  return basePath.replace(/\/+$/, "")
}

/** What of a path lies below the base: nothing, a job's id, or that and its stream. */
type Segments = readonly [] | readonly [jobId: string] | readonly [jobId: string, part: "stream"]

/** The decoded segments of a path below the base; `null` when it is no route, or can't be decoded. */
const segmentsBelow = (basePath: string, pathname: string): Segments | null => {
  if (pathname !== basePath && !pathname.startsWith(`${basePath}/`)) return null
  const rest = pathname.slice(basePath.length).replace(/^\/|\/$/g, "")
  if (rest === "") return []
  try {
    const [jobId = "", part, ...more] = rest.split("/").map(decodeURIComponent)
    // No id has one, and there are databases that can't be asked for it.
    if (jobId.includes("\0")) return null
    if (part === undefined) return [jobId]
    return part === "stream" && more.length === 0 ? [jobId, part] : null
  } catch {
    return null
  }
}

/** The route as an operator knows it, whatever the job. */
const shapeOf = (segments: Segments | null): string => {
  if (segments === null) return "/*"
  return ["", "/:id", "/:id/stream"][segments.length] ?? ""
}

const idempotencyKeyOf = (request: Request): string | null => {
  const key = request.headers.get(IDEMPOTENCY_KEY_HEADER)
  if (key === null || (key.length >= 1 && key.length <= IDEMPOTENCY_KEY_LIMIT)) return key
  throw new RequestProblem(
    "invalid_options",
    `${IDEMPOTENCY_KEY_HEADER} must have 1 to ${IDEMPOTENCY_KEY_LIMIT} characters; got ${key.length}.`,
  )
}

const methodNotAllowed = (allow: string): RequestProblem =>
  new RequestProblem("method_not_allowed", `Use ${allow}.`, { headers: { allow } })

/** There is nothing left to say to this cursor. To another there may be, at the same address: no cache may keep it. */
const nothingLeft = (): Response =>
  new Response(null, { status: 204, headers: { "cache-control": "no-store" } })

/** A reader of streams can't read a problem, so it gets an event; the status says the same. */
const streamOfOneError = (problem: RequestProblem, format: StreamFormat): Response => {
  const { status } = problemResponse(problem)
  const event = { type: "error", code: problem.code, message: problem.message }
  return new Response(format.event(event, undefined), {
    status,
    headers: { ...streamHeaders(format.contentType), ...problem.headers },
  })
}
