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
import type { JobState } from "./state.ts"

const { type: _progress, ...progress1 } = progress(1)
const { type: _partial, ...partial1 } = partial(1)

/** A client on a network that is played by hand. */
const open = (options: Partial<ClientOptions> = {}) => {
  const network = fakeFetch()
  const client = createClient({ url: "https://example.com/api", fetch: network.fetch, ...options })
  return { ...network, client }
}

/** A watched job, and every state that it published. */
const watch = (options: Partial<ClientOptions> = {}) => {
  const opened = open(options)
  const watcher = opened.client.watch(jobId)
  const states: Array<JobState> = []
  const leave = watcher.subscribe(() => states.push(watcher.getSnapshot()))
  return { ...opened, watcher, states, leave }
}

const settle = () => vi.advanceTimersByTimeAsync(0)
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, "random").mockReturnValue(1)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe("the state", () => {
  it("follows the job from nothing to its result", async () => {
    const { request, watcher, states } = watch()
    expect(watcher.getSnapshot()).toEqual({
      jobId,
      status: "connecting",
      connection: "connecting",
      attempt: 0,
      progress: null,
      partial: null,
      result: null,
      error: null,
    })
    const server = (await request(0)).stream()
    server.write(frame(connected({ status: "queued" })))
    await settle()
    expect(watcher.getSnapshot()).toMatchObject({ status: "queued", connection: "open" })
    server.write(frame(progress(1), 1), frame(partial(1), 2))
    await pass(100)
    expect(watcher.getSnapshot()).toMatchObject({ status: "running", progress: progress1, partial: partial1 })
    server.write(frame(complete(), 3))
    await settle()
    expect(watcher.getSnapshot()).toEqual({
      jobId,
      status: "complete",
      connection: "closed",
      attempt: 0,
      progress: progress1,
      partial: partial1,
      result,
      error: null,
    })
    expect(states.at(-1)).toBe(watcher.getSnapshot())
    expect(states.map(({ status }) => status)).toEqual([
      "connecting",
      "queued",
      "running",
      "running",
      "complete",
    ])
  })

  it("of a job that failed has its error", async () => {
    const { request, watcher } = watch()
    ;(await request(0))
      .stream()
      .write(frame({ type: "error", code: "simulation_failed", message: "It broke." }, 1))
    await settle()
    expect(watcher.getSnapshot()).toMatchObject({
      status: "error",
      connection: "closed",
      error: { _tag: "JobFailed", jobId, code: "simulation_failed", message: "It broke." },
    })
  })

  it("of a job that was cancelled has what there was of it", async () => {
    const { request, watcher } = watch()
    ;(await request(0)).stream().write(frame(progress(1), 1), frame({ type: "cancelled", stats: "some" }, 2))
    await settle()
    expect(watcher.getSnapshot()).toMatchObject({
      status: "cancelled",
      progress: progress1,
      partial: { stats: "some" },
    })
  })

  it("of a job that was cancelled without anything to show keeps what was shown", async () => {
    const { request, watcher } = watch()
    ;(await request(0)).stream().write(frame(partial(1), 1), frame({ type: "cancelled" }, 2))
    await settle()
    expect(watcher.getSnapshot()).toMatchObject({ status: "cancelled", partial: partial1 })
  })

  it("is reconnecting, with all it had, when the connection drops, and is no error", async () => {
    const { request, watcher } = watch()
    const server = (await request(0)).stream()
    server.write(frame(connected()), frame(progress(1), 1))
    await pass(100)
    server.cut()
    await settle()
    expect(watcher.getSnapshot()).toMatchObject({
      status: "running",
      connection: "reconnecting",
      attempt: 1,
      progress: progress1,
      error: null,
    })
    await pass(500)
    ;(await request(1)).stream().write(frame(connected()), frame(progress(2), 2))
    await pass(100)
    expect(watcher.getSnapshot()).toMatchObject({ connection: "open", attempt: 0, progress: { current: 2 } })
  })

  it("is an error when the connection can't be had, and says which", async () => {
    const { request, watcher } = watch()
    ;(await request(0)).json({ code: "job_not_found", detail: "No such job." }, { status: 404 })
    await settle()
    expect(watcher.getSnapshot()).toMatchObject({
      status: "error",
      connection: "closed",
      error: { _tag: "RequestFailed", status: 404, problem: { code: "job_not_found" } },
    })
  })

  it("is polling when streams are blocked", async () => {
    const { request, watcher } = watch()
    ;(await request(0)).respond(new Response(null, { status: 204 }))
    ;(await request(1)).json(snapshot({ progress: progress(1), lastEventId: "1-b_9f3c" }))
    await pass(100)
    expect(watcher.getSnapshot()).toMatchObject({
      status: "running",
      connection: "polling",
      progress: { current: 1 },
    })
  })

  it("says what the run waits for, and no longer when it goes on", async () => {
    const { request, watcher } = watch()
    const server = (await request(0)).stream()
    server.write(frame(connected()), frame(progress(1, { etaMs: null, waitingFor: "workers" }), 1))
    await pass(100)
    expect(watcher.getSnapshot()).toMatchObject({ status: "running", progress: { waitingFor: "workers" } })
    server.write(frame(progress(1), 2))
    await pass(100)
    expect(watcher.getSnapshot().progress).not.toHaveProperty("waitingFor")
  })

  it("says what the run waits for when it is polled, too", async () => {
    const { request, watcher } = watch()
    ;(await request(0)).respond(new Response(null, { status: 204 }))
    const waits = progress(1, { waitingFor: "queue" })
    ;(await request(1)).json(snapshot({ progress: waits, lastEventId: "1-b_9f3c" }))
    await pass(100)
    expect(watcher.getSnapshot()).toMatchObject({ connection: "polling", progress: { waitingFor: "queue" } })
  })

  it("is frozen, and the same until it changes", async () => {
    const { request, watcher } = watch()
    const server = (await request(0)).stream()
    server.write(frame(connected()), frame(progress(1), 1))
    await pass(100)
    const state = watcher.getSnapshot()
    expect(Object.isFrozen(state)).toBe(true)
    server.write(": nothing\n\n")
    await pass(1000)
    expect(watcher.getSnapshot()).toBe(state)
  })
})

