/**
 * One client's stream: takes bytes from a source when the client can take them, keeps it alive while there are none, and
 * lets go of everything once, whichever way it ends.
 */
import type { StreamFormat } from "./format.ts"
import type { Bytes, OpenSource } from "./source.ts"

/** The writing end of a connection. */
export interface Sink {
  /** Sends bytes. Answers whether more can be taken at once; otherwise `ready` is called when it can. */
  readonly write: (bytes: Bytes) => boolean
  /** Ends the stream in order, as a client understands it. */
  readonly end: () => void
  /** Drops a client that no longer reads. */
  readonly drop: () => void
}

/** How a connection is kept. */
export interface ConnectionTiming {
  /** A heartbeat is sent after so long without anything else, in milliseconds. */
  readonly heartbeatMs: number
  /** A client that takes nothing for so long is dropped, in milliseconds. */
  readonly writeTimeoutMs: number
  /** The stream ends after so long, for the client to come again, in milliseconds. */
  readonly durationMs: number
  /** What the client is asked to wait before it does, in milliseconds. */
  readonly retryMs: number
}

/** A connection under way. */
export interface Connection {
  /** Says where to write. Nothing is subscribed to before that, for a client may be gone by then. */
  readonly attach: (sink: Sink) => void
  /** To be called when the client can take more. */
  readonly ready: () => void
  /** Ends the stream in order, with the hint to come again after so many milliseconds. */
  readonly finish: (retryMs: number) => void
  /** To be called when the client has gone. May be called again. */
  readonly close: () => void
}

/** What a connection tells. */
export interface ConnectionEvents {
  /** It is over; called once. */
  readonly close: () => void
  /** An event could not be encoded; the connection is over. */
  readonly error: (error: unknown) => void
}

/** Opens a connection. A client that never reads from it is dropped like one that stops. */
export const openConnection = (
  open: OpenSource,
  format: StreamFormat,
  timing: ConnectionTiming,
  on: ConnectionEvents,
): Connection => {
  let sink: Sink | undefined = undefined
  let source: ReturnType<OpenSource> | undefined = undefined
  let writable = false
  let closed = false
  let finishing: number | undefined = undefined
  let timer: ReturnType<typeof setTimeout> | undefined = undefined

  const close = () => {
    if (closed) return
    closed = true
    clearTimeout(timer)
    clearTimeout(lifetime)
    source?.close()
    on.close()
  }

  /** One timer serves both: an idle client is sent a heartbeat, one that takes nothing is dropped. */
  const watch = () => {
    clearTimeout(timer)
    if (closed) return
    timer = writable ? setTimeout(beat, timing.heartbeatMs) : setTimeout(drop, timing.writeTimeoutMs)
  }
  const beat = () => {
    if (sink !== undefined) write(sink, format.heartbeat)
  }
  const drop = () => {
    close()
    sink?.drop()
  }

  const write = (to: Sink, bytes: Bytes) => {
    writable = to.write(bytes)
    watch()
  }

  /** Called by whoever publishes, so it must not throw: an event that can't be encoded ends this stream and no more. */
  const flush = () => {
    try {
      if (sink !== undefined && source !== undefined) send(sink, source)
    } catch (error) {
      drop()
      on.error(error)
    }
  }

  const send = (to: Sink, from: ReturnType<OpenSource>) => {
    while (canSend()) {
      if (finishing !== undefined) {
        const farewell = format.retry(finishing)
        if (farewell.length > 0) to.write(farewell)
        close()
        to.end()
        return
      }
      const bytes = from.poll()
      if (bytes !== undefined) {
        write(to, bytes)
      } else if (from.done()) {
        close()
        to.end()
      } else {
        return
      }
    }
  }
  const canSend = () => writable && !closed

  const finish = (retryMs: number) => {
    finishing = retryMs
    flush()
  }

  const lifetime = setTimeout(() => finish(timing.retryMs), timing.durationMs)
  watch()

  return {
    attach: (to) => {
      sink = to
    },
    ready: () => {
      if (closed) return
      writable = true
      source ??= open(flush)
      watch()
      flush()
    },
    finish,
    close,
  }
}
