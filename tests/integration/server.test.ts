import { once } from "node:events"
import { connect } from "node:net"
import { createJobs } from "@simstream/core"
import {
  formatEventId,
  isProblem,
  type JobSnapshot,
  type Problem,
  type StreamEvent,
} from "@simstream/protocol"
import { createHandler, type HandlerOptions } from "@simstream/server"
import { createParser } from "eventsource-parser"
import { describe, expect, it } from "vitest"
import { type Adapter, ADAPTERS, listen } from "../support/server.ts"
import { craps, createGated } from "../support/simulations.ts"

const openServer = async (adapter: Adapter, options: Partial<HandlerOptions> = {}) => {
  const gated = createGated()
  const jobs = createJobs({ simulations: [craps, gated.simulation] })
  const handler = createHandler({ jobs, ...options })
  const server = await listen(handler, adapter)
  const base = `${server.origin}/api/simulations`
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(base, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    })
  const start = async (body: unknown): Promise<string> => {
    const { jobId } = (await (await post(body)).json()) as { jobId: string }
    return jobId
  }
  return {
    gated,
    jobs,
    handler,
    server,
    base,
    post,
    start,
    [Symbol.asyncDispose]: async () => {
      gated.open()
      await jobs.shutdown({ graceMs: 0 })
      await server[Symbol.asyncDispose]()
    },
  }
}

interface Received {
  readonly id: string | undefined
  readonly event: StreamEvent
}

/** Reads a stream until it ends or `until` holds. */
const readStream = async (
  url: string,
  {
    lastEventId,
    until = () => false,
  }: { lastEventId?: string; until?: (event: StreamEvent) => boolean } = {},
): Promise<ReadonlyArray<Received>> => {
  const controller = new AbortController()
  const response = await fetch(url, {
    headers: {
      accept: "text/event-stream",
      ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
    },
    signal: controller.signal,
  })
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8")
  const received: Array<Received> = []
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      const parsed = JSON.parse(data) as StreamEvent
      expect(parsed.type).toBe(event)
      received.push({ id, event: parsed })
    },
  })
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    parser.feed(decoder.decode(chunk, { stream: true }))
    if (received.some(({ event }) => until(event))) break
  }
  controller.abort()
  return received
}

const problemOf = async (response: Response): Promise<Problem> => {
  expect(response.headers.get("content-type")).toBe("application/problem+json")
  const body: unknown = await response.json()
  if (!isProblem(body)) throw new Error(`no problem: ${JSON.stringify(body)}`)
  expect(body.status).toBe(response.status)
  return body
}

/** Resolves when a condition holds that a closing socket brings about. */
const eventually = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

