// The standard's rules for event streams, from the answer to the event: a real fetch, whose answers are made up.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model
import type { StreamEvent } from "@simstream/protocol"
import { http, HttpResponse } from "msw"
import { setupServer } from "msw/node"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import type { ClientError } from "./errors.ts"
import { complete, connected, frame, jobId, progress, snapshot } from "./fetch.fixtures.ts"
import type { StreamOptions } from "./options.ts"
import { openStream } from "./stream.ts"

const base = "https://example.com/api"
const streamUrl = `${base}/${jobId}/stream`

const network = setupServer()
beforeAll(() => network.listen())
afterEach(() => network.resetHandlers())
afterAll(() => network.close())

const all = frame(connected()) + frame(progress(1), 1) + frame(complete(), 2)

const answer = (body: string | Uint8Array<ArrayBuffer> | null, init: ResponseInit = {}) =>
  new HttpResponse(body, { ...init, headers: { "content-type": "text/event-stream", ...init.headers } })

/** What a stream tells, to its end, of answers that come one after the other; the last one again and again. */
const read = async (answers: ReadonlyArray<() => Response>, options: StreamOptions = {}) => {
  let asked = 0
  network.use(
    http.get(streamUrl, () => {
      const next = answers[Math.min(asked++, answers.length - 1)]
      return next?.()
    }),
  )
  const events: Array<StreamEvent> = []
  const errors: Array<ClientError> = []
  const error = await new Promise<unknown>((onEnd) => {
    openStream(streamUrl, {
      snapshotUrl: null,
      retry: { baseMs: 1, maxAttempts: 3 },
      ...options,
      onEvent: (event) => void events.push(event),
      onError: (problem) => void errors.push(problem),
      onEnd,
    })
  })
  return { events, errors, error, asked }
}

describe("the media type", () => {
  it.each([
    "text/event-stream",
    "text/event-stream;charset=utf-8",
    "text/event-stream; charset=UTF-8; profile=x",
    "text/event-stream ;charset=utf-8",
    "Text/Event-Stream",
    // The encoding is UTF-8, whatever is said
    "text/event-stream; charset=iso-8859-1",
  ])("may be %j", async (type) => {
    const { events, error } = await read([() => answer(all, { headers: { "content-type": type } })])
    expect(error).toBeUndefined()
    expect(events).toEqual([connected(), progress(1), complete()])
  })

  it.each([
    "text/plain",
    "text/event-streams",
    "text/event",
    "application/json",
    "text/html",
    "x-text/event-stream",
    "",
  ])("may not be %j", async (type) => {
    const { events, error, asked } = await read([() => answer(all, { headers: { "content-type": type } })])
    expect(events).toEqual([])
    expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "unusable" })
    expect(asked).toBe(2)
  })

  it("may be wrong once", async () => {
    const page = () => answer("<!doctype html>", { headers: { "content-type": "text/html" } })
    const { events, error } = await read([page, () => answer(all)])
    expect(error).toBeUndefined()
    expect(events).toHaveLength(3)
  })
})

describe("the status", () => {
  it.each([301, 302, 303, 307, 308])("%i is followed", async (status) => {
    network.use(http.get("https://example.com/moved", () => answer(all)))
    const { events, error } = await read([
      () => new HttpResponse(null, { status, headers: { location: "https://example.com/moved" } }),
    ])
    expect(error).toBeUndefined()
    expect(events).toHaveLength(3)
  })

  it.each([204, 300, 304, 400, 403, 404, 406, 410, 451])(
    "%i ends it, though its type be right",
    async (status) => {
      const { events, error, asked } = await read([
        () => answer(status === 204 || status === 304 ? null : all, { status }),
      ])
      expect(events).toEqual([])
      expect(error).toMatchObject({ _tag: "RequestFailed", status })
      expect(asked).toBe(1)
    },
  )

  it("204 says that the job is over, and its snapshot how", async () => {
    network.use(
      http.get(`${base}/${jobId}`, () =>
        HttpResponse.json(snapshot({ status: "completed", result: complete(), lastEventId: "2-b_9f3c" })),
      ),
    )
    const { events, error, asked } = await read([() => new HttpResponse(null, { status: 204 })], {
      snapshotUrl: `${base}/${jobId}`,
    })
    expect(error).toBeUndefined()
    expect(events).toEqual([connected({ status: "completed" }), complete()])
    expect(asked).toBe(1)
  })

  it.each([408, 425, 429, 500, 502, 503, 504])("%i is tried again", async (status) => {
    const { events, errors, error } = await read([() => answer(all, { status }), () => answer(all)])
    expect(error).toBeUndefined()
    expect(errors).toMatchObject([{ _tag: "RequestFailed", status }])
    expect(events).toHaveLength(3)
  })

  it("404 may come with an event of the stream, or with a problem", async () => {
    const said = { type: "error", code: "job_not_found", message: "There is no job job_9f3c." } as const
    const event = await read([() => answer(frame(said), { status: 404 })])
    const problem = await read([
      () => HttpResponse.json({ code: said.code, detail: said.message }, { status: 404 }),
    ])
    for (const { error, events } of [event, problem]) {
      expect(events).toEqual([])
      expect(error).toMatchObject({ status: 404, problem: { code: said.code, detail: said.message } })
    }
  })
})

