/** What can go wrong before a batch runs, and while it does. Each error says what happened, with the value, and what to do. */
import type { Issue } from "@simstream/protocol"
import * as Data from "effect/Data"

/** A config that its schema refuses. Nothing has run. */
export class InvalidConfig extends Data.TaggedError("InvalidConfig")<{
  /** The simulation's name. */
  readonly simulation: string
  /** What is wrong, and where; every path starts with `config`. */
  readonly issues: ReadonlyArray<Issue>
  readonly message: string
}> {}

/** An option that is out of its range. Nothing has run. */
export class InvalidOption extends Data.TaggedError("InvalidOption")<{
  /** The option's path, such as `["stop", "precision", "metric"]`. */
  readonly path: ReadonlyArray<string | number>
  /** What was given. */
  readonly value: unknown
  readonly message: string
}> {}

/** The simulation threw, in `prepare`, in an iteration, in `present`, or in the `run` of its own engine. */
export class SimulationFailed extends Data.TaggedError("SimulationFailed")<{
  /** The simulation's name. */
  readonly simulation: string
  /** What threw. */
  readonly phase: "prepare" | "iteration" | "present" | "run"
  /** The iteration that failed; `replay` runs it again, alone. `null` in the other phases. */
  readonly iteration: number | null
  /** Of the batch: `replay` takes it. */
  readonly seed: string
  readonly cause: unknown
  readonly message: string
}> {}

/** The batch was cancelled before its end. */
export class BatchCancelled extends Data.TaggedError("BatchCancelled")<{ readonly message: string }> {}
