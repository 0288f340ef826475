/**
 * The wire between a Simstream server and its clients: events, routes, errors, their guards and the one encoder.
 *
 * @packageDocumentation
 */
export {
  EVENT_TYPES,
  isTerminalEvent,
  isTerminalType,
  type CancelledEvent,
  type CompleteEvent,
  type ConnectedEvent,
  type ErrorEvent,
  type EventType,
  type JobEvent,
  type PartialEvent,
  type ProgressEvent,
  type StreamEvent,
  type TerminalEvent,
} from "./events.ts"
export { formatEventId, isEventId, jobTag, parseEventId, revisionOf, type EventId } from "./eventId.ts"
export { isJobSnapshot, isProblem, isProgress, isStreamEvent } from "./guards.ts"
export {
  isFinalStatus,
  JOB_STATUSES,
  type Failures,
  type IterationFailure,
  type JobError,
  type JobRequest,
  type JobSnapshot,
  type JobStatus,
  type JobSummary,
  type PartialOutputs,
  type Progress,
  type Result,
  type StopReason,
  type WaitingFor,
} from "./job.ts"
export type {
  ChartsOf,
  Extreme,
  Histogram,
  Interval,
  MetricStats,
  Outputs,
  StatsOf,
  TallyEntry,
  Timeline,
  TimelineSeries,
} from "./outputs.ts"
export { problem, PROBLEM_TYPE, PROBLEMS, type Issue, type Problem, type ProblemCode } from "./problem.ts"
export {
  IDEMPOTENCY_KEY_HEADER,
  IDEMPOTENCY_KEY_LIMIT,
  LAST_EVENT_ID_HEADER,
  LAST_EVENT_ID_QUERY,
  MAX_ITERATIONS,
  routes,
  type ListResponse,
  type PrecisionRule,
  type StartRequest,
  type StartResponse,
  type StopRules,
} from "./requests.ts"
export { encodeComment, encodeFrame, encodeRetry, EVENT_STREAM_TYPE, NDJSON_TYPE, type Frame } from "./sse.ts"
export { formatTraceparent, parseTraceparent, TRACEPARENT_HEADER, type TraceParent } from "./traceparent.ts"
export { PROTOCOL_VERSION, RESULT_SCHEMA_VERSION } from "./version.ts"