describe("the body", () => {
  const bytes = (text: string) => new TextEncoder().encode(text)

  it.each<[rule: string, body: string | Uint8Array<ArrayBuffer>]>([
    ["may begin with a byte order mark", `\uFEFF${all}`],
    ["may end its lines with CR", all.replaceAll("\n", "\r")],
    ["may end its lines with CR LF", all.replaceAll("\n", "\r\n")],
    ["may have comments anywhere", all.replaceAll("\n", "\n: comment\n").replaceAll(": comment\n\n", "\n")],
    ["may have fields that nobody knows", all.replaceAll("data:", "foo: bar\nfoo\ndata:")],
    ["may be without spaces after colons", all.replaceAll(/^(\w+): /gm, "$1:")],
    ["may have no name for an event that names itself", all.replaceAll(/^event: .*\n/gm, "")],
    ["may have a bogus retry", `retry: soon\nretry: 1.5\nretry:\n${all}`],
    [
      "may have an id with NUL, which is none",
      all.replace("id: 1-b_9f3c\n", "id: 1-b_9f3c\nid: 9\u0000-b_9f3c\n"),
    ],
    ["may have what is no UTF-8", new Uint8Array([...bytes(": "), 0xff, 0xfe, ...bytes(`\n${all}`)])],
  ])("%s", async (_, body) => {
    const { events, error } = await read([() => answer(body)])
    expect(error).toBeUndefined()
    expect(events).toEqual([connected(), progress(1), complete()])
  })

  it("may not begin with two byte order marks: the second makes a field that nobody knows", async () => {
    const text = `\uFEFF\uFEFFdata: {"type":"cancelled"}\n\n${all}`
    expect((await read([() => answer(text)])).events).toEqual([connected(), progress(1), complete()])
  })

  it("ends with its last blank line: what comes after it is dropped", async () => {
    const { error, events } = await read([
      () => answer(frame(connected()) + frame(progress(1), 1) + frame(complete(), 2).slice(0, -1)),
      () => answer(frame(connected()) + frame(complete(), 2)),
    ])
    expect(error).toBeUndefined()
    expect(events.filter(({ type }) => type !== "connected")).toEqual([progress(1), complete()])
  })

  it("may be empty, which is a stream that has ended", async () => {
    const { errors, events } = await read([() => answer(""), () => answer(all)])
    expect(errors).toMatchObject([{ _tag: "ConnectionFailed", reason: "ended" }])
    expect(events).toHaveLength(3)
  })
})

it("resumes with the last id, and without one after an empty id", async () => {
  const asked: Array<string | null> = []
  const answers = [
    frame(connected()) + frame(progress(1), 1),
    frame(connected()),
    `id: \n${frame(progress(2))}`,
    all,
  ]
  network.use(
    http.get(streamUrl, ({ request }) => {
      asked.push(request.headers.get("last-event-id"))
      return answer(answers[asked.length - 1] ?? all)
    }),
  )
  for await (const _event of openStream(streamUrl, { retry: { baseMs: 1 } }));
  expect(asked).toEqual([null, "1-b_9f3c", "1-b_9f3c", null])
})
