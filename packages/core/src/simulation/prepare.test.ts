import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import type { Iterate } from "../kernel/iteration.ts"
import type { Prepared } from "./definition.ts"
import { resolvePrepared } from "./prepare.ts"
import { createGate } from "./simulations.fixtures.ts"

const iterate: Iterate = () => ({ x: 1 })

describe("what prepare returns", () => {
  it.each<readonly [string, Prepared<string>]>([
    ["the function itself", iterate],
    ["a promise of it", Promise.resolve(iterate)],
    ["an Effect of it", Effect.succeed(iterate)],
    ["an Effect that waits", Effect.promise(async () => iterate)],
  ])("may be %s", async (_, prepared) => {
    expect(await resolvePrepared(prepared)).toBe(iterate)
  })

  it("may reject or fail, with the error as it is", async () => {
    const error = new Error("The table is not there.")
    await expect(resolvePrepared(Promise.reject(error))).rejects.toBe(error)
    await expect(resolvePrepared(Effect.fail(error))).rejects.toBe(error)
    await expect(resolvePrepared(Effect.die(error))).rejects.toBe(error)
  })

  it("is interrupted with the batch when it is an Effect that is under way", async () => {
    const begun = createGate()
    const interrupted = createGate()
    const aborting = new AbortController()
    const prepared = Effect.sync(begun.open).pipe(
      Effect.andThen(Effect.never),
      Effect.onInterrupt(() => Effect.sync(interrupted.open)),
    )
    const outcome = resolvePrepared(prepared, aborting.signal).then(
      () => "prepared",
      () => "refused",
    )
    await begun.opened
    aborting.abort()
    expect(await outcome).toBe("refused")
    await expect(interrupted.opened).resolves.toBeUndefined()
  })

  it.each([
    ["nothing", undefined, "undefined"],
    ["null", null, "object"],
    ["a number", 5, "number"],
    ["text", "iterate", "string"],
    ["an object", {}, "object"],
    ["a promise of nothing", Promise.resolve(), "undefined"],
    ["an Effect of an object", Effect.succeed({}), "object"],
  ])("must not be %s, and the error says what it must be", async (_, prepared, type) => {
    // What the types forbid, and JavaScript can do.
    const refused = resolvePrepared(prepared as Prepared<string>)
    await expect(refused).rejects.toThrow(TypeError)
    await expect(refused).rejects.toThrow(
      `prepare must return a function that runs one iteration, or a Promise or an Effect of one; got ${type}.`,
    )
  })
})
