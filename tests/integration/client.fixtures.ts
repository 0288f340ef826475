// A server of one recorded job and a proxy that spoils it, both on real sockets.
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net"
import {
  encodeFrame,
  formatEventId,
  revisionOf,
  type CompleteEvent,
  type JobEvent,
  type JobSnapshot,
  type StreamEvent,
} from "@simstream/protocol"

export const jobId = "job_recorded"

const complete: CompleteEvent = {
  type: "complete",
  stats: { dps: { mean: 42.5 }, "naïve — ✓": 1 },
  timeline: {},
  charts: {},
  iterations: 400,
  seed: "7",
  stopReason: "iterations",
  elapsedMs: 400,
  failures: { count: 0, examples: [] },
  digest: "0123456789abcdef",
  schemaVersion: 1,
}

/** What the job published, in order. */
export const recording: ReadonlyArray<JobEvent> = [
  ...[1, 2, 3].flatMap((i): ReadonlyArray<JobEvent> => [
    {
      type: "progress",
      current: i * 100,
      total: 400,
      percentage: i * 25,
      elapsedMs: i * 100,
      ratePerSecond: 1000,
      etaMs: 400 - i * 100,
    },
    { type: "partial", stats: { dps: { mean: 40 + i } } },
  ]),
  complete,
]

const { type: _type, ...content } = complete
/** The result of the recorded job. */
export const result = content

/** The recorded events behind a revision, as they stand on the wire. */
export const framesAfter = (revision: number): ReadonlyArray<string> =>
  recording
    .map((event, index) => ({ event, id: index + 1 }))
    .filter(({ id }) => id > revision)
    .map(({ event, id }) =>
      encodeFrame({ event: event.type, id: formatEventId(jobId, id), data: JSON.stringify(event) }),
    )

/** The first event of a connection. A heartbeat that is so frequent makes for the shortest silence that is too long. */
export const connectedFrame = (heartbeatMs = 10): string => {
  const event: StreamEvent = { type: "connected", jobId, status: "running", heartbeatMs, protocol: 1 }
  return encodeFrame({ event: "connected", data: JSON.stringify(event) })
}

const snapshot: JobSnapshot = {
  jobId,
  simulation: "recorded",
  status: "completed",
  request: { simulation: "recorded", config: {}, iterations: 100, seed: "7", stop: {} },
  createdAt: "2026-01-01T00:00:00.000Z",
  startedAt: "2026-01-01T00:00:00.000Z",
  endedAt: "2026-01-01T00:00:01.000Z",
  progress: null,
  partial: null,
  result,
  error: null,
  lastEventId: formatEventId(jobId, recording.length),
}

/** Answers a request for a stream; by default with all of it that is new to the client, at once. */
export type AnswerStream = (response: ServerResponse, revision: number, request: IncomingMessage) => unknown

export const answerAll: AnswerStream = (response, revision) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.end(connectedFrame() + framesAfter(revision).join(""))
}

/** A server that was started. */
export interface RecordedServer extends AsyncDisposable {
  readonly port: number
  /** What was asked, in order: `GET /api/job_recorded/stream 3-orded`. */
  readonly asked: Array<string>
  /** The jobs that were started, by idempotency key. */
  readonly started: ReadonlyMap<string, string>
  /** Requests for a stream. */
  readonly streams: () => number
}

export interface RecordedServerOptions {
  readonly port?: number
  readonly stream?: AnswerStream
  /** Looks at every request first; `true` when it has answered it. */
  readonly before?: (request: IncomingMessage, response: ServerResponse) => boolean
}

