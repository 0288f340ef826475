/** Jobs in PostgreSQL: in a folder of this process, by PGlite, or on a server that any number of processes share. */
import type { JobHint, JobStore } from "@simstream/core"
import type { Database } from "./database.ts"
import { createJobTable } from "./jobTable.ts"
import { checkVersion, migrate, type Migrated } from "./migrations.ts"
import { openServer, poolDatabase, type PoolLike } from "./pgDatabase.ts"
import { openFolder, pgliteDatabase, type PGliteLike } from "./pgliteDatabase.ts"

/** Where the database is. */
export type PostgresConnection =
  /**
   * A folder, which is made if there is none: PGlite runs in this process, and nothing is to be installed but
   * `@electric-sql/pglite`. One process at a time can have it open.
   */
  | { readonly dataDir: string }
  /** A server's address, `postgres://user:password@host:5432/database`; needs `pg`. */
  | { readonly connectionString: string }
  /** A `pg.Pool` of your own, of two connections or more: one of them listens. It is left open in the end. */
  | { readonly pool: PoolLike }
  /** A `PGlite` of your own. It is left open in the end. */
  | { readonly pglite: PGliteLike }

/** What can be set. */
export interface PostgresStoreOptions {
  /** The schema that the tables are in, which is made if there is none; `simstream` by default. */
  readonly schema?: string
  /** Whether to bring the tables to the newest version at start; `true` by default. `migratePostgresStore` does it by hand. */
  readonly migrate?: boolean
  /**
   * How often a running job is saved, with what it can go on from, in milliseconds; 2,000 by default. It is what is lost
   * when a process dies.
   */
  readonly saveEveryMs?: number
  /**
   * How often what a running job says is saved for other processes to show, in milliseconds; 500 by default. Of no use
   * with PGlite, where there can be none.
   */
  readonly shareEveryMs?: number
  /**
   * How long a process may be silent before others take its jobs over, in milliseconds; 6,000 by default, and at least
   * twice `saveEveryMs`. A process whose thread is blocked for longer than that loses its jobs.
   */
  readonly leaseMs?: number
}

/** A store that outlives its process. */
export interface PostgresStore extends JobStore {
  /** Lets go of the database. To be called behind `jobs.shutdown()`. */
  readonly close: () => Promise<void>
}

const DEFAULTS = { schema: "simstream", saveEveryMs: 2_000, shareEveryMs: 500, leaseMs: 6_000 }

/**
 * The tables are looked through so often for what no hint told of: three times within a lease, and at least that. Nobody
 * else writes to PGlite, so that there it only removes what has been kept long enough.
 */
const POLL_MOST_MS = 10_000

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,39}$/

/**
 * Opens a store of jobs.
 *
 * @example
 * ```ts
 * import { createPostgresStore } from "@simstream/cluster"
 * import { createJobs } from "@simstream/core"
 *
 * const store = await createPostgresStore({ dataDir: "./data/jobs" })
 * const jobs = createJobs({ simulations: [dice], store })
 * process.once("SIGTERM", async () => {
 *   await jobs.shutdown()
 *   await store.close()
 * })
 * ```
 *
 * @throws RangeError or TypeError when an option is out of its range, or a package is missing
 * @throws Error when the folder is in use, the server can't be reached, or the tables are of another version
 */
export const createPostgresStore = async (
  options: PostgresConnection & PostgresStoreOptions,
): Promise<PostgresStore> => {
  const { schema, ...pace } = checkOptions(options)
  const database = await open(options)
  try {
    if (options.migrate ?? true) await migrate(database, quoted(schema))
    else await checkVersion(database, quoted(schema))
    return await storeOn(database, schema, pace)
  } catch (error) {
    await database.close()
    throw error
  }
}

/**
 * Brings the tables to the newest version, and tells from which. For those who let a deployment do it, and start their
 * servers with `migrate: false`.
 *
 * @throws Error when the tables are of a newer version than this package knows
 */
