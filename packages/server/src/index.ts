/**
 * Jobs over HTTP and Server-Sent Events, for any server that speaks `Request` and `Response`.
 *
 * @packageDocumentation
 */
export {
  createHandler,
  type Action,
  type AnsweredRequest,
  type Authorization,
  type Handler,
  type HandlerOptions,
} from "./createHandler.ts"
export { streamResponse, type EventSourceLike, type StreamResponseOptions } from "./streamResponse.ts"
export { createJobTokens, type JobTokens, type TokenClaims, type TokenScope } from "./createJobTokens.ts"
export { toNodeHandler, type NodeHandler } from "./toNodeHandler.ts"
export { readMetrics, type MetricReading } from "./observability/readMetrics.ts"
export type { Limits } from "./http/admission.ts"
export type { AnyEvent } from "./stream/format.ts"
export type { StreamTiming } from "./stream/timing.ts"
export type { SimulationsOf } from "@simstream/core"
