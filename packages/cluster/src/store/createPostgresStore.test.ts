import { PGlite } from "@electric-sql/pglite"
import { testJobStore } from "../../../core/src/jobs/store.conformance.fixtures.ts"
import { afterAll } from "vitest"
import { createPostgresStore } from "./createPostgresStore.ts"

// Making one takes seconds, so that all tests share it, each in a schema of its own.
const pglite = await PGlite.create()
afterAll(() => pglite.close())

let schemas = 0

testJobStore("a store in PGlite", {
  open: async ({ leaseMs }) => {
    const store = await createPostgresStore({
      pglite,
      schema: `test_${++schemas}`,
      leaseMs,
      saveEveryMs: Math.min(leaseMs / 2, 1000),
    })
    return { store, close: store.close }
  },
  leasesRunOut: true,
})