describe.each(ADAPTERS)("behind %s", (adapter) => {
  const setUp = (options?: Partial<HandlerOptions>) => openServer(adapter, options)

  describe("a job over HTTP", () => {
    it("is started, streamed to its end and read", async () => {
      await using app = await setUp()
      const started = await app.post({ simulation: "craps", config: {}, iterations: 20_000, seed: 7 })
      expect(started.status).toBe(202)
      const { jobId } = (await started.json()) as { jobId: string }
      expect(started.headers.get("location")).toBe(`/api/simulations/${jobId}`)

      const received = await readStream(`${app.base}/${jobId}/stream`)
      expect(received[0]).toMatchObject({ id: undefined, event: { type: "connected", jobId, protocol: 1 } })
      const last = received[received.length - 1]?.event
      expect(last).toMatchObject({
        type: "complete",
        iterations: 20_000,
        seed: "7",
        stopReason: "iterations",
      })

      const snapshot = (await (await fetch(`${app.base}/${jobId}`)).json()) as JobSnapshot
      expect(snapshot.status).toBe("completed")
      expect(snapshot.progress).toMatchObject({ current: 20_000, percentage: 100 })
      expect({ type: "complete", ...snapshot.result }).toEqual(last)
      expect(snapshot.request).toMatchObject({ simulation: "craps", iterations: 20_000, seed: "7", stop: {} })
    })

    it("gives the same digest for the same seed", async () => {
      await using app = await setUp()
      const digest = async () => {
        const jobId = await app.start({ simulation: "craps", config: {}, iterations: 5_000, seed: 11 })
        const received = await readStream(`${app.base}/${jobId}/stream`)
        const last = received[received.length - 1]?.event
        return last?.type === "complete" ? last.digest : null
      }
      const first = await digest()
      expect(first).toMatch(/^[0-9a-f]{64}$/)
      expect(await digest()).toBe(first)
    })

    it("resumes from every event id, and answers 204 behind the last", async () => {
      await using app = await setUp()
      const jobId = await app.start({ simulation: "craps", config: {}, iterations: 200_000, seed: 7 })
      const url = `${app.base}/${jobId}/stream`
      const whole = await readStream(url)
      const terminal = whole[whole.length - 1]
      if (terminal?.id === undefined) throw new Error("the terminal event has no id")
      for (const { id } of whole) {
        if (id === undefined || id === terminal.id) continue
        const resumed = await readStream(url, { lastEventId: id })
        expect(resumed[resumed.length - 1]).toEqual(terminal)
        expect(resumed.filter((received) => received.id === id)).toEqual([])
      }
      const after = await fetch(url, {
        headers: { accept: "text/event-stream", "last-event-id": terminal.id },
      })
      expect(after.status).toBe(204)
      const byQuery = await fetch(`${url}?lastEventId=${terminal.id}`)
      expect(byQuery.status).toBe(204)
    })

    it.each([
      ["garbage", () => "garbage"],
      ["nothing", () => ""],
      ["a number", () => "-1"],
      ["another form of number", () => "1e9"],
      ["another job", () => formatEventId("job_zzzzzz", 1)],
      ["the future", (jobId: string) => formatEventId(jobId, 999_999_999_999_999)],
      ["the near future", (jobId: string) => formatEventId(jobId, 100)],
    ])("sends everything to a cursor of %s", async (_, cursorOf) => {
      await using app = await setUp()
      const jobId = await app.start({ simulation: "craps", config: {}, iterations: 1_000, seed: 7 })
      const url = `${app.base}/${jobId}/stream`
      const whole = await readStream(url)
      expect(await readStream(url, { lastEventId: cursorOf(jobId) })).toEqual(await readStream(url))
      expect((await readStream(url, { lastEventId: cursorOf(jobId) })).at(-1)).toEqual(whole.at(-1))
    })

    it("streams JSON lines when asked for them", async () => {
      await using app = await setUp()
      const jobId = await app.start({ simulation: "craps", config: {}, iterations: 1_000, seed: 7 })
      const response = await fetch(`${app.base}/${jobId}/stream`, {
        headers: { accept: "application/x-ndjson" },
      })
      expect(response.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8")
      const lines = (await response.text()).trim().split("\n")
      const types = lines.map((line) => (JSON.parse(line) as { type: string }).type)
      expect(types[0]).toBe("connected")
      expect(types[types.length - 1]).toBe("complete")
    })

    it("is cancelled with what there was by then, once", async () => {
      await using app = await setUp()
      app.gated.shut()
      const jobId = await app.start({ simulation: "gated", config: { holdAt: 40 }, iterations: 100 })
      const url = `${app.base}/${jobId}`
      await readStream(`${url}/stream`, { until: ({ type }) => type === "progress" })
      const cancelled = await fetch(url, { method: "DELETE" })
      expect(cancelled.status).toBe(202)
      const received = await readStream(`${url}/stream`)
      expect(received[received.length - 1]?.event).toMatchObject({
        type: "cancelled",
        stats: { index: { count: 40, mean: 19.5 } },
      })
      expect(await problemOf(await fetch(url, { method: "DELETE" }))).toMatchObject({
        code: "job_ended",
        status: 409,
      })
    })

    it("is found again by its idempotency key", async () => {
      await using app = await setUp()
      const body = { simulation: "craps", config: {}, iterations: 1_000 }
      const first = await app.post(body, { "idempotency-key": "one" })
      const second = await app.post(body, { "idempotency-key": "one" })
      expect([first.status, second.status]).toEqual([202, 200])
      expect(((await second.json()) as { jobId: string }).jobId).toBe(
        ((await first.json()) as { jobId: string }).jobId,
      )
      const other = await app.post({ ...body, iterations: 2_000 }, { "idempotency-key": "one" })
      expect(await problemOf(other)).toMatchObject({ code: "idempotency_conflict", status: 409 })
    })

    it("is listed for its owner and nobody else", async () => {
      await using app = await setUp({ clientKey: (request) => request.headers.get("x-user") })
      const start = (user: string) => app.post({ simulation: "craps", iterations: 100 }, { "x-user": user })
      const mine = [await start("ada"), await start("ada")]
      await start("bob")
      const ids = await Promise.all(
        mine.map(async (response) => ((await response.json()) as { jobId: string }).jobId),
      )
      const list = (await (await fetch(app.base, { headers: { "x-user": "ada" } })).json()) as {
        jobs: ReadonlyArray<{ jobId: string }>
      }
      expect(list.jobs.map(({ jobId }) => jobId)).toEqual(ids.reverse())
      expect(await problemOf(await fetch(app.base))).toMatchObject({ code: "forbidden" })
    })
  })

  describe("bad input", () => {
    it.each([
      [{ simulation: "gated", config: { holdAt: "soon" } }, 422, "invalid_config", "config.holdAt"],
      [{ simulation: "gated", config: { holdAt: -1 } }, 422, "invalid_config", "config.holdAt"],
      [{ simulation: "gated", config: {} }, 422, "invalid_config", "config.holdAt"],
      [{ simulation: "craps", iterations: 0 }, 422, "invalid_options", "iterations"],
      [{ simulation: "craps", iterations: -1 }, 422, "invalid_options", "iterations"],
      [{ simulation: "craps", iterations: 1.5 }, 422, "invalid_options", "iterations"],
      [{ simulation: "craps", iterations: 2e9 }, 422, "invalid_options", "iterations"],
      [{ simulation: "craps", iterations: "many" }, 422, "invalid_options", "iterations"],
      [{ simulation: "craps", seed: 1.5 }, 422, "invalid_options", "seed"],
      [{ simulation: "craps", stop: "soon" }, 422, "invalid_options", "stop"],
      [
        { simulation: "craps", stop: { precision: { metric: "dps", relative: 0.1 } } },
        422,
        "invalid_options",
        "stop.precision.metric",
      ],
      [{ simulation: "craps", iteration: 5 }, 422, "invalid_options", "iteration"],
      [{ config: {} }, 422, "invalid_options", "simulation"],
    ])("%j is refused with %i %s at %s", async (body, status, code, path) => {
      await using app = await setUp()
      const problem = await problemOf(await app.post(body))
      expect(problem).toMatchObject({ status, code })
      expect(problem.issues?.map((issue) => issue.path.join("."))).toContain(path)
    })

    it("names the simulations that there are", async () => {
      await using app = await setUp()
      const problem = await problemOf(await app.post({ simulation: "roulette" }))
      expect(problem).toMatchObject({ status: 404, code: "simulation_not_found" })
      expect(problem.detail).toContain("craps, gated")
    })

    it.each(["{", "", "nonsense", "[1]", "null", '"text"'])("the body %j is malformed", async (body) => {
      await using app = await setUp()
      expect(await problemOf(await app.post(body))).toMatchObject({ status: 400, code: "malformed_request" })
    })

    it("refuses a body that is too large, and one that is no JSON", async () => {
      await using app = await setUp({ limits: { bodyBytes: 100 } })
      const large = await app.post({ simulation: "craps", config: { text: "x".repeat(200) } })
      expect(await problemOf(large)).toMatchObject({ status: 413, code: "body_too_large" })
      const form = await app.post("simulation=craps", { "content-type": "application/x-www-form-urlencoded" })
      expect(await problemOf(form)).toMatchObject({ status: 415, code: "unsupported_media_type" })
    })

    it("answers an unknown job to a stream reader by an event, and to others by a problem", async () => {
      await using app = await setUp()
      const asProblem = await fetch(`${app.base}/job_nobody`)
      expect(await problemOf(asProblem)).toMatchObject({ status: 404, code: "job_not_found" })
      const asStream = await fetch(`${app.base}/job_nobody/stream`, {
        headers: { accept: "text/event-stream" },
      })
      expect(asStream.status).toBe(404)
      expect(await asStream.text()).toContain('event: error\ndata: {"type":"error","code":"job_not_found"')
    })

    it.each([
      ["PUT", "", 405],
      ["POST", "/job_x/stream", 405],
      ["GET", "/job_x/other", 404],
      ["GET", "/job_x/stream/more", 404],
      ["GET", "/%ff", 404],
      ["GET", "/%00", 404],
    ])("%s %s answers %i", async (method, path, status) => {
      await using app = await setUp()
      expect(await problemOf(await fetch(`${app.base}${path}`, { method }))).toMatchObject({ status })
    })

    it.each([
      ["PATCH", "", "GET, HEAD, POST"],
      ["OPTIONS", "/job_x", "GET, HEAD, DELETE"],
      ["PUT", "/job_x", "GET, HEAD, DELETE"],
      ["DELETE", "/job_x/stream", "GET, HEAD"],
    ])("%s %s is told that there is %s", async (method, path, allow) => {
      await using app = await setUp()
      const response = await fetch(`${app.base}${path}`, { method })
      expect(response.status).toBe(405)
      expect(response.headers.get("allow")).toBe(allow)
    })

    it("shows nothing of an error inside the server", async () => {
      const errors: Array<unknown> = []
      await using app = await setUp({
        clientKey: () => {
          throw new Error("the password is 1234")
        },
        onError: (error) => errors.push(error),
      })
      const response = await app.post({ simulation: "craps" })
      const text = await response.text()
      expect(response.status).toBe(500)
      expect(text).not.toContain("1234")
      expect(errors).toHaveLength(1)
    })

    it("asks `authorize` before it reads anything", async () => {
      const actions: Array<unknown> = []
      await using app = await setUp({
        authorize: (_request, action) => {
          actions.push(action)
          return false
        },
      })
      expect(await problemOf(await app.post("{"))).toMatchObject({ status: 403, code: "forbidden" })
      expect(await problemOf(await fetch(`${app.base}/job_x`))).toMatchObject({ status: 403 })
      expect(actions).toEqual([{ type: "start" }, { type: "read", jobId: "job_x" }])
    })
  })

  describe("clients that leave", () => {
    it.each(["destroy", "resetAndDestroy"] as const)(
      "200 of them, by %s, leave no subscriber",
      async (leave) => {
        await using app = await setUp()
        app.gated.shut()
        const jobId = await app.start({ simulation: "gated", config: { holdAt: 1 }, iterations: 10 })
        const { feed } = await app.jobs.subscribe(jobId)
        const sockets = Array.from({ length: 200 }, () => connect(app.server.port, "127.0.0.1"))
        await Promise.all(
          sockets.map(async (socket) => {
            socket.write(
              `GET /api/simulations/${jobId}/stream HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n`,
            )
            await once(socket, "data")
          }),
        )
        expect(app.handler.streams()).toBe(200)
        for (const socket of sockets) socket[leave]()
        await eventually(() => feed.subscribers() === 0 && app.handler.streams() === 0)
        expect(app.handler.streams()).toBe(0)
      },
    )

    it("more streams than allowed are refused until one leaves", async () => {
      await using app = await setUp({ limits: { streamsPerJob: 1 } })
      app.gated.shut()
      const jobId = await app.start({ simulation: "gated", config: { holdAt: 1 }, iterations: 10 })
      const url = `${app.base}/${jobId}/stream`
      const first = new AbortController()
      const open = await fetch(url, { signal: first.signal })
      expect(open.status).toBe(200)
      const refused = await fetch(url)
      expect(refused.status).toBe(429)
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1)
      first.abort()
      await eventually(() => app.handler.streams() === 0)
      const again = new AbortController()
      expect((await fetch(url, { signal: again.signal })).status).toBe(200)
      again.abort()
    })
  })
})

