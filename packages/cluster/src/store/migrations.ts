/** The tables, version by version. What is released is never changed: a change of the tables is another version. */
import type { Database, Sql } from "./database.ts"

/** One step from a version to the next. */
export interface Migration {
  readonly name: string
  /** Statements, given the name of the schema, quoted. */
  readonly up: (schema: string) => string
}

/**
 * Every version in order; the first is 1. A step must leave the tables so that the code before it still works, for servers
 * are replaced one by one.
 */
export const MIGRATIONS: ReadonlyArray<Migration> = [
  {
    name: "jobs",
    up: (schema) => `
      CREATE TABLE ${schema}.jobs (
        id text PRIMARY KEY,
        owner text,
        idempotency_key text,
        request_digest text,
        simulation text NOT NULL,
        request json NOT NULL,
        status text NOT NULL DEFAULT 'queued'
          CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        started_at timestamptz,
        ended_at timestamptz,
        -- When it may be removed.
        expires_at timestamptz,
        -- Grows with every claim; the last one to claim is the only one to write.
        attempt integer NOT NULL DEFAULT 0,
        leased_until timestamptz,
        cancel_requested boolean NOT NULL DEFAULT false,
        -- The newest event of each kind, with its place.
        revision bigint NOT NULL DEFAULT 0,
        progress json,
        progress_revision bigint NOT NULL DEFAULT 0,
        partial json,
        partial_revision bigint NOT NULL DEFAULT 0,
        last json,
        checkpoint text
      );
      -- Written every few seconds, and read when a process has died: packing it would cost more than the space.
      ALTER TABLE ${schema}.jobs ALTER COLUMN checkpoint SET STORAGE EXTERNAL;
      -- Room for the next version of a row on its own page, so that saving touches no index.
      ALTER TABLE ${schema}.jobs SET (fillfactor = 70);
      CREATE UNIQUE INDEX jobs_idempotency ON ${schema}.jobs (coalesce('=' || owner, ''), idempotency_key)
        WHERE idempotency_key IS NOT NULL;
      CREATE INDEX jobs_unfinished ON ${schema}.jobs (created_at, id) WHERE ended_at IS NULL;
      CREATE INDEX jobs_created ON ${schema}.jobs (created_at, id);
      CREATE INDEX jobs_owner ON ${schema}.jobs (owner, created_at, id);
      CREATE INDEX jobs_expires ON ${schema}.jobs (expires_at) WHERE expires_at IS NOT NULL;
    `,
  },
  {
    name: "when a job was last watched",
    up: (schema) => `
      ALTER TABLE ${schema}.jobs ADD COLUMN watched_at timestamptz NOT NULL DEFAULT now();
    `,
  },
]

/** The number that stands for the right to change the tables, and to take in a job; any, but its own for each schema. */
export const lockKey = (purpose: "migrate" | "create") => (purpose === "migrate" ? 0x51_4d_01 : 0x51_4d_02)

/** Where the tables were, and where they are. */
export interface Migrated {
  /** The version before; 0 when there were none. */
  readonly from: number
  /** The version now. */
  readonly to: number
}

const versionOf = async (sql: Sql, schema: string): Promise<number> => {
  const [found] = await sql.query("SELECT to_regclass($1)::text AS found", [`${schema}.migrations`])
  if (found?.["found"] === null) return 0
  const [row] = await sql.query(`SELECT coalesce(max(version), 0)::int AS version FROM ${schema}.migrations`)
  return Number(row?.["version"])
}

const tooNew = (schema: string, found: number, known: number): Error =>
  new Error(
    `The tables in the schema ${schema} are of version ${found}, and this @simstream/cluster knows version ${known}: update it.`,
  )

/**
 * Brings the tables to a version, the newest by default. All of it holds or nothing, and processes that do so at the same
 * time wait for each other.
 *
 * @throws Error when the tables are of a newer version
 */
export const migrate = (
  database: Database,
  schema: string,
  migrations: ReadonlyArray<Migration> = MIGRATIONS,
): Promise<Migrated> =>
  database.transaction(async (sql) => {
    await sql.query("SELECT pg_advisory_xact_lock($1, hashtext($2))", [lockKey("migrate"), schema])
    const from = await versionOf(sql, schema)
    if (from > migrations.length) throw tooNew(schema, from, migrations.length)
    if (from === 0) {
      await sql.execute(`
        CREATE SCHEMA IF NOT EXISTS ${schema};
        CREATE TABLE IF NOT EXISTS ${schema}.migrations (
          version integer PRIMARY KEY,
          name text NOT NULL,
          applied_at timestamptz NOT NULL DEFAULT now()
        );
      `)
    }
    for (const [at, { name, up }] of [...migrations.entries()].slice(from)) {
      await sql.execute(up(schema))
      await sql.query(`INSERT INTO ${schema}.migrations (version, name) VALUES ($1, $2)`, [at + 1, name])
    }
    return { from, to: migrations.length }
  })

/**
 * Holds the tables to the version that this code is for.
 *
 * @throws Error saying what to do
 */
export const checkVersion = async (database: Database, schema: string): Promise<void> => {
  const found = await versionOf(database, schema)
  if (found > MIGRATIONS.length) throw tooNew(schema, found, MIGRATIONS.length)
  if (found < MIGRATIONS.length) {
    throw new Error(
      `The tables in the schema ${schema} are of version ${found}, and version ${MIGRATIONS.length} is needed: ` +
        "call migratePostgresStore, or leave `migrate` on.",
    )
  }
}
