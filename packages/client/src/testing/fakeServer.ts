/** A server of fake jobs, as a `fetch`. */
import {
  encodeComment,
  encodeFrame,
  EVENT_STREAM_TYPE,
  formatEventId,
  IDEMPOTENCY_KEY_HEADER,
  isFinalStatus,
  isTerminalEvent,
  LAST_EVENT_ID_HEADER,
  problem,
  PROBLEM_TYPE,
  PROBLEMS,
  PROTOCOL_VERSION,
  revisionOf,
  type JobEvent,
  type JobRequest,
  type JobSnapshot,
  type JobStatus,
  type JobSummary,
  type ProblemCode,
  type StartRequest,
  type StreamEvent,
} from "@simstream/protocol"
import { complete, type Script, type ScriptStep } from "./script.ts"

/** How a fake server answers. */
export interface FakeServerOptions {
  /** Where it claims to be; "https://simstream.test/api" by default. */
  readonly url?: string
  /** How often it lets hear of itself while nothing happens, in milliseconds; 8000 by default. */
  readonly heartbeatMs?: number
  /** What a job does that is started; it completes at once by default. */
  readonly onStart?: (request: StartRequest) => Script
}

/** A request that was made. */
export interface FakeServerRequest {
  /** As it was asked with: `POST`. */
  readonly method: string
  /** Below the server's address: "/job_1/stream". */
  readonly path: string
  /** As they were sent. */
  readonly headers: Headers
  /** The JSON that was sent; `undefined` when there was none. */
  readonly body: unknown
}

/** A job of a fake server. */
export interface FakeJob {
  /** What to give to `events`, `watch` or the hooks. */
  readonly jobId: string
  /** Its snapshot now: for an `initialSnapshot`, say. */
  readonly snapshot: () => JobSnapshot
  /** How many streams of it are open. */
  readonly streams: () => number
  /** Adds steps at the end of its script. */
  readonly add: (...steps: Script) => void
}

/** A server without a network. */
export interface FakeServer {
  /** For `createClient({ url: server.url, fetch: server.fetch })`. */
  readonly url: string
  /** Goes into the client's `fetch`; it answers from the scripts. */
  readonly fetch: typeof fetch
  /** Adds a job that follows a script. It runs while somebody is connected to its stream. */
  readonly job: (
    script: Script,
    fields?: {
      readonly jobId?: string
      readonly simulation?: string
      /** What the job says that it was started with, where it matters. */
      readonly request?: Partial<JobRequest>
    },
  ) => FakeJob
  /** Every request so far, in order. */
  readonly requests: ReadonlyArray<FakeServerRequest>
}

interface Published {
  readonly event: JobEvent
  readonly revision: number
}

interface OpenStream {
  readonly send: (text: string) => void
  readonly close: () => void
  readonly break: () => void
  silent: boolean
}

const HEARTBEAT_MS = 8000

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } })

const refusalOf = (code: ProblemCode, detail: string) =>
  json(problem(code, detail), PROBLEMS[code].status, { "content-type": PROBLEM_TYPE })

const bare = <Event extends { readonly type: string }>(
  event: Event | undefined,
): Omit<Event, "type"> | null => {
  if (event === undefined) return null
  const { type: _type, ...content } = event
  return content
}

/** With every default filled in, as a server does it. */
const requestOf = ({
  simulation = "simulation",
  config = {},
  iterations = 100,
  seed = "1",
  stop = {},
}: Partial<StartRequest>): JobRequest => ({ simulation, config, iterations, seed: String(seed), stop })

