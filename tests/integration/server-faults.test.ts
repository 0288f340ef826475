// Simulations that misbehave, subscribers that come at any moment, cancels and limits: over real sockets.
import { once } from "node:events"
import { connect } from "node:net"
import {
  createJobs,
  defineSimulation,
  type EngineEvent,
  type JobsOptions,
  PublicError,
} from "@simstream/core"
import { isProblem, type StreamEvent } from "@simstream/protocol"
import { createHandler, type HandlerOptions, toNodeHandler } from "@simstream/server"
import * as Schema from "effect/Schema"
import { afterEach, describe, expect, it, vi } from "vitest"
import { type Adapter, ADAPTERS, listen, listenWith } from "../support/server.ts"
import { craps, createGated } from "../support/simulations.ts"
import { BASE_PATH, testClient } from "../support/testClient.ts"

const Nothing = Schema.Struct({})

const throwing = defineSimulation({
  name: "throwing",
  config: Schema.Struct({ publicly: Schema.Boolean }),
  metrics: { index: {} },
  prepare:
    ({ publicly }) =>
    ({ index }) => {
      if (index < 100) return { index }
      throw publicly ? new PublicError("The armour can't be negative.") : new Error("the password is 1234")
    },
})

const throwingInPrepare = defineSimulation({
  name: "throwing-in-prepare",
  config: Nothing,
  metrics: { index: {} },
  prepare: () => {
    throw new Error("the password is 1234")
  },
})

const rejectingInPrepare = defineSimulation({
  name: "rejecting-in-prepare",
  config: Nothing,
  metrics: { index: {} },
  prepare: () => Promise.reject(new Error("the password is 1234")),
})

const never = () => new Promise<never>(() => {})

/** It never ends by itself, and does not listen to its signal either. */
const endless = defineSimulation({
  name: "endless",
  config: Nothing,
  async *run(): AsyncGenerator<EngineEvent<{ readonly stats: { readonly count: number } }>> {
    yield { type: "partial", stats: { count: 1 } }
    await never()
  },
})

const endlessInPrepare = defineSimulation({
  name: "endless-in-prepare",
  config: Nothing,
  metrics: { index: {} },
  prepare: never,
})

const large = defineSimulation({
  name: "large",
  config: Schema.Struct({ megabytes: Schema.Int }),
  async *run({ megabytes }): AsyncGenerator<EngineEvent<{ readonly stats: { readonly text: string } }>> {
    yield { type: "result", stats: { text: "0123456789abcdef".repeat((megabytes * 1024 * 1024) / 16) } }
  },
})

interface SetUp extends Omit<Partial<HandlerOptions>, "jobs"> {
  readonly jobs?: Partial<Pick<JobsOptions<[]>, "concurrency" | "queueLimit" | "onError">>
}

const openServer = async (adapter: Adapter, { jobs: jobOptions = {}, ...options }: SetUp = {}) => {
  const gated = createGated()
  gated.shut()
  const errors: Array<unknown> = []
  const jobs = createJobs({
    simulations: [
      craps,
      gated.simulation,
      throwing,
      throwingInPrepare,
      rejectingInPrepare,
      endless,
      endlessInPrepare,
      large,
    ],
    onError: (error) => errors.push(error),
    ...jobOptions,
  })
  const handler = createHandler({ jobs, ...options })
  const server = await listen(handler, adapter)
  return {
    ...testClient(server.origin),
    gated,
    jobs,
    handler,
    server,
    errors,
    /** A job that waits at the gate, at its second iteration. */
    startGated: async (headers: Readonly<Record<string, string>> = {}) =>
      testClient(server.origin).post({ simulation: "gated", config: { holdAt: 1 }, iterations: 10 }, headers),
    [Symbol.asyncDispose]: async () => {
      gated.open()
      await jobs.shutdown({ graceMs: 0 })
      await server[Symbol.asyncDispose]()
    },
  }
}

const jobIdOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { readonly jobId: string }).jobId

const problemOf = async (response: Response) => {
  const body: unknown = await response.json()
  if (!isProblem(body)) throw new Error(`no problem: ${JSON.stringify(body)}`)
  return body
}

const eventsOf = (text: string): ReadonlyArray<StreamEvent> =>
  text
    .split("\n")
    .filter((line) => line.startsWith("data: "))
    .map((line) => JSON.parse(line.slice("data: ".length)) as StreamEvent)