/** Serves the recorded job under `/api`. */
export const serveRecording = async ({
  port = 0,
  stream = answerAll,
  before = () => false,
}: RecordedServerOptions = {}): Promise<RecordedServer> => {
  const asked: Array<string> = []
  const started = new Map<string, string>()
  let streams = 0
  const server = createServer((request, response) => {
    const { method = "", url = "" } = request
    const cursor = request.headers["last-event-id"] ?? ""
    asked.push(`${method} ${url} ${String(cursor)}`.trimEnd())
    if (url.endsWith("/stream")) streams++
    if (before(request, response)) return
    const json = (status: number, body: unknown) => {
      // An answer ends with its connection, which is how a proxy that buffers knows that it has all of it
      const headers = { "content-type": "application/json", connection: "close" }
      response.writeHead(status, headers).end(JSON.stringify(body))
    }
    if (method === "POST") {
      const key = String(request.headers["idempotency-key"])
      request.resume().on("end", () => {
        const status = started.has(key) ? 200 : 202
        started.set(key, started.get(key) ?? `job_${started.size + 1}`)
        json(status, { jobId: started.get(key), status: "queued" })
      })
    } else if (url.endsWith("/stream")) {
      const revision = revisionOf(jobId, String(cursor))
      if (revision === recording.length) response.writeHead(204).end()
      else stream(response, revision, request)
    } else {
      json(200, snapshot)
    }
  })
  server.listen(port, "127.0.0.1")
  await once(server, "listening")
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    started,
    streams: () => streams,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close")
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** What a proxy does to a connection: `down` is from the server to the client, `up` the other way. */
export interface Fault {
  readonly down?: Mangle
  readonly up?: Mangle
}

/** Hands on what it is given, or something else, or nothing. */
export type Mangle = (chunk: Buffer, to: Socket, from: Socket) => void

export interface Proxy extends AsyncDisposable {
  readonly origin: string
  readonly connections: () => number
}

/** A TCP proxy to a port of this machine. `fault` says what is wrong with the connection of that number, from 0. */
export const proxyTo = async (port: () => number, fault: (connection: number) => Fault): Promise<Proxy> => {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createTcpServer((client) => {
    const { down = pass(), up = pass() } = fault(connections++)
    const upstream = connect(port(), "127.0.0.1")
    for (const [from, to, mangle] of [
      [client, upstream, up],
      [upstream, client, down],
    ] as const) {
      sockets.add(from)
      from.on("data", (chunk: Buffer) => mangle(chunk, to, from))
      from.on("end", () => to.end())
      // A socket that breaks takes the other along
      from.on("error", () => to.destroy())
      from.on("close", () => {
        sockets.delete(from)
        to.end()
      })
    }
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close")
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Nothing is wrong. */
export const pass = (): Mangle => (chunk, to) => void to.write(chunk)

/** Hands on so many bytes, then breaks the connection: with a reset, or with an orderly end. */
export const cutAfter = (bytes: number, how: "reset" | "end"): Mangle => {
  let left = bytes
  return (chunk, to, from) => {
    to.write(chunk.subarray(0, left))
    left -= chunk.length
    if (left > 0) return
    from.pause()
    if (how === "reset") to.resetAndDestroy()
    else to.end()
  }
}

/** Hands on so many bytes and then nothing, though the connection stays. */
export const stallAfter = (bytes: number): Mangle => {
  let left = bytes
  return (chunk, to) => {
    if (left > 0) to.write(chunk.subarray(0, left))
    left -= chunk.length
  }
}

/** Holds everything back until there is so much of it, as some proxies do; the end lets go of the rest. */
export const bufferUntil = (bytes: number): Mangle => {
  let held: Array<Buffer> = []
  let size = 0
  const flush = (to: Socket) => {
    for (const chunk of held) to.write(chunk)
    held = []
    size = 0
  }
  let isListening = false
  return (chunk, to, from) => {
    if (!isListening) {
      isListening = true
      from.prependListener("end", () => flush(to))
    }
    held.push(chunk)
    size += chunk.length
    if (size >= bytes) flush(to)
  }
}

/** Hands on one byte at a time, each in a segment of its own. */
export const drip = (): Mangle => {
  let queue = Promise.resolve()
  return (chunk, to, from) => {
    from.pause()
    to.setNoDelay(true)
    for (const byte of chunk) {
      queue = queue
        .then(() => new Promise<void>((written) => void to.write(Buffer.of(byte), () => written())))
        .then(() => new Promise<void>((turn) => void setImmediate(turn)))
    }
    queue = queue.then(() => void from.resume())
  }
}
