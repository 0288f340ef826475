// Whatever breaks inside the server, an answer says no more than that it did.
import { createFeed, createJobs, defineSimulation, type Feed, type Jobs, UnknownJob } from "@simstream/core"
import { formatEventId, isProblem, type JobEvent, type JobStatus } from "@simstream/protocol"
import * as Schema from "effect/Schema"
import { describe, expect, it, vi } from "vitest"
import { createHandler, type Handler, type HandlerOptions } from "./createHandler.ts"

const SECRET = "postgres://admin:1234@10.0.0.7/jobs"

const failing = (): never => {
  throw new Error(SECRET)
}

const REQUESTS = [
  ["POST", ""],
  ["GET", ""],
  ["GET", "/job_1"],
  ["GET", "/job_1/stream"],
  ["DELETE", "/job_1"],
] as const

const ask = (
  handler: (request: Request) => Promise<Response>,
  [method, path]: (typeof REQUESTS)[number],
  headers: Readonly<Record<string, string>> = {},
) => {
  const body = method === "POST" ? { body: JSON.stringify({ simulation: "dice" }) } : {}
  return handler(
    new Request(`http://x/jobs${path}`, {
      method,
      headers: { ...(method === "POST" ? { "content-type": "application/json" } : {}), ...headers },
      ...body,
    }),
  )
}

const dice = defineSimulation({
  name: "dice",
  config: Schema.Struct({}),
  metrics: { total: {} },
  prepare: () => () => ({ total: 1 }),
})

/** All that a client can see of an answer. */
const seen = async (response: Response): Promise<string> =>
  JSON.stringify([response.statusText, ...response.headers, await response.text()])

describe("what fails inside", () => {
  const broken = {
    start: failing,
    get: failing,
    list: failing,
    cancel: failing,
    subscribe: failing,
  } as unknown as Jobs
  const working = {
    subscribe: async (jobId: string) => {
      const feed = createFeed<JobEvent>()
      return { jobId, status: () => "running" as const, reached: feed.revision, feed }
    },
  } as unknown as Jobs
  const places: ReadonlyArray<readonly [string, Omit<HandlerOptions, "basePath">]> = [
    ["authorize, when it throws", { jobs: working, authorize: failing }],
    ["authorize, when it rejects", { jobs: working, authorize: async () => failing() }],
    ["clientKey", { jobs: { ...broken, ...working }, clientKey: failing }],
    ["the jobs", { jobs: broken, clientKey: () => "ada" }],
  ]

  it.each(places)("%s, is told to onError and to nobody else", async (_, options) => {
    for (const request of REQUESTS) {
      for (const headers of [{}, { accept: "text/event-stream" }, { accept: "application/x-ndjson" }]) {
        const errors: Array<unknown> = []
        const handler = createHandler({
          ...options,
          basePath: "/jobs",
          onError: (error, { url }) => errors.push(`${url} ${String(error)}`),
        })
        const response = await ask(handler, request, headers)
        expect(response.status).toBe(500)
        const text = await seen(response)
        expect(text).toContain("internal_error")
        expect(text).not.toMatch(/1234|postgres|Error:|\.ts|node_modules/)
        expect(errors).toEqual([`http://x/jobs${request[1]} Error: ${SECRET}`])
      }
    }
  })

  it("is answered, and ends its stream, even when onError throws", async () => {
    const printed = vi.spyOn(console, "error").mockImplementation(() => undefined)
    const onError = failing
    const refusing = createHandler({ jobs: broken, basePath: "/jobs", onError })
    expect((await ask(refusing, ["GET", "/job_1"])).status).toBe(500)

    const feed = createFeed<JobEvent>()
    const streaming = createHandler({
      jobs: {
        subscribe: async (jobId: string) => ({
          jobId,
          status: () => "running" as const,
          reached: feed.revision,
          feed,
        }),
      } as unknown as Jobs,
      basePath: "/jobs",
      onError,
    })
    const text = (await ask(streaming, ["GET", "/job_1/stream"])).text()
    feed.publish({ type: "partial", stats: { count: 10n } } as unknown as JobEvent)
    expect(await text).toContain("event: connected")
    expect(streaming.streams()).toBe(0)
    expect(printed).toHaveBeenCalledTimes(4)
    printed.mockRestore()
  })

  it("a config's schema that throws is the server's fault, and not the config's", async () => {
    const errors: Array<unknown> = []
    const untold = defineSimulation({
      name: "dice",
      config: { "~standard": { version: 1, vendor: "test", validate: failing } },
      metrics: { total: {} },
      prepare: () => () => ({ total: 1 }),
    })
    const jobs = createJobs({ simulations: [untold] })
    const handler = createHandler({ jobs, basePath: "/jobs", onError: (error) => errors.push(error) })
    const response = await ask(handler, ["POST", ""])
    expect(response.status).toBe(500)
    expect(await seen(response)).not.toContain("1234")
    expect(String(errors[0])).toContain(SECRET)
    await jobs.shutdown()
  })

  it("an event that can't be written ends its stream without a word, and is told to onError", async () => {
    const errors: Array<unknown> = []
    const feed = createFeed<JobEvent>()
    const jobs = {
      subscribe: async (jobId: string) => ({
        jobId,
        status: () => "running" as const,
        reached: feed.revision,
        feed,
      }),
    } as unknown as Jobs
    const handler = createHandler({ jobs, basePath: "/jobs", onError: (error) => errors.push(error) })
    const response = await ask(handler, ["GET", "/job_1/stream"])
    const text = response.text()
    feed.publish({ type: "partial", stats: { count: 10n } } as unknown as JobEvent)
    expect(await text).toMatch(/^event: connected\ndata: .*\n\n$/)
    expect(errors).toHaveLength(1)
    expect(handler.streams()).toBe(0)
  })
})

