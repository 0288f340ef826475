/**
 * One client's stream: takes bytes from a source when the client can take them, keeps it alive while there are none, and
 * lets go of everything once, whichever way it ends.
 */
import type { StreamFormat } from "./format.ts"
import type { ByteSource, Bytes, OpenSource } from "./source.ts"
import { type CheckedTiming, lifetimeMs, retryMs } from "./timing.ts"

/** The writing end of a connection. */
export interface Sink {
  /** Sends bytes. Answers whether more can be taken at once; otherwise `ready` is called when it can. */
  write(bytes: Bytes): boolean
  /** Ends the stream in order, as a client understands it. */
  end(): void
  /** Drops a client that no longer reads. */
  drop(): void
}

/**
 * Why a stream is over: its source has ended and all was sent, its client went away or took nothing for too long, it has
 * lasted as long as it may, the server is being drained, or its source could not be opened or an event not be encoded.
 */
export type EndReason = "ended" | "left" | "stalled" | "expired" | "drained" | "failed"

/** What a connection is kept by, and tells. */
export interface ConnectionHost {
  readonly timing: CheckedTiming
  /** It is over, with the error when it has failed; called once. */
  readonly closed: (connection: Connection, reason: EndReason, error?: unknown) => void
}

/**
 * A client is seen to take something when a write is through. So a large result is written in parts: whole, it would
 * have to be through within the write timeout, and a slow client would start again from its beginning, for ever.
 */
export const PART_LIMIT = 65_536

/**
 * A connection under way. A client that never reads from it is dropped like one that stops. It is a class, for a server
 * has thousands of them: a closure for each of its functions, and a timer each, took more memory than all else that it has.
 */
export class Connection {
  readonly #host: ConnectionHost
  readonly #format: StreamFormat
  #open: OpenSource | undefined
  #source: ByteSource | undefined = undefined
  #sink: Sink | undefined = undefined
  #writable = false
  #closed = false
  #farewell: { readonly retryMs: number; readonly reason: EndReason } | undefined = undefined
  /** What goes out before anything else: a heartbeat, or what is left of bytes that are written in parts. */
  #rest: Bytes | undefined = undefined
  /** When something was last written, or the client last had no room: what silence is counted from. */
  #sinceMs = performance.now()
  readonly #endsAtMs: number

  constructor(host: ConnectionHost, open: OpenSource, format: StreamFormat) {
    this.#host = host
    this.#open = open
    this.#format = format
    this.#endsAtMs = this.#sinceMs + lifetimeMs(host.timing)
  }

  /** Says where to write. Nothing is subscribed to before that, for a client may be gone by then. */
  attach(sink: Sink): void {
    this.#sink = sink
  }

  /** To be called when the client can take more. */
  ready(): void {
    if (this.#closed) return
    this.#writable = true
    if (this.#open !== undefined) {
      const open = this.#open
      this.#open = undefined
      try {
        this.#source = open(() => this.#flush())
      } catch (error) {
        this.#drop("failed", error)
        return
      }
    }
    this.#flush()
  }

  /** Ends the stream in order, with the hint to come again after so many milliseconds. */
  finish(retryAfterMs: number, reason: EndReason): void {
    this.#farewell = { retryMs: retryAfterMs, reason }
    this.#flush()
  }

  /** To be called when the client has gone. May be called again. */
  close(reason: EndReason = "left", error?: unknown): void {
    if (this.#closed) return
    this.#closed = true
    this.#source?.close()
    this.#host.closed(this, reason, error)
  }

  /**
   * To be called now and then: an idle client is sent a heartbeat, one that takes nothing is dropped, and one that was
   * here long enough is asked to come again. Answers when the next of these is due.
   */
  look(nowMs: number): number {
    const { heartbeatMs, writeTimeoutMs } = this.#host.timing
    if (nowMs >= this.#endsAtMs && this.#farewell === undefined) this.finish(retryMs(), "expired")
    const dueMs = this.#sinceMs + (this.#writable ? heartbeatMs : writeTimeoutMs)
    if (dueMs > nowMs) return Math.min(dueMs, this.#farewell === undefined ? this.#endsAtMs : Infinity)
    if (this.#writable) {
      this.#rest = this.#format.heartbeat
      this.#flush()
    } else {
      this.#drop("stalled")
    }
    return Infinity
  }

  /** Called by whoever publishes, so it must not throw: an event that can't be encoded ends this stream and no more. */
  #flush(): void {
    try {
      if (this.#sink !== undefined && this.#source !== undefined) this.#send(this.#sink, this.#source)
    } catch (error) {
      this.#drop("failed", error)
    }
  }

  #send(to: Sink, from: ByteSource): void {
    while (this.#writable && !this.#closed) {
      const bytes = this.#rest ?? (this.#farewell === undefined ? from.poll() : undefined)
      if (bytes !== undefined) {
        const parted = bytes.length > PART_LIMIT
        this.#rest = parted ? bytes.subarray(PART_LIMIT) : undefined
        this.#write(to, parted ? bytes.subarray(0, PART_LIMIT) : bytes)
      } else if (this.#farewell !== undefined) {
        const farewell = this.#format.retry(this.#farewell.retryMs)
        if (farewell.length > 0) to.write(farewell)
        this.#end(to, this.#farewell.reason)
      } else if (from.done()) {
        this.#end(to, "ended")
      } else {
        return
      }
    }
  }

  #write(to: Sink, bytes: Bytes): void {
    this.#writable = to.write(bytes)
    this.#sinceMs = performance.now()
  }

  #end(sink: Sink, reason: EndReason): void {
    this.close(reason)
    sink.end()
  }

  #drop(reason: EndReason, error?: unknown): void {
    this.close(reason, error)
    this.#sink?.drop()
  }
}
