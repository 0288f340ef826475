// The client and the server of the same house, with nothing between them but a socket.
import { createClient, type ClientOptions, type JobState } from "@simstream/client"
import { createJobs } from "@simstream/core"
import { createHandler, type HandlerOptions, type SimulationsOf } from "@simstream/server"
import { describe, expect, expectTypeOf, it } from "vitest"
import { listen } from "../support/server.ts"
import { craps, createGated } from "../support/simulations.ts"

const open = async (
  serverOptions: Partial<HandlerOptions> = {},
  clientOptions: Partial<ClientOptions> = {},
) => {
  const gated = createGated()
  const jobs = createJobs({ simulations: [craps, gated.simulation] })
  const handler = createHandler({ jobs, ...serverOptions })
  const server = await listen(handler)
  const client = createClient<SimulationsOf<typeof jobs>>({
    url: `${server.origin}/api/simulations`,
    retry: { baseMs: 1 },
    ...clientOptions,
  })
  return {
    client,
    gated,
    handler,
    [Symbol.asyncDispose]: async () => {
      gated.open()
      await jobs.shutdown({ graceMs: 0 })
      await server[Symbol.asyncDispose]()
    },
  }
}

/** The first state of a job for which something holds. */
const stateOf = (
  watcher: { getSnapshot: () => JobState; subscribe: (listener: () => void) => () => void },
  is: (state: JobState) => boolean,
) =>
  new Promise<JobState>((resolve) => {
    const look = () => {
      const state = watcher.getSnapshot()
      if (!is(state)) return
      queueMicrotask(() => leave())
      resolve(state)
    }
    const leave = watcher.subscribe(look)
    look()
  })

describe("a job", () => {
  it("is started, followed to its end, and read again", async () => {
    await using here = await open()
    const { client } = here
    const job = await client.start("craps", { config: {}, iterations: 20_000, seed: 7 })
    const events = []
    for await (const event of job.events()) events.push(event)
    const last = events.at(-1)
    expect(last?.type).toBe("complete")
    const result = await job.result()
    expect(last).toEqual({ type: "complete", ...result })
    expect(result.iterations).toBe(20_000)
    expect(result.stats.win.mean).toBeCloseTo(244 / 495, 1)
    expectTypeOf(result.stats).toHaveProperty("win")
    expect(await client.get<"craps">(job.jobId)).toMatchObject({ status: "completed", result })
    expect((await stateOf(job.watch(), ({ status }) => status === "complete")).result).toEqual(result)
  })

  it("is watched while it runs, and cancelled", async () => {
    await using here = await open()
    const { client, gated } = here
    gated.shut()
    const job = await client.start("gated", { config: { holdAt: 5 }, iterations: 10 })
    const watcher = job.watch()
    await stateOf(watcher, ({ status, connection }) => status === "running" && connection === "open")
    const outcome = job.result().catch((error: unknown) => error)
    await job.cancel()
    gated.open()
    expect(await outcome).toMatchObject({ _tag: "JobCancelled", jobId: job.jobId })
    expect(await stateOf(watcher, ({ connection }) => connection === "closed")).toMatchObject({
      status: "cancelled",
    })
    expect(await job.cancel()).toBeUndefined()
  })

  it("is started once however often it is asked for under one key", async () => {
    await using here = await open()
    const start = () =>
      here.client.start("craps", { config: {}, iterations: 10, seed: 1, idempotencyKey: "one" })
    const [a, b] = await Promise.all([start(), start()])
    expect(a.jobId).toBe(b.jobId)
  })

  it("that has ended says so to a stream that has seen its end", async () => {
    await using here = await open()
    const job = await here.client.start("craps", { config: {}, iterations: 10 })
    const first = job.events()
    for await (const _event of first);
    const again = []
    for await (const event of job.events({ lastEventId: first.lastEventId })) again.push(event.type)
    expect(again.at(-1)).toBe("complete")
  })
})

describe("what the server refuses", () => {
  it("is a config that is not valid, with the place", async () => {
    await using here = await open()
    const started = here.client.start("gated", { config: { holdAt: -1 } })
    await expect(started).rejects.toMatchObject({
      _tag: "RequestFailed",
      status: 422,
      problem: { code: "invalid_config", issues: [{ path: expect.arrayContaining(["holdAt"]) }] },
    })
  })

  it("is a job that there isn't, to whoever asks and however", async () => {
    await using here = await open()
    const { client } = here
    const missing = { _tag: "RequestFailed", status: 404, problem: { code: "job_not_found" } }
    await expect(client.get("job_nowhere")).rejects.toMatchObject(missing)
    await expect(client.result("job_nowhere")).rejects.toMatchObject(missing)
    await expect(client.cancel("job_nowhere")).rejects.toMatchObject(missing)
    await expect(client.events("job_nowhere").next()).rejects.toMatchObject(missing)
  })

  it("is a list for nobody in particular; for somebody it is their own", async () => {
    await using here = await open({ clientKey: (request) => request.headers.get("x-user") })
    await expect(here.client.list()).rejects.toMatchObject({ status: 403 })
    await using mine = await open(
      { clientKey: (request) => request.headers.get("x-user") },
      { headers: { "x-user": "me" } },
    )
    const job = await mine.client.start("craps", { config: {}, iterations: 10 })
    await job.result()
    expect(await mine.client.list({ limit: 5 })).toMatchObject({
      jobs: [{ jobId: job.jobId }],
      nextCursor: null,
    })
  })
})

it("a drained server's clients come back, and miss nothing", async () => {
  await using here = await open()
  const { client, gated, handler } = here
  gated.shut()
  const job = await client.start("gated", { config: { holdAt: 3 }, iterations: 10 })
  const watcher = job.watch()
  const connections = new Set<string>()
  const leave = watcher.subscribe(() => connections.add(watcher.getSnapshot().connection))
  await stateOf(watcher, ({ connection }) => connection === "open")
  expect(handler.streams()).toBe(1)
  const reconnecting = stateOf(watcher, ({ connection }) => connection === "reconnecting")
  handler.drain({ windowMs: 1 })
  await reconnecting
  leave()
  expect(connections).toContain("reconnecting")
  expect(watcher.getSnapshot().error).toBeNull()
})