describe("what is published", () => {
  it("comes ten times a second at most, and the newest always comes", async () => {
    const { request, watcher, states } = watch()
    const server = (await request(0)).stream()
    server.write(frame(connected()))
    await pass(100)
    const before = states.length
    for (let i = 1; i <= 1000; i++) {
      server.write(frame(progress(i), i))
      await pass(1)
    }
    expect(states.length - before).toBeLessThanOrEqual(12)
    expect(states.length - before).toBeGreaterThanOrEqual(10)
    await pass(100)
    expect(watcher.getSnapshot().progress?.current).toBe(1000)
    expect(states.at(-1)?.progress?.current).toBe(1000)
  })

  it("is not what a listener reads in between", async () => {
    const { request, watcher } = watch()
    const server = (await request(0)).stream()
    server.write(frame(connected()), frame(progress(1), 1))
    await pass(200)
    const state = watcher.getSnapshot()
    server.write(frame(progress(2), 2))
    await settle()
    // The first of a pause comes at once; the second waits
    expect(watcher.getSnapshot()).not.toBe(state)
    const second = watcher.getSnapshot()
    server.write(frame(progress(3), 3))
    await settle()
    expect(watcher.getSnapshot()).toBe(second)
  })

  it("comes at once with the last progress when the job ends", async () => {
    const { request, watcher } = watch()
    const server = (await request(0)).stream()
    server.write(
      frame(connected()),
      frame(progress(1), 1),
      frame(progress(2), 2),
      frame(progress(100), 3),
      frame(complete(), 4),
    )
    await settle()
    expect(watcher.getSnapshot()).toMatchObject({ status: "complete", progress: { current: 100 } })
    await pass(1000)
    expect(vi.getTimerCount()).toBe(0)
  })

  it("comes at once when the connection changes", async () => {
    const { request, watcher } = watch()
    const server = (await request(0)).stream()
    server.write(frame(connected()), frame(progress(1), 1))
    await settle()
    server.cut()
    await settle()
    expect(watcher.getSnapshot().connection).toBe("reconnecting")
  })

  it("comes at the pace that the client, or the watcher, was given", async () => {
    const { client, request } = open({ throttleMs: 1000 })
    const slow = client.watch(jobId)
    const fast = client.watch(jobId, { throttleMs: 10 })
    slow.subscribe(() => {})
    fast.subscribe(() => {})
    const server = (await request(0)).stream()
    server.write(frame(connected()), frame(progress(1), 1))
    await pass(2000)
    server.write(frame(progress(2), 2))
    await settle()
    server.write(frame(progress(3), 3))
    await pass(10)
    expect(fast.getSnapshot().progress?.current).toBe(3)
    expect(slow.getSnapshot().progress?.current).toBe(2)
    await pass(1000)
    expect(slow.getSnapshot()).toBe(fast.getSnapshot())
  })
})

