/** The bytes of a job's feed. An event is encoded once, whoever asks first, for everyone who watches. */
import type { FeedEntry, JobFeed } from "@simstream/core"
import { type ConnectedEvent, formatEventId, type JobEvent, PROTOCOL_VERSION } from "@simstream/protocol"
import type { StreamFormat } from "./format.ts"
import { type Bytes, concatBytes, type OpenSource } from "./source.ts"

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
    const subscription = feed.subscribe(options.revision, wake)
    let greeted = false
    const greeting = (): ConnectedEvent => ({
      type: "connected",
      jobId,
      status: status(),
      heartbeatMs: options.heartbeatMs,
      protocol: PROTOCOL_VERSION,
    })
    return {
      poll: () => {
        const entries = subscription.take()
        const [first] = entries
        if (greeted && entries.length <= 1) {
          return first === undefined ? undefined : encodeOnce(format, jobId, first)
        }
        const events = entries.map((entry) => encodeOnce(format, jobId, entry))
        if (greeted) return concatBytes(events)
        greeted = true
        return concatBytes([format.event(greeting(), undefined), ...events])
      },
      done: () => greeted && subscription.done(),
      close: subscription.close,
    }
  }