/** The job of a fake server, and what the server does with it. */
const createJob = (jobId: string, request: JobRequest, steps: Array<ScriptStep>, heartbeatMs: number) => {
  const streams = new Set<OpenStream>()
  const newest = new Map<string, Published>()
  const startedAt = new Date().toISOString()
  let status: JobStatus = "queued"
  let revision = 0
  let isPlaying = false

  const eventOf = <Type extends JobEvent["type"]>(type: Type) =>
    newest.get(type)?.event as Extract<JobEvent, { type: Type }> | undefined

  const snapshot = (): JobSnapshot => {
    return {
      jobId,
      simulation: request.simulation,
      status,
      request,
      createdAt: startedAt,
      startedAt: status === "queued" ? null : startedAt,
      endedAt: isFinalStatus(status) ? startedAt : null,
      progress: bare(eventOf("progress")),
      partial: bare(eventOf("partial")),
      result: bare(eventOf("complete")),
      error: bare(eventOf("error")),
      lastEventId: revision === 0 ? null : formatEventId(jobId, revision),
    }
  }

  const frameOf = ({ event, revision: own }: Published) =>
    encodeFrame({ event: event.type, id: formatEventId(jobId, own), data: JSON.stringify(event) })

  const closeAll = (how: "close" | "break") => {
    for (const stream of Array.from(streams)) stream[how]()
  }

  const publish = (event: JobEvent) => {
    const published = { event, revision: ++revision }
    newest.delete(event.type)
    newest.set(event.type, published)
    status =
      event.type === "complete"
        ? "completed"
        : event.type === "error"
          ? "failed"
          : event.type === "cancelled"
            ? "cancelled"
            : "running"
    for (const stream of streams) if (!stream.silent) stream.send(frameOf(published))
    if (isTerminalEvent(event)) closeAll("close")
  }

  /** Whether somebody hears what happens. */
  const isHeard = () => Array.from(streams).some(({ silent }) => !silent)

  const play = async () => {
    if (isPlaying) return
    isPlaying = true
    while (isHeard() && !isFinalStatus(status)) {
      const [next] = steps
      if (next === undefined) break
      // It waits for the next request
      if (next.step === "refuse") {
        closeAll("break")
        break
      }
      steps.shift()
      if (next.step === "event") publish(next.event)
      if (next.step === "wait") await new Promise((resolve) => setTimeout(resolve, next.ms))
      if (next.step === "drop") closeAll("break")
      if (next.step === "end") closeAll("close")
      if (next.step === "stall") for (const stream of streams) stream.silent = true
    }
    isPlaying = false
  }

  /** With nobody on the stream, a read of the snapshot moves the job on to its next event. */
  const advance = () => {
    if (streams.size > 0 || isPlaying || isFinalStatus(status)) return
    for (let next = steps.shift(); next !== undefined; next = steps.shift()) {
      if (next.step === "event") return publish(next.event)
    }
  }

  const open = (cursor: string | null, signal: AbortSignal | undefined): Response => {
    const [next] = steps
    if (next?.step === "refuse") {
      steps.shift()
      const body = next.status === 204 || next.status === 304 ? null : next.body
      return new Response(body, { status: next.status, headers: next.headers })
    }
    const seen = revisionOf(jobId, cursor)
    if (isFinalStatus(status) && seen === revision) return new Response(null, { status: 204 })
    if (status === "queued") status = "running"
    const encoder = new TextEncoder()
    const unread: Array<string> = []
    let over: (() => void) | undefined
    let wakeReader: (() => void) | undefined
    const changed = () => wakeReader?.()
    const leave = (how: () => void) => () => {
      if (!streams.delete(stream)) return
      clearInterval(beat)
      over = how
      changed()
    }
    const stream: OpenStream = {
      silent: false,
      send: (text) => {
        unread.push(text)
        changed()
      },
      close: leave(() => controller?.close()),
      break: leave(() => controller?.error(new TypeError("network error"))),
    }
    const beat = setInterval(() => {
      if (!stream.silent) stream.send(encodeComment("heartbeat"))
    }, heartbeatMs)
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined
    const body = new ReadableStream<Uint8Array>(
      {
        start: (own) => {
          controller = own
        },
        // What was sent before an end is read before it, broken or not: a script is to be followed to the letter
        pull: async (own) => {
          if (unread.length === 0 && over === undefined) {
            await new Promise<void>((resume) => (wakeReader = resume))
          }
          const text = unread.shift()
          if (text === undefined) over?.()
          else own.enqueue(encoder.encode(text))
        },
        cancel: leave(() => {}),
      },
      { highWaterMark: 0 },
    )
    streams.add(stream)
    signal?.addEventListener("abort", () => {
      leave(() => {})()
      controller?.error(signal.reason)
    })
    const connected: StreamEvent = {
      type: "connected",
      jobId,
      status,
      heartbeatMs,
      protocol: PROTOCOL_VERSION,
    }
    stream.send(encodeFrame({ event: connected.type, data: JSON.stringify(connected) }))
    for (const published of newest.values()) if (published.revision > seen) stream.send(frameOf(published))
    if (isFinalStatus(status)) stream.close()
    else void play()
    return new Response(body, { headers: { "content-type": EVENT_STREAM_TYPE } })
  }

  const job: FakeJob = {
    jobId,
    snapshot,
    streams: () => streams.size,
    add: (...more) => {
      steps.push(...more)
      void play()
    },
  }
  return { job, open, publish, advance, isOver: () => isFinalStatus(status) }
}

