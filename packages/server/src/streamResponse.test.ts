import * as Stream from "effect/Stream"
import { afterEach, describe, expect, it, vi } from "vitest"
import { streamResponse } from "./streamResponse.ts"

interface Tick {
  readonly type: "tick"
  readonly count: number
}

const request = (init?: RequestInit) => new Request("http://x/stream", init)

async function* ticks(until: number, log: Array<string> = []): AsyncGenerator<Tick> {
  try {
    for (let count = 0; count < until; count++) {
      log.push(`made ${count}`)
      yield { type: "tick", count }
    }
  } finally {
    log.push("finished")
  }
}

const BOTH =
  'event: tick\ndata: {"type":"tick","count":0}\n\nevent: tick\ndata: {"type":"tick","count":1}\n\n'

describe("streamResponse", () => {
  it("sends an async iterable, an Effect stream and a readable stream alike", async () => {
    const values: ReadonlyArray<Tick> = [
      { type: "tick", count: 0 },
      { type: "tick", count: 1 },
    ]
    const readable = new ReadableStream<Tick>({
      start: (controller) => {
        for (const value of values) controller.enqueue(value)
        controller.close()
      },
    })
    for (const source of [ticks(2), Stream.fromIterable(values), readable]) {
      const response = streamResponse(request(), source)
      expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8")
      expect(response.headers.get("cache-control")).toBe("no-cache, no-transform")
      expect(response.headers.get("x-accel-buffering")).toBe("no")
      expect(response.headers.get("connection")).toBeNull()
      expect(await response.text()).toBe(BOTH)
    }
  })

  it("gives each event its id", async () => {
    const response = streamResponse(request(), ticks(1), { id: ({ count }) => `t-${count}` })
    expect(await response.text()).toBe('event: tick\nid: t-0\ndata: {"type":"tick","count":0}\n\n')
  })

  it("asks for no more than the client takes", async () => {
    const log: Array<string> = []
    const reader = streamResponse(request(), ticks(1000, log)).body?.getReader()
    await reader?.read()
    await reader?.read()
    expect(log).toEqual(["made 0", "made 1"])
    await reader?.cancel()
    expect(log).toEqual(["made 0", "made 1", "finished"])
  })

  it("lets go of the source when the request is aborted", async () => {
    const log: Array<string> = []
    const controller = new AbortController()
    const reader = streamResponse(request({ signal: controller.signal }), ticks(1000, log)).body?.getReader()
    await reader?.read()
    controller.abort()
    expect(await reader?.read()).toEqual({ done: true, value: undefined })
    expect(log).toEqual(["made 0", "finished"])
  })

  it("never starts a source whose client has gone already", async () => {
    const log: Array<string> = []
    const response = streamResponse(request({ signal: AbortSignal.abort() }), ticks(3, log))
    expect(response.status).toBe(204)
    expect(log).toEqual([])
  })

  it("answers HEAD without a body, and never starts the source", async () => {
    const log: Array<string> = []
    const response = streamResponse(request({ method: "HEAD" }), ticks(1, log), {
      headers: { "x-kind": "ticks" },
    })
    expect(response.body).toBeNull()
    expect([response.status, response.headers.get("content-type"), response.headers.get("x-kind")]).toEqual([
      200,
      "text/event-stream; charset=utf-8",
      "ticks",
    ])
    await Promise.resolve()
    expect(log).toEqual([])
  })

  it("lets go of a readable stream that nobody will read: that has begun already", async () => {
    const gone = new AbortController()
    gone.abort()
    for (const init of [{ method: "HEAD" }, { signal: gone.signal }]) {
      let isCancelled = false
      const readable = new ReadableStream<Tick>({
        cancel: () => {
          isCancelled = true
        },
      })
      streamResponse(request(init), readable)
      expect(isCancelled).toBe(true)
    }
  })

  it("ends without a word when the source fails, and says so to `onError`", async () => {
    const errors: Array<unknown> = []
    async function* failing(): AsyncGenerator<Tick> {
      yield { type: "tick", count: 0 }
      throw new Error("out of ticks")
    }
    const response = streamResponse(request(), failing(), { onError: (error) => errors.push(error) })
    expect(await response.text()).toBe('event: tick\ndata: {"type":"tick","count":0}\n\n')
    expect(errors).toEqual([new Error("out of ticks")])
  })

  it.each<[what: string, count: number | bigint, cursor: string]>([
    ["an event that is no JSON", 1n, "1"],
    ["a cursor that is none", 1, "1\n2"],
  ])("lets go of the source behind %s", async (_, count, cursor) => {
    const log: Array<string> = []
    const errors: Array<unknown> = []
    async function* one() {
      try {
        yield { type: "tick", count }
      } finally {
        log.push("finished")
      }
    }
    const response = streamResponse(request(), one(), {
      id: () => cursor,
      onError: (error) => errors.push(error),
    })
    expect(await response.text()).toBe("")
    expect(errors).toHaveLength(1)
    expect(log).toEqual(["finished"])
  })

  describe("of a source that misbehaves", () => {
    const locked = (): ReadableStream<Tick> => {
      const stream = new ReadableStream<Tick>()
      stream.getReader()
      return stream
    }
    const iterable = (methods: {
      readonly next: () => Promise<IteratorResult<Tick>>
      readonly return?: () => never
    }): AsyncIterable<Tick> => ({ [Symbol.asyncIterator]: () => methods })
    const fail = (): never => {
      throw new Error("no source")
    }
    const tick = async (): Promise<IteratorResult<Tick>> => ({
      done: false,
      value: { type: "tick", count: 0 },
    })
    const SOURCES: ReadonlyArray<readonly [string, () => AsyncIterable<Tick> | ReadableStream<Tick>]> = [
      ["can't be opened", () => ({ [Symbol.asyncIterator]: fail })],
      ["is read by somebody else", locked],
      ["throws when it is asked", () => iterable({ next: fail })],
      ["rejects", () => iterable({ next: async () => fail() })],
      ["throws when it is let go of", () => iterable({ next: tick, return: fail })],
    ]

    afterEach(() => {
      vi.useRealTimers()
    })

    it.each(SOURCES)("and %s, nothing is left, and `onError` is told once", async (_, source) => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
      const errors: Array<unknown> = []
      const reader = streamResponse(request(), source(), {
        onError: (error) => errors.push(error),
      }).body?.getReader()
      await reader?.read()
      await reader?.cancel()
      expect(errors).toHaveLength(1)
      expect(vi.getTimerCount()).toBe(0)
    })

    it.each(SOURCES)("and %s, an `onError` that throws harms nobody", async (_, source) => {
      const printed = vi.spyOn(console, "error").mockImplementation(() => undefined)
      const reader = streamResponse(request(), source(), { onError: fail }).body?.getReader()
      await reader?.read()
      await reader?.cancel()
      await new Promise((turn) => setImmediate(turn))
      expect(printed).toHaveBeenCalledTimes(2)
      printed.mockRestore()
    })
  })

  it("refuses what it can't serve, and times that make no sense", () => {
    expect(streamResponse(request({ headers: { accept: "image/png" } }), ticks(1)).status).toBe(406)
    expect(() => streamResponse(request(), ticks(1), { heartbeatMs: -1 })).toThrow(RangeError)
  })
})
