import * as Stream from "effect/Stream"
import { describe, expect, it } from "vitest"
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

  it("refuses what it can't serve, and times that make no sense", () => {
    expect(streamResponse(request({ headers: { accept: "image/png" } }), ticks(1)).status).toBe(406)
    expect(() => streamResponse(request(), ticks(1), { heartbeatMs: -1 })).toThrow(RangeError)
  })
})
