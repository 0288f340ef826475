/** A connection as the body of a `Response`. */
import { type Connection, type ConnectionTiming, openConnection } from "./connection.ts"
import type { StreamFormat } from "./format.ts"
import type { Bytes, OpenSource } from "./source.ts"

/**
 * The body, and its connection. It is pulled and never queues: with a high-water mark of 0 `pull` is called when there is
 * a reader waiting. The connection closes with the request's signal or the body's `cancel`, whichever a runtime calls.
 */
export const streamBody = (
  signal: AbortSignal,
  open: OpenSource,
  format: StreamFormat,
  timing: ConnectionTiming,
  on: { readonly close: () => void; readonly error: (error: unknown) => void },
): { readonly body: ReadableStream<Bytes>; readonly connection: Connection } => {
  let controller: ReadableStreamDefaultController<Bytes> | undefined = undefined
  let pulled: (() => void) | undefined = undefined
  const settle = () => {
    pulled?.()
    pulled = undefined
  }

  const end = () => {
    controller?.close()
    settle()
  }
  const connection = openConnection(
    open,
    {
      write: (bytes) => {
        controller?.enqueue(bytes)
        settle()
        return false
      },
      end,
      drop: end,
    },
    format,
    timing,
    {
      close: () => {
        signal.removeEventListener("abort", abort)
        on.close()
      },
      error: on.error,
    },
  )
  const abort = () => {
    connection.close()
    end()
  }
  signal.addEventListener("abort", abort)

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
  return { body, connection }
}
