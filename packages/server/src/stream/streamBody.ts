/** A connection as the body of a `Response`, and as itself for an adapter that can write to the socket. */
import { streamHeaders } from "../http/headers.ts"
import type { Connection, Sink } from "./connection.ts"
import type { StreamFormat } from "./format.ts"
import type { Bytes } from "./source.ts"

const connections = new WeakMap<Response, Connection>()
const directRequests = new WeakSet<Request>()

/**
 * Says that whoever made this request can write to its socket: a stream in answer to it comes without a body, and its
 * connection is to be had by `connectionOf`.
 */
export const markDirect = (request: Request): Request => {
  directRequests.add(request)
  return request
}

/** The connection behind an answer to a request that was marked; `undefined` when the answer is no stream. */
export const connectionOf = (response: Response): Connection | undefined => connections.get(response)

/** Answers a request with a stream, which closes with the request's signal or the body's `cancel`, whichever is called. */
export const streamingResponse = (
  request: Request,
  connection: Connection,
  format: StreamFormat,
  headers: Readonly<Record<string, string>> = {},
): Response => {
  const init = { headers: { ...streamHeaders(format.contentType), ...headers } }
  if (directRequests.has(request)) {
    const response = new Response(null, init)
    connections.set(response, connection)
    return response
  }
  const body = new ConnectionBody(connection, request.signal)
  return new Response(new ReadableStream<Bytes>(body, { highWaterMark: 0 }), init)
}

/**
 * The source of a body. It is pulled and never queues: with a high-water mark of 0 `pull` is called when there is a
 * reader waiting, who is written to then or later.
 */
class ConnectionBody implements Sink, UnderlyingDefaultSource<Bytes> {
  readonly #connection: Connection
  readonly #signal: AbortSignal
  #controller: ReadableStreamDefaultController<Bytes> | undefined = undefined

  constructor(connection: Connection, signal: AbortSignal) {
    this.#connection = connection
    this.#signal = signal
    connection.attach(this)
    signal.addEventListener("abort", this.#abort)
  }

  start(controller: ReadableStreamDefaultController<Bytes>): void {
    this.#controller = controller
  }

  pull(): void {
    this.#connection.ready()
  }

  cancel(): void {
    this.#signal.removeEventListener("abort", this.#abort)
    this.#connection.close()
  }

  write(bytes: Bytes): boolean {
    this.#controller?.enqueue(bytes)
    return false
  }

  end(): void {
    this.#signal.removeEventListener("abort", this.#abort)
    this.#controller?.close()
  }

  drop(): void {
    this.end()
  }

  readonly #abort = () => {
    this.#connection.close()
    this.end()
  }
}
