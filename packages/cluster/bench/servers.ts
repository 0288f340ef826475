/** Server processes on a store, and where that is. */
import { type ChildProcess, fork } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createClient } from "@simstream/client"
import type { PostgresConnection } from "@simstream/cluster"
import { Client } from "pg"
import type { StoreServerOptions } from "./store.server.ts"

const SERVER = join(import.meta.dirname, "store.server.ts")
/** The PostgreSQL to measure on. */
export const POSTGRES =
  process.env["SIMSTREAM_TEST_POSTGRES_URL"] ?? "postgres://postgres:postgres@127.0.0.1:5432/test"

/** A place of its own on each kind of database. */
export const createPlace = (kind: "PGlite" | "PostgreSQL") => {
  const schema = `store_bench_${randomUUID().slice(0, 8)}`
  const folder = mkdtempSync(join(tmpdir(), "simstream-bench-"))
  const where: PostgresConnection & { readonly schema: string } =
    kind === "PGlite" ? { dataDir: join(folder, "jobs"), schema } : { connectionString: POSTGRES, schema }
  return {
    where,
    remove: async () => {
      rmSync(folder, { recursive: true, force: true })
      if (kind === "PGlite") return
      const client = new Client({ connectionString: POSTGRES })
      await client.connect()
      await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
      await client.end()
    },
  }
}

/** A server process, and its port. */
export const startServer = async (
  options: StoreServerOptions,
): Promise<{ child: ChildProcess; base: string }> => {
  const child = fork(SERVER, [JSON.stringify(options)], { execArgv: ["--expose-gc"] })
  const [port] = await once(child, "message")
  return { child, base: `http://127.0.0.1:${String(port)}/api/simulations` }
}

/** Ends it as a crash would. */
export const kill = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, "exit")
  child.kill("SIGKILL")
  await ended
}

/** Resolves when a job says something new, to whoever asks a server for it. */
export const hearsProgress = async (base: string, jobId: string, beyond: number): Promise<void> => {
  const client = createClient({ url: base })
  for await (const event of client.events(jobId)) {
    if (event.type === "progress" && event.current > beyond) return
  }
}
