/** The handler for Node's own `http`, and for what is built on it: Express, Fastify, Koa. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http"
import type { Handler } from "./createHandler.ts"
import { headOf } from "./http/headers.ts"
import { problemResponse, RequestProblem } from "./http/problems.ts"
import { type Connection, PART_LIMIT, type Sink } from "./stream/connection.ts"
import type { Bytes } from "./stream/source.ts"
import { connectionOf, markDirect } from "./stream/streamBody.ts"

/** What Express and its like add to a request. */
interface FrameworkRequest {
  /** The path before a router took its own part off. */
  readonly originalUrl?: string
  /** What a body parser made of the body. */
  readonly body?: unknown
}

/** Answers a request of `node:http`. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Makes a `node:http` listener of a handler, or of any function from a `Request` to a `Response`. The streams of
 * `createHandler` are written to the socket itself and not through a web stream, and stop when it is full.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http"
 * import { createHandler, toNodeHandler } from "@simstream/server"
 *
 * createServer(toNodeHandler(createHandler({ jobs }))).listen(3000)
 * // Express: app.use("/api/simulations", toNodeHandler(handler))
 * // Fastify: app.all("/api/simulations/*", (request, reply) => {
 * //   reply.hijack()
 * //   nodeHandler(Object.assign(request.raw, { body: request.body }), reply.raw)
 * // })
 * ```
 */
export const toNodeHandler =
  (handler: (request: Request) => Promise<Response>): NodeHandler =>
  (incoming, outgoing) => {
    respond(handler, incoming, outgoing).catch((error: unknown) => {
      // The handler answers its own errors; what comes here is a socket that broke, or a response that could not be sent.
      outgoing.destroy(error instanceof Error ? error : new Error(String(error)))
    })
  }

const respond = async (
  handler: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> => {
  const controller = new AbortController()
  const { signal } = controller
  const abort = () => {
    if (!outgoing.writableFinished) controller.abort()
  }
  outgoing.on("close", abort)
  const request = toRequest(incoming, signal)
  if (request === null) {
    await send(problemResponse(NO_REQUEST), outgoing, signal)
    return
  }
  // Another function may make another response of a stream's, and so needs one with a body.
  const response = await handler(isHandler(handler) ? markDirect(request) : request)
  // What was not read of the request is thrown away, for the next one on this connection is behind it.
  if (!request.bodyUsed) request.body?.cancel().catch(() => undefined)
  const connection = connectionOf(response)
  // The client has gone, or somebody else has answered by now: a middleware with a time limit, say.
  if (signal.aborted || outgoing.headersSent) {
    connection?.close()
    await response.body?.cancel()
    return
  }
  if (connection === undefined) {
    // Node would take what is written and send none of it, and what has no end would be written for ever.
    await send(request.method === "HEAD" ? headOf(response) : response, outgoing, signal)
  } else {
    outgoing.writeHead(response.status, headersOf(response))
    // A stream is told by itself; the controller and the request behind it would be kept for as long as it is open.
    outgoing.off("close", abort)
    writeStream(connection, outgoing)
  }
}

const send = async (response: Response, outgoing: ServerResponse, signal: AbortSignal): Promise<void> => {
  outgoing.writeHead(response.status, headersOf(response))
  await writeBody(response, outgoing, signal)
}

const headersOf = ({ headers }: Response): OutgoingHttpHeaders => {
  const cookies = headers.getSetCookie()
  return { ...Object.fromEntries(headers), ...(cookies.length === 0 ? {} : { "set-cookie": cookies }) }
}

const isHandler = (handler: (request: Request) => Promise<Response>): handler is Handler => "drain" in handler

const NO_REQUEST = new RequestProblem("malformed_request", "The method or the address can't be answered.")

/** The request; `null` for what can be sent and can be no `Request`: the method TRACE, an address with a password. */
const toRequest = (incoming: IncomingMessage, signal: AbortSignal): Request | null => {
  try {
    return requestOf(incoming, signal)
  } catch {
    return null
  }
}

const requestOf = (incoming: IncomingMessage & FrameworkRequest, signal: AbortSignal): Request => {
  const { method = "GET", originalUrl = incoming.url ?? "/" } = incoming
  // Not `incoming.headers`, which would be made, and kept with it.
  const headers = toHeaders(incoming)
  const url = urlOf(originalUrl, headers.get("host") ?? "localhost")
  const init: RequestInit = { method, headers, signal }
  if (method === "GET" || method === "HEAD") return new Request(url, init)
  const parsed = incoming.body
  if (incoming.readableEnded && parsed !== undefined) {
    return new Request(url, { ...init, body: asSent(parsed) })
  }
  return new Request(url, { ...init, body: bodyOf(incoming), duplex: "half" } as RequestInit)
}

/** What a body parser has made of a body: the body again. */
const asSent = (parsed: unknown): string | Uint8Array<ArrayBuffer> => {
  if (typeof parsed === "string") return parsed
  return parsed instanceof Uint8Array ? new Uint8Array(parsed) : JSON.stringify(parsed)
}

/** A path is put behind the host and not resolved against it, for "//a/b" would be another host's. */
const urlOf = (target: string, host: string): URL => {
  const origin = URL.canParse(`http://${host}`) ? `http://${host}` : "http://localhost"
  return target.startsWith("/") ? new URL(origin + target) : new URL(target, origin)
}

/** The body, read as it is asked for. When it is given up the rest is thrown away, so that the answer can be sent. */
const bodyOf = (incoming: IncomingMessage): ReadableStream<Uint8Array> =>
  new ReadableStream<Uint8Array>({
    start: (controller) => {
      if (incoming.readableEnded) {
        // It would never end.
        controller.error(new Error("it was read before; what was read must be handed on as request.body."))
        return
      }
      incoming.pause()
      incoming.on("data", (chunk: Uint8Array) => {
        controller.enqueue(chunk)
        incoming.pause()
      })
      incoming.on("end", () => controller.close())
      incoming.on("error", (error) => controller.error(error))
    },
    pull: () => void incoming.resume(),
    cancel: () => {
      incoming.removeAllListeners("data")
      incoming.removeAllListeners("end")
      incoming.resume()
    },
  })

const toHeaders = (incoming: IncomingMessage): Headers => {
  const headers = new Headers()
  const { rawHeaders } = incoming
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ""
    // HTTP/2's own fields, such as ":path", are no headers.
    if (!name.startsWith(":")) headers.append(name, rawHeaders[at + 1] ?? "")
  }
  // A body parser may have decompressed the body; its length is what is sent on.
  if ("body" in incoming) headers.delete("content-length")
  return headers
}

