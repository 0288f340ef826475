import { startBatch } from "@simstream/core"
import { defineSimulation } from "@simstream/core/simulation"
import { describe, expect, it } from "vitest"
import { createBullEngine } from "./createBullEngine.ts"

const one = defineSimulation({
  name: "one",
  config: { "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) } },
  metrics: { value: {} },
  prepare: () => () => ({ value: 1 }),
})

describe("an engine", () => {
  it("refuses a connection that is neither, and does not repeat its password", () => {
    expect(() => createBullEngine({ connection: "mysql://me:secret@box/db" })).toThrow(
      "connection must be a URL such as redis://127.0.0.1:6379 or postgres://127.0.0.1/mydb; got mysql://me:***@box/db.",
    )
  })

  it("repeats no part of a password that should have been encoded, nor of one behind the question mark", () => {
    const got = (connection: string) => () => createBullEngine({ connection })
    expect(got("mysql://me:se/cr@et@box/db")).toThrow("got mysql://me:***@box/db.")
    expect(got("mysql://box/db?user=me&password=secret&ssl=1")).toThrow(
      "got mysql://box/db?user=me&password=***&ssl=1.",
    )
  })

  it("refuses a namespace that is no schema or no prefix, before any batch waits for it", () => {
    const on = (connection: string, namespace: string) => () => createBullEngine({ connection, namespace })
    expect(on("postgres://box/db", 'a"; DROP SCHEMA public; --')).toThrow(
      `namespace must be the name of a schema, of up to 63 letters, digits and "_"; got "a\\"; DROP SCHEMA public; --".`,
    )
    expect(on("postgres://box/db", "a".repeat(64))).toThrow(TypeError)
    expect(on("redis://box", "two words")).toThrow("namespace must be a prefix of keys")
    expect(on("redis://box", "")).toThrow("namespace must be a prefix of keys")
    expect(on("redis://box", "{simstream}")).not.toThrow()
  })

  it("refuses to wait for a version for less than no time", () => {
    expect(() => createBullEngine({ connection: "redis://box", versionWaitMs: -1 })).toThrow(
      "versionWaitMs must be a number of milliseconds, 0 or more; got -1.",
    )
  })

  it("is not connected before its first batch, and can be closed without ever being", async () => {
    const told: Array<string> = []
    const engine = createBullEngine({
      connection: "redis://127.0.0.1:1",
      onError: ({ message }) => told.push(message),
    })
    await engine.close()
    expect(told).toEqual([])
  })

  it("says that the server can't be reached, goes on trying, and lets a batch be cancelled or closed meanwhile", async () => {
    for (const connection of ["redis://127.0.0.1:1", "postgres://127.0.0.1:1/db"]) {
      let tell: (message: string) => void = () => undefined
      const told = new Promise<string>((resolve) => {
        tell = resolve
      })
      const engine = createBullEngine({ connection, onError: ({ message }) => tell(message) })
      const batch = startBatch(one, { config: {}, engine })
      expect(await told).toMatch(
        /^(Redis|PostgreSQL) at .*127\.0\.0\.1:1.* can't be reached: connect ECONNREFUSED/,
      )
      await batch.cancel()
      await expect(batch.result).rejects.toMatchObject({ _tag: "BatchCancelled" })
      const other = startBatch(one, { config: {}, engine })
      for await (const { progress } of other.onProgress) {
        expect(progress.current).toBe(0)
        break
      }
      await engine.close()
      await expect(other.result).rejects.toMatchObject({
        message: expect.stringMatching(/"one" failed in "prepare": .*the engine was closed\./i),
      })
    }
  })
})
