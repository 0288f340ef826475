/** What can go wrong between a request and a job. */
import * as Data from "effect/Data"

/** No simulation has this name. */
export class UnknownSimulation extends Data.TaggedError("UnknownSimulation")<{
  /** The name that was asked for. */
  readonly simulation: string
  /** The names that there are. */
  readonly known: ReadonlyArray<string>
  readonly message: string
}> {}

/** No job has this id: there never was one, or it was removed some time after its end. */
export class UnknownJob extends Data.TaggedError("UnknownJob")<{
  /** The id that was asked for. */
  readonly jobId: string
  readonly message: string
}> {}

/** The job has ended already, so it can't be cancelled. */
export class JobEnded extends Data.TaggedError("JobEnded")<{
  /** The job that was to be cancelled. */
  readonly jobId: string
  /** How it ended. */
  readonly status: "completed" | "failed" | "cancelled"
  readonly message: string
}> {}

/** As many jobs wait as may; try again later. */
export class QueueFull extends Data.TaggedError("QueueFull")<{
  /** How many jobs may wait: `queueLimit`. */
  readonly limit: number
  readonly message: string
}> {}

/** The owner has as many jobs under way as it may; cancel one, or wait for one to end. */
export class TooManyJobs extends Data.TaggedError("TooManyJobs")<{
  /** Whose jobs they are. */
  readonly owner: string
  /** How many the owner may have at a time: `ownerLimit`. */
  readonly limit: number
  readonly message: string
}> {}

/** The same idempotency key was used to start something else. */
export class IdempotencyConflict extends Data.TaggedError("IdempotencyConflict")<{
  /** The key that both starts have. */
  readonly key: string
  /** The job that has it. */
  readonly jobId: string
  readonly message: string
}> {}

/** No more jobs are taken: `shutdown` was called. */
export class ShuttingDown extends Data.TaggedError("ShuttingDown")<{ readonly message: string }> {}

/**
 * The jobs can't be read or written at the moment: the database is gone, its disk is full, or the like. What was asked for
 * may or may not have been done. The cause is what the store said.
 */
export class StoreUnavailable extends Data.TaggedError("StoreUnavailable")<{
  readonly cause: unknown
  readonly message: string
}> {}
