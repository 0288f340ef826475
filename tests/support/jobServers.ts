/** Web servers whose jobs outlive them, each in a process of its own, and who watches their jobs. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createClient, type ConnectionStatus } from "@simstream/client"
import { startBatch } from "@simstream/core"
import { parseEventId, type StreamEvent } from "@simstream/protocol"
import type { JobsServerOptions } from "../cluster/fixtures/jobs.server.ts"
import { held } from "../cluster/fixtures/held.ts"
import { nodeCommand, type ServerProcess, startServer } from "./processes.ts"
import { until } from "./testClient.ts"

const FILE = join(import.meta.dirname, "../cluster/fixtures/jobs.server.ts")
const BASE_PATH = "/api/simulations"

/** A server that listens. */
export interface JobServer extends ServerProcess {
  /** Below which its routes are. */
  readonly base: string
  /** Resolves with the first line in which this is, from now on or before; rejects when it ends without. */
  readonly said: (text: string | RegExp) => Promise<string>
  /** Ends it as nothing could prevent. */
  readonly kill: () => Promise<void>
}

const has = (text: string | RegExp) => (line: string) =>
  typeof text === "string" ? line.includes(text) : text.test(line)

/** Starts a server, and waits until it listens. */
export const startJobServer = async ({
  store,
  port = 0,
  concurrency = 1,
  engine,
}: Partial<JobsServerOptions> & Pick<JobsServerOptions, "store">): Promise<JobServer> => {
  const server = await startServer(
    nodeCommand(FILE, { args: [JSON.stringify({ store, port, concurrency, engine })] }),
  )
  const { lines, child } = server
  return {
    ...server,
    base: `${server.origin}${BASE_PATH}`,
    said: async (text) => {
      await until(
        async () => lines.some(has(text)),
        (found) => found || child.exitCode !== null || child.signalCode !== null,
      )
      const line = lines.find(has(text))
      if (line === undefined) throw new Error(`It ended without ${String(text)}:\n${lines.join("\n")}`)
      return line
    },
    kill: async () => server[Symbol.asyncDispose](),
  }
}

/** A folder that is removed in the end, and a file in it that lets held jobs go. */
export interface TestFolder extends Disposable {
  readonly path: string
  readonly gate: string
  readonly openGate: () => void
}

export const createFolder = (): TestFolder => {
  const path = mkdtempSync(join(tmpdir(), "simstream-jobs-"))
  const gate = join(path, "gate")
  return {
    path,
    gate,
    openGate: () => writeFileSync(gate, ""),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** The digest of such a job that nothing disturbs. */
export const undisturbed = async (iterations: number, seed: number): Promise<string> => {
  const batch = startBatch(held, { config: { holdAt: -1, gate: "" }, iterations, seed })
  return (await batch.result).digest
}

/** What somebody who watches a job sees. */
export interface Witness {
  readonly events: ReadonlyArray<StreamEvent>
  /** Of the events that have one, in their order. */
  readonly revisions: ReadonlyArray<number>
  /** Each change. */
  readonly connections: ReadonlyArray<ConnectionStatus>
  /** Resolves when the stream is over for good; rejects with what ended it otherwise. */
  readonly done: Promise<void>
  /** Watches no more. */
  readonly leave: () => void
}

/** Watches a job from now on, through every drop. */
export const watch = (base: string, jobId: string): Witness => {
  const client = createClient({ url: base, retry: { baseMs: 50, maxMs: 200, maxAttempts: Infinity } })
  const events: Array<StreamEvent> = []
  const revisions: Array<number> = []
  const connections: Array<ConnectionStatus> = []
  const leaving = new AbortController()
  const done = new Promise<void>((resolve, reject) => {
    const stream = client.events(jobId, {
      onConnection: (connection) => {
        if (connections.at(-1) !== connection) connections.push(connection)
      },
      onEvent: (event) => {
        events.push(event)
        if (event.type !== "connected") revisions.push(parseEventId(stream.lastEventId)?.revision ?? NaN)
      },
      onEnd: (error) => (error === undefined ? resolve() : reject(error)),
    })
    leaving.signal.addEventListener("abort", () => {
      stream.close()
      resolve()
    })
  })
  return { events, revisions, connections, done, leave: () => leaving.abort() }
}
