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

/**
 * A client is seen to take something when a write is through. So a large result is written in parts: whole, it would
 * have to be through within the write timeout, and a slow client would start again from its beginning, for ever.
 */
const PART_LIMIT = 65_536

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
  /** What is left of bytes that are written in parts. */
  let rest: Bytes | undefined = undefined
  /** When something was last written, or the client last had no room: what silence is counted from. */
  let sinceMs = performance.now()

  const close = () => {
    if (closed) return
    closed = true
    clearTimeout(timer)
    clearTimeout(lifetime)
    source?.close()
    on.close()
  }

  const drop = () => {
    close()
    sink?.drop()
  }

  const write = (to: Sink, bytes: Bytes) => {
    writable = to.write(bytes)
    sinceMs = performance.now()
  }

  /**
   * An idle client is sent a heartbeat, one that takes nothing is dropped. The timer is not set anew with every write,
   * which would cost more than the write: it looks how long the silence is, and comes again when it would be too long.
   */
  const look = () => {
    const limitMs = writable ? timing.heartbeatMs : timing.writeTimeoutMs
    const leftMs = limitMs - (performance.now() - sinceMs)
    if (leftMs > 0) {
      timer = setTimeout(look, Math.min(leftMs, periodMs))
    } else if (writable && sink !== undefined) {
      write(sink, format.heartbeat)
      timer = setTimeout(look, periodMs)
    } else {
      drop()
    }
  }
  const periodMs = Math.min(timing.heartbeatMs, timing.writeTimeoutMs)
  let timer = setTimeout(look, periodMs)

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
      const bytes = rest ?? (finishing === undefined ? from.poll() : undefined)
      if (bytes !== undefined) {
        rest = bytes.length > PART_LIMIT ? bytes.subarray(PART_LIMIT) : undefined
        write(to, rest === undefined ? bytes : bytes.subarray(0, PART_LIMIT))
      } else if (finishing !== undefined) {
        const farewell = format.retry(finishing)
        if (farewell.length > 0) to.write(farewell)
        close()
        to.end()
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

  return {
    attach: (to) => {
      sink = to
    },
    ready: () => {
      if (closed) return
      writable = true
      source ??= open(flush)
      flush()
    },
    finish,
    close,
  }
}
