/** One job's events by the address of its stream: as an iterator and as callbacks, over one connection. */
import type { Outputs, StreamEvent } from "@simstream/protocol"
import { createConnection, type Connection } from "./connection/driver.ts"
import { eventsSource } from "./connection/events.ts"
import type { ClientError } from "./errors.ts"
import { notify } from "./notify.ts"
import type { ConnectionOptions, EventsOptions, EventStream } from "./options.ts"

/** How a stream is reached and read. */
export interface StreamOptions<O extends Outputs = Outputs> extends ConnectionOptions, EventsOptions<O> {
  /**
   * Where the job's snapshot is, for when streams are blocked or the job is over. By default the stream's own address
   * without its last segment, `/stream`; `null` for a stream that has none and is never polled.
   */
  readonly snapshotUrl?: string | URL | null
  /** The job's id, when it is known: events of another job are then refused from the first on. */
  readonly jobId?: string
}

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
  const { signal, jobId = "", lastEventId, onEvent, onError, onConnection, onEnd } = options
  const streamUrl = String(url)
  const { snapshotUrl = streamUrl.endsWith("/stream") ? streamUrl.slice(0, -"/stream".length) : null } =
    options

  /** The newest event of each kind that was not taken yet, oldest first: at most six. */
  let pending: Array<StreamEvent<O>> = []
  /** Readers that wait for something to happen. */
  const waiting: Array<() => void> = []
  let connection: Connection | undefined
  let isOver = false
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
    connection ??= createConnection(
      eventsSource(options, {
        streamUrl,
        snapshotUrl: snapshotUrl && String(snapshotUrl),
        jobId,
        cursor: lastEventId ?? "",
      }),
      {
        event: (event) => {
          // In place of one of its kind, but last: what is newest comes last
          if (pending[pending.length - 1]?.type === event.type) pending.pop()
          else pending = pending.filter(({ type }) => type !== event.type)
          pending.push(event)
          changed()
          notify(onEvent, event)
        },
        error: (error) => notify(onError, error),
        connection: (status, attempt) => notify(onConnection, status, attempt),
        end: finish,
      },
    )
  }

  const close = () => {
    pending = []
    finish()
    connection?.close()
  }

  if (onEvent) open()

  return {
    get lastEventId() {
      return connection?.state().cursor ?? lastEventId ?? ""
    },
    close,
    next: async () => {
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