/** All of a stream, to its end. */
const readAll = async (response: Response): Promise<ReadonlyArray<StreamEvent>> =>
  eventsOf(await response.text())

/** Reads until an event has come, and goes on reading when asked. */
const reader = (response: Response) => {
  if (response.body === null) throw new Error("The response has no body.")
  const parts = response.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]()
  let text = ""
  return {
    until: async (holds: (event: StreamEvent) => boolean) => {
      for (;;) {
        const events = eventsOf(text.slice(0, text.lastIndexOf("\n\n") + 1))
        if (events.some(holds)) return events
        const { done, value } = await parts.next()
        if (done === true) throw new Error(`The stream ended without it: ${text}`)
        text += value
      }
    },
  }
}

const isTerminal = ({ type }: StreamEvent) => ["complete", "error", "cancelled"].includes(type)

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

it.each(ADAPTERS)("a stream whose response is made anew on its way, behind %s, is whole", async (adapter) => {
  const jobs = createJobs({ simulations: [craps] })
  const handler = createHandler({ jobs })
  await using server = await listen(async (request) => {
    const response = await handler(request)
    const headers = new Headers(response.headers)
    headers.set("access-control-allow-origin", "*")
    return new Response(response.body, { status: response.status, headers })
  }, adapter)
  const client = testClient(server.origin)
  const jobId = await client.start({ simulation: "craps", iterations: 1_000 })
  const stream = await client.stream(jobId)
  expect(stream.headers.get("access-control-allow-origin")).toBe("*")
  expect((await readAll(stream)).at(-1)).toMatchObject({ type: "complete", iterations: 1_000 })
  expect(handler.streams()).toBe(0)
  await jobs.shutdown()
})

it("a body that a framework has read and not handed on is refused, and not waited for", async () => {
  const jobs = createJobs({ simulations: [craps] })
  const handle = toNodeHandler(createHandler({ jobs }))
  await using server = await listenWith(async (incoming, outgoing) => {
    await incoming.toArray()
    handle(incoming, outgoing)
  })
  const response = await testClient(server.origin).post({ simulation: "craps" })
  expect(response.status).toBe(400)
  expect((await problemOf(response)).detail).toContain("must be handed on as request.body")
})