export const migratePostgresStore = async (
  options: PostgresConnection & Pick<PostgresStoreOptions, "schema">,
): Promise<Migrated> => {
  const { schema } = checkOptions(options)
  const database = await open(options)
  try {
    return await migrate(database, quoted(schema))
  } finally {
    await database.close()
  }
}

type Pace = Required<Pick<PostgresStoreOptions, "saveEveryMs" | "shareEveryMs" | "leaseMs">>

const checkOptions = (options: PostgresConnection & PostgresStoreOptions): Pace & { schema: string } => {
  const given = ["dataDir", "connectionString", "pool", "pglite"].filter((name) => name in options)
  if (given.length !== 1) {
    throw new TypeError(
      `createPostgresStore takes one of dataDir, connectionString, pool and pglite; got ${given.join(", ") || "none"}.`,
    )
  }
  const {
    schema = DEFAULTS.schema,
    saveEveryMs = DEFAULTS.saveEveryMs,
    shareEveryMs = DEFAULTS.shareEveryMs,
    leaseMs = Math.max(DEFAULTS.leaseMs, 3 * saveEveryMs),
  } = options
  if (!SCHEMA_NAME.test(schema)) {
    throw new TypeError(
      `schema must be a lower-case name of up to 40 letters, digits and "_"; got ${JSON.stringify(schema)}.`,
    )
  }
  for (const [name, value] of Object.entries({ saveEveryMs, shareEveryMs, leaseMs })) {
    if (!(Number.isFinite(value) && value >= 10)) {
      throw new RangeError(`${name} must be 10 milliseconds or more; got ${value}.`)
    }
  }
  if (leaseMs < 2 * saveEveryMs) {
    throw new RangeError(
      `leaseMs (${leaseMs}) must be at least twice saveEveryMs (${saveEveryMs}), which renews it, or jobs lose their process.`,
    )
  }
  return { schema, saveEveryMs, shareEveryMs, leaseMs }
}

const open = async (connection: PostgresConnection): Promise<Database> => {
  if ("dataDir" in connection) return openFolder(connection.dataDir)
  if ("connectionString" in connection) return openServer(connection.connectionString)
  return "pool" in connection ? poolDatabase(connection.pool) : pgliteDatabase(connection.pglite)
}

const quoted = (schema: string): string => `"${schema}"`

const storeOn = async (
  database: Database,
  schema: string,
  { saveEveryMs, shareEveryMs, leaseMs }: Pace,
): Promise<PostgresStore> => {
  const { isExclusive } = database
  const channel = `${schema}_jobs`
  const listeners = new Set<(hint: JobHint) => void>()
  const table = createJobTable({
    database,
    schema: quoted(schema),
    leaseMs,
    channel: isExclusive ? null : channel,
    onHint: (hint) => {
      for (const listener of listeners) listener(hint)
    },
  })
  // Whoever held leases on an exclusive database is gone.
  if (isExclusive) await table.releaseAll()
  return {
    ...table.store,
    pace: {
      saveEveryMs,
      shareEveryMs: isExclusive ? null : shareEveryMs,
      leaseMs,
      pollMs: isExclusive ? POLL_MOST_MS : Math.min(leaseMs / 3, POLL_MOST_MS),
    },
    watch: (onHint) => {
      // A listener of its own, so that a function that watches twice is called twice.
      const own = (hint: JobHint) => onHint(hint)
      if (!isExclusive) return database.listen(channel, (payload) => own(hintOf(payload)))
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    close: database.close,
  }
}

/** Hints are notified as a letter, and the id of their job. */
const hintOf = (payload: string | null): JobHint => {
  const jobId = payload?.slice(1) ?? ""
  switch (payload?.[0]) {
    case "q":
      return { type: "queued" }
    case "c":
      return { type: "changed", jobId }
    case "x":
      return { type: "cancelling", jobId }
    default:
      return { type: "missed" }
  }
}