describe("the connection", () => {
  it("opens with the first subscriber, and not before", async () => {
    const { client, requests } = open()
    const watcher = client.watch(jobId)
    await settle()
    expect(requests).toHaveLength(0)
    expect(watcher.getSnapshot()).toMatchObject({ status: "connecting", connection: "idle" })
    watcher.subscribe(() => {})
    await settle()
    expect(requests).toHaveLength(1)
  })

  it("is one for all watchers of a job", async () => {
    const { client, requests, request } = open()
    const watchers = [client.watch(jobId), client.watch(jobId), client.watch("job_other")]
    for (const watcher of watchers) watcher.subscribe(() => {})
    await settle()
    expect(requests.map(({ url }) => url)).toEqual([
      `https://example.com/api/${jobId}/stream`,
      "https://example.com/api/job_other/stream",
    ])
    ;(await request(0)).stream().write(frame(connected()), frame(complete(), 1))
    await settle()
    expect(watchers[0]?.getSnapshot()).toMatchObject({ status: "complete" })
    expect(watchers[1]?.getSnapshot()).toBe(watchers[0]?.getSnapshot())
  })

  it("shows a second watcher at once what is known", async () => {
    const { client, request } = watch()
    ;(await request(0)).stream().write(frame(connected()), frame(progress(1), 1))
    await pass(100)
    expect(client.watch(jobId).getSnapshot()).toMatchObject({ status: "running", progress: progress1 })
  })

  it("outlives its last subscriber for a moment, so that the next one finds it", async () => {
    const { watcher, requests, request, leave } = watch()
    ;(await request(0)).stream().write(frame(connected()), frame(progress(1), 1))
    await settle()
    leave()
    await pass(399)
    watcher.subscribe(() => {})
    await pass(10_000)
    expect(requests).toHaveLength(1)
    expect(requests[0]?.signal.aborted).toBe(false)
  })

  it("closes after that moment, and a later subscriber resumes", async () => {
    const { watcher, requests, request, leave } = watch()
    ;(await request(0)).stream().write(frame(connected()), frame(progress(1), 1))
    await pass(100)
    leave()
    await pass(400)
    expect(requests[0]?.signal.aborted).toBe(true)
    expect(watcher.getSnapshot()).toMatchObject({
      status: "running",
      connection: "idle",
      progress: progress1,
    })
    expect(vi.getTimerCount()).toBe(0)
    watcher.subscribe(() => {})
    expect((await request(1)).headers.get("last-event-id")).toBe("1-b_9f3c")
    expect(watcher.getSnapshot()).toMatchObject({ connection: "connecting", progress: progress1 })
  })

  it("closes after the time that was asked for", async () => {
    const { requests, request, leave } = watch({ idleMs: 5000 })
    await request(0)
    leave()
    await pass(4999)
    expect(requests[0]?.signal.aborted).toBe(false)
    await pass(1)
    expect(requests[0]?.signal.aborted).toBe(true)
  })

  it("counts subscriptions, not listeners, and each can be ended twice", async () => {
    const { client, request, requests } = open()
    const watcher = client.watch(jobId)
    const listener = vi.fn<() => void>()
    const leaves = [watcher.subscribe(listener), watcher.subscribe(listener)]
    await request(0)
    leaves[0]?.()
    leaves[0]?.()
    await pass(1000)
    expect(requests[0]?.signal.aborted).toBe(false)
    leaves[1]?.()
    await pass(1000)
    expect(requests[0]?.signal.aborted).toBe(true)
  })

  it("isn't opened again once the job has ended", async () => {
    const { watcher, request, requests, leave } = watch()
    ;(await request(0)).stream().write(frame(complete(), 1))
    await settle()
    leave()
    watcher.subscribe(() => {})
    watcher.retry()
    await pass(1_000_000)
    expect(requests).toHaveLength(1)
    expect(watcher.getSnapshot()).toMatchObject({ status: "complete", result })
  })

  it("learns of the end even if nobody listens at that moment", async () => {
    const { watcher, request, leave } = watch()
    const server = (await request(0)).stream()
    leave()
    server.write(frame(complete(), 1))
    await settle()
    expect(watcher.getSnapshot()).toMatchObject({ status: "complete" })
    await pass(400)
    expect(vi.getTimerCount()).toBe(0)
  })

  it("isn't needed by who comes back to a job that has ended, for as long as one would have outlived its last subscriber", async () => {
    const { client, request, requests, leave } = watch()
    ;(await request(0)).stream().write(frame(complete(), 1))
    await settle()
    leave()
    await pass(399)
    const again = client.watch(jobId)
    expect(again.getSnapshot()).toMatchObject({ status: "complete", result })
    const leaveAgain = again.subscribe(() => {})
    await pass(10_000)
    expect(requests).toHaveLength(1)
    leaveAgain()
    await pass(400)
    expect(vi.getTimerCount()).toBe(0)
    expect(client.watch(jobId).getSnapshot()).toMatchObject({ status: "connecting" })
  })

  it("stays one when a watcher comes back that was there before another", async () => {
    const { client, watcher, requests, request, leave } = watch()
    await request(0)
    leave()
    await pass(400)
    const other = client.watch(jobId)
    other.subscribe(() => {})
    await request(1)
    watcher.subscribe(() => {})
    await pass(1000)
    expect(requests).toHaveLength(2)
    expect(watcher.getSnapshot()).toBe(other.getSnapshot())
  })

  it("can be tried again by hand: in a wait, and after it failed for good", async () => {
    const { watcher, request, requests } = watch({ retry: { maxAttempts: 2 } })
    ;(await request(0)).fail()
    await settle()
    watcher.retry()
    ;(await request(1)).fail()
    await settle()
    expect(watcher.getSnapshot()).toMatchObject({ status: "error", connection: "closed" })
    watcher.retry()
    expect(watcher.getSnapshot()).toMatchObject({
      status: "connecting",
      connection: "connecting",
      error: null,
    })
    const server = (await request(2)).stream()
    server.write(frame(connected()))
    await settle()
    watcher.retry()
    await pass(1000)
    expect(requests).toHaveLength(3)
  })

  it("is tried again by a new subscriber after it failed for good", async () => {
    const { client, request, watcher } = watch()
    ;(await request(0)).json({}, { status: 403 })
    await settle()
    client.watch(jobId).subscribe(() => {})
    ;(await request(1)).stream().write(frame(connected()), frame(complete(), 1))
    await settle()
    expect(watcher.getSnapshot()).toMatchObject({ status: "complete", error: null })
  })

  it("tells the client's onError what went wrong on the way", async () => {
    const errors: Array<unknown> = []
    const { request } = watch({ onError: (error) => errors.push(error) })
    ;(await request(0)).fail()
    await settle()
    expect(errors).toMatchObject([{ _tag: "ConnectionFailed", reason: "network" }])
  })
})

