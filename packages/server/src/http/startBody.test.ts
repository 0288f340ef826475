import { afterEach, describe, expect, it, vi } from "vitest"
import { checkLimits } from "./admission.ts"
import { problemFor } from "./problems.ts"
import { readStartBody } from "./startBody.ts"

const request = (body: BodyInit | null): Request =>
  new Request("http://x/", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
    duplex: "half",
  } as RequestInit)

const read = (body: BodyInit) => readStartBody(request(body), checkLimits())

/** The problem that a body is refused with. */
const refusal = async (body: BodyInit) => {
  const refused = await read(body).catch((error: unknown) => problemFor(error).problem)
  if (!("code" in refused)) throw new Error("It was taken.")
  return refused
}

afterEach(() => {
  vi.useRealTimers()
})

describe("the body of a start request", () => {
  it.each([
    '{"simulation":"dice"}',
    '{"simulation":"dice","config":null}',
    '{"simulation":"dice","config":{}}',
  ])("%s has an empty config", async (body) => {
    expect(await read(body)).toEqual({ simulation: "dice", config: {} })
  })

  it("may be nested as deep as any config is, and not so deep that it could not be written again", async () => {
    const nested = (depth: number) =>
      `{"simulation":"dice","config":${"[".repeat(depth)}${"]".repeat(depth)}}`
    expect(await read(nested(99))).toMatchObject({ simulation: "dice" })
    for (const depth of [100, 1_000, 30_000]) {
      expect(await refusal(nested(depth))).toMatchObject({
        code: "malformed_request",
        message: "The body may be nested 100 deep at most.",
      })
    }
  })

  it("is told of no more than twenty of its faults, however many it has", async () => {
    const fields = Object.fromEntries(Array.from({ length: 4_000 }, (_, index) => [`field${index}`, 1]))
    const { code, issues } = await refusal(JSON.stringify({ simulation: "dice", ...fields }))
    expect(code).toBe("invalid_options")
    expect(issues).toHaveLength(20)
  })

  it("has no fields but its own, whatever they are called", async () => {
    const body = '{"simulation":"dice","__proto__":{"iterations":5},"constructor":1}'
    expect((await refusal(body)).issues?.map(({ path }) => path)).toEqual([["__proto__"], ["constructor"]])
  })

  it("must be there within a time, and is given up when it isn't", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    let cancelled = false
    const trickle = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"simulation":')),
      cancel: () => {
        cancelled = true
      },
    })
    const refused = refusal(trickle)
    await vi.advanceTimersByTimeAsync(29_999)
    expect(cancelled).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await refused).toMatchObject({
      code: "body_too_slow",
      message: "The body must be here within 30000 ms.",
    })
    expect(cancelled).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it("leaves no timer behind", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    await read('{"simulation":"dice"}')
    await refusal("{")
    await refusal("x".repeat(100_000))
    expect(vi.getTimerCount()).toBe(0)
  })
})
