/**
 * Define a simulation, run batches of it, and keep them as jobs.
 *
 * @packageDocumentation
 */
export { runBatch, type Batch, type BatchInput } from "./batch/runBatch.ts"
export { startBatch, type BatchHandle, type StartBatchInput } from "./batch/startBatch.ts"
export type { Checkpoint } from "./batch/checkpoint.ts"
export { replay, type ReplayInput, runReplay } from "./batch/replay.ts"
export type { Replay } from "./kernel/replay.ts"
export type { BatchOptions } from "./batch/options.ts"
export type { BatchEngine } from "./shards/engine.ts"
export type { Update } from "./batch/update.ts"
export { digestOf } from "./batch/digest.ts"
export {
  defineSimulation,
  type AnyEngineSimulation,
  type AnyIterationSimulation,
  type AnySimulation,
  type ConfigInput,
  type ConfigOutput,
  type ConfigSchema,
  type EngineContext,
  type EngineDefinition,
  type EngineEvent,
  type EngineRun,
  type EngineSimulation,
  type InputOf,
  type MetricDefinition,
  type OutputsOf,
  type OutputsOfSimulation,
  type PresentedOutputs,
  type Simulation,
  type SimulationDefinition,
  type TimelineDefinition,
} from "./simulation/definition.ts"
export { BatchCancelled, InvalidConfig, InvalidOption, SimulationFailed } from "./simulation/errors.ts"
export { PublicError } from "./simulation/publicError.ts"
export type { Iterate, Iteration, IterationErrorPolicy, Metrics } from "./kernel/iteration.ts"
export type { IterationRandom } from "./kernel/random/iterationRandom.ts"
export type { Random } from "./kernel/random/random.ts"
export type { IterationTally } from "./kernel/tally.ts"
export type { IterationTimeline } from "./kernel/timeline.ts"
export type { Summary } from "./kernel/summary.ts"
export { createJobs } from "./jobs/createJobs.ts"
export type { JobFeed, JobPage, Jobs, JobsOptions, SimulationsOf, StartedJob, StartJob } from "./jobs/jobs.ts"
export { createMemoryStore, type MemoryStoreOptions } from "./jobs/memoryStore.ts"
export {
  EVENTS_PER_ATTEMPT,
  revisionBefore,
  type Admission,
  type ClaimedJob,
  type HeadPage,
  type JobChange,
  type JobEnding,
  type JobHead,
  type JobHint,
  type JobLease,
  type JobNews,
  type JobQuery,
  type JobRecord,
  type JobStore,
  type Kept,
  type NewJob,
  type Room,
  type StorePace,
} from "./jobs/store.ts"
export {
  IdempotencyConflict,
  JobEnded,
  QueueFull,
  ShuttingDown,
  StoreUnavailable,
  TooManyJobs,
  UnknownJob,
  UnknownSimulation,
} from "./jobs/errors.ts"
export { createFeed, type Feed, type FeedEntry, type FeedSubscription } from "./feed/feed.ts"
export { iterateFeed } from "./feed/iterateFeed.ts"
export { createWorkerPool, type WorkerOptions, type WorkerPool } from "./worker/pool.ts"
export type { NodeWorkerLike, WebWorkerLike, WorkerLike } from "./worker/workerLike.ts"
