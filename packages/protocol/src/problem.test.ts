import { describe, expect, it } from "vitest"
import { problem, PROBLEMS } from "./problem.ts"

describe("problem", () => {
  it("has the status and the title of its code, and what happened this time", () => {
    expect(problem("queue_full", "100 jobs are waiting.")).toEqual({
      type: "https://github.com/simstream/simstream/blob/main/docs/protocol.md#queue_full",
      title: "The queue is full",
      status: 503,
      detail: "100 jobs are waiting.",
      code: "queue_full",
    })
  })

  it("lists issues when there are some", () => {
    const issues = [{ path: ["config", "count"], message: "Expected an integer" }]
    expect(problem("invalid_config", "The config is not valid.", issues).issues).toEqual(issues)
    expect(problem("invalid_config", "The config is not valid.")).not.toHaveProperty("issues")
  })

  it.each(Object.entries(PROBLEMS))("%s is an error of HTTP with a title", (_, { status, title }) => {
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    expect(title).toMatch(/^[A-Z].*[^.]$/)
  })
})
