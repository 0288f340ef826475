// What networks and servers do to a stream. Whatever it is, the job's end arrives, or one error that says why not.
import type { ServerResponse } from "node:http"
import { createClient, type Client, type ClientError, type ClientOptions } from "@simstream/client"
import { encodeComment, encodeFrame, formatEventId, type StreamEvent } from "@simstream/protocol"
import { describe, expect, it } from "vitest"
import {
  answerAll,
  bufferUntil,
  connectedFrame,
  cutAfter,
  drip,
  framesAfter,
  jobId,
  proxyTo,
  recording,
  result,
  serveRecording,
  stallAfter,
  type AnswerStream,
  type Fault,
  type RecordedServerOptions,
} from "./client.fixtures.ts"

/** Waits so short that a test need not wait for them. */
const quick: Partial<ClientOptions> = { retry: { baseMs: 1, maxMs: 50 }, heartbeatMs: 10, pollMs: 1 }

/** All that a client hears of the recorded job, to its end. */
const consume = async (url: string, options: Partial<ClientOptions> = {}) => {
  const events: Array<StreamEvent> = []
  const errors: Array<ClientError> = []
  const client = createClient({ url, ...quick, ...options })
  const error = await new Promise<unknown>((onEnd) => {
    client.events(jobId, {
      onEvent: (event) => void events.push(event),
      onError: (problem) => void errors.push(problem),
      onEnd,
    })
  })
  return { error, errors, events: events.filter(({ type }) => type !== "connected") }
}

/** The recorded job's result, as a store has it. */
const watchToItsEnd = (client: Client): Promise<unknown> =>
  new Promise((resolve) => {
    const watcher = client.watch(jobId)
    watcher.subscribe(() => {
      const { status, result: ended } = watcher.getSnapshot()
      if (status === "complete") resolve(ended)
    })
  })

/** The same, from the last event of an iterator. */
const readToItsEnd = async (client: Client): Promise<unknown> => {
  let last: StreamEvent | undefined
  for await (const event of client.events(jobId)) last = event
  if (last?.type !== "complete") return last
  const { type: _type, ...content } = last
  return content
}

/** A client of the recorded job behind a proxy. */
const through = async (
  fault: (connection: number) => Fault,
  {
    server: serverOptions = {},
    client = {},
  }: { server?: RecordedServerOptions; client?: Partial<ClientOptions> } = {},
) => {
  await using server = await serveRecording(serverOptions)
  await using proxy = await proxyTo(() => server.port, fault)
  return { ...(await consume(`${proxy.origin}/api`, client)), streams: server.streams(), asked: server.asked }
}

/** An answer that ends with its connection, so that a cut looks like an end. */
const answerWithoutLength: AnswerStream = (response, revision) => {
  response.useChunkedEncodingByDefault = false
  response.writeHead(200, { "content-type": "text/event-stream", connection: "close" })
  response.end(connectedFrame() + framesAfter(revision).join(""))
}

/** Does something for every number from 1 to `last`, in several lanes at once. */
const forEachUpTo = async (last: number, lane: (numbers: Iterable<number>) => Promise<void>) => {
  const lanes = 8
  await Promise.all(
    Array.from({ length: lanes }, (_, first) =>
      lane(Array.from({ length: Math.ceil((last - first) / lanes) }, (_2, i) => 1 + first + i * lanes)),
    ),
  )
}

/** A proxy that spoils the first connection after `next` was called, and no other. */
const spoilFirst = async (port: number) => {
  let fault: Fault = {}
  const proxy = await proxyTo(
    () => port,
    () => {
      const current = fault
      fault = {}
      return current
    },
  )
  return { ...proxy, next: (spoilt: Fault) => void (fault = spoilt) }
}

