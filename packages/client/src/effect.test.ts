import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { describe, expect, it } from "vitest"
import { createClient } from "./client.ts"
import { fromClient, streamEvents } from "./effect.ts"
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

const open = () => {
  const network = fakeFetch()
  const client = fromClient(
    createClient({ url: "https://example.com/api", fetch: network.fetch, retry: { baseMs: 1 } }),
  )
  return { ...network, client }
}

const collect = <A, E>(stream: Stream.Stream<A, E>) => Effect.runPromise(Stream.runCollect(stream))

describe("a call", () => {
  it("succeeds with its answer", async () => {
    const { client, request } = open()
    const got = Effect.runPromise(client.get(jobId))
    ;(await request(0)).json(snapshot())
    expect(await got).toEqual(snapshot())
  })

  it("fails with a tagged error", async () => {
    const { client, request } = open()
    const got = Effect.runPromise(
      client.get(jobId).pipe(Effect.catchTag("RequestFailed", ({ status }) => Effect.succeed(status))),
    )
    ;(await request(0)).json({ code: "job_not_found" }, { status: 404 })
    expect(await got).toBe(404)
  })

  it("dies of what is no error of the client", async () => {
    const { client } = open()
    const exit = await Effect.runPromiseExit(client.start("dice", { config: { sides: 6n } }))
    expect(Exit.isFailure(exit) && Cause.hasDies(exit.cause)).toBe(true)
  })

  it("is aborted when it is interrupted", async () => {
    const { client, request, requests } = open()
    const fiber = Effect.runFork(client.get(jobId))
    await request(0)
    await Effect.runPromise(Fiber.interrupt(fiber))
    expect(requests[0]?.signal.aborted).toBe(true)
  })

  it("lists, cancels, and waits for a result", async () => {
    const { client, request } = open()
    const all = Effect.runPromise(
      Effect.all([client.list({ limit: 1 }), client.cancel(jobId), client.result(jobId)]),
    )
    ;(await request(0)).json({ jobs: [], nextCursor: null })
    ;(await request(1)).json({}, { status: 202 })
    ;(await request(2)).stream().write(frame(connected()), frame(complete(), 1))
    expect(await all).toEqual([{ jobs: [], nextCursor: null }, undefined, result])
  })

  it("fails with the job's failure", async () => {
    const { client, request } = open()
    const waited = Effect.runPromise(Effect.flip(client.result(jobId)))
    ;(await request(0)).stream().write(frame({ type: "error", code: "boom", message: "It broke." }, 1))
    expect(await waited).toMatchObject({ _tag: "JobFailed", code: "boom" })
  })

  it("fails with what the check of a result refused", async () => {
    const { client, request } = open()
    const check = () => {
      throw new Error("not like this")
    }
    const waited = Effect.runPromise(Effect.flip(client.result(jobId, { check })))
    ;(await request(0)).stream().write(frame(complete(), 1))
    expect(await waited).toMatchObject({ _tag: "InvalidEvent", reason: "check" })
  })
})

describe("a stream of events", () => {
  it("has all of them, and ends after the last", async () => {
    const { client, request } = open()
    const events = collect(client.events(jobId))
    ;(await request(0)).stream().write(frame(connected()), frame(complete(), 1))
    expect(await events).toEqual([connected(), complete()])
  })

  it("fails with what ended it", async () => {
    const { client, request } = open()
    const failed = Effect.runPromise(Effect.flip(Stream.runDrain(client.events(jobId))))
    ;(await request(0)).json({ code: "forbidden" }, { status: 403 })
    expect(await failed).toMatchObject({ _tag: "RequestFailed", status: 403 })
  })

  it("has a connection for every run, and none before", async () => {
    const { client, request, requests } = open()
    const stream = client.events(jobId)
    expect(requests).toHaveLength(0)
    for (const run of [0, 1]) {
      const events = collect(stream)
      ;(await request(run)).stream().write(frame(complete(), 1))
      expect(await events).toEqual([complete()])
    }
  })

  it("hangs up when enough was taken", async () => {
    const { client, request } = open()
    const events = collect(Stream.take(client.events(jobId), 1))
    const made = await request(0)
    made.stream().write(frame(connected()))
    expect(await events).toEqual([connected()])
    expect(made.signal.aborted).toBe(true)
  })

  it("hangs up when it is interrupted while it waits", async () => {
    const { client, request } = open()
    const fiber = Effect.runFork(Stream.runDrain(client.events(jobId)))
    const made = await request(0)
    made.stream().write(frame(connected()))
    await Effect.runPromise(Fiber.interrupt(fiber))
    expect(made.signal.aborted).toBe(true)
  })

  it("is had without a client, too", async () => {
    const { fetch, request } = fakeFetch()
    const events = collect(
      streamEvents("https://example.com/job_9f3c/stream", { fetch, lastEventId: "1-b_9f3c" }),
    )
    const made = await request(0)
    expect(made.headers.get("last-event-id")).toBe("1-b_9f3c")
    made.stream().write(frame(complete(), 2))
    expect(await events).toEqual([complete()])
  })
})

describe("a stream of states", () => {
  it("has what is published, to the end", async () => {
    const { client, request } = open()
    const states = collect(client.watch(jobId))
    const server = (await request(0)).stream()
    server.write(frame(connected()), frame(partial(1), 1), frame(progress(1), 2), frame(complete(), 3))
    const all = await states
    expect(all[0]).toMatchObject({ status: "connecting" })
    expect(all.at(-1)).toMatchObject({ status: "complete", result })
  })

  it("ends with an error as a state", async () => {
    const { client, request } = open()
    const last = Effect.runPromise(Stream.runLast(client.watch(jobId)))
    ;(await request(0)).json({ code: "forbidden" }, { status: 403 })
    expect(await last).toMatchObject({ value: { status: "error", error: { status: 403 } } })
  })

  it("leaves when it is interrupted", async () => {
    const { client, request, requests } = open()
    const fiber = Effect.runFork(Stream.runDrain(client.watch(jobId)))
    await request(0)
    await Effect.runPromise(Fiber.interrupt(fiber))
    await expect.poll(() => requests[0]?.signal.aborted).toBe(true)
  })
})

it("gives a job its functions as effects", async () => {
  const { client, request } = open()
  const program = Effect.gen(function* () {
    const job = yield* client.start("dice", { config: {} })
    const events = yield* Stream.runCollect(job.events())
    const value = yield* job.result
    const last = yield* Stream.runLast(job.watch())
    yield* job.cancel
    return { jobId: job.jobId, types: events.map(({ type }) => type), value, last }
  })
  const run = Effect.runPromise(program)
  ;(await request(0)).json({ jobId, status: "queued" }, { status: 202 })
  // One for the events, and one for the result and the states
  for (const i of [1, 2]) (await request(i)).stream().write(frame(connected()), frame(complete(), 1))
  ;(await request(3)).json({ code: "job_ended" }, { status: 409 })
  expect(await run).toMatchObject({
    jobId,
    types: ["connected", "complete"],
    value: result,
    last: { value: { status: "complete" } },
  })
})
