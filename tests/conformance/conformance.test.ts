// The same suite against every framework and runtime, each a process of its own: what a client can rely on, wherever.
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { createJobs } from "@simstream/core"
import { isProblem, type JobSnapshot, type StreamEvent } from "@simstream/protocol"
import { createParser } from "eventsource-parser"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { type ServerProcess, startServer } from "../support/processes.ts"
import { craps } from "../support/simulations.ts"
import { BASE_PATH, streamRequest, testClient, type TestClient, until } from "../support/testClient.ts"
import { type ConformanceServer, servers } from "./servers.ts"

const CRAPS = { simulation: "craps", config: {}, iterations: 20_000, seed: 7 }
const EVENT_STREAM = { accept: "text/event-stream" }

interface Received {
  readonly id: string | undefined
  readonly event: StreamEvent
}

/** Reads a stream as it comes: events and comments. */
const read = (response: Response) => {
  if (response.body === null) throw new Error("The response has no body.")
  const events: Array<Received> = []
  const comments: Array<string> = []
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      const parsed = JSON.parse(data) as StreamEvent
      expect(parsed.type).toBe(event)
      events.push({ id, event: parsed })
    },
    onComment: (comment) => comments.push(comment),
  })
  const parts = response.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]()
  const readUntil = async (holds: () => boolean) => {
    while (!holds()) {
      const { done, value } = await parts.next()
      if (done === true) throw new Error(`The stream ended early, behind ${JSON.stringify(events.at(-1))}`)
      parser.feed(value)
    }
  }
  return {
    events,
    comments,
    until: readUntil,
    toEnd: async (): Promise<ReadonlyArray<Received>> => {
      for (;;) {
        const { done, value } = await parts.next()
        if (done === true) return events
        parser.feed(value)
      }
    },
  }
}

/** What a socket has received so far. */
const collect = (socket: Socket) => {
  let text = ""
  socket.setEncoding("latin1")
  socket.on("data", (chunk) => {
    text += String(chunk)
  })
  socket.on("error", () => undefined)
  return {
    text: () => text,
    /** Resolves when it has this, behind what was there before. */
    until: async (wanted: string, behind = 0) => {
      while (!text.includes(wanted, behind)) await once(socket, "data")
    },
  }
}

const openRaw = async (port: number, jobId: string, headers: Readonly<Record<string, string>> = {}) => {
  const socket = connect(port, "127.0.0.1")
  const received = collect(socket)
  socket.write(streamRequest(jobId, headers))
  return { socket, received }
}

/** Resolves when the runtime has cut an answer that has said nothing for too long. */
const silenceIsCut = async (port: number): Promise<void> => {
  const socket = connect(port, "127.0.0.1")
  const received = collect(socket)
  socket.write("GET /_test/silence HTTP/1.1\r\nHost: x\r\n\r\n")
  await received.until("hello")
  if (!socket.closed) await once(socket, "close")
}

