import { describe, expect, it } from "vitest"
import { waitOf } from "./waiting.ts"

describe("what a run waits for, in words", () => {
  it.each([
    ["queue", "Waiting for the queue"],
    ["workers", "Waiting for a worker"],
  ] as const)("names the %s, and says that the run goes on by itself", (waitingFor, title) => {
    const wait = waitOf({ waitingFor })
    expect(wait?.title).toBe(title)
    expect(wait?.text).toMatch(/The run goes on by itself\.$/)
  })

  it("is nothing while the run goes on, and when the word is one of a newer server", () => {
    expect(waitOf({})).toBeNull()
    expect(waitOf({ waitingFor: "licence" })).toBeNull()
  })
})
