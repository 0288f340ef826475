import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { formatEventId, parseEventId, revisionOf } from "./eventId.ts"

describe("event ids", () => {
  it("join the revision and the end of the job's id", () => {
    expect(formatEventId("job_9f3c", 12)).toBe("12-b_9f3c")
    expect(parseEventId("12-b_9f3c")).toEqual({ revision: 12, job: "b_9f3c" })
  })

  it("give the revision back for the same job, whatever its id", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.integer({ min: 1, max: 999_999_999_999_999 }),
        (job, revision) => {
          const id = formatEventId(job, revision)
          expect(id).toMatch(/^[\x21-\x7e]+$/)
          expect(revisionOf(job, id)).toBe(revision)
        },
      ),
      { seed: 1 },
    )
  })

  it("are worth nothing for another job", () => {
    expect(revisionOf("job_000002", formatEventId("job_000001", 7))).toBe(0)
  })

  it.each([
    null,
    undefined,
    "",
    "7",
    "-1-abc",
    "7-",
    "7-abcdefg",
    "7-a/b",
    " 7-abc",
    "7-abc ",
    "7-abc\n",
    "1e3-abc",
    "0x7-abc",
    "٧-abc",
    "9999999999999999-abc",
    "abc-7",
    "7-abc-7",
  ])("that are garbage, such as %j, mean the start", (id) => {
    expect(revisionOf("job_abc", id)).toBe(0)
    expect(parseEventId(id ?? "")).toBeNull()
  })
})
