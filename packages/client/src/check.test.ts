import type { StandardSchemaV1 } from "@standard-schema/spec"
import * as Schema from "effect/Schema"
import { expect, it } from "vitest"
import { checkOutputs } from "./check.ts"
import { createClient } from "./client.ts"
import type { InvalidOutputs } from "./errors.ts"
import type { ClientError } from "./index.ts"
import {
  complete,
  connected,
  fakeFetch,
  frame,
  jobId,
  partial,
  progress,
  snapshot,
} from "./fetch.fixtures.ts"

const Mean = Schema.Struct({ dps: Schema.Struct({ mean: Schema.Finite }) })
const check = checkOutputs({ stats: Schema.toStandardSchemaV1(Mean) })

/** A schema that makes the mean a text. */
const asText: StandardSchemaV1<unknown, string> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => ({ value: JSON.stringify(value) }),
  },
}

/** A client whose events are checked, and what it could not use. */
const open = (options: { readonly check?: typeof check } = {}) => {
  const network = fakeFetch()
  const errors: Array<ClientError> = []
  const client = createClient({
    url: "https://example.com/api",
    fetch: network.fetch,
    onError: (error) => errors.push(error),
    ...options,
  })
  return { ...network, client, errors }
}

const bad = { ...partial(1), stats: { dps: { mean: "much" } } }
const badEnd = complete({ stats: { dps: {} } })

it("lets pass what the schema does, as the schema makes it", () => {
  expect(check(partial(1))).toEqual(partial(1))
  expect(check(complete())).toEqual(complete())
  expect(check(connected())).toEqual(connected())
  expect(check(progress(1))).toEqual(progress(1))
  expect(check({ type: "cancelled" })).toEqual({ type: "cancelled" })
  expect(checkOutputs({ stats: asText })(partial(1))).toEqual({
    type: "partial",
    stats: '{"dps":{"mean":1}}',
  })
})

it("checks each part by its own schema, and leaves those alone that have none", () => {
  const charts = checkOutputs({ charts: asText })
  expect(charts(complete({ charts: [1] }))).toEqual(complete({ charts: "[1]" }))
  expect(charts(partial(1))).toEqual(partial(1))
})

it("refuses what the schema does, and says where and why", () => {
  expect(() => check(bad)).toThrowError(/stats\.dps\.mean: /)
  expect(() => check(badEnd)).toThrowError(
    expect.objectContaining({
      _tag: "InvalidOutputs",
      issues: [expect.objectContaining({ path: ["dps", "mean"] })],
    }),
  )
})

it("says that it can't wait for a schema", () => {
  const slow: StandardSchemaV1 = {
    "~standard": { version: 1, vendor: "test", validate: async (value) => ({ value }) },
  }
  expect(() => checkOutputs({ stats: slow })(partial(1))).toThrowError(/"stats" validates in a Promise/)
})

it("leaves a refused event out of events and tells of it, and goes on", async () => {
  const { client, request, errors } = open()
  const stream = client.events(jobId, { check, onError: (error) => errors.push(error) })
  const types = (async () => {
    const all = []
    for await (const event of stream) all.push(event.type)
    return all
  })()
  ;(await request(0))
    .stream()
    .write(frame(connected()), frame(bad, 1), frame(partial(2), 2), frame(complete(), 3))
  expect(await types).toEqual(["connected", "partial", "complete"])
  expect(errors).toMatchObject([
    { _tag: "InvalidEvent", reason: "check", event: "partial", cause: { _tag: "InvalidOutputs" } },
  ])
})

it("leaves it out of a watched job's state, and tells the client", async () => {
  const { client, request, errors } = open()
  const watcher = client.watch(jobId, { check, throttleMs: 0 })
  const heard = new Promise<void>((resolve) => {
    watcher.subscribe(() => {
      if (watcher.getSnapshot().progress !== null) resolve()
    })
  })
  ;(await request(0)).stream().write(frame(connected()), frame(bad, 1), frame(progress(2), 2))
  await heard
  expect(watcher.getSnapshot()).toMatchObject({ status: "running", partial: null })
  expect(errors).toMatchObject([{ _tag: "InvalidEvent", reason: "check" }])
  watcher[Symbol.dispose]()
})

it("is the end of a result, of a stream and of a watched job when it was the last event that it refused", async () => {
  const { client, request, requests } = open({ check })
  const watcher = client.watch(jobId)
  watcher.subscribe(() => {})
  const waited = client.result(jobId)
  const error = { _tag: "InvalidEvent", reason: "check", event: "complete" }
  // Without the name that the event has on the wire, too
  ;(await request(0)).stream().write(frame(connected()), frame(badEnd, 1).replace(/^event: .*\n/, ""))
  await expect(waited).rejects.toMatchObject(error)
  expect(watcher.getSnapshot()).toMatchObject({ status: "error", connection: "closed", error })
  const stream = client.events(jobId)
  const read = stream.next().then(() => stream.next())
  ;(await request(1)).stream().write(frame(connected()), frame(badEnd, 1))
  await expect(read).rejects.toMatchObject(error)
  expect(requests).toHaveLength(2)
})

it("is asked of snapshots, too, when streams are blocked", async () => {
  const { client, request } = open()
  const waited = client.result(jobId, { check })
  ;(await request(0)).respond(new Response(null, { status: 204 }))
  const { type: _type, ...result } = badEnd
  ;(await request(1)).json(snapshot({ status: "completed", result, lastEventId: "1-b_9f3c" }))
  const thrown = await waited.catch((error: unknown) => error)
  expect(thrown).toMatchObject({ _tag: "InvalidEvent", reason: "check" })
  const { cause } = thrown as { readonly cause: InvalidOutputs }
  expect(cause.issues[0]?.path).toEqual(["dps", "mean"])
})

it("is shared with a connection by those who gave the same, and by nobody else", async () => {
  const { client, request, requests } = open()
  const listen = () => {}
  client.watch(jobId, { check }).subscribe(listen)
  client.watch(jobId, { check }).subscribe(listen)
  await request(0)
  client.watch(jobId).subscribe(listen)
  await request(1)
  client.watch(jobId, { check: checkOutputs({}) }).subscribe(listen)
  await request(2)
  expect(requests).toHaveLength(3)
  client[Symbol.dispose]()
})
