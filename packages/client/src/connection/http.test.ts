import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { has, readJson, readText, refusal } from "./http.ts"

const goOn = () => true

const inPieces = (bytes: Uint8Array, size: number) =>
  new Response(
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < bytes.length; i += size) controller.enqueue(bytes.slice(i, i + size))
        controller.close()
      },
    }),
  )

const textOf = async (response: Response) => {
  let all = ""
  await readText(response, (text) => {
    all += text
    return true
  })
  return all
}

describe("readText", () => {
  it("puts characters together that were cut anywhere", async () => {
    const text = "a é € 😀 z"
    for (const size of [1, 2, 3, 5]) {
      expect(await textOf(inPieces(new TextEncoder().encode(text), size))).toBe(text)
    }
  })

  it("leaves byte order marks where they are, however they were cut", async () => {
    const bytes = new TextEncoder().encode("\uFEFFdata\uFEFF")
    for (const size of [1, 2, 3, 100]) expect(await textOf(inPieces(bytes, size))).toBe("\uFEFFdata\uFEFF")
  })

  it("reads on over bytes that are no UTF-8", async () => {
    expect(await textOf(inPieces(Uint8Array.of(0x61, 0xff, 0x62), 1))).toBe("a\uFFFDb")
  })

  it("stops reading when it has had enough, and lets go of the body", async () => {
    const cancel = vi.fn<() => void>()
    const endless = new Response(
      new ReadableStream(
        { pull: (controller) => controller.enqueue(Uint8Array.of(0x61)), cancel },
        { highWaterMark: 0 },
      ),
    )
    let count = 0
    await readText(endless, () => ++count < 3)
    expect(count).toBe(3)
    expect(cancel).toHaveBeenCalledOnce()
  })

  it("reads all at once where there are no streams", async () => {
    const response = { body: null, text: () => Promise.resolve("all") } as Response
    expect(await textOf(response)).toBe("all")
  })
})

describe("readJson", () => {
  it("reads JSON, and undefined for what is none", async () => {
    expect(await readJson(new Response('{"a":[1]}'), goOn)).toEqual({ a: [1] })
    expect(await readJson(inPieces(new TextEncoder().encode('\uFEFF{"a":[1]}'), 1), goOn)).toEqual({ a: [1] })
    expect(await readJson(new Response("<!doctype html>"), goOn)).toBeUndefined()
    expect(await readJson(new Response(""), goOn)).toBeUndefined()
    expect(await readJson(new Response(null), goOn)).toBeUndefined()
  })

  it("reads that of a stream's first event", async () => {
    expect(await readJson(new Response('event: error\ndata: {"code":"x"}\n\n'), goOn)).toEqual({ code: "x" })
  })

  it("tells of every piece that it hears", async () => {
    const hear = vi.fn<() => boolean>(() => true)
    await readJson(inPieces(new TextEncoder().encode('"abcdef"'), 1), hear)
    expect(hear).toHaveBeenCalledTimes(8)
  })

  it("stops at a limit", async () => {
    const megabyte = new Uint8Array(1_048_576).fill(0x20)
    let sent = 0
    const endless = new Response(
      new ReadableStream({
        pull: (controller) => {
          sent++
          controller.enqueue(megabyte)
        },
      }),
    )
    expect(await readJson(endless, goOn)).toBeUndefined()
    expect(sent).toBeLessThan(20)
  })
})

describe("refusal", () => {
  const problem = {
    type: "https://example.com#job_not_found",
    title: "There is no such job",
    status: 404,
    detail: "No job job_1.",
    code: "job_not_found",
  }

  it("has the problem that the server sent", async () => {
    const error = await refusal(Response.json(problem, { status: 404 }), goOn)
    expect(error).toMatchObject({
      _tag: "RequestFailed",
      name: "RequestFailed",
      status: 404,
      problem,
      retryAfterMs: 0,
    })
    expect(error.message).toContain("No job job_1.")
  })

  it("has a problem with a code that is newer than this client", async () => {
    const error = await refusal(Response.json({ ...problem, code: "not_known_yet" }, { status: 402 }), goOn)
    expect(error.problem?.code).toBe("not_known_yet")
  })

  it("has what a stream's error event says", async () => {
    const body = 'event: error\ndata: {"type":"error","code":"job_not_found","message":"No job job_1."}\n\n'
    const headers = { "content-type": "text/event-stream" }
    const error = await refusal(new Response(body, { status: 404, headers }), goOn)
    expect(error.problem).toMatchObject({ code: "job_not_found", status: 404, detail: "No job job_1." })
  })

  it.each(["<!doctype html><h1>Bad gateway</h1>", "", "null", "3", '"code"', "[]", '{"error":"no"}'])(
    "has no problem for %j",
    async (body) => {
      expect(await refusal(new Response(body, { status: 502 }), goOn)).toMatchObject({
        status: 502,
        problem: null,
      })
    },
  )

  describe("Retry-After", () => {
    beforeEach(() => void vi.useFakeTimers({ now: Date.parse("2026-01-01T00:00:00Z") }))
    afterEach(() => void vi.useRealTimers())

    it.each([
      ["2", 2000],
      ["0", 0],
      ["3600", 3_600_000],
      ["1.5", 1500],
      ["Thu, 01 Jan 2026 00:00:07 GMT", 7000],
      ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
      ["-5", 0],
      ["soon", 0],
      ["", 0],
    ])("%j is %i ms", async (value, ms) => {
      const response = new Response(null, { status: 503, headers: { "retry-after": value } })
      expect((await refusal(response, goOn)).retryAfterMs).toBe(ms)
    })
  })
})

it("has tells whether there is a field", () => {
  expect(has({ a: undefined }, "a")).toBe(true)
  expect(has({}, "a")).toBe(false)
  expect(has(null, "a")).toBe(false)
  expect(has("a", "a")).toBe(false)
})
