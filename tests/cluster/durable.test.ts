// Jobs outlive their process: it is killed as nothing could prevent, and what comes behind it goes on.
import { cpSync } from "node:fs"
import { createClient } from "@simstream/client"
import { createPostgresStore } from "@simstream/cluster"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"
import { createFolder, startJobServer, undisturbed, watch } from "../support/jobServers.ts"
import { freePort } from "../support/freePort.ts"
import { createDatabase, describeOnPostgres, postgresUrl } from "../support/postgres.ts"

/** Where jobs are kept, in a place of the test's own. */
type Place = { readonly dataDir: string } | { readonly connectionString: string }

/** A new folder takes PGlite seconds, so that each test gets a copy of one. */
const template = createFolder()
beforeAll(async () => {
  const store = await createPostgresStore({ dataDir: `${template.path}/jobs` })
  await store.close()
})
afterAll(() => template[Symbol.dispose]())

const openFolder = async () => {
  const folder = createFolder()
  onTestFinished(() => folder[Symbol.dispose]())
  cpSync(template.path, folder.path, { recursive: true })
  return { dataDir: `${folder.path}/jobs` }
}

const places: ReadonlyArray<{ readonly kind: string; readonly open: () => Promise<Place> }> = [
  { kind: "PGlite", open: openFolder },
  ...((await postgresUrl()) === null
    ? []
    : [
        {
          kind: "PostgreSQL",
          open: async () => {
            const database = await createDatabase()
            onTestFinished(() => database[Symbol.asyncDispose]())
            return { connectionString: database.url }
          },
        },
      ]),
]

/** Short enough that a test need not wait for long, long enough that a busy machine keeps its jobs. */
const PACE = { saveEveryMs: 100, shareEveryMs: 50, leaseMs: 2_000 }

const ITERATIONS = 200_000
const HOLD_AT = 150_000

describe.each(places)("jobs in $kind", ({ open }) => {
  it("go on after kill -9: the same digest, and who watched sees them go on", async () => {
    using folder = createFolder()
    const store = { ...PACE, ...(await open()) }
    const port = await freePort()
    const first = await startJobServer({ store, port })
    const client = createClient({ url: first.base })
    const start = (holdAt: number, seed: number) =>
      client.start("held", { config: { holdAt, gate: folder.gate }, iterations: ITERATIONS, seed })
    const running = await start(HOLD_AT, 7)
    const queued = await start(-1, 8)
    const witness = watch(first.base, running.jobId)

    // It has come to where it is held, and that is saved.
    const [, savedAt] = /at (\d+)$/.exec(await first.said(new RegExp(`saved ${running.jobId} at 14`))) ?? []
    await first.kill()
    folder.openGate()
    await using second = await startJobServer({ store, port })
    await witness.done

    expect(await second.said(`claimed ${running.jobId} attempt 2`)).toContain(`at ${savedAt}`)
    expect(witness.connections).toEqual(["open", "reconnecting", "open", "closed"])
    expect(witness.revisions).toEqual([...new Set(witness.revisions)].sort((left, right) => left - right))
    const shown = witness.events.flatMap((event) =>
      event.type === "progress" ? [event.percentage ?? 0] : [],
    )
    const atKill = shown.findLastIndex((percentage) => percentage <= (100 * HOLD_AT) / ITERATIONS)
    expect(
      shown.slice(atKill + 1).every((percentage) => percentage >= (100 * Number(savedAt)) / ITERATIONS),
    ).toBe(true)
    expect(shown.at(-1)).toBe(100)
    expect(witness.events.at(-1)).toMatchObject({
      type: "complete",
      digest: await undisturbed(ITERATIONS, 7),
    })
    expect((await client.result(queued.jobId)).digest).toBe(await undisturbed(ITERATIONS, 8))
    expect(await second.said(`claimed ${queued.jobId}`)).toContain("attempt 1 at 0")
  })

  it("come to the same bits however often they are interrupted", async () => {
    const store = { ...PACE, ...(await open()), leaseMs: 400, saveEveryMs: 20 }
    const port = await freePort()
    const iterations = 1_000_000
    let server = await startJobServer({ store, port })
    const { jobId } = await createClient({ url: server.base }).start("held", {
      config: { holdAt: -1, gate: "" },
      iterations,
      seed: 7,
    })
    const witness = watch(server.base, jobId)
    for (let kills = 0; kills < 3; kills++) {
      // In the middle of whatever it does behind a save.
      await server.said(new RegExp(`saved ${jobId}`))
      await new Promise((resolve) => setTimeout(resolve, 30 * Math.random()))
      await server.kill()
      server = await startJobServer({ store, port })
    }
    await witness.done
    expect(witness.events.at(-1)).toMatchObject({
      type: "complete",
      iterations,
      digest: await undisturbed(iterations, 7),
    })
    expect(witness.revisions).toEqual([...new Set(witness.revisions)].sort((left, right) => left - right))
    await server.kill()
  })

  it("are there when the server is started again: ended ones with their results, and their streams", async () => {
    const store = { ...PACE, ...(await open()) }
    const port = await freePort()
    const first = await startJobServer({ store, port })
    const client = createClient({ url: first.base })
    const { jobId } = await client.start("craps", { config: {}, iterations: 1_000, seed: 7 })
    const { digest } = await client.result(jobId)
    const before = await client.get(jobId)
    await first.kill()
    await using second = await startJobServer({ store, port })
    expect(await client.get(jobId)).toEqual(before)
    const witness = watch(second.base, jobId)
    await witness.done
    expect(witness.events.at(-1)).toMatchObject({ type: "complete", digest })
    const resumed = await fetch(`${second.base}/${jobId}/stream`, {
      headers: { accept: "text/event-stream", "last-event-id": before.lastEventId ?? "" },
    })
    expect(resumed.status).toBe(204)
  })
})

it("a folder is one process's: another is refused, in words", async () => {
  const store = await openFolder()
  await using first = await startJobServer({ store })
  await expect(startJobServer({ store })).rejects.toThrow(/The folder ".*" is in use by another process/)
  await first.kill()
  await using second = await startJobServer({ store })
  expect(second.lines[0]).toMatch(/^http:/)
})

await describeOnPostgres("a server that ends", () => {
  it("hands its jobs over: another goes on at once, from where this one stops", async () => {
    using folder = createFolder()
    await using database = await createDatabase()
    // So long that nobody takes over what is not given.
    const store = { connectionString: database.url, ...PACE, leaseMs: 600_000 }
    await using first = await startJobServer({ store })
    await using second = await startJobServer({ store })
    const { jobId } = await createClient({ url: first.base }).start("held", {
      config: { holdAt: HOLD_AT, gate: folder.gate },
      iterations: ITERATIONS,
      seed: 7,
    })
    await Promise.any([first.said(`claimed ${jobId}`), second.said(`claimed ${jobId}`)])
    const [runner, other] = first.lines.some((line) => line.includes(`claimed ${jobId}`))
      ? [first, second]
      : [second, first]
    const witness = watch(other.base, jobId)
    await runner.said(new RegExp(`saved ${jobId} at 14`))
    runner.child.kill("SIGTERM")
    folder.openGate()
    expect(await other.said(`claimed ${jobId} attempt 2`)).toMatch(/ at 14\d+$/)
    expect(await runner.ended).toBe(0)
    await witness.done
    // Nothing of it shows to those who watch elsewhere.
    expect(witness.connections).toEqual(["open", "closed"])
    expect(witness.events.at(-1)).toMatchObject({
      type: "complete",
      digest: await undisturbed(ITERATIONS, 7),
    })
  })
})
