// Jobs in a store whose batches are run by worker processes: everything may die, and the job goes on.
import { createClient } from "@simstream/client"
import { startBatch } from "@simstream/core"
import { isTerminalEvent, type WaitingFor } from "@simstream/protocol"
import { expect, it } from "vitest"
import { createCluster, describeOnEach, layCableTo } from "../support/bullServers.ts"
import { startJobServer, watch } from "../support/jobServers.ts"
import { createDatabase } from "../support/postgres.ts"
import { startWorkers } from "../support/workerProcesses.ts"
import { fight } from "./fixtures/simulations.ts"

const ITERATIONS = 20_001
const SEED = 7
const PACE = { saveEveryMs: 100, shareEveryMs: 50, leaseMs: 1_000 }

await describeOnEach("a job on worker processes", (kind) => {
  it("goes on when its server is killed, and when the next one has to go: the digest is that of one process", async () => {
    const { connection, namespace } = await createCluster(kind)
    await using database = await createDatabase()
    const place = {
      store: { connectionString: database.url, ...PACE },
      engine: { connection, namespace },
    }
    await using _workers = await startWorkers(2, { connection, namespace })
    const expected = await startBatch(fight, { config: { chunkMs: 0 }, iterations: ITERATIONS, seed: SEED })
      .result

    const servers = await Promise.all([1, 2, 3].map(() => startJobServer(place)))
    const { jobId } = await createClient({ url: servers[0]?.base ?? "" }).start("fight", {
      config: { chunkMs: 30 },
      iterations: ITERATIONS,
      seed: SEED,
    })
    const witnesses = servers.map(({ base }) => watch(base, jobId))
    /** Who runs it for the so-many-th time, where it has gone on from, and who watches there. */
    const takenBy = async (attempt: number) => {
      const claimed = `claimed ${jobId} attempt ${attempt} at `
      const line = await Promise.any(servers.map(({ said }) => said(claimed)))
      const at = servers.findIndex(({ lines }) => lines.includes(line))
      const [server, witness] = [servers[at], witnesses[at]]
      if (server === undefined || witness === undefined) throw new Error("Nobody has it.")
      return { server, witness, from: Number(line.slice(claimed.length)) }
    }
    const saves = new RegExp(`saved ${jobId} at [1-9]`)

    const first = await takenBy(1)
    await first.server.said(saves)
    first.witness.leave()
    await first.server.kill()
    const second = await takenBy(2)
    await second.server.said(saves)
    second.witness.leave()
    second.server.child.kill("SIGTERM")
    const third = await takenBy(3)
    expect(await second.server.ended).toBe(0)
    await third.witness.done

    // It has never begun again,
    expect([first.from, second.from > 0, third.from >= second.from]).toEqual([0, true, true])
    // and nothing of it shows to those who watch elsewhere.
    const { connections, events, revisions } = third.witness
    expect(connections).toEqual(["open", "closed"])
    expect(revisions).toEqual([...new Set(revisions)].sort((left, right) => left - right))
    expect(events.filter(isTerminalEvent)).toMatchObject([
      { type: "complete", iterations: ITERATIONS, digest: expected.digest },
    ])
    await third.server.kill()
  })

  it("tells its watchers that it waits for workers, and for the queue, and goes on by itself", async () => {
    const { connection, namespace } = await createCluster(kind)
    await using cable = await layCableTo(connection)
    await using database = await createDatabase()
    const server = await startJobServer({
      store: { connectionString: database.url, ...PACE },
      engine: { connection: cable.url, namespace },
    })
    const client = createClient({ url: server.base })
    const { jobId } = await client.start("fight", {
      config: { chunkMs: 20 },
      iterations: ITERATIONS,
      seed: SEED,
    })
    const witness = watch(server.base, jobId)
    /** Resolves when the newest progress says so, or says nothing of waiting. */
    const waitsFor = async (what: WaitingFor | undefined) => {
      const said = () => witness.events.findLast((event) => event.type === "progress")?.waitingFor
      await expect.poll(said, { timeout: 30_000 }).toBe(what)
    }

    await waitsFor("workers")
    // Whoever comes now, or asks, sees it too.
    expect(await client.get(jobId)).toMatchObject({
      status: "running",
      progress: { current: 0, waitingFor: "workers" },
    })
    await using _workers = await startWorkers(2, { connection, namespace })
    await waitsFor(undefined)
    cable.pull()
    await waitsFor("queue")
    cable.plugIn()
    await witness.done
    expect(witness.events.findLast(({ type }) => type === "progress")).not.toHaveProperty("waitingFor")
    expect(witness.events.filter(isTerminalEvent)).toMatchObject([
      { type: "complete", iterations: ITERATIONS },
    ])
    await server.kill()
  })
})
