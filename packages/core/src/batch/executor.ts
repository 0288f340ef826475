/** The port between a batch and whoever runs its iterations. */
import type { WaitingFor } from "@simstream/protocol"
import type * as Effect from "effect/Effect"
import type { Part } from "../kernel/part.ts"
import type { SimulationFailed } from "../simulation/errors.ts"

/** What an executor is to do, and whom it tells. */
export interface Assignment {
  /** The first iteration to run; the first of a chunk. */
  readonly first: number
  /** The iteration behind the last one. */
  readonly end: number
  /** The next iteration behind `from` at which a part has to end, so that it can be judged there; a multiple of the chunk. */
  readonly cut: (from: number) => number
  /** Takes the next part; answers whether to go on. */
  readonly accept: (part: Part) => boolean
  /** Whether the time budget is spent. Then what is done is delivered, up to an unfinished chunk, and no more is run. */
  readonly timeIsUp: () => boolean
  /** What is left of the time budget, in milliseconds; infinity without one. */
  readonly timeLeftMs: () => number
}

/** Runs iterations. */
export interface Executor {
  /** Runs the assignment to its end, or until `accept` says no. Interruption stops the work. */
  readonly run: (assignment: Assignment) => Effect.Effect<void, SimulationFailed>
  /** How many iterations have been run, delivered or not. */
  readonly done: () => number
  /** What has been run and not been delivered, in order and perhaps with gaps; for display. Empty when it isn't known. */
  readonly unfinished: () => ReadonlyArray<Part>
  /** What the work waits for while it can't go on; `null` while it goes on, and once it has ended. */
  readonly waitingFor: () => WaitingFor | null
}
