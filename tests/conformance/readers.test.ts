// Readers that nobody at Simstream wrote: curl, and the `eventsource` package. They read a job to its end, and stop.
import { execFile, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { promisify } from "node:util"
import type { StreamEvent } from "@simstream/protocol"
import { createJobs } from "@simstream/core"
import { createHandler } from "@simstream/server"
import { describe, expect, it } from "vitest"
import { listen } from "../support/server.ts"
import { craps } from "../support/simulations.ts"
import { testClient } from "../support/testClient.ts"

const TERMINAL = ["complete", "error", "cancelled"]

/** A server that notes what it answers to each request for a stream. */
const setUp = async () => {
  const jobs = createJobs({ simulations: [craps] })
  const handler = createHandler({ jobs })
  const statuses: Array<number> = []
  const server = await listen(async (request) => {
    const response = await handler(request)
    if (request.url.endsWith("/stream")) statuses.push(response.status)
    return response
  })
  const client = testClient(server.origin)
  const jobId = await client.start({ simulation: "craps", iterations: 300_000, seed: 7 })
  return {
    client,
    url: `${client.base}/${jobId}/stream`,
    jobId,
    statuses,
    [Symbol.asyncDispose]: async () => {
      await jobs.shutdown({ graceMs: 0 })
      await server[Symbol.asyncDispose]()
    },
  }
}

const hasCurl = spawnSync("curl", ["--version"]).status === 0

it.skipIf(!hasCurl)("curl -N prints a job to its end, and ends", async () => {
  await using app = await setUp()
  const { stdout } = await promisify(execFile)("curl", ["-sN", app.url])
  const names = stdout.split("\n").filter((line) => line.startsWith("event: "))
  expect([names[0], names.at(-1)]).toEqual(["event: connected", "event: complete"])
})

/** What of the standard's EventSource is used here. */
interface Source {
  readonly readyState: number
  readonly addEventListener: (
    type: string,
    listener: (event: { readonly code?: number; readonly data?: string }) => void,
  ) => void
}

const CLOSED = 2

const folder = join(import.meta.dirname, "node_modules/eventsource")

describe.skipIf(!existsSync(folder))("the eventsource package", () => {
  it("reads a job to its end, comes again once, is told that there is no more, and stops", async () => {
    await using app = await setUp()
    const entry = createRequire(join(import.meta.dirname, "package.json")).resolve("eventsource")
    const { EventSource } = (await import(/* @vite-ignore */ pathToFileURL(entry).href)) as {
      readonly EventSource: new (url: string) => Source
    }
    const source = new EventSource(app.url)
    const events: Array<StreamEvent> = []
    const code = await new Promise<number | undefined>((resolve) => {
      for (const type of ["connected", "progress", "partial", ...TERMINAL]) {
        source.addEventListener(type, (event) => {
          // `error` is also what the source's own errors are called; they have no data.
          if (event.data !== undefined) events.push(JSON.parse(event.data) as StreamEvent)
          else if (source.readyState === CLOSED) resolve(event.code)
        })
      }
    })
    expect(code).toBe(204)
    expect(app.statuses).toEqual([200, 204])
    expect(events.filter(({ type }) => TERMINAL.includes(type))).toHaveLength(1)
    expect(events.at(-1)).toMatchObject({ type: "complete", iterations: 300_000 })
  })
})
