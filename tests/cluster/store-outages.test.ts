// The database goes away while jobs run: nothing is lost, nothing hangs, and everybody is told what is the matter.
import { PGlite } from "@electric-sql/pglite"
import { createClient } from "@simstream/client"
import {
  createPostgresStore,
  type PGliteLike,
  type PGliteTransaction,
  type PoolLike,
  type PostgresConnection,
} from "@simstream/cluster"
import { createJobs, StoreUnavailable } from "@simstream/core"
import { createHandler } from "@simstream/server"
import { Pool } from "pg"
import { describe, expect, it } from "vitest"
import { createFolder, startJobServer, undisturbed, watch } from "../support/jobServers.ts"
import {
  createDatabase,
  describeOnPostgres,
  describeOnPrivatePostgres,
  postgresUrl,
  startPrivatePostgres,
} from "../support/postgres.ts"
import { until } from "../support/testClient.ts"
import { held } from "./fixtures/held.ts"

const PACE = { saveEveryMs: 100, shareEveryMs: 50, leaseMs: 600_000 }

const ITERATIONS = 200_000
const HOLD_AT = 150_000

await describeOnPostgres("when connections are ended", () => {
  it("again and again while jobs run, nothing is lost, and nothing comes twice", async () => {
    await using database = await createDatabase()
    const store = { connectionString: database.url, ...PACE }
    const servers = await Promise.all([1, 2].map(() => startJobServer({ store, concurrency: 2 })))
    const [one, two] = servers
    if (one === undefined || two === undefined) throw new Error("There are not two.")
    const client = createClient({ url: one.base })
    const seeds = [1, 2, 3, 4, 5, 6]
    const jobs = await Promise.all(
      seeds.map((seed) =>
        client.start("held", { config: { holdAt: -1, gate: "" }, iterations: ITERATIONS, seed }),
      ),
    )
    const witnesses = jobs.flatMap(({ jobId }) => servers.map(({ base }) => watch(base, jobId)))
    const over = new AbortController()
    let ended = 0
    const all = Promise.all(witnesses.map(({ done }) => done)).then(() => over.abort())
    const saves = () =>
      servers.flatMap(({ lines }) => lines.filter((line) => line.startsWith("saved"))).length
    while (!over.signal.aborted) {
      ended += await database.terminate()
      // Not before they have found their way back: how long that takes is the machine's business.
      const before = saves()
      await until(
        async () => saves(),
        (count) => over.signal.aborted || count > before + 1,
      )
    }
    await all
    expect(ended).toBeGreaterThan(2)
    for (const [at, { jobId }] of jobs.entries()) {
      const digest = await undisturbed(ITERATIONS, seeds[at] ?? 0)
      for (const { events, revisions } of witnesses.slice(2 * at, 2 * at + 2)) {
        expect(events.at(-1)).toMatchObject({ type: "complete", digest })
        expect(revisions).toEqual([...new Set(revisions)].sort((left, right) => left - right))
      }
      expect(await createClient({ url: two.base }).get(jobId)).toMatchObject({ result: { digest } })
    }
    await Promise.all(servers.map(({ kill }) => kill()))
  })
})

describeOnPrivatePostgres("when the server is restarted in mid-batch", () => {
  it("what runs goes on, what can't be had is refused, and all is there again", async () => {
    await using postgres = await startPrivatePostgres()
    using folder = createFolder()
    const store = { connectionString: postgres.url, ...PACE }
    // Each has a job to run, and both are asked for that of the first.
    const runner = await startJobServer({ store, concurrency: 1 })
    const client = createClient({ url: runner.base })
    const start = (seed: number, holdAt: number) =>
      client.start("held", { config: { holdAt, gate: folder.gate }, iterations: ITERATIONS, seed })
    const running = await start(7, HOLD_AT)
    await runner.said(`claimed ${running.jobId}`)
    const queued = await start(8, -1)
    await runner.said(new RegExp(`saved ${running.jobId} at 14`))
    const other = await startJobServer({ store, concurrency: 1 })
    const here = watch(runner.base, running.jobId)
    const there = watch(other.base, running.jobId)
    const watched = () => there.connections.at(-1)
    await until(
      async () => watched(),
      (connection) => connection === "open",
    )

    await postgres.stop()
    const refused = await fetch(runner.base, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ simulation: "held", config: { holdAt: -1, gate: "" } }),
    })
    expect(refused.status).toBe(503)
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/)
    expect(await refused.json()).toMatchObject({ code: "store_unavailable" })
    expect((await fetch(`${other.base}/${running.jobId}`)).status).toBe(503)
    // What runs here does not need the database, and those who watch it here see it end.
    folder.openGate()
    await here.done
    const digest = await undisturbed(ITERATIONS, 7)
    expect(here.events.at(-1)).toMatchObject({ type: "complete", digest })
    expect(here.connections).toEqual(["open", "closed"])
    expect(await client.get(running.jobId)).toMatchObject({ status: "completed", result: { digest } })
    // Those who watch elsewhere are told that they have to wait.
    await until(
      async () => watched(),
      (connection) => connection === "reconnecting",
    )
    expect(runner.lines.filter((line) => line.startsWith("error"))).toHaveLength(1)

    await postgres.start()
    await there.done
    expect(there.events.at(-1)).toMatchObject({ type: "complete", digest })
    expect(there.revisions).toEqual([...new Set(there.revisions)].sort((left, right) => left - right))
    expect(await createClient({ url: other.base }).get(running.jobId)).toMatchObject({ result: { digest } })
    expect((await createClient({ url: other.base }).result(queued.jobId)).digest).toBe(
      await undisturbed(ITERATIONS, 8),
    )
    await Promise.all([runner.kill(), other.kill()])
  })
})