describe.each(ADAPTERS)("behind %s", (adapter) => {
  describe("a subscriber that arrives", () => {
    it("before the start sees the job queued, and then all of it", async () => {
      await using app = await openServer(adapter, { jobs: { concurrency: 1 } })
      const first = await jobIdOf(await app.startGated())
      const queued = await app.start({ simulation: "craps", iterations: 1_000, seed: 7 })
      const stream = reader(await app.stream(queued))
      expect(await stream.until(({ type }) => type === "connected")).toMatchObject([{ status: "queued" }])
      expect((await app.get(queued)).status).toBe("queued")
      app.gated.open()
      const events = await stream.until(isTerminal)
      expect(events.at(-1)).toMatchObject({ type: "complete", iterations: 1_000 })
      expect((await app.get(first)).status).toBe("completed")
    })

    it("in the middle sees what there is, and then the rest", async () => {
      await using app = await openServer(adapter)
      const jobId = await jobIdOf(await app.startGated())
      const early = reader(await app.stream(jobId))
      await early.until((event) => event.type === "progress" && event.current === 1)
      const late = reader(await app.stream(jobId))
      const seen = await late.until(({ type }) => type === "progress")
      expect(seen.slice(0, 2)).toMatchObject([{ type: "connected", status: "running" }, { current: 1 }])
      app.gated.open()
      expect((await late.until(isTerminal)).at(-1)).toEqual((await early.until(isTerminal)).at(-1))
    })

    it("in the same tick as the end, or any few steps before or behind it, sees the end once", async () => {
      await using app = await openServer(adapter)
      for (let steps = 0; steps < 40; steps++) {
        app.gated.shut()
        const jobId = await jobIdOf(await app.startGated())
        const job = await app.jobs.subscribe(jobId)
        app.gated.open()
        for (let step = 0; step < steps; step++) await Promise.resolve()
        const request = new Request(`http://x${BASE_PATH}/${jobId}/stream`)
        const events = await readAll(await app.handler(request))
        expect(events.filter(isTerminal)).toHaveLength(1)
        expect(events.at(-1)).toMatchObject({ type: "complete", iterations: 10 })
        expect(job.feed.subscribers()).toBe(0)
      }
    })

    it("while the end is being published sees it", async () => {
      await using app = await openServer(adapter)
      const jobId = await jobIdOf(await app.startGated())
      const { feed } = await app.jobs.subscribe(jobId)
      const arrival = new Promise<Response>((resolve) => {
        const subscription = feed.subscribe(feed.revision(), () => {
          if (!feed.ended()) return
          subscription.close()
          resolve(app.handler(new Request(`http://x${BASE_PATH}/${jobId}/stream`)))
        })
      })
      app.gated.open()
      expect((await readAll(await arrival)).map(({ type }) => type)).toEqual([
        "connected",
        "progress",
        "complete",
      ])
    })

    it("up to an hour behind the end sees it, and then there is no such job", async () => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] })
      await using app = await openServer(adapter)
      const jobId = await app.start({ simulation: "large", config: { megabytes: 0 } })
      const first = await readAll(await app.stream(jobId))
      vi.advanceTimersByTime(3_600_000 - 1)
      const second = await readAll(await app.stream(jobId))
      expect(second.at(-1)).toEqual(first.at(-1))
      // What somebody watched is known for some seconds more, for the next who asks.
      vi.advanceTimersByTime(10_000)
      const gone = await app.stream(jobId)
      expect(gone.status).toBe(404)
      expect((await problemOf(gone)).code).toBe("job_not_found")
    })
  })

  describe("a simulation", () => {
    it.each([
      ["throws", { simulation: "throwing", config: { publicly: false } }],
      ["throws in prepare", { simulation: "throwing-in-prepare" }],
      ["rejects in prepare", { simulation: "rejecting-in-prepare" }],
    ])("that %s fails its job, tells the server why, and the client only that it did", async (_, body) => {
      await using app = await openServer(adapter)
      const jobId = await app.start(body)
      const events = await readAll(await app.stream(jobId))
      const error = { code: "simulation_failed", message: expect.stringContaining("The simulation failed.") }
      expect(events.at(-1)).toEqual({ type: "error", ...error })
      expect(await app.get(jobId)).toMatchObject({ status: "failed", error, result: null })
      expect(JSON.stringify([events, await app.get(jobId)])).not.toContain("1234")
      expect(app.errors).toHaveLength(1)
      expect(String(app.errors[0])).toContain("the password is 1234")
    })

    it("that throws a public error tells the client why", async () => {
      await using app = await openServer(adapter)
      const jobId = await app.start({ simulation: "throwing", config: { publicly: true } })
      expect((await readAll(await app.stream(jobId))).at(-1)).toMatchObject({
        type: "error",
        message: "The armour can't be negative.",
      })
    })

    it("whose failure can't be reported does not hold up the queue", async () => {
      vi.spyOn(console, "error").mockReturnValue()
      await using app = await openServer(adapter, {
        jobs: {
          concurrency: 1,
          onError: () => {
            throw new Error("the log is full")
          },
        },
      })
      await app.startGated()
      const failing = await app.start({ simulation: "throwing-in-prepare" })
      const next = await app.start({ simulation: "craps", iterations: 100 })
      app.gated.open()
      expect((await readAll(await app.stream(failing))).at(-1)?.type).toBe("error")
      expect((await readAll(await app.stream(next))).at(-1)?.type).toBe("complete")
    })

    it.each(["endless", "endless-in-prepare"])(
      "that never ends (%s) is ended by a cancel",
      async (simulation) => {
        await using app = await openServer(adapter)
        const jobId = await app.start({ simulation })
        const stream = reader(await app.stream(jobId))
        await stream.until(({ type }) => type === (simulation === "endless" ? "partial" : "connected"))
        expect((await app.cancel(jobId)).status).toBe(202)
        expect((await stream.until(isTerminal)).at(-1)).toMatchObject({
          type: "cancelled",
          ...(simulation === "endless" ? { stats: { count: 1 } } : {}),
        })
        expect((await app.get(jobId)).status).toBe("cancelled")
      },
    )

    it("with a result of 5 MB delivers all of it, by stream, by lines and by snapshot", async () => {
      await using app = await openServer(adapter)
      const jobId = await app.start({ simulation: "large", config: { megabytes: 5 } })
      const events = await readAll(await app.stream(jobId))
      const stats = { text: "0123456789abcdef".repeat((5 * 1024 * 1024) / 16) }
      const last = events.at(-1)
      // Not by toEqual: a difference of 5 MB would be printed.
      expect(last?.type === "complete" && JSON.stringify(last.stats) === JSON.stringify(stats)).toBe(true)
      const lines = await (await app.stream(jobId, { headers: { accept: "application/x-ndjson" } })).text()
      const line = JSON.parse(lines.trim().split("\n").at(-1) ?? "") as { readonly stats: unknown }
      expect(JSON.stringify(line.stats) === JSON.stringify(stats)).toBe(true)
      expect(JSON.stringify((await app.get(jobId)).result?.stats) === JSON.stringify(stats)).toBe(true)
    })

    it("with a large result is no trouble to a slow reader, as long as it reads", async () => {
      await using app = await openServer(adapter, { stream: { writeTimeoutMs: 2_000, heartbeatMs: 1_000 } })
      const jobId = await app.start({ simulation: "large", config: { megabytes: 20 } })
      const socket = connect(app.server.port, "127.0.0.1")
      socket.write(`GET ${BASE_PATH}/${jobId}/stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      let size = 0
      let last = ""
      socket.setEncoding("latin1")
      // A megabyte each 150 ms: more than the write timeout in all, and much less for any part of it.
      let allowance = 0
      for await (const chunk of socket) {
        const text = String(chunk)
        size += text.length
        last = (last + text).slice(-100)
        if (size > allowance) {
          allowance += 1024 * 1024
          await new Promise((resume) => setTimeout(resume, 150))
        }
      }
      expect(size).toBeGreaterThan(20 * 1024 * 1024)
      expect(last).toMatch(/}\n\n\r\n0\r\n\r\n$/)
    })
  })

  describe("a cancel", () => {
    it("of a queued job ends it before it starts, and tells who waits for it", async () => {
      await using app = await openServer(adapter, { jobs: { concurrency: 1 } })
      await app.startGated()
      const jobId = await app.start({ simulation: "throwing-in-prepare" })
      const stream = reader(await app.stream(jobId))
      await stream.until(({ type }) => type === "connected")
      expect((await app.cancel(jobId)).status).toBe(202)
      expect(await stream.until(isTerminal)).toEqual([expect.anything(), { type: "cancelled" }])
      expect(await app.get(jobId)).toMatchObject({ status: "cancelled", startedAt: null })
      app.gated.open()
      expect(app.errors).toEqual([])
    })

    it("of a running job, asked for five times at once, happens once; later it is refused", async () => {
      await using app = await openServer(adapter)
      const jobId = await jobIdOf(await app.startGated())
      const stream = reader(await app.stream(jobId))
      await stream.until((event) => event.type === "progress" && event.current === 1)
      const answers = await Promise.all(Array.from({ length: 5 }, () => app.cancel(jobId)))
      for (const { status } of answers) expect([202, 409]).toContain(status)
      expect(answers.some(({ status }) => status === 202)).toBe(true)
      expect((await stream.until(isTerminal)).filter(isTerminal)).toMatchObject([
        { type: "cancelled", stats: { index: { count: 1 } } },
      ])
      const late = await app.cancel(jobId)
      expect(late.status).toBe(409)
      expect((await problemOf(late)).code).toBe("job_ended")
    })

    it("of a job that has completed is refused, and changes nothing", async () => {
      await using app = await openServer(adapter)
      const jobId = await app.start({ simulation: "craps", iterations: 100 })
      await readAll(await app.stream(jobId))
      expect((await app.cancel(jobId)).status).toBe(409)
      expect((await app.get(jobId)).status).toBe("completed")
    })

    it("makes room for the next job", async () => {
      await using app = await openServer(adapter, { jobs: { concurrency: 1 } })
      const running = await app.start({ simulation: "endless" })
      const queued = await app.start({ simulation: "craps", iterations: 100 })
      await app.cancel(running)
      expect((await readAll(await app.stream(queued))).at(-1)?.type).toBe("complete")
    })
  })

  describe("a limit", () => {
    const clientKey = (request: Request) => request.headers.get("x-user")
    const ada = { "x-user": "ada" }
    const bob = { "x-user": "bob" }

    const expectRetryAfter = (response: Response) => {
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1)
    }

    it("of streams per client holds for each client alone", async () => {
      await using app = await openServer(adapter, { clientKey, limits: { streamsPerClient: 2 } })
      const jobId = await jobIdOf(await app.startGated())
      const controller = new AbortController()
      const { signal } = controller
      await app.stream(jobId, { headers: ada, signal })
      await app.stream(jobId, { headers: ada, signal })
      const refused = await app.stream(jobId, { headers: ada })
      expect(refused.status).toBe(429)
      expectRetryAfter(refused)
      expect((await problemOf(refused)).code).toBe("too_many_streams")
      expect((await app.stream(jobId, { headers: bob, signal })).status).toBe(200)
      controller.abort()
    })

    it("of streams in all answers 503 until one has left, and snapshots go on", async () => {
      await using app = await openServer(adapter, { limits: { streams: 3 } })
      const jobId = await jobIdOf(await app.startGated())
      const controllers = Array.from({ length: 3 }, () => new AbortController())
      for (const { signal } of controllers) await app.stream(jobId, { signal })
      const refused = await app.stream(jobId)
      expect(refused.status).toBe(503)
      expectRetryAfter(refused)
      expect((await app.get(jobId)).status).toBe("running")
      controllers[0]?.abort()
      while (app.handler.streams() === 3) await new Promise((turn) => setImmediate(turn))
      const [, , , again = new AbortController()] = controllers
      expect((await app.stream(jobId, { signal: again.signal })).status).toBe(200)
      for (const controller of [...controllers, again]) controller.abort()
    })

    it("of jobs per client holds for twenty starts at once, and for each client alone", async () => {
      await using app = await openServer(adapter, { clientKey, limits: { jobsPerClient: 3 } })
      const answers = await Promise.all(Array.from({ length: 20 }, () => app.startGated(ada)))
      expect(answers.filter(({ status }) => status === 202)).toHaveLength(3)
      const refused = answers.filter(({ status }) => status === 429)
      expect(refused).toHaveLength(17)
      for (const response of refused) expectRetryAfter(response)
      expect((await app.startGated(bob)).status).toBe(202)
    })

    it("of jobs per client does not stand between a client and the job that it has started", async () => {
      await using app = await openServer(adapter, { clientKey, limits: { jobsPerClient: 1 } })
      const first = await app.startGated({ ...ada, "idempotency-key": "one" })
      const again = await app.startGated({ ...ada, "idempotency-key": "one" })
      expect([first.status, again.status]).toEqual([202, 200])
      expect((await app.startGated({ ...ada, "idempotency-key": "two" })).status).toBe(429)
    })

    it("of jobs per client counts those under way, however many have ended since", async () => {
      await using app = await openServer(adapter, {
        clientKey,
        limits: { jobsPerClient: 2 },
        jobs: { concurrency: 4 },
      })
      expect((await app.startGated(ada)).status).toBe(202)
      for (let count = 0; count < 210; count++) {
        const { jobId } = await app.jobs.start({
          simulation: "throwing-in-prepare",
          config: {},
          owner: "ada",
        })
        await app.cancel(jobId)
      }
      expect((await app.startGated(ada)).status).toBe(202)
      expect((await app.startGated(ada)).status).toBe(429)
    })

    it("of the queue answers 503, and lets jobs in again when there is room", async () => {
      await using app = await openServer(adapter, { jobs: { concurrency: 1, queueLimit: 2 } })
      const ids = [await app.startGated(), await app.startGated(), await app.startGated()].map(jobIdOf)
      const refused = await app.startGated()
      expect(refused.status).toBe(503)
      expectRetryAfter(refused)
      expect((await problemOf(refused)).code).toBe("queue_full")
      await app.cancel((await ids[2]) ?? "")
      expect((await app.startGated()).status).toBe(202)
    })

    it("of a body's size holds while it comes in, without a content-length", async () => {
      await using app = await openServer(adapter, { limits: { bodyBytes: 1_000 } })
      const socket = connect(app.server.port, "127.0.0.1")
      socket.setEncoding("latin1")
      socket.write(
        `POST ${BASE_PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
      )
      // It never says that it has ended: the answer comes regardless.
      socket.write(`400\r\n${" ".repeat(1_024)}\r\n`)
      const [answer] = (await once(socket, "data")) as [string]
      expect(answer).toContain("HTTP/1.1 413")
      socket.destroy()
    })

    it("of a body's time holds for one that comes in byte by byte, or not at all", async () => {
      await using app = await openServer(adapter, { limits: { bodyMs: 20 } })
      const socket = connect(app.server.port, "127.0.0.1")
      socket.setEncoding("latin1")
      socket.write(
        `POST ${BASE_PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n{`,
      )
      const [answer] = (await once(socket, "data")) as [string]
      expect(answer).toContain("HTTP/1.1 408")
      socket.destroy()
    })
  })
})