describe("an initial snapshot", () => {
  it("is shown before there is a connection, and resumed from", async () => {
    const { client, request } = open()
    const watcher = client.watch(jobId, {
      initialSnapshot: snapshot({ progress: progress1, partial: partial1, lastEventId: "5-b_9f3c" }),
    })
    expect(watcher.getSnapshot()).toMatchObject({
      status: "running",
      connection: "idle",
      progress: progress1,
      partial: partial1,
    })
    watcher.subscribe(() => {})
    expect((await request(0)).headers.get("last-event-id")).toBe("5-b_9f3c")
  })

  it.each([
    [snapshot({ status: "completed", result }), { status: "complete", result }],
    [
      snapshot({ status: "failed", error: { code: "boom", message: "It broke." } }),
      { status: "error", error: { _tag: "JobFailed", code: "boom" } },
    ],
    [snapshot({ status: "cancelled", partial: partial1 }), { status: "cancelled", partial: partial1 }],
  ])("of a job that has ended needs no connection", async (initialSnapshot, expected) => {
    const { client, requests } = open()
    const watcher = client.watch(jobId, { initialSnapshot })
    watcher.subscribe(() => {})
    await pass(10_000)
    expect(requests).toHaveLength(0)
    expect(watcher.getSnapshot()).toMatchObject({ connection: "closed", ...expected })
  })

  it("of a job that waits is queued", () => {
    const { client } = open()
    const watcher = client.watch(jobId, { initialSnapshot: snapshot({ status: "queued", startedAt: null }) })
    expect(watcher.getSnapshot()).toMatchObject({ status: "queued", connection: "idle" })
  })
})

