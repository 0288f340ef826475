/**
 * A reconnecting, typed consumer of simulation jobs.
 *
 * @packageDocumentation
 */
export { createClient } from "./client.ts"
export type { Client, ClientOptions, JobHandle, ListOptions, StartOptions } from "./client.ts"
export {
  ConnectionFailed,
  InvalidEvent,
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
  ConnectionOptions,
  EventsOptions,
  EventStream,
  HeaderRecord,
  HeaderSource,
  RetryOptions,
} from "./options.ts"
export type { InputOf, NameOf, OutputsOf, SimulationMap, SimulationTypes } from "./simulations.ts"
export type {
  CompleteJobState,
  ConnectionStatus,
  FailedJobState,
  JobState,
  JobStateStatus,
  UnsettledJobState,
} from "./state.ts"
export { openStream, type StreamOptions } from "./stream.ts"
export type { Watcher, WatchOptions } from "./watcher.ts"
