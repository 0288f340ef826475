/** What can go wrong between a request and a job. */
import * as Data from "effect/Data"

/** No simulation has this name. */
export class UnknownSimulation extends Data.TaggedError("UnknownSimulation")<{
  readonly simulation: string
  /** The names that there are. */
  readonly known: ReadonlyArray<string>
  readonly message: string
}> {}

/** No job has this id: there never was one, or it was removed some time after its end. */
export class UnknownJob extends Data.TaggedError("UnknownJob")<{
  readonly jobId: string
  readonly message: string
}> {}

/** The job has ended already, so it can't be cancelled. */
export class JobEnded extends Data.TaggedError("JobEnded")<{
  readonly jobId: string
  readonly status: "completed" | "failed" | "cancelled"
  readonly message: string
}> {}

/** As many jobs wait as may; try again later. */
export class QueueFull extends Data.TaggedError("QueueFull")<{
  readonly limit: number
  readonly message: string
}> {}

/** The owner has as many jobs under way as it may; cancel one, or wait for one to end. */
export class TooManyJobs extends Data.TaggedError("TooManyJobs")<{
  readonly owner: string
  readonly limit: number
  readonly message: string
}> {}

/** The same idempotency key was used to start something else. */
export class IdempotencyConflict extends Data.TaggedError("IdempotencyConflict")<{
  readonly key: string
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