describe("listeners", () => {
  it("may leave while they are told, and others are still told", async () => {
    const { client, request } = open()
    const watcher = client.watch(jobId)
    const leave = watcher.subscribe(() => leave())
    const other = vi.fn<() => void>()
    watcher.subscribe(other)
    ;(await request(0)).stream().write(frame(connected()))
    await settle()
    expect(other).toHaveBeenCalled()
  })

  it("may subscribe others while they are told", async () => {
    const { watcher, request } = watch()
    let more = 0
    const leave = watcher.subscribe(() => {
      leave()
      watcher.subscribe(() => more++)
    })
    ;(await request(0)).stream().write(frame(connected()), frame(complete(), 1))
    await settle()
    expect(more).toBeGreaterThan(0)
  })
})

describe("a subscription", () => {
  it("ends when its signal is aborted, and leaves nothing on it", async () => {
    const { client, requests, request } = open()
    const controller = new AbortController()
    const listener = vi.fn<() => void>()
    client.watch(jobId).subscribe(listener, { signal: controller.signal })
    ;(await request(0)).stream().write(frame(connected()))
    await settle()
    expect(listener).toHaveBeenCalled()
    controller.abort()
    listener.mockClear()
    await pass(400)
    expect(requests[0]?.signal.aborted).toBe(true)
    expect(listener).not.toHaveBeenCalled()
  })

  it("doesn't begin when it was aborted before", async () => {
    const { client, requests } = open()
    const leave = client.watch(jobId).subscribe(() => {}, { signal: AbortSignal.abort() })
    await settle()
    leave()
    expect(requests).toHaveLength(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it("leaves nothing on a signal that outlives it", () => {
    const { client } = open()
    const { signal } = new AbortController()
    const add = vi.spyOn(signal, "addEventListener")
    const remove = vi.spyOn(signal, "removeEventListener")
    client.watch(jobId).subscribe(() => {}, { signal })()
    expect(remove.mock.calls.map(([, listener]) => listener)).toEqual(
      add.mock.calls.map(([, listener]) => listener),
    )
    expect(add).toHaveBeenCalledOnce()
  })

  it("ends with its watcher, and others go on", async () => {
    const { client, requests, request } = open()
    const other = vi.fn<() => void>()
    client.watch(jobId).subscribe(other)
    {
      using watcher = client.watch(jobId)
      watcher.subscribe(() => expect.unreachable())
      watcher.subscribe(() => expect.unreachable())
    }
    ;(await request(0)).stream().write(frame(connected()))
    await pass(1000)
    expect(other).toHaveBeenCalled()
    expect(requests[0]?.signal.aborted).toBe(false)
    client[Symbol.dispose]()
  })

  it("can begin again after its watcher was disposed of", async () => {
    const { client, requests, request } = open()
    const watcher = client.watch(jobId)
    watcher.subscribe(() => {})
    await request(0)
    watcher[Symbol.dispose]()
    watcher[Symbol.dispose]()
    const listener = vi.fn<() => void>()
    watcher.subscribe(listener)
    await pass(1000)
    expect(requests).toHaveLength(1)
    expect(requests[0]?.signal.aborted).toBe(false)
    client[Symbol.dispose]()
    expect(listener).toHaveBeenCalled()
  })
})

it("cancels the job, not the watching", async () => {
  const { watcher, request } = watch()
  const server = (await request(0)).stream()
  const cancelled = watcher.cancel()
  const { url, method, json } = await request(1)
  expect({ url, method }).toEqual({ url: `https://example.com/api/${jobId}`, method: "DELETE" })
  json({}, { status: 202 })
  await cancelled
  server.write(frame({ type: "cancelled" }, 1))
  await settle()
  expect(watcher.getSnapshot().status).toBe("cancelled")
})

it("leaves nothing behind when pages watch and leave many jobs", async () => {
  const { client, requests } = open()
  for (let i = 0; i < 100; i++) client.watch(`job_${i}`).subscribe(() => {})()
  await pass(400)
  expect(requests).toHaveLength(100)
  expect(requests.every(({ signal }) => signal.aborted)).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
})
