/** What a batch tells while it runs. */
import type { Checkpoint } from "./checkpoint.ts"
import type { Outputs, PartialOutputs, Progress } from "@simstream/protocol"

/** The state of a batch at one moment. */
export interface Update<O extends Outputs = Outputs> {
  /** How far it has come. */
  readonly progress: Progress
  /** The newest partial outputs; `null` until there are some. */
  readonly partial: PartialOutputs<O> | null
}

/** Where a running batch reports to. */
export interface BatchObserver {
  readonly progress: (progress: Progress) => void
  readonly partial: (partial: PartialOutputs) => void
  /** Told at the start how to take a checkpoint at any later moment, for those who want any. */
  readonly checkpoints?: (take: () => Checkpoint) => void
}
