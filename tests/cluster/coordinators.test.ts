// Several web servers on one store: each job is run by one of them, and any of them shows and cancels it.
import { createClient } from "@simstream/client"
import { isTerminalEvent, type JobSnapshot, parseEventId, type StreamEvent } from "@simstream/protocol"
import { expect, it } from "vitest"
import { createFolder, type JobServer, startJobServer, undisturbed, watch } from "../support/jobServers.ts"
import { createDatabase, describeOnPostgres } from "../support/postgres.ts"
import { until } from "../support/testClient.ts"

const PACE = { saveEveryMs: 100, shareEveryMs: 50, leaseMs: 2_000 }

const ITERATIONS = 200_000
const HOLD_AT = 150_000

/** Which of the servers runs a job, and the others. */
const runnerOf = async (servers: ReadonlyArray<JobServer>, jobId: string) => {
  const claimed = (line: string) => line.includes(`claimed ${jobId}`)
  await Promise.any(servers.map(({ said }) => said(`claimed ${jobId}`)))
  const runner = servers.find(({ lines }) => lines.some(claimed))
  if (runner === undefined) throw new Error("Nobody runs the job.")
  return { runner, others: servers.filter((server) => server !== runner) }
}

const claimsOf = (servers: ReadonlyArray<JobServer>): ReadonlyArray<string> =>
  servers.flatMap(({ lines }) => lines.filter((line) => line.startsWith("claimed")))

