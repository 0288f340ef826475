/** A web server on a store, in a process of its own. It tells what it uses when it is asked. */
import { createServer } from "node:http"
import {
  type BullEngineOptions,
  createBullEngine,
  createPostgresStore,
  type PostgresConnection,
  type PostgresStoreOptions,
} from "@simstream/cluster"
import { createJobs } from "@simstream/core"
import { createHandler, toNodeHandler } from "@simstream/server"
import { craps } from "./simulations.ts"

/** What it is started with, as JSON. */
export interface StoreServerOptions {
  readonly store: PostgresConnection & PostgresStoreOptions
  /** Whether it runs jobs; one that doesn't only shows them. */
  readonly runs: boolean
  /** Where the workers are that run its batches; it runs them itself without. */
  readonly engine?: BullEngineOptions
}

/** What it answers. */
export interface Usage {
  readonly cpuMs: number
  readonly rss: number
  readonly streams: number
}

const { store: where, runs, engine }: StoreServerOptions = JSON.parse(process.argv[2] ?? "")
const kept = await createPostgresStore(where)
const store = runs ? kept : { ...kept, claim: async () => [] }
const jobs = createJobs({
  simulations: [craps],
  store,
  concurrency: 1,
  onError: () => undefined,
  ...(engine === undefined ? {} : { engine: createBullEngine(engine) }),
})
const handler = createHandler({ jobs, limits: { streams: 100_000, streamsPerJob: 100_000 } })
const server = createServer(toNodeHandler(handler))

process.on("message", () => {
  const { user, system } = process.cpuUsage()
  globalThis.gc?.()
  const usage: Usage = {
    cpuMs: (user + system) / 1000,
    rss: process.memoryUsage().rss,
    streams: handler.streams(),
  }
  process.send?.(usage)
})

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (address !== null && typeof address !== "string") process.send?.(address.port)
})