it("a bad configuration fails at once, with both numbers", () => {
  const jobs = createJobs({ simulations: [craps] })
  const make = (options: Partial<HandlerOptions>) => () => createHandler({ jobs, ...options })
  expect(make({ stream: { heartbeatMs: 700_000 } })).toThrow(/700000.*600000/)
  expect(make({ stream: { heartbeatMs: 0 } })).toThrow("heartbeatMs")
  expect(make({ stream: { heartbeatMs: NaN } })).toThrow(/1 to 2147483647; got NaN/)
  expect(make({ stream: { writeTimeoutMs: 600_000 } })).toThrow(/600000.*600000/)
  expect(make({ stream: { maxDurationMs: 2 ** 31 } })).toThrow(/2147483647; got 2147483648/)
  expect(make({ limits: { streams: 0 } })).toThrow(/limits.streams.* from 1 .*got 0/)
  expect(make({ limits: { iterations: 2e9 } })).toThrow(/1000000000; got 2000000000/)
  expect(make({ basePath: "api" })).toThrow(/basePath.*"api"/)
  for (const name of ["jobsPerClient", "streamsPerClient"]) {
    expect(make({ limits: { [name]: 3 } })).toThrow(`limits.${name} (3) would hold for nobody`)
    expect(make({ limits: { [name]: 3 }, clientKey: () => null })).not.toThrow()
  }
  const { drain } = createHandler({ jobs })
  for (const windowMs of [-1, NaN, Infinity]) {
    expect(() => drain({ windowMs })).toThrow(`got ${windowMs}`)
  }
})
