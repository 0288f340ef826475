/** A connection as the body of a `Response`, and as itself for an adapter that can write to the socket. */
import { streamHeaders } from "../http/headers.ts"
import {
  type Connection,
  type ConnectionEvents,
  type ConnectionTiming,
  openConnection,
} from "./connection.ts"
import type { StreamFormat } from "./format.ts"
import type { Bytes, OpenSource } from "./source.ts"

/** What a stream is made of. */
export interface StreamParts {
  readonly open: OpenSource
  readonly format: StreamFormat
  readonly timing: ConnectionTiming
  readonly on: ConnectionEvents
}

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
  { open, format, timing, on }: StreamParts,
  headers: Readonly<Record<string, string>> = {},
): { readonly response: Response; readonly connection: Connection } => {
  const init = { headers: { ...streamHeaders(format.contentType), ...headers } }
  if (directRequests.has(request)) {
    const connection = openConnection(open, format, timing, on)
    const response = new Response(null, init)
    connections.set(response, connection)
    return { response, connection }
  }
  const { signal } = request
  const connection = openConnection(open, format, timing, {
    ...on,
    close: () => {
      signal.removeEventListener("abort", abort)
      on.close()
    },
  })
  const { body, end } = bodyOf(connection)
  const abort = () => {
    connection.close()
    end()
  }
  signal.addEventListener("abort", abort)
  return { response: new Response(body, init), connection }
}

/** It is pulled and never queues: with a high-water mark of 0 `pull` is called when there is a reader waiting. */
const bodyOf = (
  connection: Connection,
): { readonly body: ReadableStream<Bytes>; readonly end: () => void } => {
  let pulled: (() => void) | undefined = undefined
  const settle = () => {
    pulled?.()
    pulled = undefined
  }
  let controller: ReadableStreamDefaultController<Bytes> | undefined = undefined
  const end = () => {
    controller?.close()
    settle()
  }
  connection.attach({
    write: (bytes) => {
      controller?.enqueue(bytes)
      settle()
      return false
    },
    end,
    drop: end,
  })
  const body = new ReadableStream<Bytes>(
    {
      start: (given) => {
        controller = given
      },
      pull: () =>
        new Promise<void>((resolve) => {
          pulled = resolve
          connection.ready()
        }),
      cancel: () => {
        connection.close()
        settle()
      },
    },
    { highWaterMark: 0 },
  )
  return { body, end }
}
