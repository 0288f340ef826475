/** One job's events by the address of its stream: as an iterator and as callbacks, over one connection. */
import type { Outputs, StreamEvent } from "@simstream/protocol"
import { createConnection, type Connection } from "./connection/driver.ts"
import { eventsSource } from "./connection/events.ts"
import type { ClientError } from "./errors.ts"
import { notify } from "./notify.ts"
import type { EventStream, StreamOptions } from "./options.ts"

/**
 * Opens a job's stream.
 *
 * @example
 * ```ts
 * for await (const event of openStream("/api/simulations/job_9f3c/stream")) {
 *   if (event.type === "progress") console.log(event.percentage)
 *   if (event.type === "complete") console.log(event.stats)
 * }
 * ```
 *
 * The loop ends after the job's last event, whichever that is, and throws a `ClientError` when that can't be had, or the
 * signal's `reason` when it was aborted.
 */
export const openStream = <O extends Outputs = Outputs>(
  url: string | URL,
  options: StreamOptions<O> = {},
): EventStream<O> => {
  const { signal, onEvent, onError, onConnection, onEnd } = options

  /** The newest event of each kind that was not taken yet, oldest first: at most six. */
  let pending: Array<StreamEvent<O>> = []
  /** Readers that wait for something to happen. */
  const waiting: Array<() => void> = []
  let connection: Connection | undefined
  let isOver = false
  /** Whether events are kept for the iterator. With callbacks they are once it is in use. */
  let isRead = onEvent === undefined
  /** What the next reader is to be thrown. */
  let thrown: { readonly reason: unknown } | undefined

  const changed = () => {
    while (waiting.length > 0) waiting.shift()?.()
  }

  const finish = (error?: ClientError) => {
    if (isOver) return
    isOver = true
    if (error) thrown = { reason: error }
    if (signal?.aborted) {
      pending = []
      thrown = { reason: signal.reason }
    }
    changed()
    notify(onEnd, thrown?.reason)
  }

  const open = () => {
    if (isOver) return
    connection ??= createConnection(eventsSource(url, options), {
      event: (event) => {
        if (isRead) {
          // In place of one of its kind, but last: what is newest comes last
          pending = pending.filter(({ type }) => type !== event.type)
          pending.push(event)
          changed()
        }
        onEvent?.(event)
      },
      error: onError,
      connection: onConnection,
      end: finish,
    })
  }

  const close = () => {
    pending = []
    finish()
    connection?.close()
  }

  if (onEvent) open()

  return {
    get lastEventId() {
      return connection?.state().cursor ?? options.lastEventId ?? ""
    },
    close,
    next: async () => {
      isRead = true
      open()
      for (;;) {
        const value = pending.shift()
        if (value) return { value, done: false }
        if (isOver) {
          const how = thrown
          thrown = undefined
          if (how) throw how.reason
          return { value, done: true }
        }
        await new Promise<void>((resume) => waiting.push(resume))
      }
    },
    return: async () => {
      close()
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]() {
      return this
    },
    [Symbol.asyncDispose]: async () => close(),
  }
}