/**
 * What may wait in the process for a client that does not read, in bytes, beside one event. A socket's own high-water
 * mark is four times that, and most streams write less than this at a time.
 */
const KEPT_LIMIT = 16_384

const writeStream = (connection: Connection, outgoing: ServerResponse): void => {
  outgoing.on("close", () => connection.close())
  connection.attach(new NodeSink(connection, outgoing))
  outgoing.flushHeaders()
  connection.ready()
}

/** Writes a stream to its socket. */
class NodeSink implements Sink {
  readonly #connection: Connection
  readonly #outgoing: ServerResponse & { readonly flush?: () => void }
  /** At most so many bytes wait to be sent: what was sent since they were counted is not taken off. */
  #waiting = 0

  constructor(connection: Connection, outgoing: ServerResponse) {
    this.#connection = connection
    this.#outgoing = outgoing
  }

  write(bytes: Bytes): boolean {
    const outgoing = this.#outgoing
    if (outgoing.writableEnded) {
      // Somebody else has ended it. Nobody listens for the error that a write would be.
      this.#connection.close()
      return false
    }
    this.#waiting += bytes.length
    // Counting costs some of what writing does, and most clients keep up.
    if (this.#waiting >= KEPT_LIMIT) this.#waiting = outgoing.writableLength + bytes.length
    const hasRoom = this.#waiting < KEPT_LIMIT
    if (hasRoom) outgoing.write(bytes)
    else outgoing.write(bytes, () => this.#connection.ready())
    // A compressing middleware that disregards `no-transform` keeps what is written until it is told to let it go.
    outgoing.flush?.()
    return hasRoom
  }

  end(): void {
    this.#outgoing.end()
  }

  drop(): void {
    this.#outgoing.destroy()
  }
}

/** A client that takes nothing of an answer for so long is dropped, in milliseconds: as long as one of a stream, by default. */
const WRITE_TIMEOUT_MS = 30_000

const writeBody = async (
  response: Response,
  outgoing: ServerResponse,
  signal: AbortSignal,
): Promise<void> => {
  if (response.body === null) {
    outgoing.end()
    return
  }
  for await (const chunk of readAll(response.body)) {
    for (let at = 0; at < chunk.length; at += PART_LIMIT) {
      if (signal.aborted || outgoing.writableEnded) return
      if (!outgoing.write(chunk.subarray(at, at + PART_LIMIT))) await drained(outgoing)
    }
  }
  outgoing.end()
}

/** Waits until the client has taken what was written. One that takes nothing for too long is dropped. */
const drained = (outgoing: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => outgoing.destroy(), WRITE_TIMEOUT_MS)
    const settle = () => {
      clearTimeout(timer)
      outgoing.off("drain", settle)
      outgoing.off("close", settle)
      resolve()
    }
    outgoing.on("drain", settle)
    outgoing.on("close", settle)
  })

async function* readAll(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel()
  }
}
