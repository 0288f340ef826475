import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { createJobs, defineSimulation, type EngineEvent } from "@simstream/core"
import { createHandler, type StreamTiming } from "@simstream/server"
import { createParser } from "eventsource-parser"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { type Adapter, ADAPTERS, listen } from "../support/server.ts"

const PARTIALS = 10_000
const PADDING = "x".repeat(10_000)

/** An engine that publishes 100 MB, and then waits to be let go. */
const createFlood = () => {
  const settlers: Array<() => void> = []
  const released = new Promise<void>((settle) => {
    settlers.push(settle)
  })
  const flooded = new Promise<void>((settle) => {
    settlers.push(settle)
  })
  return {
    flooded,
    release: () => settlers[0]?.(),
    simulation: defineSimulation({
      name: "flood",
      config: Schema.Struct({}),
      async *run(): AsyncGenerator<
        EngineEvent<{ readonly stats: { readonly count: number; readonly padding: string } }>
      > {
        for (let count = 1; count <= PARTIALS; count++) {
          yield { type: "partial", stats: { count, padding: PADDING } }
          // Sockets are written to between two turns of the event loop; in one turn a later partial replaces this one.
          await new Promise((turn) => setImmediate(turn))
        }
        settlers[1]?.()
        await released
        yield { type: "result", stats: { count: PARTIALS, padding: "" } }
      },
    }),
  }
}

const setUp = async (adapter: Adapter, stream: StreamTiming = {}) => {
  const flood = createFlood()
  const jobs = createJobs({ simulations: [flood.simulation] })
  const handler = createHandler({ jobs, stream })
  const server = await listen(handler, adapter)
  const { jobId } = await jobs.start({ simulation: "flood", config: {} })
  const socket = connect(server.port, "127.0.0.1")
  socket.write(
    `GET /api/simulations/${jobId}/stream HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n`,
  )
  return {
    flood,
    jobs,
    handler,
    server,
    jobId,
    socket,
    [Symbol.asyncDispose]: async () => {
      socket.destroy()
      flood.release()
      await jobs.shutdown({ graceMs: 0 })
      await server[Symbol.asyncDispose]()
    },
  }
}

/** The types of the events in what is left of a chunked answer, read to its end, and the last partial. */
const readRest = async (socket: Socket) => {
  const types: Array<string> = []
  let lastCount = 0
  const parser = createParser({
    onEvent: ({ data }) => {
      const event = JSON.parse(data) as { type: string; stats?: { count: number } }
      types.push(event.type)
      lastCount = event.stats?.count ?? lastCount
    },
  })
  let raw = ""
  socket.setEncoding("latin1")
  for await (const chunk of socket) {
    raw += chunk
    if (raw.endsWith("\r\n0\r\n\r\n")) break
  }
  // Takes the chunks of the transfer encoding apart: a length in hexadecimal, the bytes, and a line break.
  let at = raw.indexOf("\r\n\r\n") + 4
  while (at < raw.length) {
    const end = raw.indexOf("\r\n", at)
    const length = parseInt(raw.slice(at, end), 16)
    parser.feed(raw.slice(end + 2, end + 2 + length))
    at = end + 2 + length + 2
  }
  return { types, lastCount }
}

describe.each(ADAPTERS)("a reader that pauses, behind %s", (adapter) => {
  it("costs less than 64 KB while 100 MB are published, and then gets the newest state and the end", async () => {
    await using app = await setUp(adapter)
    await once(app.socket, "readable")
    app.socket.pause()
    await app.flood.flooded
    // A foreign adapter writes until Node's own mark, which is 64 KB, is passed.
    const limit = adapter === "toNodeHandler" ? 65_536 : 65_536 + 2 * PADDING.length
    expect(app.server.kept()).toBeLessThan(limit)
    app.flood.release()
    const { types, lastCount } = await readRest(app.socket)
    expect(types.at(-1)).toBe("complete")
    expect(lastCount).toBe(PARTIALS)
  })

  it("is dropped when it stays paused", async () => {
    await using app = await setUp(adapter, { writeTimeoutMs: 50, heartbeatMs: 20 })
    await once(app.socket, "readable")
    app.socket.pause()
    const { feed } = await app.jobs.subscribe(app.jobId)
    await app.flood.flooded
    while (feed.subscribers() > 0) await new Promise((turn) => setImmediate(turn))
    expect(app.handler.streams()).toBe(0)
  })
})

it("a drain tells every client to come again, refuses new ones, and leaves the job alone", async () => {
  await using app = await setUp("toNodeHandler")
  const url = `${app.server.origin}/api/simulations/${app.jobId}/stream`
  const responses = await Promise.all(Array.from({ length: 50 }, () => fetch(url)))
  const texts = responses.map((response) => response.text())
  app.handler.drain({ windowMs: 1000 })
  const retries = (await Promise.all(texts)).map((text) => Number(/retry: (\d+)\n\n$/.exec(text)?.[1]))
  expect(retries.every((retry) => retry >= 0 && retry <= 1000)).toBe(true)
  expect(new Set(retries).size).toBeGreaterThan(10)
  const refused = await fetch(url)
  expect(refused.status).toBe(503)
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0)
  expect((await app.jobs.get(app.jobId)).status).toBe("running")
})