describe("a connection that is cut", () => {
  // A head of some 150 bytes, and the events
  const lastByte = 250 + connectedFrame().length + framesAfter(0).join("").length

  it.each([
    ["reset", "reset", answerAll],
    ["ended", "end", answerAll],
    ["ended where that looks like the stream's own end", "end", answerWithoutLength],
  ] as const)(
    "(%s) at any byte leaves no gap, and nothing comes twice",
    async (_, how, stream) => {
      await forEachUpTo(lastByte, async (cuts) => {
        await using server = await serveRecording({ stream })
        await using proxy = await spoilFirst(server.port)
        for (const cut of cuts) {
          const before = server.streams()
          proxy.next({ down: cutAfter(cut, how) })
          const { error, events } = await consume(`${proxy.origin}/api`)
          expect(error, `cut after ${cut} bytes`).toBeUndefined()
          expect(events, `cut after ${cut} bytes`).toEqual(recording)
          expect(server.streams() - before, `cut after ${cut} bytes`).toBeLessThanOrEqual(2)
        }
      })
    },
    120_000,
  )

  it.each<[who: string, consumer: (client: Client) => Promise<unknown>]>([
    ["who waits for its result", (client) => client.result(jobId)],
    ["who watches it", watchToItsEnd],
    ["who reads it", readToItsEnd],
  ])(
    "at any byte leaves the same result to %s",
    async (_, consumer) => {
      await using server = await serveRecording()
      await using proxy = await spoilFirst(server.port)
      for (let cut = 1; cut <= lastByte; cut += 3) {
        proxy.next({ down: cutAfter(cut, "reset") })
        using client = createClient({ url: `${proxy.origin}/api`, ...quick })
        expect(await consumer(client), `cut after ${cut} bytes`).toEqual(result)
      }
    },
    60_000,
  )

  it("again and again, after a few bytes more each time, comes to the end", async () => {
    const { error, events } = await through((connection) => ({ down: cutAfter(100 * connection, "reset") }))
    expect(error).toBeUndefined()
    expect(events).toEqual(recording)
  })

  it("while a job is started starts it once", async () => {
    await using server = await serveRecording()
    await using proxy = await spoilFirst(server.port)
    const client = createClient({ url: `${proxy.origin}/api`, ...quick })
    for (const direction of ["up", "down"] as const) {
      for (let cut = 1; cut <= 450; cut += 3) {
        const before = server.started.size
        proxy.next({ [direction]: cutAfter(cut, "reset") })
        const { jobId: started } = await client.start("recorded", { config: { durationSeconds: 60 } })
        expect(server.started.size - before, `${direction} after ${cut} bytes`).toBe(1)
        expect([...server.started.values()].at(-1)).toBe(started)
      }
    }
  })
})

describe("a connection that falls silent", () => {
  it.concurrent.each([1, 50, 150, 200, 300, 400, 500, 600].map((bytes) => [bytes]))(
    "after %i bytes is replaced",
    async (bytes) => {
      const { error, events, errors } = await through((connection) =>
        connection === 0 ? { down: stallAfter(bytes) } : {},
      )
      expect(error).toBeUndefined()
      expect(events).toEqual(recording)
      expect(errors).toMatchObject([{ _tag: "ConnectionFailed", reason: "silent" }])
    },
  )

  it("for less than is too long is waited for", async () => {
    const { error, events, streams } = await through(() => ({}), {
      server: {
        stream: (response, revision) => {
          response.writeHead(200, { "content-type": "text/event-stream" })
          const [first = "", ...rest] = [connectedFrame(), ...framesAfter(revision)]
          response.write(first)
          setTimeout(() => response.end(rest.join("")), 300)
        },
      },
    })
    expect(error).toBeUndefined()
    expect(events).toEqual(recording)
    expect(streams).toBe(1)
  })
})

describe("a proxy that buffers 64 KB", () => {
  const buffering = () => ({ down: bufferUntil(65_536) })

  it("keeps back all of a short job until its end, which is the only thing that matters then", async () => {
    const { error, events, streams } = await through(buffering, {
      server: { stream: answerWithoutLength },
    })
    expect(error).toBeUndefined()
    expect(events).toEqual(recording)
    expect(streams).toBe(1)
  })

  it("is found out when it keeps back a long one, and gone round", async () => {
    const { error, events, streams, asked } = await through(buffering, {
      server: {
        // Goes on for ever, with a heartbeat now and then
        stream: (response) => {
          response.writeHead(200, { "content-type": "text/event-stream" })
          response.write(connectedFrame())
          const beat = setInterval(() => response.write(encodeComment("heartbeat")), 100)
          response.on("close", () => clearInterval(beat))
        },
      },
    })
    expect(error).toBeUndefined()
    expect(events).toEqual(recording.slice(-1))
    expect(streams).toBe(2)
    expect(asked.at(-1)).toBe(`GET /api/${jobId}`)
  })
})

it("a connection that drips byte by byte is heard to the end", async () => {
  const { error, events, streams } = await through(() => ({ down: drip() }))
  expect(error).toBeUndefined()
  expect(events).toEqual(recording)
  expect(streams).toBe(1)
})

it("a server that restarts in the middle is found again, by everybody who was there", async () => {
  const half = recording.length / 2
  await using first = await serveRecording({
    stream: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.write(connectedFrame() + framesAfter(0).slice(0, half).join(""))
    },
  })
  const { port } = first
  const clients = 20
  let arrived = 0
  let allArrived = () => {}
  const everybody = new Promise<void>((resolve) => (allArrived = resolve))
  const consumed = Array.from({ length: clients }, async () => {
    const events: Array<StreamEvent> = []
    const stream = createClient({ url: `http://127.0.0.1:${port}/api`, ...quick }).events(jobId, {
      onEvent: (event) => {
        if (event.type !== "connected") events.push(event)
        if (events.length === Math.floor(half) && ++arrived === clients) allArrived()
      },
    })
    for await (const _event of stream);
    return events
  })
  await everybody
  await first[Symbol.asyncDispose]()
  await using _second = await serveRecording({ port })
  for (const events of await Promise.all(consumed)) expect(events).toEqual(recording)
})

