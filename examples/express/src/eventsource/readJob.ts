/**
 * Reads a run's stream with the browser's own `EventSource`. It reconnects by itself, and says with `Last-Event-ID` what it
 * has seen, so nothing is missed and nothing comes twice. What it leaves to the page is what its errors mean.
 */
import type { CompleteEvent, ErrorEvent, ProgressEvent, StreamEvent } from "@simstream/protocol"

export interface JobListener {
  readonly onConnected: () => void
  readonly onProgress: (progress: ProgressEvent) => void
  readonly onStats: (stats: unknown) => void
  readonly onComplete: (result: CompleteEvent) => void
  readonly onCancelled: () => void
  /** The run failed: the server says so, and why. */
  readonly onFailed: (error: ErrorEvent) => void
  /** The connection dropped. There is nothing to do: the browser connects again. */
  readonly onLost: () => void
  /** The browser has given up: there is no such run, or no stream at that address. */
  readonly onGivenUp: () => void
  /** Any event, and its data as it came. */
  readonly onEvent: (event: StreamEvent, data: string) => void
}

/** The events that the server sends; `EventSource` delivers only those that one listens for by name. */
const EVENTS = ["connected", "progress", "partial", "complete", "error", "cancelled"] as const

/** Reads until the run has ended, or until the returned function is called. */
export const readJob = (url: string, listener: JobListener): (() => void) => {
  const source = new EventSource(url)

  const onMessage = (data: string): void => {
    const event: StreamEvent = JSON.parse(data)
    listener.onEvent(event, data)
    switch (event.type) {
      case "connected":
        return listener.onConnected()
      case "progress":
        return listener.onProgress(event)
      case "partial":
        return listener.onStats(event.stats)
      case "complete":
        listener.onComplete(event)
        break
      case "error":
        listener.onFailed(event)
        break
      case "cancelled":
        listener.onCancelled()
        break
    }
    // Behind its last event the server ends the stream, which looks like a drop: left open, the browser would ask once more,
    // to be told by a 204 that there is nothing left.
    source.close()
  }

  const onError = (): void => {
    // CONNECTING: the connection dropped, and the browser is about to try again. CLOSED: it is not, for the answer was something
    // else than a stream.
    if (source.readyState === EventSource.CONNECTING) listener.onLost()
    else listener.onGivenUp()
  }

  for (const name of EVENTS) {
    source.addEventListener(name, (event: Event) => {
      // The server's `error` is a message and has data; the browser's own is a bare event.
      if (event instanceof MessageEvent) onMessage(event.data)
      else onError()
    })
  }
  return () => source.close()
}
