import { PROTOCOL_VERSION, type StreamEvent } from "@simstream/protocol"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import type { ClientError } from "./errors.ts"
import {
  complete,
  connected,
  fakeFetch,
  frame,
  jobId,
  partial,
  progress,
  snapshot,
} from "./fetch.fixtures.ts"
import type { StreamOptions } from "./options.ts"
import { openStream } from "./stream.ts"

const url = `https://example.com/api/${jobId}/stream`
const snapshotUrl = `https://example.com/api/${jobId}`

/** A stream that is read by callbacks, on a network that is played by hand. */
const open = (options: StreamOptions = {}) => {
  const network = fakeFetch()
  const events: Array<StreamEvent> = []
  const errors: Array<ClientError> = []
  const connections: Array<string> = []
  const ends: Array<unknown> = []
  const stream = openStream(url, {
    fetch: network.fetch,
    onEvent: (event) => events.push(event),
    onError: (error) => errors.push(error),
    onConnection: (connection, attempt) => connections.push(`${connection} ${attempt}`),
    onEnd: (error) => ends.push(error),
    ...options,
  })
  const types = () => events.map(({ type }) => type)
  return { ...network, stream, events, types, errors, connections, ends }
}

/** Lets everything happen that needs no time. */
const settle = () => vi.advanceTimersByTimeAsync(0)
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

const all = async <A>(iterable: AsyncIterable<A>) => {
  const values: Array<A> = []
  for await (const value of iterable) values.push(value)
  return values
}

