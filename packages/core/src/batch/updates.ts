/** The updates of a batch for any number of watchers, each of which sees the newest. */
import type { PartialOutputs, Progress } from "@simstream/protocol"
import { createFeed } from "../feed/feed.ts"
import { iterateFeed } from "../feed/iterateFeed.ts"
import type { Checkpoint } from "./checkpoint.ts"
import type { BatchObserver, Update } from "./update.ts"

/** Where a batch reports to, and what its watchers read. */
export interface Updates {
  readonly observer: BatchObserver
  /** Each loop over it is a watcher of its own, and ends when the batch does. */
  readonly all: AsyncIterable<Update>
  /** The state of the batch, to be put aside; `null` before it has started, and for an engine of the user's own. */
  readonly checkpoint: () => Checkpoint | null
  /** Ends every watcher's loop, behind the last update. */
  readonly end: () => void
}

/** Makes the updates of one batch. */
export const createUpdates = (): Updates => {
  const feed = createFeed<{ readonly type: "update"; readonly update: Update }>()
  let progress: Progress | null = null
  let partial: PartialOutputs | null = null
  let takeCheckpoint: (() => Checkpoint) | null = null
  const publish = () => {
    if (progress !== null) feed.publish({ type: "update", update: { progress, partial } })
  }
  return {
    observer: {
      progress: (next) => {
        progress = next
        publish()
      },
      partial: (next) => {
        partial = next
        publish()
      },
      checkpoints: (take) => {
        takeCheckpoint = take
      },
    },
    checkpoint: () => takeCheckpoint?.() ?? null,
    all: iterateFeed(feed, ({ event }) => event.update),
    end: () => feed.end(),
  }
}
