import { afterEach, beforeEach, expect, it, vi } from "vitest"
import type { Action } from "./createHandler.ts"
import { createJobTokens } from "./createJobTokens.ts"

const SECRET = "a secret of at least thirty-two bytes"
const tokens = createJobTokens(SECRET)

const withBearer = (token: string) =>
  new Request("http://x/", { headers: { authorization: `Bearer ${token}` } })
const withQuery = (token: string) => new Request(`http://x/?token=${token}`)
const action = (type: "read" | "stream" | "cancel", jobId = "job_1"): Action => ({ type, jobId })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it("a read token reads and streams its job, by header and by query, and does nothing else", async () => {
  const token = await tokens.issue({ jobId: "job_1", scope: "read" })
  for (const request of [withBearer(token), withQuery(token)]) {
    expect(await tokens.authorize(request, action("read"))).toBe(true)
    expect(await tokens.authorize(request, action("stream"))).toBe(true)
    expect(await tokens.authorize(request, action("cancel"))).toBe(false)
    expect(await tokens.authorize(request, action("read", "job_2"))).toBe(false)
    expect(await tokens.authorize(request, { type: "start" })).toBe(false)
    expect(await tokens.authorize(request, { type: "list" })).toBe(false)
  }
})

it("a cancel token cancels and reads", async () => {
  const token = await tokens.issue({ jobId: "job_1", scope: "cancel" })
  expect(await tokens.authorize(withBearer(token), action("cancel"))).toBe(true)
  expect(await tokens.authorize(withBearer(token), action("stream"))).toBe(true)
  expect(await tokens.authorize(withBearer(token), action("cancel", "job_2"))).toBe(false)
})

it("expires", async () => {
  const token = await tokens.issue({ jobId: "job_1", scope: "read", expiresInMs: 1000 })
  vi.advanceTimersByTime(999)
  expect(await tokens.authorize(withBearer(token), action("read"))).toBe(true)
  vi.advanceTimersByTime(1)
  expect(await tokens.authorize(withBearer(token), action("read"))).toBe("unauthorized")
})

it("a token changed in any character, or made with another secret, is refused", async () => {
  const token = await tokens.issue({ jobId: "job_1", scope: "read" })
  for (let at = 0; at < token.length; at++) {
    const changed = `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`
    // The last character of base64 has bits that say nothing.
    if (at === token.length - 1) continue
    expect(await tokens.authorize(withBearer(changed), action("read"))).toBe("unauthorized")
  }
  const other = await createJobTokens(`${SECRET}!`).issue({ jobId: "job_1", scope: "read" })
  expect(await tokens.authorize(withBearer(other), action("read"))).toBe("unauthorized")
})

it.each(["", ".", "a", "a.b", "....", "%%%", "x".repeat(10_000)])(
  "garbage %# is refused",
  async (garbage) => {
    expect(await tokens.authorize(withBearer(garbage), action("read"))).toBe("unauthorized")
  },
)

it("no token is refused, and a short secret fails at once", async () => {
  expect(await tokens.authorize(new Request("http://x/"), action("read"))).toBe("unauthorized")
  expect(() => createJobTokens("short")).toThrow("32 bytes")
})

it.each([0, -1, Number.NaN, Infinity])(
  "an expiry of %d ms is refused at once, and not with every use",
  async (expiresInMs) => {
    await expect(tokens.issue({ jobId: "job_1", scope: "read", expiresInMs })).rejects.toThrow(
      new RangeError(`expiresInMs must be a number of milliseconds above 0; got ${expiresInMs}.`),
    )
  },
)
