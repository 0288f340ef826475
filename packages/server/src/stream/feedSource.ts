/** The bytes of a job's feed. An event is encoded once, whoever asks first, for everyone who watches. */
import type { FeedEntry, FeedSubscription, JobFeed } from "@simstream/core"
import { type ConnectedEvent, formatEventId, type JobEvent, PROTOCOL_VERSION } from "@simstream/protocol"
import type { StreamFormat } from "./format.ts"
import { type Bytes, type ByteSource, concatBytes, type OpenSource } from "./source.ts"

/** By format, for both may be watched. */
const encoded = {
  sse: new WeakMap<FeedEntry<JobEvent>, Bytes>(),
  ndjson: new WeakMap<FeedEntry<JobEvent>, Bytes>(),
}

const encodeOnce = (format: StreamFormat, jobId: string, entry: FeedEntry<JobEvent>): Bytes => {
  const cache = encoded[format.name]
  let bytes = cache.get(entry)
  if (bytes === undefined) {
    bytes = format.event(entry.event, formatEventId(jobId, entry.revision))
    cache.set(entry, bytes)
  }
  return bytes
}

/** Opens a feed from behind a revision: `connected` first, then whatever is newest whenever the client can take more. */
export const feedSource =
  (
    { jobId, status, feed }: JobFeed,
    format: StreamFormat,
    options: { readonly revision: number; readonly heartbeatMs: number },
  ): OpenSource =>
  (wake) => {
    const greeting: ConnectedEvent = {
      type: "connected",
      jobId,
      status: status(),
      heartbeatMs: options.heartbeatMs,
      protocol: PROTOCOL_VERSION,
    }
    return new FeedSource(
      jobId,
      format,
      format.event(greeting, undefined),
      feed.subscribe(options.revision, wake),
    )
  }

/** A class for the sake of memory, like the connection that it belongs to. */
class FeedSource implements ByteSource {
  readonly #jobId: string
  readonly #format: StreamFormat
  /** What is sent first; `undefined` when it was. */
  #greeting: Bytes | undefined
  readonly #subscription: FeedSubscription<JobEvent>

  constructor(
    jobId: string,
    format: StreamFormat,
    greeting: Bytes,
    subscription: FeedSubscription<JobEvent>,
  ) {
    this.#jobId = jobId
    this.#format = format
    this.#greeting = greeting
    this.#subscription = subscription
  }

  poll(): Bytes | undefined {
    const entries = this.#subscription.take()
    const greeting = this.#greeting
    this.#greeting = undefined
    const first = entries[0]
    if (greeting === undefined && entries.length <= 1) {
      return first === undefined ? undefined : encodeOnce(this.#format, this.#jobId, first)
    }
    const events = entries.map((entry) => encodeOnce(this.#format, this.#jobId, entry))
    return concatBytes(greeting === undefined ? events : [greeting, ...events])
  }

  done(): boolean {
    return this.#greeting === undefined && this.#subscription.done()
  }

  close(): void {
    this.#subscription.close()
  }
}