/**
 * Makes a fake server.
 *
 * @example
 * ```ts
 * const server = createFakeServer()
 * const client = createClient({ url: server.url, fetch: server.fetch })
 * const { jobId } = server.job([progress(10), drop(), refuse(503, { "retry-after": "1" }), progress(60), complete()])
 *
 * const types = []
 * for await (const { type } of client.events(jobId)) types.push(type)
 * // connected, progress, connected, progress, complete
 * ```
 */
export const createFakeServer = ({
  url = "https://simstream.test/api",
  heartbeatMs = HEARTBEAT_MS,
  onStart = () => [complete()],
}: FakeServerOptions = {}): FakeServer => {
  const jobs = new Map<string, ReturnType<typeof createJob>>()
  const started = new Map<string, string>()
  const requests: Array<FakeServerRequest> = []

  const add = (script: Script, request: Partial<StartRequest>, jobId = `job_${jobs.size + 1}`) => {
    const created = createJob(jobId, requestOf(request), [...script], heartbeatMs)
    jobs.set(jobId, created)
    return created.job
  }

  const start = (headers: Headers, body: StartRequest) => {
    const key = headers.get(IDEMPOTENCY_KEY_HEADER) ?? ""
    const known = started.get(key)
    if (known !== undefined) return json({ jobId: known, status: "queued" })
    const { jobId } = add(onStart(body), body)
    if (key !== "") started.set(key, jobId)
    return json({ jobId, status: "queued" }, 202)
  }

  const list = () => {
    const summaries = Array.from(jobs.values(), ({ job }): JobSummary => {
      const { request: _request, partial: _partial, result: _result, ...summary } = job.snapshot()
      return summary
    })
    return json({ jobs: summaries.reverse(), nextCursor: null })
  }

  const answer = (
    { method, path, headers, body }: FakeServerRequest,
    signal: AbortSignal | undefined,
  ): Response => {
    if (path === "" || path.startsWith("?")) {
      return method === "POST" ? start(headers, body as StartRequest) : list()
    }
    const [, jobId = "", tail] = path.split("/")
    const job = jobs.get(decodeURIComponent(jobId))
    if (job === undefined) return refusalOf("job_not_found", `There is no job ${jobId}.`)
    if (tail === "stream") return job.open(headers.get(LAST_EVENT_ID_HEADER), signal)
    if (method === "DELETE") {
      if (job.isOver()) return refusalOf("job_ended", `Job ${jobId} has ended.`)
      job.publish({ type: "cancelled" })
      return json({ jobId, status: "cancelled" }, 202)
    }
    job.advance()
    return json(job.job.snapshot())
  }

  return {
    url,
    requests,
    job: (script, { jobId, simulation = "simulation", request } = {}) =>
      add(script, { simulation, ...request }, jobId),
    fetch: async (input, init = {}) => {
      const signal = init.signal ?? undefined
      signal?.throwIfAborted()
      const address = input instanceof Request ? input.url : String(input)
      const request: FakeServerRequest = {
        method: init.method ?? "GET",
        path: address.slice(url.length),
        headers: new Headers(init.headers),
        body: typeof init.body === "string" ? JSON.parse(init.body) : undefined,
      }
      requests.push(request)
      return answer(request, signal)
    },
  }
}
