/**
 * The port to whoever runs the iterations of batches in place of this process: the processes of other machines, say. A
 * batch is cut into shards at the boundaries of chunks. An engine sees to it that each shard is run by somebody, and tells
 * what becomes of it; in which order, how often and by whom does not matter, for a shard gives the same bits each time.
 */
import type { WaitingFor } from "@simstream/protocol"
import type { IterationErrorPolicy } from "../kernel/iteration.ts"
import type { EncodedPart } from "../kernel/encodedPart.ts"

/** Runs the iterations of batches. */
export interface BatchEngine {
  /**
   * Begins with a batch, or goes on with it where a process before this one has left it. It returns at once; what can't be
   * reached at present is tried again for as long as the session is open.
   */
  readonly open: (batch: EngineBatch, events: EngineEvents) => EngineSession
}

/** All that a worker process needs to know of a batch to run any of its iterations. It is JSON. */
export interface EngineBatch {
  /** 1 to 64 letters, digits, `-` and `_`. Of two batches with one id, one is the other after a restart. */
  readonly id: string
  /** Its name, by which a worker finds it. */
  readonly simulation: string
  /** Which version of the simulation's code; see `versionOf`. */
  readonly version: string
  /** As it was given, before its schema. */
  readonly config: unknown
  /** Digest of what the schema made of the config; a worker whose schema makes something else of it refuses. */
  readonly configDigest: string
  /** As text, whichever way it was given. */
  readonly seed: string
  /** Width of a bucket of the timeline. */
  readonly bucket: number
  /** What becomes of an iteration that fails. */
  readonly onIterationError: IterationErrorPolicy
}

/** The iterations from `first`, the first of a chunk, to the one before `until`. */
export interface Shard {
  readonly first: number
  readonly until: number
  /** Where in between a part has to end, so that the batch can be judged there. */
  readonly cuts: ReadonlyArray<number>
}

/** An engine at work on one batch. */
export interface EngineSession {
  /**
   * Has a shard run, and answers with it; or with the one that begins there already, from before a restart, which may end
   * elsewhere. With `next`, before those that wait. Rejects only when that can't be healed.
   */
  readonly submit: (shard: Shard, options?: { readonly next: boolean }) => Promise<Shard>
  /** Says that the batch has everything before this iteration. Shards may be forgotten a while after that. */
  readonly delivered: (until: number) => void
  /** Asks for an early end: shards that are run deliver what they have, and those that wait are not begun any more. */
  readonly stop: () => void
  /**
   * Ends all work on the batch and forgets it. With `keep` it leaves all to another process, which goes on with the batch
   * or does so already. It resolves when the word is out, or after a moment.
   */
  readonly close: (options?: { readonly keep: boolean }) => Promise<void>
}

/** What an engine tells of the shards of a batch, each by its first iteration. Shards that nobody asked for may be among them. */
export interface EngineEvents {
  /** A worker has run so many iterations of a shard. A hint: it may come late, or never. */
  readonly running: (first: number, done: number) => void
  /** What a worker has of a shard that it is running; for display. */
  readonly partial: (first: number, parts: ReadonlyArray<EncodedPart>) => void
  /** A shard has ended; `parts` is what it gave, in order, and may be less than was asked for. */
  readonly finished: (first: number, parts: ReadonlyArray<EncodedPart>, outcome: ShardOutcome) => void
  /**
   * What the batch waits for while the engine can't go on with it; `null` when it goes on again. It holds until the engine
   * says something else: workers' words above don't change it.
   */
  readonly waiting: (what: WaitingFor | null) => void
  /** The engine can't go on with the batch, ever. */
  readonly failed: (reason: Error) => void
}

/** How a shard ended. */
export type ShardOutcome =
  | {
      readonly type: "ran"
      /** Who ran it: a name for a process, whose pace is told apart from that of others. */
      readonly worker: string
      /** How many iterations it ran itself, and in which time; the rest was there from one before it. */
      readonly iterations: number
      readonly tookMs: number
    }
  | { readonly type: "failed"; readonly failure: ShardFailure }
  /** The worker must not run it: its code differs from that of the batch. */
  | { readonly type: "refused"; readonly message: string }

/** What a simulation threw in another process. */
export interface ShardFailure {
  /** Where it was thrown. */
  readonly phase: "prepare" | "iteration"
  /** The index of the iteration; `null` when it was thrown before any. */
  readonly iteration: number | null
  /** The error's own message. */
  readonly message: string
  /** The error's own stack; `null` when what was thrown has none. */
  readonly stack: string | null
  /** Whether it was a `PublicError`: classes don't survive the way. */
  readonly isPublic: boolean
}
