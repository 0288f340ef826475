/** The server and the client against docs/protocol.md: its schemas and its test vectors. */
import { createClient, openStream, type ClientError } from "@simstream/client"
import { createJobs, defineSimulation } from "@simstream/core"
import type { StreamEvent } from "@simstream/protocol"
import { createHandler, streamResponse } from "@simstream/server"
import * as Schema from "effect/Schema"
import { createParser } from "eventsource-parser"
import { describe, expect, it } from "vitest"
import { faultsOf } from "../../packages/protocol/src/schemas.fixtures.ts"
import {
  bodyVectors,
  bytesOf,
  encodeVectors,
  eventIdVectors,
  streamVectors,
  type StreamVector,
} from "../../packages/protocol/src/vectors.fixtures.ts"
import { createGated } from "../support/simulations.ts"

const dice = defineSimulation({
  name: "dice",
  config: Schema.Struct({ count: Schema.optionalKey(Schema.Int) }),
  metrics: { total: { unit: "pips" } },
  prepare:
    () =>
    ({ random, tally, timeline }) => {
      const total = random.int(1, 6)
      tally.add("first", total)
      timeline.add("pips", total, total)
      return { total }
    },
})

const broken = defineSimulation({
  name: "broken",
  config: Schema.Struct({}),
  metrics: { total: {} },
  prepare: () => () => {
    throw new Error("the password is 1234")
  },
})

const setUp = () => {
  const gated = createGated()
  const jobs = createJobs({
    simulations: [dice, broken, gated.simulation],
    concurrency: 1,
    onError: () => undefined,
  })
  const handler = createHandler({
    jobs,
    clientKey: () => "ada",
    limits: { jobsPerClient: 1000 },
  })
  const base = "http://localhost/api/simulations"
  const ask = (path: string, init?: RequestInit) => handler(new Request(`${base}${path}`, init))
  const post = (body: unknown) =>
    ask("", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    })
  return {
    gated,
    handler,
    ask,
    post,
    start: async (body: unknown) => ((await (await post(body)).json()) as { jobId: string }).jobId,
    [Symbol.asyncDispose]: async () => {
      gated.open()
      await jobs.shutdown({ graceMs: 0 })
    },
  }
}

/** A body that a schema has to find valid. */
const checked = async (schema: string, response: Response): Promise<unknown> => {
  const body: unknown = await response.json()
  expect(faultsOf(schema, body)).toEqual([])
  return body
}

const eventsOf = (stream: string): ReadonlyArray<unknown> => {
  const events: Array<unknown> = []
  const parser = createParser({ onEvent: ({ data }) => events.push(JSON.parse(data)) })
  parser.feed(stream)
  return events
}

describe("what the server says is valid", () => {
  it.each([
    ["completes", { simulation: "dice", iterations: 20_000, seed: 7 }],
    ["stops by a rule", { simulation: "dice", stop: { precision: { metric: "total", relative: 0.05 } } }],
    ["fails", { simulation: "broken" }],
  ])("of a job that %s", async (_, request) => {
    await using app = setUp()
    const started = await app.post(request)
    await checked("job-status.json", started.clone())
    const { jobId } = (await started.json()) as { jobId: string }

    const events = eventsOf(await (await app.ask(`/${jobId}/stream`)).text())
    expect(events.flatMap((event) => faultsOf("event.json", event))).toEqual([])
    expect(events.length).toBeGreaterThan(1)

    const accept = { headers: { accept: "application/x-ndjson" } }
    const lines = (await (await app.ask(`/${jobId}/stream`, accept)).text()).trim().split("\n")
    expect(lines.flatMap((line) => faultsOf("ndjson-line.json", JSON.parse(line)))).toEqual([])

    await checked("snapshot.json", await app.ask(`/${jobId}`))
    await checked("list.json", await app.ask(""))
  })

  it("of the outputs that a simulation has by itself", async () => {
    await using app = setUp()
    const jobId = await app.start({ simulation: "dice", iterations: 1, seed: 7 })
    const [last] = eventsOf(await (await app.ask(`/${jobId}/stream`)).text()).slice(-1)
    expect(last).toMatchObject({ type: "complete" })
    expect(faultsOf("outputs.json", last)).toEqual([])
  })

  it("of jobs that wait, run and are cancelled", async () => {
    await using app = setUp()
    app.gated.shut()
    const request = { simulation: "gated", config: { holdAt: 1 }, iterations: 10 }
    const running = await app.start(request)
    const queued = await app.start(request)
    expect(await checked("snapshot.json", await app.ask(`/${running}`))).toMatchObject({ status: "running" })
    expect(await checked("snapshot.json", await app.ask(`/${queued}`))).toMatchObject({ status: "queued" })
    for (const jobId of [queued, running]) {
      await checked("job-status.json", await app.ask(`/${jobId}`, { method: "DELETE" }))
      const events = eventsOf(await (await app.ask(`/${jobId}/stream`)).text())
      expect(events.flatMap((event) => faultsOf("event.json", event))).toEqual([])
      expect(events.slice(-1)).toMatchObject([{ type: "cancelled" }])
      expect(await checked("snapshot.json", await app.ask(`/${jobId}`))).toMatchObject({
        status: "cancelled",
      })
    }
    await checked("list.json", await app.ask(""))
  })

  it("of everything that is refused", async () => {
    await using app = setUp()
    const jobId = await app.start({ simulation: "dice", iterations: 1 })
    await (await app.ask(`/${jobId}/stream`)).text()
    const refused = [
      [404, await app.ask("/job_nobody")],
      [404, await app.ask(`/${jobId}/other`)],
      [405, await app.ask(`/${jobId}`, { method: "PUT" })],
      [406, await app.ask(`/${jobId}/stream`, { headers: { accept: "application/json" } })],
      [409, await app.ask(`/${jobId}`, { method: "DELETE" })],
      [415, await app.ask("", { method: "POST", body: "{}" })],
      [422, await app.ask("?limit=0")],
      [422, await app.post({ simulation: "dice", config: { count: "two" } })],
      [422, await app.post({ simulation: "dice", colour: "red" })],
    ] as const
    for (const [status, response] of refused) {
      expect(response.headers.get("content-type")).toBe("application/problem+json")
      expect(await checked("problem.json", response)).toMatchObject({ status })
    }
    const stream = await app.ask("/job_nobody/stream", { headers: { accept: "text/event-stream" } })
    expect(stream.status).toBe(404)
    expect(eventsOf(await stream.text()).flatMap((event) => faultsOf("event.json", event))).toEqual([])
  })
})