beforeEach(() => {
  vi.useFakeTimers()
  // The longest waits that there can be
  vi.spyOn(Math, "random").mockReturnValue(1)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe("a stream that goes well", () => {
  it("tells every event, ends after the last, and never asks again", async () => {
    const { request, requests, types, ends, errors } = open()
    const first = await request(0)
    expect(first).toMatchObject({ url, method: "GET" })
    expect(first.headers.get("accept")).toBe("text/event-stream")
    expect(first.headers.has("last-event-id")).toBe(false)
    first
      .stream()
      .write(frame(connected()), frame(progress(1), 1), frame(partial(2), 2), frame(complete(), 3))
    await settle()
    expect(types()).toEqual(["connected", "progress", "partial", "complete"])
    expect(ends).toEqual([undefined])
    expect(first.signal.aborted).toBe(true)
    await pass(1_000_000)
    expect(requests).toHaveLength(1)
    expect(errors).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it("tells nothing that comes after the last", async () => {
    const { request, types } = open()
    ;(await request(0)).stream().write(frame(complete(), 3) + frame(progress(1), 4) + frame(complete(), 5))
    await settle()
    expect(types()).toEqual(["complete"])
  })

  it("shows its connection", async () => {
    const { request, connections } = open()
    const stream = (await request(0)).stream()
    stream.write(frame(connected()))
    await settle()
    stream.write(frame(complete(), 1))
    await settle()
    expect(connections).toEqual(["open 0", "closed 0"])
  })

  it("takes events cut at every byte", async () => {
    const { request, types } = open()
    const stream = (await request(0)).stream()
    for (const character of frame(connected()) + frame(progress(1), 1) + frame(complete(), 2))
      stream.write(character)
    await settle()
    expect(types()).toEqual(["connected", "progress", "complete"])
  })
})

describe("the iterator", () => {
  it("connects when it is first read, and not before", async () => {
    const { fetch, request, requests } = fakeFetch()
    const stream = openStream(url, { fetch })
    await settle()
    expect(requests).toHaveLength(0)
    const next = stream.next()
    ;(await request(0)).stream().write(frame(connected()))
    expect(await next).toEqual({ value: connected(), done: false })
    stream.close()
  })

  it("ends after the last event, and stays ended", async () => {
    const { fetch, request } = fakeFetch()
    const stream = openStream(url, { fetch })
    const told = all(stream)
    ;(await request(0)).stream().write(frame(connected()), frame(complete(), 1))
    expect(await told).toEqual([connected(), complete()])
    expect(await stream.next()).toEqual({ value: undefined, done: true })
  })

  it("gives a slow reader the newest of each kind, the newest last", async () => {
    const { fetch, request } = fakeFetch()
    const stream = openStream(url, { fetch })
    const first = stream.next()
    const server = (await request(0)).stream()
    server.write(frame(connected()))
    await first
    for (let i = 1; i <= 1000; i++) server.write(frame(progress(i), 2 * i), frame(partial(i), 2 * i + 1))
    server.write(frame(progress(1001), 5000))
    await settle()
    expect(await stream.next()).toEqual({ value: partial(1000), done: false })
    expect(await stream.next()).toEqual({ value: progress(1001), done: false })
    server.write(frame(complete(), 5001))
    expect(await stream.next()).toEqual({ value: complete(), done: false })
    expect(await stream.next()).toEqual({ value: undefined, done: true })
  })

  it("answers readers who don't wait for each other in order", async () => {
    const { fetch, request } = fakeFetch()
    const stream = openStream(url, { fetch })
    const reads = [stream.next(), stream.next(), stream.next(), stream.next()]
    ;(await request(0)).stream().write(frame(connected()), frame(progress(1), 1), frame(complete(), 2))
    expect((await Promise.all(reads)).map(({ value }) => value?.type)).toEqual([
      "connected",
      "progress",
      "complete",
      undefined,
    ])
  })

  it("hangs up when the loop is left", async () => {
    const { fetch, request } = fakeFetch()
    const loop = (async () => {
      for await (const _event of openStream(url, { fetch })) break
    })()
    const made = await request(0)
    made.stream().write(frame(connected()))
    await loop
    expect(made.signal.aborted).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it("hangs up at the end of `await using`", async () => {
    const { fetch, request } = fakeFetch()
    const signal = await (async () => {
      await using stream = openStream(url, { fetch })
      void stream.next()
      return (await request(0)).signal
    })()
    expect(signal.aborted).toBe(true)
  })

  it("ends a read that waits when it is closed, and can be closed twice", async () => {
    const { fetch, request } = fakeFetch()
    const stream = openStream(url, { fetch })
    const next = stream.next()
    await request(0)
    stream.close()
    stream.close()
    expect(await next).toEqual({ value: undefined, done: true })
  })

  it("never connects once it is closed", async () => {
    const { fetch, requests } = fakeFetch()
    const stream = openStream(url, { fetch })
    stream.close()
    expect(await stream.next()).toEqual({ value: undefined, done: true })
    await pass(100_000)
    expect(requests).toHaveLength(0)
  })

  it("throws what ended it, once", async () => {
    const { fetch, request } = fakeFetch()
    const stream = openStream(url, { fetch })
    const next = stream.next()
    ;(await request(0)).json({ code: "forbidden", detail: "No." }, { status: 403 })
    await expect(next).rejects.toMatchObject({
      _tag: "RequestFailed",
      status: 403,
      problem: { code: "forbidden" },
    })
    expect(await stream.next()).toEqual({ value: undefined, done: true })
  })
})

describe("a connection that drops", () => {
  it.each(["end", "cut"] as const)("(%s) is made again, and resumes behind the last event", async (how) => {
    const { request, events, connections, stream } = open()
    const first = (await request(0)).stream()
    first.write(frame(connected()), frame(progress(1), 1), frame(progress(2), 2))
    await settle()
    first[how]()
    await settle()
    expect(connections.at(-1)).toBe("reconnecting 1")
    await pass(500)
    const second = await request(1)
    expect(second.headers.get("last-event-id")).toBe("2-b_9f3c")
    expect(stream.lastEventId).toBe("2-b_9f3c")
    second
      .stream()
      .write(frame(connected()), frame(progress(2), 2), frame(progress(3), 3), frame(complete(), 4))
    await settle()
    expect(events).toEqual([connected(), progress(1), progress(2), connected(), progress(3), complete()])
    expect(connections).toEqual(["open 0", "reconnecting 1", "open 1", "open 0", "closed 0"])
  })

  it("waits longer each time, by chance", async () => {
    const { request, requests, errors } = open()
    for (const [i, wait] of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000].entries()) {
      ;(await request(i)).fail()
      await pass(wait - 1)
      expect(requests).toHaveLength(i + 1)
      await pass(1)
      expect(requests).toHaveLength(i + 2)
    }
    expect(errors).toHaveLength(8)
    expect(errors[0]).toMatchObject({
      _tag: "ConnectionFailed",
      reason: "network",
      cause: new TypeError("fetch failed"),
    })
  })

  it("waits not at all when chance has it so", async () => {
    vi.mocked(Math.random).mockReturnValue(0)
    const { request } = open()
    ;(await request(0)).fail()
    await settle()
    expect(await request(1)).toMatchObject({ url })
  })

  it("is given up in the end, with the last error", async () => {
    const { request, ends, errors } = open({ retry: { maxAttempts: 3 } })
    ;(await request(0)).fail()
    await pass(500)
    ;(await request(1)).fail()
    await pass(1000)
    ;(await request(2)).fail(new TypeError("redirect count exceeded"))
    await pass(1_000_000)
    expect(ends).toMatchObject([{ _tag: "ConnectionFailed", cause: { message: "redirect count exceeded" } }])
    expect(errors).toHaveLength(2)
    expect(vi.getTimerCount()).toBe(0)
  })

  it("isn't while the browser says that it is offline, and is made at once when it is back", async () => {
    const page = Object.assign(new EventTarget(), { onLine: false })
    vi.stubGlobal("navigator", { onLine: false })
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page))
    vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page))
    const { request, requests, ends } = open({ retry: { maxAttempts: 2 } })
    for (const [i, wait] of [500, 1000, 2000, 4000, 8000, 16_000, 30_000].entries()) {
      ;(await request(i)).fail()
      await pass(wait)
    }
    expect(ends).toEqual([])
    ;(await request(7)).fail()
    await settle()
    expect(requests).toHaveLength(8)
    page.dispatchEvent(new Event("online"))
    await request(8)
  })

  it("heeds retry, up to a limit", async () => {
    const { request, requests } = open()
    const first = (await request(0)).stream()
    first.write("retry: 3000000000\n\n", frame(connected()))
    await settle()
    first.end()
    await pass(30_499)
    expect(requests).toHaveLength(1)
    await pass(1)
    expect(requests).toHaveLength(2)
  })

  it.each([
    ["2", 2000],
    ["3600", 30_000],
  ])("heeds Retry-After: %s", async (after, wait) => {
    const { request, requests, types } = open()
    ;(await request(0)).respond(new Response(null, { status: 503, headers: { "retry-after": after } }))
    await pass(wait + 499)
    expect(requests).toHaveLength(1)
    await pass(1)
    ;(await request(1)).stream().write(frame(connected()), frame(complete(), 1))
    await settle()
    expect(types()).toEqual(["connected", "complete"])
  })

  it("doesn't hand on what stands in a page of errors", async () => {
    const { request, types, errors } = open()
    const headers = { "content-type": "text/event-stream" }
    ;(await request(0)).respond(new Response(frame(progress(1), 1), { status: 503, headers }))
    await settle()
    expect(types()).toEqual([])
    expect(errors).toMatchObject([{ _tag: "RequestFailed", status: 503 }])
  })

  it.each(["apart", "together"])(
    "loses an event that was not finished, and none that was (%s)",
    async (how) => {
      const { request, types } = open()
      const first = (await request(0)).stream()
      const texts = [frame(connected()), frame(progress(1), 1), frame(progress(2), 2).slice(0, -1)]
      if (how === "apart") first.write(...texts)
      else first.write(texts.join(""))
      await settle()
      first.cut()
      await pass(500)
      const second = await request(1)
      expect(second.headers.get("last-event-id")).toBe("1-b_9f3c")
      expect(types()).toEqual(["connected", "progress"])
    },
  )
})

describe("what can't heal", () => {
  it.each([400, 403, 404, 405, 406, 409, 410, 422])("is status %i", async (status) => {
    const { request, requests, ends } = open()
    ;(await request(0)).json({ code: "x", detail: "" }, { status })
    await pass(1_000_000)
    expect(ends).toMatchObject([{ _tag: "RequestFailed", status }])
    expect(requests).toHaveLength(1)
  })

  it("is another version of the protocol", async () => {
    const { request, ends, types } = open()
    ;(await request(0)).stream().write(frame(connected({ protocol: PROTOCOL_VERSION + 1 })))
    await settle()
    expect(ends).toMatchObject([{ _tag: "ProtocolMismatch", received: PROTOCOL_VERSION + 1 }])
    expect(types()).toEqual([])
  })

  it("is a stream of another job", async () => {
    const { request, ends } = open({ jobId })
    ;(await request(0)).stream().write(frame(connected({ jobId: "job_another" })))
    await settle()
    expect(ends).toMatchObject([{ _tag: "InvalidEvent", reason: "foreign" }])
  })

  it.each([408, 425, 429, 500, 502, 503, 504])("is not status %i", async (status) => {
    const { request, ends } = open()
    ;(await request(0)).json({}, { status })
    await pass(500)
    await request(1)
    expect(ends).toEqual([])
  })
})

describe("events that can't be used", () => {
  it.each<[what: string, text: string, reason: string, name: string | null]>([
    ["no JSON", "event: progress\nid: 1-b_9f3c\ndata: {oops\n\n", "json", "progress"],
    ["no event", 'event: progress\ndata: {"type":"progress"}\n\n', "envelope", "progress"],
    ["no object", "data: 3\n\n", "envelope", null],
    ["not known yet", 'event: note\ndata: {"type":"note"}\n\n', "envelope", "note"],
  ])("are left out and told of: %s", async (_, text, reason, name) => {
    const { request, types, errors, stream } = open()
    ;(await request(0)).stream().write(frame(connected()), text, frame(progress(2), 2))
    await settle()
    expect(types()).toEqual(["connected", "progress"])
    expect(errors).toMatchObject([{ _tag: "InvalidEvent", reason, event: name }])
    expect(stream.lastEventId).toBe("2-b_9f3c")
  })

  it.each(["complete", "error", "cancelled"])("end it when they were to be the last: %s", async (name) => {
    const { request, requests, ends } = open()
    ;(await request(0)).stream().write(frame(connected()), `event: ${name}\ndata: {oops\n\n`)
    await pass(1_000_000)
    expect(ends).toMatchObject([{ _tag: "InvalidEvent", reason: "json", event: name, data: "{oops" }])
    expect(requests).toHaveLength(1)
  })

  it("are told once and in order: repeated, reordered and foreign ones are left out", async () => {
    const { request, events, errors } = open()
    const server = (await request(0)).stream()
    const foreign = frame(progress(99), 9).replace("9-b_9f3c", "9-b_0000")
    server.write(
      frame(connected()),
      frame(progress(2), 2),
      frame(progress(2), 2),
      frame(progress(1), 1),
      foreign,
    )
    server.write(frame(partial(3), 3), frame(complete(), 4))
    await settle()
    expect(events).toEqual([connected(), progress(2), partial(3), complete()])
    expect(errors).toMatchObject([{ _tag: "InvalidEvent", reason: "foreign", data: "9-b_0000" }])
  })

  it("end it when they are too large, without being held", async () => {
    const { request, requests, ends } = open({ maxEventSize: 1000 })
    const server = (await request(0)).stream()
    server.write(frame(connected()), "data: ")
    for (let i = 0; i < 11; i++) server.write("x".repeat(100))
    await pass(1_000_000)
    expect(ends).toMatchObject([{ _tag: "InvalidEvent", reason: "size", data: "" }])
    expect(requests).toHaveLength(1)
  })

  it("are those that the check refuses", async () => {
    const { request, types, errors, ends } = open({
      check: (event) => {
        if (event.type === "partial" || event.type === "complete") throw new TypeError("no such shape")
        return event
      },
    })
    const server = (await request(0)).stream()
    server.write(frame(connected()), frame(partial(1), 1), frame(progress(2), 2))
    await settle()
    expect(types()).toEqual(["connected", "progress"])
    expect(errors).toMatchObject([
      { _tag: "InvalidEvent", reason: "check", event: "partial", cause: { message: "no such shape" } },
    ])
    server.write(frame(complete(), 3))
    await settle()
    expect(ends).toMatchObject([{ _tag: "InvalidEvent", reason: "check", event: "complete" }])
  })

  it("may be changed by the check", async () => {
    const { request, events } = open({
      check: (event) => (event.type === "partial" ? { ...event, stats: "checked" } : event),
    })
    ;(await request(0)).stream().write(frame(partial(1), 1))
    await settle()
    expect(events).toEqual([{ type: "partial", stats: "checked" }])
  })
})

describe("aborting", () => {
  const reason = new Error("enough")

  const abortable = async (
    until: (network: ReturnType<typeof fakeFetch>) => Promise<unknown>,
    options = {},
  ) => {
    const network = fakeFetch()
    const controller = new AbortController()
    const stream = openStream(url, { fetch: network.fetch, signal: controller.signal, ...options })
    const next = all(stream)
    await until(network)
    const before = network.requests.length
    controller.abort(reason)
    await expect(next).rejects.toBe(reason)
    expect(vi.getTimerCount()).toBe(0)
    await pass(1_000_000)
    expect(network.requests).toHaveLength(before)
    return network
  }

  it("works before the request: there is none", async () => {
    const network = fakeFetch()
    const stream = openStream(url, { fetch: network.fetch, signal: AbortSignal.abort(reason) })
    await expect(stream.next()).rejects.toBe(reason)
    expect(await stream.next()).toEqual({ value: undefined, done: true })
    expect(network.requests).toHaveLength(0)
  })

  it("works while headers are made", async () => {
    const network = await abortable(settle, { headers: () => new Promise(() => {}) })
    expect(network.requests).toHaveLength(0)
  })

  it("works while there is no answer", async () => {
    const { requests } = await abortable(({ request }) => request(0))
    expect(requests[0]?.signal.aborted).toBe(true)
  })

  it("works in the middle of an event", async () => {
    const { requests } = await abortable(async ({ request }) => {
      ;(await request(0)).stream().write(frame(connected()), "data: ")
      await settle()
    })
    expect(requests[0]?.signal.aborted).toBe(true)
  })

  it("works during a wait", async () => {
    const { requests } = await abortable(async ({ request }) => {
      ;(await request(0)).respond(new Response(null, { status: 503, headers: { "retry-after": "20" } }))
      await pass(5000)
    })
    expect(requests).toHaveLength(1)
  })

  it("works between two polls", async () => {
    const { requests } = await abortable(async ({ request }) => {
      ;(await request(0)).respond(new Response(null, { status: 204 }))
      ;(await request(1)).json(snapshot())
      await pass(1000)
    })
    expect(requests).toHaveLength(2)
  })

  it("drops what was not read yet", async () => {
    const network = fakeFetch()
    const controller = new AbortController()
    const stream = openStream(url, { fetch: network.fetch, signal: controller.signal })
    const first = stream.next()
    ;(await network.request(0)).stream().write(frame(connected()), frame(progress(1), 1))
    await first
    await settle()
    controller.abort(reason)
    await expect(stream.next()).rejects.toBe(reason)
  })

  it("leaves nothing on the signal once the stream is over", async () => {
    const { signal } = new AbortController()
    const added = vi.spyOn(signal, "addEventListener")
    const removed = vi.spyOn(signal, "removeEventListener")
    const { request } = open({ signal })
    ;(await request(0)).stream().write(frame(complete(), 1))
    await settle()
    expect(removed.mock.calls).toEqual(added.mock.calls)
  })

  it("is told to onEnd", async () => {
    const controller = new AbortController()
    const { ends } = open({ signal: controller.signal })
    controller.abort(reason)
    expect(ends).toEqual([reason])
  })
})

describe("headers", () => {
  it("are sent as they are, and ours win", async () => {
    const { request } = open({
      headers: { authorization: "a", accept: "text/plain" },
      credentials: "include",
    })
    const { headers } = await request(0)
    expect(headers.get("authorization")).toBe("a")
    expect(headers.get("accept")).toBe("text/event-stream")
  })

  it("are made afresh for every attempt", async () => {
    let count = 0
    const { request } = open({ headers: () => Promise.resolve({ authorization: `token ${++count}` }) })
    ;(await request(0)).fail()
    await pass(500)
    expect((await request(1)).headers.get("authorization")).toBe("token 2")
  })

  it("are refreshed once after a 401, at once", async () => {
    const headers = vi.fn<(context: { refresh: boolean }) => Record<string, string>>(({ refresh }) => ({
      authorization: refresh ? "fresh" : "stale",
    }))
    const { request, types } = open({ headers })
    const first = await request(0)
    expect(first.headers.get("authorization")).toBe("stale")
    first.json({ code: "unauthorized", detail: "" }, { status: 401 })
    const second = await request(1)
    expect(second.headers.get("authorization")).toBe("fresh")
    second.stream().write(frame(connected()), frame(complete(), 1))
    await settle()
    expect(types()).toEqual(["connected", "complete"])
  })

  it("are refreshed only once", async () => {
    const { request, requests, ends } = open({ headers: () => ({}) })
    ;(await request(0)).json({ code: "unauthorized", detail: "" }, { status: 401 })
    ;(await request(1)).json({ code: "unauthorized", detail: "" }, { status: 401 })
    await pass(1_000_000)
    expect(ends).toMatchObject([{ status: 401 }])
    expect(requests).toHaveLength(2)
  })

  it("that can't be made are a failure that may heal", async () => {
    let count = 0
    const { request, errors } = open({
      headers: () => {
        if (++count === 1) throw new Error("the token endpoint is down")
        return {}
      },
    })
    await pass(500)
    await request(0)
    expect(errors).toMatchObject([
      { _tag: "ConnectionFailed", cause: { message: "the token endpoint is down" } },
    ])
  })

  it("send a cursor that is no ASCII as its UTF-8", async () => {
    const { request } = open({ lastEventId: "é✓" })
    const sent = (await request(0)).headers.get("last-event-id") ?? ""
    expect(new TextDecoder().decode(Uint8Array.from(sent, (byte) => byte.charCodeAt(0)))).toBe("é✓")
  })

  it("send the cursor that was given, until there is a newer one", async () => {
    const { request, events } = open({ lastEventId: "5-b_9f3c", jobId })
    const first = await request(0)
    expect(first.headers.get("last-event-id")).toBe("5-b_9f3c")
    const server = first.stream()
    server.write(frame(connected()), frame(progress(5), 5))
    await settle()
    expect(events).toEqual([connected()])
    server.cut()
    await pass(500)
    expect((await request(1)).headers.get("last-event-id")).toBe("5-b_9f3c")
  })
})

describe("silence", () => {
  it("of two heartbeats ends a connection", async () => {
    const { request, requests, errors } = open()
    ;(await request(0)).stream().write(frame(connected({ heartbeatMs: 4000 })))
    await settle()
    await pass(7999)
    expect(requests[0]?.signal.aborted).toBe(false)
    await pass(1)
    expect(requests[0]?.signal.aborted).toBe(true)
    expect(errors).toMatchObject([{ _tag: "ConnectionFailed", reason: "silent" }])
    await pass(500)
    await request(1)
  })

  it("is broken by any byte", async () => {
    const { request, requests, errors } = open()
    const server = (await request(0)).stream()
    server.write(frame(connected({ heartbeatMs: 4000 })))
    for (let i = 0; i < 100; i++) {
      await pass(4000)
      server.write(i % 2 === 0 ? ":" : "\n")
    }
    expect(requests).toHaveLength(1)
    expect(errors).toEqual([])
  })

  it("ends a request without an answer, too", async () => {
    const { request, requests } = open()
    await request(0)
    await pass(16_000)
    expect(requests[0]?.signal.aborted).toBe(true)
  })

  it("of a computer that slept is noticed once, however long it was", async () => {
    const { request, requests, errors } = open()
    const server = (await request(0)).stream()
    server.write(frame(connected({ heartbeatMs: 4000 })))
    await settle()
    // The clock jumps; the timers go on where they were
    vi.setSystemTime(Date.now() + 8 * 3_600_000)
    await pass(8000)
    expect(errors).toHaveLength(1)
    await pass(500)
    expect(requests).toHaveLength(2)
    ;(await request(1)).stream().write(frame(connected({ heartbeatMs: 4000 })), frame(complete(), 1))
    await pass(1_000_000)
    expect(requests).toHaveLength(2)
    expect(errors).toHaveLength(1)
  })

  it("is not what a clock that is set back makes of it", async () => {
    const { request, errors } = open()
    const server = (await request(0)).stream()
    server.write(frame(connected({ heartbeatMs: 4000 })))
    for (let i = 0; i < 10; i++) {
      vi.setSystemTime(Date.now() - 3_600_000)
      await pass(4000)
      server.write(":\n")
    }
    expect(errors).toEqual([])
  })
})

describe("when streams are blocked", () => {
  /** Two streams that are silent for too long. */
  const silence = async (request: (index: number) => Promise<unknown>) => {
    await request(0)
    await pass(16_000)
    await pass(500)
    await request(1)
    await pass(16_000)
  }

  it("reads the snapshot instead, as the same events", async () => {
    const { request, requests, events, connections, ends } = open()
    await silence(request)
    const poll = await request(2)
    expect(poll.url).toBe(snapshotUrl)
    poll.json(snapshot({ progress: progress(10), partial: partial(1), lastEventId: "2-b_9f3c" }))
    await settle()
    expect(events).toEqual([connected(), progress(10), partial(1)])
    expect(connections.at(-1)).toBe("polling 0")
    await pass(2000)
    ;(await request(3)).json(
      snapshot({ progress: progress(10), partial: partial(1), lastEventId: "2-b_9f3c" }),
    )
    await pass(2000)
    ;(await request(4)).json(
      snapshot({ progress: progress(10), partial: partial(2), lastEventId: "3-b_9f3c" }),
    )
    await pass(2000)
    ;(await request(5)).json(
      snapshot({
        status: "completed",
        progress: progress(100),
        partial: partial(3),
        result: complete(),
        lastEventId: "6-b_9f3c",
      }),
    )
    await pass(1_000_000)
    expect(events).toEqual([
      connected(),
      progress(10),
      partial(1),
      partial(2),
      connected({ status: "completed" }),
      progress(100),
      partial(3),
      complete(),
    ])
    expect(ends).toEqual([undefined])
    expect(requests).toHaveLength(6)
  })

  it.each([
    [
      "failed",
      { error: { code: "boom", message: "It broke." } },
      { type: "error", code: "boom", message: "It broke." },
    ],
    ["cancelled", { partial: { stats: { a: 1 } } }, { type: "cancelled", stats: { a: 1 } }],
    ["cancelled", {}, { type: "cancelled" }],
  ] as const)("a job that has %s ends it", async (status, fields, last) => {
    const { request, events, ends } = open()
    await silence(request)
    ;(await request(2)).json(snapshot({ status, ...fields, lastEventId: "3-b_9f3c" }))
    await settle()
    expect(events.at(-1)).toEqual(last)
    expect(ends).toEqual([undefined])
  })

  it("never goes back behind what a stream has told", async () => {
    const { request, events } = open()
    const server = (await request(0)).stream()
    server.write(frame(connected()), frame(progress(50), 7))
    await pass(16_000)
    await silence(request)
    ;(await request(2)).json(snapshot({ progress: progress(40), lastEventId: "6-b_9f3c" }))
    await pass(2000)
    ;(await request(3)).json(snapshot({ progress: progress(60), lastEventId: "8-b_9f3c" }))
    await settle()
    expect(events.filter(({ type }) => type === "progress")).toEqual([progress(50), progress(60)])
  })

  it("by an HTML page, asks once more, then polls", async () => {
    const { request, events, errors } = open()
    const page = () =>
      new Response("<!doctype html>\n\ndata: 1\n\n", { headers: { "content-type": "text/html" } })
    ;(await request(0)).respond(page())
    await pass(500)
    ;(await request(1)).respond(page())
    ;(await request(2)).json(snapshot({ progress: progress(1), lastEventId: "1-b_9f3c" }))
    await settle()
    expect(events).toEqual([connected(), progress(1)])
    expect(errors).toMatchObject([{ _tag: "ConnectionFailed", reason: "unusable" }])
  })

  it("by an HTML page everywhere, ends with an error that says so", async () => {
    const { request, requests, ends } = open()
    for (let i = 0; i < 4; i++) {
      ;(await request(i)).respond(
        new Response("<!doctype html>", { headers: { "content-type": "text/html" } }),
      )
      await pass(1000)
    }
    await pass(1_000_000)
    expect(ends).toMatchObject([{ _tag: "ConnectionFailed", reason: "unusable" }])
    expect(requests).toHaveLength(4)
  })

  it("by a fetch without bodies, polls", async () => {
    const { request } = open()
    for (let i = 0; i < 2; i++) {
      const response = new Response(null, { headers: { "content-type": "text/event-stream" } })
      ;(await request(i)).respond(response)
      await pass(500)
    }
    expect((await request(2)).url).toBe(snapshotUrl)
  })

  it("by a runtime whose own fetch never has bodies, polls from the first on", async () => {
    const { fetch, request } = fakeFetch()
    vi.stubGlobal("fetch", fetch)
    vi.stubGlobal("Response", class {})
    const stream = openStream(url)
    void stream.next()
    expect((await request(0)).url).toBe(snapshotUrl)
    stream.close()
  })

  it("has nothing to poll when it was told so, and ends", async () => {
    const { request, ends } = open({ snapshotUrl: null })
    await silence(request)
    await settle()
    expect(ends).toMatchObject([{ _tag: "ConnectionFailed", reason: "silent" }])
  })

  it("polls where it was told to", async () => {
    const { request } = open({ snapshotUrl: new URL("https://example.com/elsewhere") })
    await silence(request)
    expect((await request(2)).url).toBe("https://example.com/elsewhere")
  })

  it("tries again after a poll that failed", async () => {
    const { request, events, connections } = open()
    await silence(request)
    ;(await request(2)).fail()
    await settle()
    expect(connections.at(-1)).toBe("reconnecting 2")
    await pass(1000)
    ;(await request(3)).json(snapshot({ progress: progress(1), lastEventId: "1-b_9f3c" }))
    await settle()
    expect(events).toEqual([connected(), progress(1)])
    expect(connections.at(-1)).toBe("polling 0")
  })

  it("says so when a snapshot promises an end that it doesn't have", async () => {
    const { request, ends } = open()
    await silence(request)
    ;(await request(2)).json(snapshot({ status: "completed", result: null, lastEventId: "1-b_9f3c" }))
    await settle()
    expect(ends).toMatchObject([{ _tag: "InvalidEvent", reason: "envelope", event: "complete" }])
  })

  it("tries streams again when the network has changed", async () => {
    const page = new EventTarget()
    vi.stubGlobal("addEventListener", page.addEventListener.bind(page))
    vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page))
    const { request } = open()
    await silence(request)
    ;(await request(2)).json(snapshot({ lastEventId: "4-b_9f3c" }))
    await settle()
    page.dispatchEvent(new Event("online"))
    expect(await request(3)).toMatchObject({ url })
  })
})

