import { ConnectionFailed, RequestFailed } from "@simstream/client"
import { problem } from "@simstream/protocol"
import { describe, expect, it } from "vitest"
import { explain } from "./problems.ts"

const refusal = (...given: Parameters<typeof problem>) => {
  const body = problem(...given)
  return new RequestFailed(body.detail, { status: body.status, problem: body, retryAfterMs: 0 })
}

describe("what went wrong, in words", () => {
  it("says of each field what is wrong with it", () => {
    const issues = [{ path: ["config", "critChance"], message: "must be a chance from 0 to 1; got 4" }]
    expect(explain(refusal("invalid_config", "The config is not valid.", issues))).toEqual({
      title: "The run was not started",
      detail: "Some of the settings need another look; they are marked in the form.",
      fields: { "config.critChance": "Must be a chance from 0 to 1; got 4" },
    })
  })

  it("speaks of a run that is gone, a full server and a lost connection without a code or a status", () => {
    const shown = [
      refusal("job_not_found", "There is no job."),
      refusal("queue_full", "20 jobs are waiting."),
      new ConnectionFailed("fetch failed", { reason: "network" }),
    ].map((error) => {
      const { title, detail } = explain(error)
      return `${title}. ${detail}`
    })
    expect(shown[0]).toMatch(/This run isn't here.*kept for an hour/)
    expect(shown[1]).toMatch(/has its hands full.*Try again/)
    expect(shown[2]).toMatch(/can't be reached.*Check your connection/)
    for (const text of shown) expect(text).not.toMatch(/_|\d{3}|fetch/)
  })

  it("has words for an answer that is none of the server's", () => {
    const { title } = explain(new RequestFailed("502", { status: 502, problem: null, retryAfterMs: 0 }))
    expect(title).toBe("The server gave an answer that this page can't read")
  })
})