/** A database whose statements fail as PostgreSQL's do when the disk is full: those that write. */
interface FullDisk {
  readonly where: PostgresConnection
  readonly query: (text: string, values: Array<unknown>) => Promise<{ readonly rows: ReadonlyArray<unknown> }>
  readonly fill: (full: boolean) => void
  readonly end: () => Promise<void>
}

const createValve = () => {
  let isFull = false
  return {
    fill: (full: boolean) => {
      isFull = full
    },
    check: (text: string) => {
      if (isFull && /\b(?:INSERT|UPDATE|DELETE)\b/.test(text)) {
        throw Object.assign(new Error('could not extend file "base/16384/16400": No space left on device'), {
          code: "53100",
        })
      }
    },
  }
}

const fullPostgres = async (): Promise<FullDisk> => {
  const database = await createDatabase()
  const pool = new Pool({ connectionString: database.url })
  const { fill, check } = createValve()
  const full: PoolLike = {
    on: pool.on.bind(pool),
    query: async (text, values) => {
      check(text)
      return pool.query(text, values)
    },
    connect: async () => {
      const client = await pool.connect()
      return {
        query: async (text, values) => {
          check(text)
          return client.query(text, values)
        },
        on: client.on.bind(client),
        release: client.release.bind(client),
      }
    },
  }
  return {
    where: { pool: full },
    query: (text, values) => pool.query(text, values),
    fill,
    end: async () => {
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

const fullPGlite = async (): Promise<FullDisk> => {
  const pglite = await PGlite.create()
  const { fill, check } = createValve()
  const valved = (sql: PGliteTransaction): PGliteTransaction => ({
    query: async (text, values) => {
      check(text)
      return sql.query(text, values)
    },
    exec: async (text) => {
      check(text)
      return sql.exec(text)
    },
  })
  const full: PGliteLike = {
    ...valved(pglite),
    transaction: (run) => pglite.transaction((transaction) => run(valved(transaction))),
    close: () => pglite.close(),
  }
  return {
    where: { pglite: full },
    query: (text, values) => pglite.query(text, values),
    fill,
    end: () => pglite.close(),
  }
}

const disks: ReadonlyArray<{ readonly kind: string; readonly open: () => Promise<FullDisk> }> = [
  { kind: "PGlite", open: fullPGlite },
  ...((await postgresUrl()) === null ? [] : [{ kind: "PostgreSQL", open: fullPostgres }]),
]

describe.each(disks)("when the disk of $kind is full", ({ open }) => {
  it("a start is refused, what runs comes to its end and is kept when there is room again", async () => {
    using folder = createFolder()
    const disk = await open()
    // The lease runs out while nothing can be written: the job must not be taken for one that nobody runs.
    const store = await createPostgresStore({ ...disk.where, ...PACE, leaseMs: 300 })
    const errors: Array<unknown> = []
    const jobs = createJobs({ simulations: [held], store, onError: (error) => errors.push(error) })
    const handler = createHandler({ jobs, basePath: "/api" })
    const request = {
      simulation: "held",
      config: { holdAt: HOLD_AT, gate: folder.gate },
      iterations: ITERATIONS,
      seed: 7,
    }
    const { jobId } = await jobs.start(request)
    await until(
      () => jobs.get(jobId),
      ({ progress }) => progress?.current === HOLD_AT,
    )
    disk.fill(true)
    const answer = await handler(
      new Request("http://localhost/api", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
      }),
    )
    expect(answer.status).toBe(503)
    const problem: unknown = await answer.json()
    expect(problem).toMatchObject({ code: "store_unavailable" })
    // What the database says is for the log.
    expect(JSON.stringify(problem)).not.toContain("16384")
    const { feed } = await jobs.subscribe(jobId)
    folder.openGate()
    await until(
      async () => feed.ended(),
      (ended) => ended,
    )
    const { result } = await jobs.get(jobId)
    expect(result?.digest).toBe(await undisturbed(ITERATIONS, 7))
    expect(errors).toHaveLength(1)
    expect(errors[0]).toBeInstanceOf(StoreUnavailable)
    const status = async () => {
      const { rows } = await disk.query("SELECT status FROM simstream.jobs WHERE id = $1", [jobId])
      return JSON.stringify(rows)
    }
    expect(await status()).toBe('[{"status":"running"}]')

    disk.fill(false)
    await until(status, (rows) => rows === '[{"status":"completed"}]')
    expect((await jobs.get(jobId)).result).toEqual(result)
    await jobs.shutdown()
    await store.close()
    await disk.end()
  })
})