describe("a server that refuses", () => {
  it("with 503 and an hour to wait is asked again sooner, and recovers", async () => {
    let refusals = 3
    const { error, events, errors } = await through(() => ({}), {
      server: {
        before: (_request, response) => {
          if (refusals-- <= 0) return false
          response.writeHead(503, { "retry-after": "3600" }).end("busy")
          return true
        },
      },
    })
    expect(error).toBeUndefined()
    expect(events).toEqual(recording)
    expect(errors).toMatchObject(Array.from({ length: 3 }, () => ({ status: 503, retryAfterMs: 3_600_000 })))
  })

  it("with 401 is shown fresh credentials", async () => {
    const { error, events, asked } = await through(() => ({}), {
      client: { headers: ({ refresh }) => ({ authorization: refresh ? "fresh" : "stale" }) },
      server: {
        before: (request, response) => {
          if (request.headers.authorization === "fresh") return false
          response.writeHead(401).end()
          return true
        },
      },
    })
    expect(error).toBeUndefined()
    expect(events).toEqual(recording)
    expect(asked).toHaveLength(2)
  })

  it("by sending on and on is given up", async () => {
    const { error, asked } = await through(() => ({}), {
      client: { retry: { baseMs: 1, maxAttempts: 3 } },
      server: {
        before: (request, response) => {
          response.writeHead(302, { location: request.url }).end()
          return true
        },
      },
    })
    expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "network" })
    expect(asked.length).toBeGreaterThan(3)
  })

  it("by sending elsewhere is followed", async () => {
    const { error, events } = await through(() => ({}), {
      server: {
        before: (request, response) => {
          if (request.url?.startsWith("/api")) return false
          response.writeHead(307, { location: `/api/${jobId}/stream` }).end()
          return true
        },
      },
    })
    expect(error).toBeUndefined()
    expect(events).toEqual(recording)
  })
})

describe("a page of HTML with status 200", () => {
  const page = (response: ServerResponse) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>\n\ndata: {}\n\n")

  it("in place of the stream is gone round", async () => {
    const { error, events, streams } = await through(() => ({}), { server: { stream: page } })
    expect(error).toBeUndefined()
    expect(events).toEqual(recording.slice(-1))
    expect(streams).toBe(2)
  })

  it("in place of everything is an error that says so", async () => {
    const { error, events } = await through(() => ({}), {
      server: { before: (_request, response) => Boolean(page(response)) },
    })
    expect(error).toMatchObject({ _tag: "ConnectionFailed", reason: "unusable" })
    expect(events).toEqual([])
  })
})

it("events out of order, twice, and of another job are put right", async () => {
  const frames = framesAfter(0)
  const foreign = encodeFrame({
    event: "progress",
    id: formatEventId("job_another", 99),
    data: JSON.stringify(recording[0]),
  })
  const { error, errors, events } = await through(() => ({}), {
    server: {
      stream: (response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        const muddle = [1, 0, 1, 3, 2, 4, 0].map((index) => frames[index] ?? "")
        response.end(connectedFrame() + foreign + muddle.join("") + frames.join("") + frames.join(""))
      },
    },
  })
  expect(error).toBeUndefined()
  expect(events).toEqual([1, 3, 4, 5, 6].map((index) => recording[index]))
  expect(errors).toMatchObject([{ _tag: "InvalidEvent", reason: "foreign" }])
})

it("a line of 50 MB is not read to its end", async () => {
  const megabyte = "x".repeat(1_048_576)
  let sent = 0
  // Not through a proxy, which would read as fast as the server writes
  await using server = await serveRecording({
    stream: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.write(`${connectedFrame()}data: `)
      const send = () => {
        while (sent < 50 && !response.destroyed) {
          sent++
          if (!response.write(megabyte)) return response.once("drain", send)
        }
        return response.end("\n\n")
      }
      send()
    },
  })
  const { error } = await consume(`http://127.0.0.1:${server.port}/api`)
  expect(error).toMatchObject({ _tag: "InvalidEvent", reason: "size" })
  expect(server.streams()).toBe(1)
  expect(sent).toBeLessThan(50)
})

it("nothing is asked for once the job has ended, however it was heard", async () => {
  const { asked } = await through(() => ({}))
  await using server = await serveRecording()
  const client = createClient({ url: `http://127.0.0.1:${server.port}/api`, ...quick })
  expect(await client.result(jobId)).toEqual(result)
  expect(await client.result(jobId)).toEqual(result)
  // Longer than any wait that these clients know
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(server.streams()).toBe(1)
  expect(asked).toHaveLength(1)
})
