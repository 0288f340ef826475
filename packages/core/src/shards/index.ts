/**
 * What an engine is written with, that runs batches in other processes: the port, and the side of the process that runs a
 * shard. `@simstream/cluster` has one for Redis and PostgreSQL.
 *
 * @packageDocumentation
 */
export type {
  BatchEngine,
  EngineBatch,
  EngineEvents,
  EngineSession,
  Shard,
  ShardFailure,
  ShardOutcome,
} from "./engine.ts"
export type { EncodedNode, EncodedPart } from "../kernel/encodedPart.ts"
export { createShardRunner, type ShardRun, type ShardRunner, type ShardRunnerOptions } from "./shardRunner.ts"
export { versionOf } from "./version.ts"
