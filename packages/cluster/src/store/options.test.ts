import { describe, expect, it } from "vitest"
import { createPostgresStore, migratePostgresStore } from "./createPostgresStore.ts"

// Nobody listens there, so that what gets that far fails at once.
const connectionString = "postgres://nobody@127.0.0.1:1/none"

describe("createPostgresStore", () => {
  it.each([
    [{ schema: "Jobs" }, "schema must be a lower-case name"],
    [{ schema: 'jobs"; DROP SCHEMA public' }, "schema must be a lower-case name"],
    [{ schema: "j".repeat(41) }, "schema must be a lower-case name"],
    [{ saveEveryMs: 0 }, "saveEveryMs must be 10 milliseconds or more; got 0."],
    [{ shareEveryMs: NaN }, "shareEveryMs must be 10 milliseconds or more; got NaN."],
    [{ leaseMs: Infinity }, "leaseMs must be 10 milliseconds or more; got Infinity."],
    [
      { saveEveryMs: 4_000, leaseMs: 6_000 },
      "leaseMs (6000) must be at least twice saveEveryMs (4000), which renews it",
    ],
  ])("refuses %j, with what is wrong", async (options, words) => {
    await expect(createPostgresStore({ connectionString, ...options })).rejects.toThrow(words)
  })

  it("wants to know where the database is, once", async () => {
    const takes = "takes one of dataDir, connectionString, pool and pglite"
    await expect(createPostgresStore({} as { readonly dataDir: string })).rejects.toThrow(
      `${takes}; got none.`,
    )
    await expect(createPostgresStore({ connectionString, dataDir: "data" })).rejects.toThrow(
      `${takes}; got dataDir, connectionString.`,
    )
  })

  it("leaves longer leases to those who save more seldom", async () => {
    await expect(createPostgresStore({ connectionString, saveEveryMs: 60_000 })).rejects.toThrow(
      "ECONNREFUSED",
    )
  })

  it("fails when there is no server, and does not hang", async () => {
    await expect(createPostgresStore({ connectionString })).rejects.toThrow("ECONNREFUSED")
    await expect(migratePostgresStore({ connectionString })).rejects.toThrow("ECONNREFUSED")
  })
})
