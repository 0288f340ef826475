// What every store of jobs has to do, on PostgreSQL.
import { createPostgresStore } from "@simstream/cluster"
import { afterAll, beforeAll } from "vitest"
import { testJobStore } from "../../packages/core/src/jobs/store.conformance.fixtures.ts"
import { createDatabase, describeOnPostgres, type TestDatabase } from "../support/postgres.ts"

await describeOnPostgres("PostgreSQL", () => {
  let database: TestDatabase
  let schemas = 0
  beforeAll(async () => {
    database = await createDatabase()
  })
  afterAll(() => database[Symbol.asyncDispose]())

  testJobStore("a store in PostgreSQL", {
    open: async ({ leaseMs }) => {
      const store = await createPostgresStore({
        connectionString: database.url,
        schema: `test_${++schemas}`,
        leaseMs,
        saveEveryMs: Math.min(leaseMs / 2, 1_000),
      })
      return { store, close: store.close }
    },
    leasesRunOut: true,
  })
})