describe("the server takes the start requests that are valid, and no others", () => {
  it.each(bodyVectors.filter(({ schema }) => schema === "start-request"))(
    "$name",
    async ({ body, valid }) => {
      await using app = setUp()
      const { status } = await app.post(body)
      expect(valid ? [202] : [400, 422]).toContain(status)
    },
  )
})

describe("the server writes the vectors' bytes", () => {
  it.each(encodeVectors.events)("$name", async ({ event, id, eventStream, ndjson }) => {
    async function* source() {
      yield event
    }
    const written = async (accept: string) => {
      const request = new Request("http://localhost/", { headers: { accept } })
      return (await streamResponse(request, source(), { id: () => id ?? undefined })).text()
    }
    expect(await written("text/event-stream")).toBe(eventStream)
    expect(await written("application/x-ndjson")).toBe(ndjson)
  })

  it.each(eventIdVectors.seen.filter(({ revision }) => revision === 0))(
    "and sends everything to the cursor $id",
    async ({ id }) => {
      await using app = setUp()
      const jobId = await app.start({ simulation: "dice", iterations: 1, seed: 7 })
      const stream = async (query = "") => (await app.ask(`/${jobId}/stream${query}`)).text()
      // To its end, for the first event says how the job is.
      await stream()
      const whole = await stream()
      const query = id === null ? "" : `?lastEventId=${encodeURIComponent(id)}`
      expect(await stream(query)).toBe(whole)
    },
  )
})

describe("the client makes of the vectors' bytes what it must", () => {
  /** Reads the bytes; when it comes again, it is sent away. */
  const read = async ({ jobId, resume, wire }: StreamVector) => {
    const delivered: Array<StreamEvent> = []
    const errors: Array<ClientError> = []
    const cursors: Array<string | null> = []
    const end = await new Promise<{ readonly error: unknown; readonly lastEventId: string | null }>(
      (resolve) => {
        const stream = openStream("http://localhost/stream", {
          ...(jobId === null ? {} : { jobId }),
          ...(resume === null ? {} : { lastEventId: resume }),
          snapshotUrl: null,
          retry: { baseMs: 1, maxMs: 1 },
          fetch: (_url, init) => {
            cursors.push(new Headers(init?.headers).get("last-event-id"))
            if (cursors.length > 1) stream.close()
            return Promise.resolve(
              new Response(bytesOf(wire), { headers: { "content-type": "text/event-stream" } }),
            )
          },
          onEvent: (event) => delivered.push(event),
          onError: (error) => errors.push(error),
          onEnd: (error) => resolve({ error, lastEventId: stream.lastEventId || null }),
        })
      },
    )
    const cameAgain = cursors.length > 1
    const how = cameAgain ? "drop" : end.error === undefined ? "terminal" : "refused"
    return { delivered, cursors, lastEventId: cameAgain ? (cursors[1] ?? null) : end.lastEventId, end: how }
  }

  it.each(streamVectors)("$name", async (vector) => {
    const { delivered, lastEventId, end } = vector
    const actual = await read(vector)
    expect(actual).toMatchObject({ delivered: delivered.map(({ event }) => event), lastEventId, end })
    expect(actual.cursors[0]).toBe(vector.resume)
  })
})

it("client and server agree over the handler itself", async () => {
  await using app = setUp()
  const client = createClient({
    url: "http://localhost/api/simulations",
    fetch: (url, init) => app.handler(new Request(url, init)),
  })
  const job = await client.start("dice", { config: {}, iterations: 5000, seed: 7 })
  const { seed, iterations } = await job.result()
  expect({ seed, iterations }).toEqual({ seed: "7", iterations: 5000 })
})