describe("whoever asks", () => {
  const jobs = createJobs({ simulations: [dice] })
  const handlerOf = (options: object): Handler =>
    createHandler({ jobs, basePath: "/jobs", onError: () => undefined, ...options })

  it.each([undefined, null, 0, 1, "forbidden", "yes", {}, { status: 403 }])(
    "may do nothing when authorize answers %j, which no type lets it",
    async (answer) => {
      for (const request of REQUESTS) {
        const response = await ask(handlerOf({ authorize: async () => answer }), request)
        expect(response.status).toBe(403)
      }
    },
  )

  it.each([undefined, null])(
    "is nobody when clientKey answers %j, and is listed nobody's jobs",
    async (key) => {
      const response = await ask(handlerOf({ clientKey: () => key }), ["GET", ""])
      expect(response.status).toBe(403)
    },
  )

  it.each([7, {}, true])("is nobody's guess when clientKey answers %j: that is an error", async (key) => {
    const errors: Array<unknown> = []
    const handler = handlerOf({ clientKey: () => key, onError: (error: unknown) => errors.push(error) })
    expect((await ask(handler, ["GET", ""])).status).toBe(500)
    expect((await ask(handler, ["POST", ""])).status).toBe(500)
    expect(String(errors[0])).toBe(`TypeError: clientKey must answer with text or null; got ${String(key)}.`)
    expect((await jobs.list()).jobs).toEqual([])
  })
})

describe("jobs of another copy of the package, as bundlers make them", () => {
  it("refuse as those of one's own do", async () => {
    vi.resetModules()
    const another = await import("@simstream/core")
    expect(another.UnknownJob).not.toBe(UnknownJob)
    const counted = { ...dice, config: Schema.Struct({ count: Schema.Int }) }
    const jobs = another.createJobs({ simulations: [counted] })
    const handler = createHandler({ jobs, basePath: "/jobs", onError: () => undefined })
    const start = (body: unknown) =>
      handler(
        new Request("http://x/jobs", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        }),
      )
    const codeOf = async (response: Response) => {
      const problem: unknown = await response.json()
      return isProblem(problem) ? problem.code : null
    }
    expect(await codeOf(await ask(handler, ["GET", "/job_1"]))).toBe("job_not_found")
    expect(await codeOf(await ask(handler, ["GET", "/job_1/stream"]))).toBe("job_not_found")
    expect(await codeOf(await ask(handler, ["DELETE", "/job_1"]))).toBe("job_not_found")
    expect(await codeOf(await start({ simulation: "craps" }))).toBe("simulation_not_found")
    expect(await codeOf(await start({ simulation: "dice", config: {} }))).toBe("invalid_config")
    expect(await codeOf(await start({ simulation: "dice", config: { count: 1 }, iterations: -1 }))).toBe(
      "invalid_options",
    )
    await jobs.shutdown()
    expect(await codeOf(await start({ simulation: "dice", config: { count: 1 } }))).toBe("shutting_down")
  })

  it("are known by what they refuse with, and nobody else is who has an error of the same name", async () => {
    const jobs = createJobs({ simulations: [dice] })
    const authorize = (): never => {
      throw Object.assign(new Error(SECRET), { _tag: "UnknownJob" })
    }
    const handler = createHandler({ jobs, basePath: "/jobs", authorize, onError: () => undefined })
    const response = await ask(handler, ["GET", "/job_1"])
    expect(response.status).toBe(500)
    expect(await seen(response)).not.toContain("1234")
  })
})

it("a drain that is asked for twice ends each stream once", async () => {
  const feed = createFeed<JobEvent>()
  const jobs = {
    subscribe: async (jobId: string) => ({
      jobId,
      status: () => "running" as const,
      reached: feed.revision,
      feed,
    }),
  } as unknown as Jobs
  const handler = createHandler({ jobs, basePath: "/jobs" })
  const responses = await Promise.all([1, 2, 3].map(() => ask(handler, ["GET", "/job_1/stream"])))
  expect(handler.streams()).toBe(3)
  // One reads already, and the others have yet to begin.
  const first = responses[0]?.text()
  handler.drain()
  handler.drain({ windowMs: 0 })
  const texts = await Promise.all([first, ...responses.slice(1).map((response) => response.text())])
  for (const text of texts) expect(text?.match(/^retry: \d+$/gm)).toHaveLength(1)
  expect(handler.streams()).toBe(0)
  expect((await ask(handler, ["GET", "/job_1/stream"])).status).toBe(503)
})

