/** The bytes of a job's feed. An event is encoded once, whoever asks first, for everyone who watches. */
import type { FeedEntry, JobFeed } from "@simstream/core"
import { type ConnectedEvent, formatEventId, type JobEvent, PROTOCOL_VERSION } from "@simstream/protocol"
import type { StreamFormat } from "./format.ts"
import { type Bytes, concatBytes, type OpenSource } from "./source.ts"

const encoded = new WeakMap<StreamFormat, WeakMap<FeedEntry<JobEvent>, Bytes>>()

const encodeOnce = (format: StreamFormat, jobId: string, entry: FeedEntry<JobEvent>): Bytes => {
  let byEntry = encoded.get(format)
  if (byEntry === undefined) {
    byEntry = new WeakMap()
    encoded.set(format, byEntry)
  }
  let bytes = byEntry.get(entry)
  if (bytes === undefined) {
    bytes = format.event(entry.event, formatEventId(jobId, entry.revision))
    byEntry.set(entry, bytes)
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
    return {
      poll: () => {
        const events = subscription.take().map((entry) => encodeOnce(format, jobId, entry))
        if (greeted) return concatBytes(events)
        greeted = true
        const connected: ConnectedEvent = {
          type: "connected",
          jobId,
          status: status(),
          heartbeatMs: options.heartbeatMs,
          protocol: PROTOCOL_VERSION,
        }
        return concatBytes([format.event(connected, undefined), ...events])
      },
      done: () => greeted && subscription.done(),
      close: subscription.close,
    }
  }
