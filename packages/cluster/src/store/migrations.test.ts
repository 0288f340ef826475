import { PGlite } from "@electric-sql/pglite"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { createPostgresStore, migratePostgresStore } from "./createPostgresStore.ts"
import { checkVersion, migrate, type Migration, MIGRATIONS } from "./migrations.ts"
import { pgliteDatabase } from "./pgliteDatabase.ts"

const pglite = await PGlite.create()
afterAll(() => pglite.close())

const database = pgliteDatabase(pglite)

let schemas = 0
let schema = ""
beforeEach(() => {
  schema = `test_${++schemas}`
})

/** All that can be seen of the tables in a schema. */
const tablesOf = async (name: string): Promise<ReadonlyArray<unknown>> => {
  const columns = await database.query(
    `SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
    WHERE table_schema = $1 ORDER BY table_name, column_name`,
    [name],
  )
  const indexes = await database.query(
    "SELECT replace(indexdef, schemaname || '.', '') AS definition FROM pg_indexes WHERE schemaname = $1 ORDER BY 1",
    [name],
  )
  return [...columns, ...indexes]
}

/** The versions that are written down as applied. */
const appliedTo = async (name: string): Promise<ReadonlyArray<unknown>> =>
  (await database.query(`SELECT version FROM ${name}.migrations ORDER BY version`)).map(
    ({ version }) => version,
  )

/** Tables that grow, for what is about how migrations are run. */
const grow = (column: string): Migration => ({
  name: column,
  up: (name) => `ALTER TABLE ${name}.things ADD COLUMN ${column} text;`,
})
const THINGS: ReadonlyArray<Migration> = [
  { name: "things", up: (name) => `CREATE TABLE ${name}.things (id text); CREATE TABLE ${name}.others ();` },
  grow("a"),
  grow("b"),
]

describe("the tables", () => {
  it.each(MIGRATIONS.map((_, version) => version))(
    "come from version %i to the newest, and keep the jobs that are in them",
    async (version) => {
      await migrate(database, schema, MIGRATIONS.slice(0, version))
      if (version > 0) {
        await database.query(
          `INSERT INTO ${schema}.jobs (id, simulation, request, status, attempt, revision, progress_revision, progress)
          VALUES ('job_1', 'dice', '{"simulation":"dice","config":{},"iterations":1,"seed":"7","stop":{}}', 'running', 1, 3, 3,
            '{"type":"progress","current":5}')`,
        )
      }
      expect(await migratePostgresStore({ pglite, schema })).toEqual({ from: version, to: MIGRATIONS.length })
      await migrate(database, `${schema}_new`)
      expect(await tablesOf(schema)).toEqual(await tablesOf(`${schema}_new`))
      const store = await createPostgresStore({ pglite, schema, migrate: false })
      const claimed = await store.claim({ simulations: ["dice"], except: [], limit: 1 })
      expect(claimed.map(({ record }) => [record.jobId, record.attempt, record.revision])).toEqual(
        version > 0 ? [["job_1", 2, 3]] : [],
      )
    },
  )

  it("stay as they are when they are of the newest version", async () => {
    await migrate(database, schema)
    const before = await tablesOf(schema)
    expect(await migrate(database, schema)).toEqual({ from: MIGRATIONS.length, to: MIGRATIONS.length })
    expect(await tablesOf(schema)).toEqual(before)
    expect(await appliedTo(schema)).toEqual(MIGRATIONS.map((_, at) => at + 1))
  })

  it("are made once when many begin at once", async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => migrate(database, schema, THINGS)))
    expect(all.map(({ from }) => from).sort()).toEqual([0, 3, 3, 3, 3])
    expect(await appliedTo(schema)).toEqual([1, 2, 3])
  })

  it("stay at the version that they were of when a step fails", async () => {
    await migrate(database, schema, THINGS.slice(0, 1))
    const before = await tablesOf(schema)
    const broken = [...THINGS, { name: "broken", up: () => "SELECT nothing FROM nowhere;" }]
    await expect(migrate(database, schema, broken)).rejects.toThrow("nowhere")
    expect(await tablesOf(schema)).toEqual(before)
    expect(await appliedTo(schema)).toEqual([1])
    expect(await migrate(database, schema, THINGS)).toEqual({ from: 1, to: 3 })
  })

  it("of a newer version are left alone, in words", async () => {
    await migrate(database, schema, THINGS)
    const words = `The tables in the schema ${schema} are of version 3, and this @simstream/cluster knows version 2: update it.`
    await expect(migrate(database, schema, THINGS.slice(0, 2))).rejects.toThrow(words)
    await expect(checkVersion(database, schema)).rejects.toThrow("update it")
    expect(await appliedTo(schema)).toEqual([1, 2, 3])
  })

  it("of an older version are refused when they are not to be changed, with what to do", async () => {
    await expect(createPostgresStore({ pglite, schema, migrate: false })).rejects.toThrow(
      `The tables in the schema "${schema}" are of version 0, and version ${MIGRATIONS.length} is needed: ` +
        "call migratePostgresStore, or leave `migrate` on.",
    )
    expect(await tablesOf(schema)).toEqual([])
  })
})
