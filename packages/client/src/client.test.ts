import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { createClient, type ClientOptions } from "./client.ts"
import {
  complete,
  connected,
  fakeFetch,
  frame,
  jobId,
  partial,
  progress,
  result,
  snapshot,
} from "./fetch.fixtures.ts"

const url = "https://example.com/api"

const open = (options: Partial<ClientOptions> = {}) => {
  const network = fakeFetch()
  return { ...network, client: createClient({ url, fetch: network.fetch, ...options }) }
}

const settle = () => vi.advanceTimersByTimeAsync(0)
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, "random").mockReturnValue(1)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe("start", () => {
  it("posts what to run, and answers with a handle", async () => {
    const { client, request } = open({ headers: { authorization: "me", "content-type": "text/plain" } })
    const started = client.start("dice", {
      config: { sides: 6 },
      iterations: 10,
      seed: 7,
      stop: { timeMs: 5 },
    })
    const made = await request(0)
    expect(made).toMatchObject({
      url,
      method: "POST",
      body: { simulation: "dice", config: { sides: 6 }, iterations: 10, seed: 7, stop: { timeMs: 5 } },
    })
    expect(Object.fromEntries(made.headers)).toEqual({
      authorization: "me",
      "content-type": "application/json",
      "idempotency-key": expect.stringMatching(/^[-0-9a-f]{36}$/),
    })
    made.json({ jobId, status: "queued" }, { status: 202 })
    const job = await started
    expect(job.jobId).toBe(jobId)
    expect(vi.getTimerCount()).toBe(0)
  })

  it("leaves out what was not given", async () => {
    const { client, request } = open()
    const started = client.start("dice", { config: {}, idempotencyKey: "mine" })
    const made = await request(0)
    expect(made.body).toEqual({ simulation: "dice", config: {} })
    expect(made.headers.get("idempotency-key")).toBe("mine")
    made.json({ jobId, status: "running" })
    await started
  })

  it("repeats what may heal, under the same key", async () => {
    const { client, request, requests } = open()
    const started = client.start("dice", { config: {} })
    ;(await request(0)).fail()
    await pass(500)
    ;(await request(1)).json({ code: "queue_full" }, { status: 503, headers: { "retry-after": "2" } })
    await pass(3000)
    ;(await request(2)).json({ jobId, status: "queued" })
    expect((await started).jobId).toBe(jobId)
    expect(new Set(requests.map(({ headers }) => headers.get("idempotency-key"))).size).toBe(1)
  })

  it("makes a key of its own for every call", async () => {
    const { client, request } = open()
    void client.start("dice", { config: {} })
    void client.start("dice", { config: {} })
    const keys = [await request(0), await request(1)].map(({ headers }) => headers.get("idempotency-key"))
    expect(keys[0]).not.toBe(keys[1])
  })

  it("makes keys where there is no crypto", async () => {
    vi.stubGlobal("crypto", undefined)
    vi.mocked(Math.random).mockRestore()
    const { client, request } = open()
    void client.start("dice", { config: {} })
    expect((await request(0)).headers.get("idempotency-key")).toMatch(/^[0-9a-z]+-[0-9a-z]+-[0-9a-z]+$/)
  })

  it("gives up after five attempts", async () => {
    const { client, request, requests } = open()
    const started = client.start("dice", { config: {} })
    started.catch(() => {})
    for (const [i, wait] of [500, 1000, 2000, 4000, 8000].entries()) {
      ;(await request(i)).json({ code: "queue_full", detail: "Full." }, { status: 503 })
      await pass(wait)
    }
    await expect(started).rejects.toMatchObject({
      _tag: "RequestFailed",
      status: 503,
      problem: { code: "queue_full" },
    })
    expect(requests).toHaveLength(5)
  })

  it("gives up sooner when it is told to", async () => {
    const { client, request, requests } = open({ retry: { maxAttempts: 1 } })
    const started = client.start("dice", { config: {} })
    ;(await request(0)).fail()
    await expect(started).rejects.toMatchObject({ _tag: "ConnectionFailed", reason: "network" })
    expect(requests).toHaveLength(1)
  })

  it.each([400, 404, 409, 413, 415, 422])("doesn't repeat what is refused with %i", async (status) => {
    const { client, request, requests } = open()
    const started = client.start("dice", { config: {} })
    const issues = [{ path: ["config", "sides"], message: "must be 2 or more" }]
    ;(await request(0)).json({ code: "invalid_config", detail: "No.", issues }, { status })
    await expect(started).rejects.toMatchObject({ status, problem: { issues } })
    await pass(1_000_000)
    expect(requests).toHaveLength(1)
  })

  it.each([{}, [], null, { jobId: 3 }, "<!doctype html>"])("refuses %j for an answer", async (body) => {
    const { client, request } = open()
    const started = client.start("dice", { config: {} })
    ;(await request(0)).json(body)
    await expect(started).rejects.toThrow("Is it below the base path of the routes?")
  })

  it("waits no longer than it takes for silence to be one", async () => {
    const { client, request, requests } = open({ retry: { maxAttempts: 2 } })
    const started = client.start("dice", { config: {} })
    started.catch(() => {})
    await request(0)
    await pass(16_500)
    await request(1)
    await pass(16_000)
    await expect(started).rejects.toMatchObject({ _tag: "ConnectionFailed", reason: "silent" })
    expect(requests.every(({ signal }) => signal.aborted)).toBe(true)
  })

  it("can be aborted before, during and between its requests", async () => {
    const reason = new Error("enough")
    const { client, request, requests } = open()
    await expect(client.start("dice", { config: {}, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(requests).toHaveLength(0)

    const controller = new AbortController()
    const during = client.start("dice", { config: {}, signal: controller.signal })
    await request(0)
    controller.abort(reason)
    await expect(during).rejects.toBe(reason)
    expect(requests[0]?.signal.aborted).toBe(true)

    const another = new AbortController()
    const between = client.start("dice", { config: {}, signal: another.signal })
    ;(await request(1)).json({}, { status: 503, headers: { "retry-after": "20" } })
    await pass(5000)
    another.abort(reason)
    await expect(between).rejects.toBe(reason)
    await pass(1_000_000)
    expect(requests).toHaveLength(2)
    expect(vi.getTimerCount()).toBe(0)
  })

  it("refreshes credentials once", async () => {
    const { client, request } = open({
      headers: ({ refresh }) => ({ authorization: refresh ? "fresh" : "stale" }),
    })
    const started = client.start("dice", { config: {} })
    ;(await request(0)).json({ code: "unauthorized" }, { status: 401 })
    const second = await request(1)
    expect(second.headers.get("authorization")).toBe("fresh")
    second.json({ jobId, status: "queued" })
    expect((await started).jobId).toBe(jobId)
  })

  it("rejects a config that is no JSON, without asking", async () => {
    const { client, requests } = open()
    await expect(client.start("dice", { config: { sides: 6n } })).rejects.toThrow(TypeError)
    expect(requests).toHaveLength(0)
  })
})

describe("get", () => {
  it("reads a job", async () => {
    const { client, request } = open()
    const got = client.get("job/1 ?")
    const made = await request(0)
    expect(made).toMatchObject({ url: `${url}/job%2F1%20%3F`, method: "GET" })
    made.json(snapshot({ progress: progress(3) }))
    expect(await got).toEqual(snapshot({ progress: progress(3) }))
  })

  it("says that there is none", async () => {
    const { client, request } = open()
    const got = client.get(jobId)
    ;(await request(0)).json({ code: "job_not_found", detail: "No such job." }, { status: 404 })
    await expect(got).rejects.toMatchObject({ status: 404, problem: { code: "job_not_found" } })
  })
})

describe("list", () => {
  it("reads a page of jobs", async () => {
    const { client, request } = open()
    const listed = client.list({ cursor: "a b", limit: 5 })
    const made = await request(0)
    expect(made.url).toBe(`${url}?cursor=a+b&limit=5`)
    made.json({ jobs: [], nextCursor: "c" })
    expect(await listed).toEqual({ jobs: [], nextCursor: "c" })
  })

  it("needs no options", async () => {
    const { client, request } = open()
    const listed = client.list()
    ;(await request(0)).json({ jobs: [], nextCursor: null })
    expect(await listed).toEqual({ jobs: [], nextCursor: null })
  })
})

describe("cancel", () => {
  it("asks for it", async () => {
    const { client, request } = open()
    const cancelled = client.cancel(jobId)
    const made = await request(0)
    expect(made).toMatchObject({ url: `${url}/${jobId}`, method: "DELETE" })
    made.respond(new Response(null, { status: 202 }))
    expect(await cancelled).toBeUndefined()
  })

  it("is content with a job that has ended", async () => {
    const { client, request } = open()
    const cancelled = client.cancel(jobId)
    ;(await request(0)).json({ code: "job_ended", detail: "" }, { status: 409 })
    expect(await cancelled).toBeUndefined()
  })

  it("isn't with a job that there isn't", async () => {
    const { client, request } = open()
    const cancelled = client.cancel(jobId)
    ;(await request(0)).json({ code: "job_not_found", detail: "" }, { status: 404 })
    await expect(cancelled).rejects.toMatchObject({ status: 404 })
  })
})

describe("events", () => {
  it("are those of the job", async () => {
    const { client, request } = open()
    const types: Array<string> = []
    const read = (async () => {
      for await (const { type } of client.events(jobId, { lastEventId: "1-b_9f3c" })) types.push(type)
    })()
    const made = await request(0)
    expect(made.url).toBe(`${url}/${jobId}/stream`)
    expect(made.headers.get("last-event-id")).toBe("1-b_9f3c")
    made.stream().write(frame(connected()), frame(progress(2), 2), frame(complete(), 3))
    await read
    expect(types).toEqual(["connected", "progress", "complete"])
  })

  it("of another job are refused from the first on", async () => {
    const { client, request } = open()
    const next = client.events("job_other").next()
    ;(await request(0)).stream().write(frame(connected()))
    await expect(next).rejects.toMatchObject({ _tag: "InvalidEvent", reason: "foreign" })
  })
})

describe("result", () => {
  it("waits for it, through a drop", async () => {
    const { client, request } = open()
    const waited = client.result(jobId)
    const server = (await request(0)).stream()
    server.write(frame(connected()), frame(progress(1), 1))
    await settle()
    server.cut()
    await pass(500)
    ;(await request(1)).stream().write(frame(connected()), frame(complete(), 2))
    expect(await waited).toEqual(result)
    await pass(400)
    expect(vi.getTimerCount()).toBe(0)
  })

  it("is remembered for a moment, and then asked for again", async () => {
    const { client, request, requests } = open()
    const first = client.result(jobId)
    ;(await request(0)).stream().write(frame(connected()), frame(complete(), 1))
    expect(await first).toEqual(result)
    await pass(399)
    expect(await client.result(jobId)).toEqual(result)
    expect(requests).toHaveLength(1)
    await pass(400)
    void client.result(jobId)
    await request(1)
  })

  it("shares the connection of those who watch", async () => {
    const { client, request, requests } = open()
    client.watch(jobId).subscribe(() => {})
    const waited = [client.result(jobId), client.result(jobId)]
    ;(await request(0)).stream().write(frame(connected()), frame(complete(), 1))
    expect(await Promise.all(waited)).toEqual([result, result])
    expect(requests).toHaveLength(1)
  })

  it("rejects with the job's failure", async () => {
    const { client, request } = open()
    const waited = client.result(jobId)
    ;(await request(0)).stream().write(frame({ type: "error", code: "boom", message: "It broke." }, 1))
    await expect(waited).rejects.toMatchObject({
      _tag: "JobFailed",
      name: "JobFailed",
      code: "boom",
      message: "It broke.",
      jobId,
    })
  })

  it("rejects with what there was of a cancelled job", async () => {
    const { client, request } = open()
    const waited = client.result(jobId)
    ;(await request(0)).stream().write(frame(partial(1), 1), frame({ type: "cancelled", stats: { a: 1 } }, 2))
    await expect(waited).rejects.toMatchObject({ _tag: "JobCancelled", jobId, partial: { stats: { a: 1 } } })
  })

  it("rejects when the end can't be learned", async () => {
    const { client, request } = open()
    const waited = client.result(jobId)
    ;(await request(0)).json({ code: "job_not_found", detail: "" }, { status: 404 })
    await expect(waited).rejects.toMatchObject({ _tag: "RequestFailed", status: 404 })
  })

  it("can be aborted, which leaves the others alone", async () => {
    const reason = new Error("enough")
    const { client, request, requests } = open()
    await expect(client.result(jobId, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(requests).toHaveLength(0)
    const controller = new AbortController()
    const mine = client.result(jobId, { signal: controller.signal })
    const theirs = client.result(jobId)
    const server = (await request(0)).stream()
    controller.abort(reason)
    await expect(mine).rejects.toBe(reason)
    await pass(1000)
    server.write(frame(complete(), 1))
    expect(await theirs).toEqual(result)
  })

  it("hangs up a moment after the last one is aborted", async () => {
    const controller = new AbortController()
    const { client, request, requests } = open()
    const waited = client.result(jobId, { signal: controller.signal })
    await request(0)
    controller.abort()
    await expect(waited).rejects.toThrow(expect.objectContaining({ name: "AbortError" }))
    await pass(400)
    expect(requests[0]?.signal.aborted).toBe(true)
  })
})

it("gives a handle the functions of the client, for its job", async () => {
  const { client, request } = open()
  const started = client.start("dice", { config: {} })
  ;(await request(0)).json({ jobId, status: "queued" }, { status: 202 })
  const job = await started
  const waited = job.result()
  ;(await request(1)).stream().write(frame(connected()), frame(complete(), 1))
  expect(await waited).toEqual(result)
  const next = job.events().next()
  ;(await request(2)).stream().write(frame(connected()))
  expect((await next).value?.type).toBe("connected")
  const cancelled = job.cancel()
  ;(await request(3)).respond(new Response(null, { status: 202 }))
  await cancelled
  expect(job.watch().jobId).toBe(jobId)
})

it("takes a relative address, a URL, and one that ends in slashes", async () => {
  for (const [base, expected] of [
    ["/api", "/api/job_1"],
    ["/api//", "/api/job_1"],
    [new URL("https://example.com/api/"), "https://example.com/api/job_1"],
  ] as const) {
    const { client, request } = open({ url: base })
    void client.get("job_1")
    expect((await request(0)).url).toBe(expected)
  }
})

describe("a client that is disposed of", () => {
  it("hangs up on watched jobs, and says so to who watches and who waits", async () => {
    const { client, requests, request } = open()
    const watcher = client.watch(jobId)
    const listener = vi.fn<() => void>()
    watcher.subscribe(listener)
    const waited = client.result(jobId).catch((error: unknown) => error)
    await request(0)
    listener.mockClear()
    client[Symbol.dispose]()
    expect(await waited).toMatchObject({ _tag: "ConnectionFailed", reason: "closed" })
    expect(requests[0]?.signal.aborted).toBe(true)
    expect(listener).toHaveBeenCalledOnce()
    expect(watcher.getSnapshot()).toMatchObject({ status: "error", connection: "closed" })
    expect(requests).toHaveLength(1)
  })

  it("hangs up on those that outlive their watchers, and leaves no timer", async () => {
    const { client, requests, request } = open()
    {
      using _own = client
      client.watch(jobId).subscribe(() => {})()
      await request(0)
    }
    expect(requests[0]?.signal.aborted).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it("can be used again", async () => {
    const { client, request } = open()
    const watcher = client.watch(jobId)
    watcher.subscribe(() => {})
    await request(0)
    client[Symbol.dispose]()
    watcher.retry()
    ;(await request(1)).stream().write(frame(connected()), frame(complete(), 1))
    await settle()
    expect(watcher.getSnapshot()).toMatchObject({ status: "complete", result })
  })

  it("has nothing to say of jobs that had ended", async () => {
    const { client, request } = open()
    const watcher = client.watch(jobId)
    watcher.subscribe(() => {})
    ;(await request(0)).stream().write(frame(connected()), frame(complete(), 1))
    await settle()
    client[Symbol.dispose]()
    expect(watcher.getSnapshot()).toMatchObject({ status: "complete", result })
  })
})
