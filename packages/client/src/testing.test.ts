import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { createClient, type ClientOptions } from "./client.ts"
import {
  cancelled,
  complete,
  createFakeServer,
  drop,
  end,
  fail,
  partial,
  progress,
  refuse,
  stall,
  virtualTime,
  wait,
  type FakeServerOptions,
  type Script,
  type VirtualTime,
} from "./testing.ts"

let time: VirtualTime
beforeEach(() => {
  time = virtualTime()
})
afterEach(() => time[Symbol.dispose]())

const open = (serverOptions: FakeServerOptions = {}, clientOptions: Partial<ClientOptions> = {}) => {
  const server = createFakeServer(serverOptions)
  const client = createClient({ url: server.url, fetch: server.fetch, ...clientOptions })
  return { server, client }
}

/** Everything that a client hears of a job, after so much time. */
const hear = async (script: Script, ms: number) => {
  const { server, client } = open()
  const { jobId } = server.job(script)
  const told: Array<string | number> = []
  let ended: unknown
  client.events(jobId, {
    onEvent: (event) => told.push(event.type === "progress" ? event.current : event.type),
    onConnection: (connection) => told.push(connection),
    onEnd: (error) => {
      ended = error ?? "in good order"
    },
  })
  await time.advance(ms)
  return { told, ended, requests: server.requests.map(({ method, path }) => `${method} ${path}`) }
}

describe("a script", () => {
  it("is followed to its end", async () => {
    const { told, ended } = await hear(
      [progress(10), partial({ mean: 1 }), wait(1000), progress(60), complete()],
      1000,
    )
    expect(told).toEqual(["open", "connected", 10, "partial", 60, "closed", "complete"])
    expect(ended).toBe("in good order")
  })

  it("waits as long as it says", async () => {
    const script = [progress(10), wait(1000), complete()]
    expect((await hear(script, 999)).told).not.toContain("complete")
    expect((await hear(script, 1000)).told).toContain("complete")
  })

  it.each([
    ["drop", drop()],
    ["end", end()],
  ])("goes on behind a %s when the client is back", async (_, fault) => {
    const { told, requests } = await hear([progress(10), fault, progress(60), complete()], 500)
    expect(told).toEqual([
      "open",
      "connected",
      10,
      "reconnecting",
      "open",
      "connected",
      // There was no news with "connected", so the next attempt would still have been the second; now there is
      "open",
      60,
      "closed",
      "complete",
    ])
    expect(requests).toHaveLength(2)
  })

  it("refuses the next request, which is tried again later", async () => {
    const { told, requests } = await hear([drop(), refuse(503, { "retry-after": "5" }), complete()], 7000)
    expect(told.at(-1)).toBe("complete")
    expect(requests).toHaveLength(3)
  })

  it("stalls until the client finds out", async () => {
    const { told, requests } = await hear([progress(10), stall(), progress(60), complete()], 33_000)
    expect(told.at(-1)).toBe("complete")
    expect(requests).toHaveLength(2)
  })

  it("makes the client poll when streams bring nothing", async () => {
    const page = refuse(200, { "content-type": "text/html" }, "<!doctype html>")
    const { told, requests } = await hear(
      [page, page, progress(10), wait(5000), progress(60), complete()],
      60_000,
    )
    expect(told).toContain("polling")
    expect(told.filter((what) => typeof what === "number" || what === "complete")).toEqual([
      10,
      60,
      "complete",
    ])
    expect(requests.slice(2)).toEqual(["GET /job_1", "GET /job_1", "GET /job_1"])
  })

  it.each([
    [fail({ code: "boom" }), { _tag: "JobFailed", code: "boom" }],
    [cancelled({ stats: 1 }), { _tag: "JobCancelled", partial: { stats: 1 } }],
  ])("may end badly", async (last, error) => {
    const { server, client } = open()
    const { jobId } = server.job([last])
    const waited = client.result(jobId).catch((thrown: unknown) => thrown)
    await time.advance(0)
    expect(await waited).toMatchObject(error)
  })

  it("can be added to while it is followed", async () => {
    const { server, client } = open()
    const job = server.job([progress(10)])
    const waited = client.result(job.jobId)
    await time.advance(20_000)
    expect(job.streams()).toBe(1)
    job.add(complete({ iterations: 7 }))
    await time.advance(0)
    expect((await waited).iterations).toBe(7)
    expect(job.streams()).toBe(0)
  })

  it("is not followed while nobody is there", async () => {
    const { server, client } = open()
    const job = server.job([progress(10), wait(100), progress(20), complete()])
    const controller = new AbortController()
    client.events(job.jobId, { signal: controller.signal, onEvent: () => {} })
    await time.advance(0)
    controller.abort()
    await time.advance(10_000)
    expect(job.snapshot()).toMatchObject({ status: "running", progress: { current: 10 } })
  })
})