await describeOnPostgres("several servers on one PostgreSQL", () => {
  it("that start at once make the tables once, and run each job once", async () => {
    await using database = await createDatabase()
    const store = { connectionString: database.url, ...PACE }
    const servers = await Promise.all([1, 2].map(() => startJobServer({ store, concurrency: 3 })))
    const clients = servers.map(({ base }) => createClient({ url: base }))
    const jobs = await Promise.all(
      Array.from({ length: 20 }, async (_, seed) => {
        const client = clients[seed % 2]
        if (client === undefined) throw new Error("There is no client.")
        return client.start("craps", {
          config: {},
          iterations: 20_000,
          seed,
          // The same click on both servers.
          idempotencyKey: `click-${Math.floor(seed / 2)}-${seed % 2}`,
        })
      }),
    )
    await Promise.all(jobs.map(({ result }) => result()))
    expect([...claimsOf(servers)].sort()).toEqual(
      jobs.map(({ jobId }) => `claimed ${jobId} attempt 1 at 0`).sort(),
    )
    const again = await Promise.all(
      clients.map((client) =>
        client.start("craps", { config: {}, iterations: 20_000, seed: 0, idempotencyKey: "click-0-0" }),
      ),
    )
    expect(again.map(({ jobId }) => jobId)).toEqual([jobs[0]?.jobId, jobs[0]?.jobId])
    await Promise.all(servers.map(({ kill }) => kill()))
  })

  it("show a job that another runs: its state, its list, its stream, and cancel it", async () => {
    using folder = createFolder()
    await using database = await createDatabase()
    // Leases and polls so long that nothing comes about by them.
    const store = { connectionString: database.url, ...PACE, leaseMs: 600_000 }
    const servers = await Promise.all([1, 2].map(() => startJobServer({ store })))
    const { jobId } = await createClient({ url: servers[0]?.base ?? "" }).start("held", {
      config: { holdAt: HOLD_AT, gate: folder.gate },
      iterations: ITERATIONS,
      seed: 7,
    })
    const { others } = await runnerOf(servers, jobId)
    const base = others[0]?.base ?? ""
    const witness = watch(base, jobId)
    const elsewhere = createClient({ url: base })
    const snapshot = await until(
      () => elsewhere.get(jobId),
      ({ progress }) => progress?.current === HOLD_AT,
    )
    expect(snapshot).toMatchObject({
      status: "running",
      request: { iterations: ITERATIONS },
      progress: { total: ITERATIONS },
      partial: { stats: { damage: { count: expect.any(Number) } } },
    })
    await elsewhere.cancel(jobId)
    await witness.done
    const last = witness.events.at(-1)
    if (last?.type !== "cancelled") throw new Error("It was not cancelled.")
    // What was done by then is kept, but for what is in the slice that is held; the same wherever one looks.
    const { type: _type, ...partial } = last
    expect(partial).toMatchObject({ stats: { damage: { count: expect.any(Number) } } })
    for (const { base: own } of servers) {
      expect(await createClient({ url: own }).get(jobId)).toMatchObject({ status: "cancelled", partial })
    }
    await Promise.all(servers.map(({ kill }) => kill()))
  })

  it("take over the jobs of one that died, when its lease has run out", async () => {
    using folder = createFolder()
    await using database = await createDatabase()
    const store = { connectionString: database.url, ...PACE, leaseMs: 1_000 }
    const servers = await Promise.all([1, 2].map(() => startJobServer({ store })))
    const { jobId } = await createClient({ url: servers[0]?.base ?? "" }).start("held", {
      config: { holdAt: HOLD_AT, gate: folder.gate },
      iterations: ITERATIONS,
      seed: 7,
    })
    const { runner, others } = await runnerOf(servers, jobId)
    const [other] = others
    if (other === undefined) throw new Error("There is no other.")
    const witness = watch(other.base, jobId)
    const [, savedAt] = /at (\d+)$/.exec(await runner.said(new RegExp(`saved ${jobId} at 14`))) ?? []
    await runner.kill()
    folder.openGate()
    expect(await other.said(`claimed ${jobId} attempt 2`)).toContain(`at ${savedAt}`)
    await witness.done
    expect(witness.connections).toEqual(["open", "closed"])
    expect(witness.revisions).toEqual([...new Set(witness.revisions)].sort((left, right) => left - right))
    expect(witness.events.at(-1)).toMatchObject({
      type: "complete",
      digest: await undisturbed(ITERATIONS, 7),
    })
    await other.kill()
  })

  it("show 1,000 streams of 100 jobs, that move from one to another: no event is lost, none comes twice", async () => {
    const JOBS = 100
    const STREAMS = 1_000
    await using database = await createDatabase()
    // However busy the machine is, nobody is thought dead here.
    const store = { connectionString: database.url, ...PACE, leaseMs: 600_000, shareEveryMs: 20 }
    const servers = await Promise.all([1, 2, 3, 4].map(() => startJobServer({ store, concurrency: 4 })))
    const bases = servers.map(({ base }) => base)
    const baseOf = (index: number): string => bases[index % bases.length] ?? ""
    const jobs = await Promise.all(
      Array.from({ length: JOBS }, (_, seed) =>
        createClient({ url: baseOf(seed) }).start("held", {
          config: { holdAt: -1, gate: "" },
          iterations: 20_000,
          seed,
        }),
      ),
    )
    const streams = await Promise.all(
      Array.from({ length: STREAMS }, (_, index) => {
        const job = jobs[index % JOBS]
        if (job === undefined) throw new Error("There is no such job.")
        return follow((turn) => baseOf(index + turn), job.jobId, index)
      }),
    )

    const snapshots = new Map<string, JobSnapshot>()
    for (const { jobId } of jobs) snapshots.set(jobId, await createClient({ url: baseOf(0) }).get(jobId))
    expect(claimsOf(servers)).toHaveLength(JOBS)
    expect(new Set(claimsOf(servers)).size).toBe(JOBS)
    expect(new Set(servers.map(({ lines }) => lines.some((line) => line.startsWith("claimed"))))).toEqual(
      new Set([true]),
    )
    for (const { jobId, events, revisions } of streams) {
      const { result, progress, partial, lastEventId } = snapshots.get(jobId) ?? {}
      expect(revisions).toEqual([...new Set(revisions)].sort((left, right) => left - right))
      expect(events.filter(isTerminalEvent)).toEqual([{ type: "complete", ...result }])
      expect(revisions.at(-1)).toBe(parseEventId(lastEventId ?? "")?.revision)
      // The newest of each kind has come, whatever was left out before it.
      expect(newest(events, "progress")).toEqual({ type: "progress", ...progress })
      expect(newest(events, "partial")).toEqual(
        partial === null ? undefined : { type: "partial", ...partial },
      )
    }
    await Promise.all(servers.map(({ kill }) => kill()))
  })
})

const newest = (events: ReadonlyArray<StreamEvent>, type: StreamEvent["type"]): StreamEvent | undefined =>
  events.findLast((event) => event.type === type)

/** How many events a stream is followed for, before its client goes to another server with what it has seen. */
const MOVES_AFTER = 3

/** Follows a job to its end, from one server to the next. */
const follow = async (baseOf: (turn: number) => string, jobId: string, index: number) => {
  const events: Array<StreamEvent> = []
  const revisions: Array<number> = []
  let cursor = ""
  for (let turn = 0; !events.some(isTerminalEvent); turn++) {
    let left = MOVES_AFTER + (index % 3)
    await new Promise<void>((resolve, reject) => {
      const stream = createClient({ url: baseOf(turn), retry: { maxAttempts: Infinity } }).events(jobId, {
        lastEventId: cursor,
        onEvent: (event) => {
          if (event.type === "connected") return
          events.push(event)
          cursor = stream.lastEventId
          revisions.push(parseEventId(cursor)?.revision ?? NaN)
          if (--left > 0 || isTerminalEvent(event)) return
          stream.close()
          resolve()
        },
        onEnd: (error) => (error === undefined ? resolve() : reject(error)),
      })
    })
  }
  return { jobId, events, revisions }
}
