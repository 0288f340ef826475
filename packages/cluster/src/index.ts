/**
 * Jobs that outlive the process, and batches that outgrow the machine.
 *
 * @packageDocumentation
 */
export {
  createPostgresStore,
  migratePostgresStore,
  type PostgresConnection,
  type PostgresStore,
  type PostgresStoreOptions,
} from "./store/createPostgresStore.ts"
export type { Migrated } from "./store/migrations.ts"
export type { PoolClientLike, PoolLike } from "./store/pgDatabase.ts"
export type { PGliteLike, PGliteTransaction } from "./store/pgliteDatabase.ts"
export { createBullEngine, type BullEngine, type BullEngineOptions } from "./engine/createBullEngine.ts"
export type { BullConnection, BullPlace } from "./engine/place.ts"
export { startBullWorker, type BullWorker, type BullWorkerOptions } from "./worker/startBullWorker.ts"