describe("204", () => {
  it("says that the job is over: the snapshot says how", async () => {
    const { request, requests, events, ends } = open({ lastEventId: "9-b_9f3c" })
    ;(await request(0)).respond(new Response(null, { status: 204 }))
    const poll = await request(1)
    expect(poll.url).toBe(snapshotUrl)
    poll.json(snapshot({ status: "completed", result: complete(), lastEventId: "9-b_9f3c" }))
    await pass(1_000_000)
    expect(events.at(-1)).toEqual(complete())
    expect(ends).toEqual([undefined])
    expect(requests).toHaveLength(2)
  })

  it("ends a stream without a snapshot", async () => {
    const { request, requests, ends } = open({ snapshotUrl: null })
    ;(await request(0)).respond(new Response(null, { status: 204 }))
    await pass(1_000_000)
    expect(ends).toMatchObject([{ _tag: "RequestFailed", status: 204 }])
    expect(requests).toHaveLength(1)
  })
})

describe("a page that comes back", () => {
  const page = () => {
    const target = new EventTarget()
    const added = vi.fn<typeof target.addEventListener>(target.addEventListener.bind(target))
    const removed = vi.fn<typeof target.removeEventListener>(target.removeEventListener.bind(target))
    vi.stubGlobal("addEventListener", added)
    vi.stubGlobal("removeEventListener", removed)
    return { target, added, removed }
  }

  it("connects at once instead of waiting on", async () => {
    const { target } = page()
    const { request } = open()
    ;(await request(0)).respond(new Response(null, { status: 503, headers: { "retry-after": "30" } }))
    await settle()
    target.dispatchEvent(new Event("visibilitychange"))
    expect(await request(1)).toMatchObject({ url })
  })

  it("keeps a stream that is alive", async () => {
    const { target } = page()
    const { request, requests } = open()
    const server = (await request(0)).stream()
    server.write(frame(connected({ heartbeatMs: 4000 })))
    await settle()
    target.dispatchEvent(new Event("visibilitychange"))
    await pass(4000)
    server.write(":\n")
    await pass(6000)
    expect(requests[0]?.signal.aborted).toBe(false)
    expect(requests).toHaveLength(1)
  })

  it("finds out anew whether it is dead", async () => {
    const { target } = page()
    const { request, requests } = open()
    ;(await request(0)).stream().write(frame(connected({ heartbeatMs: 4000 })))
    await pass(4000)
    target.dispatchEvent(new Event("visibilitychange"))
    await pass(7999)
    expect(requests[0]?.signal.aborted).toBe(false)
    await pass(1)
    expect(requests[0]?.signal.aborted).toBe(true)
  })

  it.each([new Event("online"), Object.assign(new Event("pageshow"), { persisted: true })])(
    "replaces a stream that must be dead",
    async (event) => {
      const { target } = page()
      const { request, requests, connections } = open()
      ;(await request(0)).stream().write(frame(connected()), frame(progress(1), 1))
      await settle()
      target.dispatchEvent(event)
      const second = await request(1)
      expect(requests[0]?.signal.aborted).toBe(true)
      expect(second.headers.get("last-event-id")).toBe("1-b_9f3c")
      expect(connections.at(-1)).toBe("reconnecting 1")
    },
  )

  it("is left alone when the stream is over", async () => {
    const { added, removed } = page()
    const { request } = open()
    ;(await request(0)).stream().write(frame(complete(), 1))
    await settle()
    expect(added).toHaveBeenCalledTimes(3)
    expect(removed.mock.calls).toEqual(added.mock.calls)
  })
})

describe("callbacks", () => {
  it("may close the stream in the middle", async () => {
    const network = fakeFetch()
    const events: Array<string> = []
    const stream = openStream(url, {
      fetch: network.fetch,
      onEvent: ({ type }) => {
        events.push(type)
        if (type === "progress") stream.close()
      },
    })
    ;(await network.request(0))
      .stream()
      .write(frame(connected()) + frame(progress(1), 1) + frame(complete(), 2))
    await pass(1_000_000)
    expect(events).toEqual(["connected", "progress"])
    expect(network.requests).toHaveLength(1)
  })
})
