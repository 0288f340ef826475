/**
 * A reconnecting, typed consumer of simulation jobs.
 *
 * @packageDocumentation
 */
export { checkOutputs, type OutputSchemas } from "./check.ts"
export { createClient } from "./client.ts"
export type { Client, ClientOptions, JobHandle, ListOptions, ResultOptions, StartOptions } from "./client.ts"
export {
  ConnectionFailed,
  InvalidEvent,
  InvalidOutputs,
  JobCancelled,
  JobFailed,
  ProtocolMismatch,
  RequestFailed,
  type ClientError,
  type ConnectionFailure,
  type InvalidEventReason,
} from "./errors.ts"
export type {
  Abortable,
  CheckOption,
  ConnectionOptions,
  EventsOptions,
  EventStream,
  HeaderRecord,
  HeaderSource,
  RetryOptions,
  StreamOptions,
} from "./options.ts"
export type { InputOf, NameOf, OutputsOf, SimulationMap, SimulationTypes } from "./simulations.ts"
export {
  jobStateOf,
  type CompleteJobState,
  type ConnectionStatus,
  type FailedJobState,
  type JobState,
  type JobStateStatus,
  type UnsettledJobState,
} from "./state.ts"
export { openStream } from "./stream.ts"
export type { Watcher, WatchOptions } from "./watcher.ts"

// What of the protocol stands in these types, so that nobody has to depend on it to name them
export type {
  CancelledEvent,
  CompleteEvent,
  ConnectedEvent,
  ErrorEvent,
  Failures,
  Issue,
  IterationFailure,
  JobError,
  JobEvent,
  JobRequest,
  JobSnapshot,
  JobStatus,
  JobSummary,
  ListResponse,
  Outputs,
  PartialEvent,
  PartialOutputs,
  PrecisionRule,
  Problem,
  ProblemCode,
  Progress,
  ProgressEvent,
  Result,
  StopReason,
  StopRules,
  StreamEvent,
  TerminalEvent,
  WaitingFor,
} from "@simstream/protocol"