const suite = ({ command, differences }: ConformanceServer) => {
  let server: ServerProcess
  let client: TestClient
  const started: Array<string> = []

  beforeAll(async () => {
    server = await startServer(command())
    client = testClient(server.origin)
  }, 60_000)
  afterAll(() => server[Symbol.asyncDispose]())

  afterEach(async () => {
    for (const jobId of started.splice(0)) await (await client.cancel(jobId)).text()
    await until(
      () => client.state(),
      ({ streams }) => streams === 0,
    )
    expect((await client.state()).errors).toEqual([])
  })

  const start = async (body: unknown): Promise<string> => {
    const jobId = await client.start(body)
    started.push(jobId)
    return jobId
  }
  /** A job that publishes its progress and does not end. */
  const startRunning = () => start({ simulation: "gated", config: { holdAt: 1 }, iterations: 10 })
  /** A job that waits for another, and so publishes nothing. */
  const startSilent = async () => {
    const running = await startRunning()
    const silent = await start(CRAPS)
    // Cancelled before the one that it waits for.
    started.splice(
      0,
      started.length,
      ...started.filter((id) => id !== silent && id !== running),
      silent,
      running,
    )
    return silent
  }

  it("starts a job", async () => {
    const response = await client.post(CRAPS)
    expect(response.status).toBe(202)
    const { jobId } = (await response.json()) as { readonly jobId: string }
    expect(response.headers.get("location")).toBe(`${BASE_PATH}/${jobId}`)
    await read(await client.stream(jobId)).toEnd()
  })

  it("streams a job to its end, with the result that it has everywhere", async () => {
    const jobId = await start(CRAPS)
    const response = await client.stream(jobId, { headers: EVENT_STREAM })
    expect(response.status).toBe(200)
    const events = await read(response).toEnd()
    expect(events[0]).toMatchObject({ id: undefined, event: { type: "connected", jobId, protocol: 1 } })
    expect(events.at(-1)?.event).toMatchObject({ type: "complete", digest: await expectedDigest() })
    expect(await client.get(jobId)).toMatchObject({ status: "completed", progress: { percentage: 100 } })
  })

  it("resumes behind the event that a client has seen, and answers 204 behind the last", async () => {
    const jobId = await start(CRAPS)
    const whole = await read(await client.stream(jobId)).toEnd()
    const [, first] = whole
    const last = whole.at(-1)
    for (const headers of [{ "last-event-id": first?.id ?? "" }]) {
      const resumed = await read(await client.stream(jobId, { headers })).toEnd()
      expect(resumed.some(({ id }) => id === first?.id)).toBe(first?.id === last?.id)
      expect(resumed.at(-1)).toEqual(last)
    }
    const byHeader = await client.stream(jobId, { headers: { "last-event-id": last?.id ?? "" } })
    const byQuery = await client.stream(jobId, { query: `?lastEventId=${last?.id}` })
    expect([byHeader.status, byQuery.status]).toEqual([204, 204])
    expect(await byHeader.text()).toBe("")
  })

  it("answers for an unknown job: an event to stream readers, a problem to others", async () => {
    const asStream = await client.stream("job_nobody", { headers: EVENT_STREAM })
    expect(asStream.status).toBe(404)
    expect(await asStream.text()).toContain('event: error\ndata: {"type":"error","code":"job_not_found"')
    const asProblem = await fetch(`${client.base}/job_nobody`)
    expect(asProblem.status).toBe(404)
    expect(asProblem.headers.get("content-type")).toBe("application/problem+json")
    expect(await asProblem.json()).toMatchObject({ code: "job_not_found" })
  })

  it("answers HEAD as it answers GET, without a body, opens nothing, and reads the next request", async () => {
    const jobId = await startRunning()
    const socket = connect(server.port, "127.0.0.1")
    const received = collect(socket)
    const ask = async (method: string, path: string, end: string): Promise<string> => {
      const behind = received.text().length
      socket.write(`${method} ${BASE_PATH}${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
      await received.until(end, behind)
      return received.text().slice(behind).toLowerCase()
    }
    const stream = await ask("HEAD", `/${jobId}/stream`, "\r\n\r\n")
    expect(stream).toMatch(/^http\/1\.1 200 /)
    expect(stream).toContain("content-type: text/event-stream; charset=utf-8\r\n")
    expect(stream).toContain("cache-control: no-cache, no-transform\r\n")
    const job = await ask("HEAD", `/${jobId}`, "\r\n\r\n")
    expect(job).toMatch(/^http\/1\.1 200 /)
    expect(job).toContain("content-type: application/json; charset=utf-8\r\n")
    const unknown = await ask("HEAD", "/job_nobody", "\r\n\r\n")
    expect(unknown).toMatch(/^http\/1\.1 404 /)
    for (const head of [stream, job, unknown]) {
      expect(head).toMatch(/\r\n\r\n$/)
      expect(head.includes("content-length: 0\r\n")).toBe(differences.headHasLength === true)
    }
    expect(await ask("GET", "/job_nobody", "job_not_found")).toMatch(/^http\/1\.1 404 /)
    socket.destroy()
    expect(await client.state(jobId)).toMatchObject({ streams: 0, subscribers: 0 })
  })

  it("says what is wrong with a config", async () => {
    const response = await client.post({ simulation: "gated", config: { holdAt: "soon" } })
    expect(response.status).toBe(422)
    const problem: unknown = await response.json()
    expect(isProblem(problem) && problem.issues?.map(({ path }) => path.join("."))).toEqual(["config.holdAt"])
  })

  it("refuses a body that is too large, and reads the next request", async () => {
    const large = await client.post({ ...CRAPS, config: { text: "x".repeat(100_000) } })
    expect(large.status).toBe(413)
    await large.text()
    expect((await client.post({ simulation: "roulette" })).status).toBe(404)
  })

  it("cancels", async () => {
    const jobId = await client.start({ simulation: "gated", config: { holdAt: 1 }, iterations: 10 })
    const stream = read(await client.stream(jobId))
    await stream.until(() =>
      stream.events.some(({ event }) => event.type === "progress" && event.current === 1),
    )
    expect((await client.cancel(jobId)).status).toBe(202)
    expect((await stream.toEnd()).at(-1)?.event).toMatchObject({
      type: "cancelled",
      stats: { index: { count: 1 } },
    })
    expect((await client.cancel(jobId)).status).toBe(409)
  })

  it("streams JSON lines when asked for them", async () => {
    const jobId = await start(CRAPS)
    const response = await client.stream(jobId, { headers: { accept: "application/x-ndjson" } })
    expect(response.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8")
    const lines = (await response.text()).split("\n").filter((line) => line !== "")
    const types = lines.map((line) => (JSON.parse(line) as { type: string }).type)
    expect([types[0], types.at(-1)]).toEqual(["connected", "complete"])
  })

  it("sends the headers that keep a stream flowing, and nothing compressed", async () => {
    const jobId = await startRunning()
    const { socket, received } = await openRaw(server.port, jobId, { "Accept-Encoding": "gzip, br, deflate" })
    await received.until("event: connected")
    const [head = ""] = received.text().split("\r\n\r\n")
    const headers = head.toLowerCase().split("\r\n").slice(1)
    expect(headers).toContain("content-type: text/event-stream; charset=utf-8")
    expect(headers).toContain("cache-control: no-cache, no-transform")
    expect(headers).toContain("x-accel-buffering: no")
    const names = headers.map((header) => header.split(":")[0])
    for (const name of ["content-encoding", "content-length", "upgrade", "te"])
      expect(names).not.toContain(name)
    socket.destroy()
  })

  it("sends the first bytes at once and heartbeats while there is nothing to say, and so outlasts what is silent", async () => {
    const jobId = await startSilent()
    const stream = read(await client.stream(jobId))
    await stream.until(() => stream.comments.length >= 3)
    expect(stream.events.map(({ event }) => event)).toMatchObject([{ type: "connected", status: "queued" }])
    expect(new Set(stream.comments)).toEqual(new Set(["heartbeat"]))
    if (differences.cutsSilence) await silenceIsCut(server.port)
    await client.cancel(jobId)
    expect((await stream.toEnd()).at(-1)?.event).toEqual({ type: "cancelled" })
  })

  it("delivers a result of 5 MB", async () => {
    const jobId = await start({ simulation: "large", config: { characters: 5_000_000 } })
    const last = (await read(await client.stream(jobId)).toEnd()).at(-1)?.event
    const stats = last?.type === "complete" ? (last.stats as { readonly text: string }) : { text: "" }
    expect(stats.text).toHaveLength(5_000_000)
    const snapshot: JobSnapshot = await client.get(jobId)
    expect(JSON.stringify(snapshot.result?.stats)).toHaveLength(JSON.stringify(stats).length)
  })

  describe.each([
    ["running", startRunning],
    ["silent", startSilent],
  ])("a client of a %s job that goes away", (_, startJob) => {
    const gone = (jobId: string, subscribers: number) =>
      until(
        () => client.state(jobId),
        (state) => state.subscribers === subscribers && state.streams === subscribers,
      )

    it.each(["destroy", "resetAndDestroy"] as const)("by %s is let go of", async (leave) => {
      const jobId = await startJob()
      const clients = await Promise.all(Array.from({ length: 5 }, () => openRaw(server.port, jobId)))
      for (const { received } of clients) await received.until("event: connected")
      await gone(jobId, 5)
      for (const { socket } of clients) socket[leave]()
      await gone(jobId, 0)
    })

    it("by closing its own side is let go of, or goes on reading", async () => {
      const jobId = await startJob()
      const { socket, received } = await openRaw(server.port, jobId)
      await received.until("event: connected")
      socket.end()
      if (differences.halfClosedIsOpen) {
        // It is heard from for longer than it takes anywhere to find that a client has gone.
        for (let beat = 0; beat < 3; beat++) await received.until("\n\n", received.text().length)
        socket.destroy()
      }
      await gone(jobId, 0)
    })

    it("by abort is let go of", async () => {
      const jobId = await startJob()
      const controller = new AbortController()
      const stream = read(await client.stream(jobId, { signal: controller.signal }))
      await stream.until(() => stream.events.length > 0)
      await gone(jobId, 1)
      controller.abort()
      await gone(jobId, 0)
    })

    it("before it is answered is let go of", async () => {
      const jobId = await startJob()
      const socket = connect(server.port, "127.0.0.1")
      socket.write(streamRequest(jobId, { "x-test-hold": "1" }))
      await until(client.state, ({ held }) => held === 1)
      socket.destroy()
      await client.release()
      await until(client.state, ({ held }) => held === 0)
      await gone(jobId, 0)
    })
  })
}

/** Of the same job, run here. */
const expectedDigest = async (): Promise<string | undefined> => {
  const jobs = createJobs({ simulations: [craps] })
  const { jobId } = await jobs.start(CRAPS)
  const { feed } = await jobs.subscribe(jobId)
  await new Promise<void>((resolve) => {
    feed.subscribe(0, () => {
      if (feed.ended()) resolve()
    })
  })
  const { result } = await jobs.get(jobId)
  await jobs.shutdown()
  return result?.digest
}

for (const server of servers) {
  describe.skipIf(!server.available())(`${server.name}`, () => {
    suite(server)
  })
}