describe("a cursor", () => {
  /** A job that has published one event, and what a stream of it answers. */
  const setUp = (status: JobStatus, end: (feed: Feed<JobEvent>) => void) => {
    const feed = createFeed<JobEvent>()
    feed.publish({ type: "partial", stats: { count: 1 } })
    end(feed)
    const jobs = {
      subscribe: async (jobId: string) => ({ jobId, status: () => status, reached: feed.revision, feed }),
    } as unknown as Jobs
    const handler = createHandler({ jobs, basePath: "/jobs" })
    return (revision: number) =>
      ask(handler, ["GET", "/job_1/stream"], { "last-event-id": formatEventId("job_1", revision) })
  }

  it("that is the last event is answered 204, which no cache may keep for those who come without it", async () => {
    const stream = setUp("cancelled", (feed) => feed.end({ type: "cancelled" }))
    const response = await stream(2)
    expect(response.status).toBe(204)
    expect(response.headers.get("cache-control")).toBe("no-store")
    expect(await (await stream(1)).text()).toContain("event: cancelled")
  })

  it("that is the newest event of a feed without a last one is no reason to stay away", async () => {
    const stream = setUp("running", (feed) => feed.end())
    const response = await stream(1)
    expect(response.status).toBe(200)
    expect(await response.text()).toMatch(/^event: connected\ndata: .*\n\n$/)
  })
})

describe("HEAD", () => {
  /** A handler of one job that runs, and one that does nothing. */
  const setUp = (options: Partial<HandlerOptions> = {}) => {
    const feed = createFeed<JobEvent>()
    feed.publish({ type: "partial", stats: { count: 1 } })
    const jobs = {
      list: async () => ({ jobs: [], nextCursor: null }),
      get: async (jobId: string) => ({ jobId, status: "running" }),
      subscribe: async (jobId: string) => ({
        jobId,
        status: () => "running" as const,
        reached: feed.revision,
        feed,
      }),
    } as unknown as Jobs
    const handler = createHandler({ jobs, basePath: "/jobs", clientKey: () => "ada", ...options })
    const send = (method: "GET" | "HEAD", path: string, headers: Readonly<Record<string, string>> = {}) =>
      handler(new Request(`http://x/jobs${path}`, { method, headers }))
    return { handler, feed, send }
  }

  it.each([
    ["the list", "", {}],
    ["a list that is refused", "?limit=0", {}],
    ["a job", "/job_1", {}],
    ["a stream", "/job_1/stream", {}],
    ["a stream of JSON lines", "/job_1/stream", { accept: "application/x-ndjson" }],
    ["a stream in a form that there is not", "/job_1/stream", { accept: "image/png" }],
    ["no route", "/job_1/other", {}],
    ["no route, to a reader of streams", "/job_1/other", { accept: "text/event-stream" }],
  ] as const)("of %s has the status and the headers of GET, and no body", async (_, path, headers) => {
    const { send } = setUp()
    const head = await send("HEAD", path, headers)
    const got = await send("GET", path, headers)
    await got.body?.cancel()
    expect(head.body).toBeNull()
    expect([head.status, ...head.headers]).toEqual([got.status, ...got.headers])
  })

  it("of a stream opens none, and takes nobody's place", async () => {
    const { handler, feed, send } = setUp({ limits: { streamsPerJob: 1 } })
    for (let count = 0; count < 3; count++) expect((await send("HEAD", "/job_1/stream")).status).toBe(200)
    expect([handler.streams(), feed.subscribers()]).toEqual([0, 0])
    const open = await send("GET", "/job_1/stream")
    expect(open.status).toBe(200)
    const refused = await send("HEAD", "/job_1/stream")
    expect([refused.status, refused.headers.has("retry-after")]).toEqual([429, true])
    await open.body?.cancel()
    expect((await send("HEAD", "/job_1/stream")).status).toBe(200)
  })

  it("of a stream is refused while the server shuts down", async () => {
    const { handler, send } = setUp()
    handler.drain()
    expect((await send("HEAD", "/job_1/stream")).status).toBe(503)
  })

  it("is asked to be allowed as GET is, and lets go of the body of an answer that authorize has given", async () => {
    const asked: Array<unknown> = []
    let isCancelled = false
    const { send } = setUp({
      authorize: (request, action) => {
        asked.push([request.method, action])
        const body = new ReadableStream({
          cancel: () => {
            isCancelled = true
          },
        })
        return new Response(body, { status: 418, headers: { "x-why": "tea" } })
      },
    })
    const response = await send("HEAD", "/job_1/stream")
    expect([response.status, response.headers.get("x-why"), response.body]).toEqual([418, "tea", null])
    expect(asked).toEqual([["HEAD", { type: "stream", jobId: "job_1" }]])
    expect(isCancelled).toBe(true)
  })
})
