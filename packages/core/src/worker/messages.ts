/** What a batch and its workers say to each other. Everything here survives structured cloning. */
import type { Part } from "../kernel/part.ts"
import type { RunnerOptions } from "../kernel/chunkRunner.ts"

/** Says which simulation a batch is of. Sent to a worker once, before the batch's first run. */
export interface OpenMessage {
  readonly type: "open"
  readonly batch: number
  readonly simulation: string
  /** As the schema gave it: it was checked before anything started. */
  readonly config: unknown
  readonly options: RunnerOptions
}

/** Asks for the iterations from `first`, the first of a chunk, to the one before `until`. */
export interface RunMessage {
  readonly type: "run"
  readonly batch: number
  readonly first: number
  readonly until: number
  /** Announce every iteration before it begins: the last time, these were lost. */
  readonly careful: boolean
}

/** Asks to end the run under way after the iteration under way, and to deliver what there is. */
export interface StopMessage {
  readonly type: "stop"
}

/** Says that the batch is over. */
export interface CloseMessage {
  readonly type: "close"
  readonly batch: number
}

/** What a batch says to a worker. */
export type ToWorker = OpenMessage | RunMessage | StopMessage | CloseMessage

/** The worker has loaded. */
export interface ReadyMessage {
  readonly type: "ready"
  readonly simulations: ReadonlyArray<string>
}

/** A sign of life: the next iteration of the run under way. */
export interface AtMessage {
  readonly type: "at"
  readonly next: number
}

/** The run is over; its parts follow each other, and only the last may end within a chunk. Fewer than asked for, if it was stopped. */
export interface RanMessage {
  readonly type: "ran"
  readonly parts: ReadonlyArray<Part>
}

/** The run failed. */
export interface FailedMessage {
  readonly type: "failed"
  readonly phase: "prepare" | "iteration"
  readonly iteration: number | null
  readonly message: string
  readonly stack: string | null
  /** Whether it was a `PublicError`: classes don't survive the way. */
  readonly isPublic: boolean
}

/** What a worker says to a batch. */
export type FromWorker = ReadyMessage | AtMessage | RanMessage | FailedMessage