describe("a fake server", () => {
  it("starts jobs, once for every key", async () => {
    const { server, client } = open({
      onStart: ({ simulation }) => [partial(simulation), complete({ stats: simulation })],
    })
    const first = await client.start("dice", { config: {}, idempotencyKey: "a" })
    const again = await client.start("dice", { config: {}, idempotencyKey: "a" })
    const other = await client.start("craps", { config: {} })
    expect(again.jobId).toBe(first.jobId)
    expect(other.jobId).not.toBe(first.jobId)
    const waited = other.result()
    await time.advance(0)
    expect((await waited).stats).toBe("craps")
    expect(server.requests[0]).toMatchObject({
      method: "POST",
      path: "",
      body: { simulation: "dice", config: {} },
    })
  })

  it("reads, lists and cancels them", async () => {
    const { server, client } = open()
    const { jobId } = server.job([progress(10)], { jobId: "mine", simulation: "dice" })
    expect(await client.get(jobId)).toMatchObject({ jobId, simulation: "dice", progress: { current: 10 } })
    expect(await client.list()).toMatchObject({ jobs: [{ jobId: "mine" }], nextCursor: null })
    await client.cancel(jobId)
    expect(await client.get(jobId)).toMatchObject({ status: "cancelled" })
    await client.cancel(jobId)
    await expect(client.get("yours")).rejects.toMatchObject({
      status: 404,
      problem: { code: "job_not_found" },
    })
  })

  it("tells what a job was started with, as a server does, or as the test says", async () => {
    const { server, client } = open()
    const { jobId } = await client.start("dice", { config: { sides: 6 }, seed: 7 })
    const { request } = await client.get(jobId)
    expect(request).toMatchObject({ simulation: "dice", config: { sides: 6 }, seed: "7", stop: {} })
    const given = server.job([progress(10)], { simulation: "craps", request: { iterations: 1e6 } })
    expect(given.snapshot().request).toMatchObject({ simulation: "craps", iterations: 1e6 })
    expect((await client.list()).jobs[0]).not.toHaveProperty("request")
  })

  it("says 204 to who has seen the end", async () => {
    const { server, client } = open()
    const { jobId } = server.job([complete()])
    const stream = client.events(jobId, { onEvent: () => {} })
    await time.advance(0)
    const types: Array<string> = []
    client.events(jobId, { lastEventId: stream.lastEventId, onEvent: ({ type }) => types.push(type) })
    await time.advance(0)
    expect(types).toEqual(["connected", "complete"])
    expect(server.requests.map(({ path }) => path)).toEqual(["/job_1/stream", "/job_1/stream", "/job_1"])
  })

  it("keeps streams alive with heartbeats", async () => {
    const { server, client } = open({ heartbeatMs: 1000 })
    const { jobId } = server.job([progress(10), wait(60_000), complete()])
    const waited = client.result(jobId)
    await time.advance(60_000)
    expect(await waited).toBeDefined()
    expect(server.requests).toHaveLength(1)
  })
})

describe("virtual time", () => {
  it("fires timers in their order, each at its time", async () => {
    const fired: Array<string> = []
    const at = (name: string) => () => fired.push(`${name} ${time.now()}`)
    setTimeout(at("c"), 30)
    setTimeout(at("a"), 10)
    setTimeout(at("b"), 10)
    const interval = setInterval(at("i"), 15)
    await time.advance(30)
    clearInterval(interval)
    await time.advance(100)
    expect(fired).toEqual(["a 10", "b 10", "i 15", "c 30", "i 30"])
    expect(time.now()).toBe(130)
  })

  it("fires timers that timers set", async () => {
    const fired: Array<number> = []
    setTimeout(() => setTimeout(() => fired.push(time.now()), 5), 5)
    await time.advance(9)
    expect(fired).toEqual([])
    await time.advance(1)
    expect(fired).toEqual([10])
  })

  it("doesn't fire what was cleared, and passes arguments on", async () => {
    const fired: Array<unknown> = []
    clearTimeout(setTimeout(() => fired.push("no"), 5))
    setTimeout((...args: ReadonlyArray<unknown>) => fired.push(args), 5, 1, 2)
    await time.advance(5)
    expect(fired).toEqual([[1, 2]])
  })

  it("tells when the next timer is due", async () => {
    expect(time.next()).toBeNull()
    setTimeout(() => {}, 30)
    const sooner = setTimeout(() => {}, 20)
    await time.advance(5)
    expect(time.next()).toBe(15)
    clearTimeout(sooner)
    expect(time.next()).toBe(25)
    await time.advance(25)
    expect(time.next()).toBeNull()
  })

  it("gives the clock back", async () => {
    time[Symbol.dispose]()
    await new Promise((resolve) => setTimeout(resolve, 1))
    expect(time.now()).toBe(0)
  })
})
