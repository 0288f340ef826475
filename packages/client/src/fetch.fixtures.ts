// A `fetch` whose every request is answered by hand, and the events to answer with.
import {
  encodeFrame,
  formatEventId,
  PROTOCOL_VERSION,
  type CompleteEvent,
  type ConnectedEvent,
  type JobSnapshot,
  type PartialEvent,
  type ProgressEvent,
  type StreamEvent,
} from "@simstream/protocol"

export const jobId = "job_9f3c"

export const connected = (fields: Partial<ConnectedEvent> = {}): ConnectedEvent => ({
  type: "connected",
  jobId,
  status: "running",
  heartbeatMs: 8000,
  protocol: PROTOCOL_VERSION,
  ...fields,
})

export const progress = (current: number, fields: Partial<ProgressEvent> = {}): ProgressEvent => ({
  type: "progress",
  current,
  total: 100,
  percentage: current,
  elapsedMs: current * 10,
  ratePerSecond: 100,
  etaMs: 1000 - current * 10,
  ...fields,
})

export const partial = (mean: number): PartialEvent => ({ type: "partial", stats: { dps: { mean } } })

export const complete = (fields: Partial<CompleteEvent> = {}): CompleteEvent => ({
  type: "complete",
  stats: { dps: { mean: 42 } },
  timeline: {},
  charts: {},
  iterations: 100,
  seed: "7",
  stopReason: "iterations",
  elapsedMs: 1000,
  failures: { count: 0, examples: [] },
  digest: "d1",
  schemaVersion: 1,
  ...fields,
})

const { type: _, ...completeResult } = complete()
/** The result that `complete()` carries. */
export const result = completeResult

export const snapshot = (fields: Partial<JobSnapshot> = {}): JobSnapshot => ({
  jobId,
  simulation: "dice",
  status: "running",
  request: { simulation: "dice", config: { count: 2 }, iterations: 100, seed: "7", stop: {} },
  createdAt: "2026-01-01T00:00:00.000Z",
  startedAt: "2026-01-01T00:00:00.000Z",
  endedAt: null,
  progress: null,
  partial: null,
  result: null,
  error: null,
  lastEventId: null,
  ...fields,
})

/** An event as it stands on the wire; with an id unless its revision is left out. */
export const frame = (event: StreamEvent, revision?: number): string =>
  encodeFrame({
    event: event.type,
    data: JSON.stringify(event),
    ...(revision === undefined ? {} : { id: formatEventId(jobId, revision) }),
  })

/** A request that waits for its answer. */
export interface FakeRequest {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly body: unknown
  readonly signal: AbortSignal
  readonly respond: (response: Response) => void
  readonly json: (body: unknown, init?: ResponseInit) => void
  /** Answers with a stream, to write to. */
  readonly stream: (init?: ResponseInit) => FakeStream
  /** There is no answer. */
  readonly fail: (error?: Error) => void
}

export interface FakeStream {
  readonly write: (...texts: ReadonlyArray<string>) => void
  readonly end: () => void
  readonly cut: (error?: Error) => void
}

export interface FakeFetch {
  readonly fetch: typeof fetch
  /** Every request so far. */
  readonly requests: ReadonlyArray<FakeRequest>
  /** The request with this number, from 0, once it is made. */
  readonly request: (index: number) => Promise<FakeRequest>
}

/** Makes a `fetch` that is answered by hand. It heeds abort as the real one does. */
export const fakeFetch = (): FakeFetch => {
  const requests: Array<FakeRequest> = []
  let arrived: Array<() => void> = []

  const fetch: typeof globalThis.fetch = (input, init = {}) =>
    new Promise<Response>((resolve, reject) => {
      const signal = init.signal ?? new AbortController().signal
      if (signal.aborted) return reject(signal.reason)
      signal.addEventListener("abort", () => reject(signal.reason))
      const url = input instanceof Request ? input.url : String(input)
      const respond = (response: Response) => {
        Object.defineProperty(response, "url", { value: url })
        resolve(response)
      }
      requests.push({
        url,
        method: init.method ?? "GET",
        headers: new Headers(init.headers),
        body: typeof init.body === "string" ? JSON.parse(init.body) : undefined,
        signal,
        respond,
        json: (body, options) => respond(Response.json(body, options)),
        fail: (error = new TypeError("fetch failed")) => reject(error),
        stream: (options = {}) => {
          let controller: ReadableStreamDefaultController<Uint8Array> | undefined
          const body = new ReadableStream<Uint8Array>({ start: (own) => void (controller = own) })
          signal.addEventListener("abort", () => controller?.error(signal.reason))
          const headers = { "content-type": "text/event-stream", ...options.headers }
          respond(new Response(body, { ...options, headers }))
          return {
            write: (...texts) => {
              for (const text of texts) controller?.enqueue(new TextEncoder().encode(text))
            },
            end: () => controller?.close(),
            cut: (error = new TypeError("terminated")) => controller?.error(error),
          }
        },
      })
      for (const resume of arrived) resume()
      arrived = []
    })

  const request = async (index: number): Promise<FakeRequest> => {
    for (;;) {
      const made = requests[index]
      if (made !== undefined) return made
      await new Promise<void>((resume) => arrived.push(resume))
    }
  }

  return { fetch, requests, request }
}
