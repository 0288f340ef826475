/** The bytes of a job's feed. An event is encoded once, whoever asks first, for everyone who watches. */
import type { Feed, FeedEntry, FeedSubscription, JobFeed } from "@simstream/core"
import { type ConnectedEvent, formatEventId, type JobEvent, PROTOCOL_VERSION } from "@simstream/protocol"
import { PART_LIMIT } from "./connection.ts"
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

/** How a feed is read. */
export interface FeedSourceOptions {
  /** What the client has seen. */
  readonly revision: number
  readonly heartbeatMs: number
  /** Told of events that are sent, and of such as were replaced by newer ones meanwhile. */
  readonly sent: (delivered: number, conflated: number) => void
}

/** Opens a feed from behind a revision: `connected` first, then whatever is newest whenever the client can take more. */
export const feedSource =
  (job: JobFeed, format: StreamFormat, { revision, heartbeatMs, sent }: FeedSourceOptions): OpenSource =>
  (wake) => {
    const { jobId, status, feed } = job
    const greeting: ConnectedEvent = {
      type: "connected",
      jobId,
      status: status(),
      heartbeatMs,
      protocol: PROTOCOL_VERSION,
    }
    return new FeedSource(
      job,
      format,
      format.event(greeting, undefined),
      feed.subscribe(revision, wake),
      sent,
    )
  }

const NOTHING: ReadonlyArray<never> = []

/** A class for the sake of memory, like the connection that it belongs to. */
class FeedSource implements ByteSource {
  readonly #jobId: string
  readonly #feed: Feed<JobEvent>
  readonly #format: StreamFormat
  /** What is sent first; `undefined` when it was. */
  #greeting: Bytes | undefined
  readonly #subscription: FeedSubscription<JobEvent>
  readonly #sent: FeedSourceOptions["sent"]
  /** What was taken and is still to be polled: the parts of the first that were too large to be joined. */
  #taken: ReadonlyArray<Bytes> = NOTHING
  /** How many events had been published when some were last taken. */
  #published = 0

  constructor(
    { jobId, feed }: JobFeed,
    format: StreamFormat,
    greeting: Bytes,
    subscription: FeedSubscription<JobEvent>,
    sent: FeedSourceOptions["sent"],
  ) {
    this.#jobId = jobId
    this.#feed = feed
    this.#format = format
    this.#greeting = greeting
    this.#subscription = subscription
    this.#sent = sent
  }

  poll(): Bytes | undefined {
    if (this.#taken.length > 0) return this.#join(this.#taken)
    const entries = this.#subscription.take()
    const greeting = this.#greeting
    this.#greeting = undefined
    const first = entries[0]
    if (greeting === undefined && first === undefined) return undefined
    this.#count(entries.length, greeting !== undefined)
    if (greeting === undefined && first !== undefined && entries.length === 1) return this.#encode(first)
    const events = entries.map((entry) => this.#encode(entry))
    return this.#join(greeting === undefined ? events : [greeting, ...events])
  }

  /**
   * As many of them as are small enough to be copied into one. What is large goes by itself, in memory that all who are sent
   * it share: a copy for each would be kept for as long as its reader takes.
   */
  #join(all: ReadonlyArray<Bytes>): Bytes | undefined {
    let count = 0
    for (let size = 0; count < all.length; count++) {
      size += all[count]?.length ?? 0
      if (count > 0 && size > PART_LIMIT) break
    }
    this.#taken = all.slice(count)
    return concatBytes(all.slice(0, count))
  }

  done(): boolean {
    return this.#greeting === undefined && this.#taken.length === 0 && this.#subscription.done()
  }

  close(): void {
    this.#subscription.close()
  }

  /** What was replaced before a client came was not kept from it. */
  #count(taken: number, isFirst: boolean): void {
    const published = this.#feed.published()
    this.#sent(taken, isFirst ? 0 : published - this.#published - taken)
    this.#published = published
  }

  #encode(entry: FeedEntry<JobEvent>): Bytes {
    return encodeOnce(this.#format, this.#jobId, entry)
  }
}
