/** Worker processes by themselves: how they start, refuse, hand back and end. */
import { createBullEngine } from "@simstream/cluster"
import { startBatch } from "@simstream/core"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, describe, expect, it, onTestFinished } from "vitest"
import {
  createCluster,
  describeOnEach,
  describeOnPrivateRedis,
  startPrivateRedis,
} from "../support/bullServers.ts"
import { startCli, startNode, startWorker, startWorkers } from "../support/workerProcesses.ts"
import { deadly, fight } from "./fixtures/simulations.ts"

const SEED = 7
const HASTY = fileURLToPath(new URL("./fixtures/hasty.ts", import.meta.url))

await describeOnEach("a batch", (kind) => {
  it("waits without a worker and says so, can be cancelled, and begins when there is one", async () => {
    const { engine, told, connection, namespace } = await createCluster(kind)
    const input = { config: { chunkMs: 1 }, iterations: 5001, seed: SEED, engine }
    const waiting = startBatch(fight, input)
    await expect.poll(() => told, { timeout: 30_000 }).not.toEqual([])
    expect(told[0]).toMatch(/^The batch \w+ of "fight" waits: there is no worker\. Start one/)
    for await (const { progress } of waiting.onProgress) {
      expect(progress.current).toBe(0)
      if (progress.waitingFor === "workers") break
    }
    await waiting.cancel()
    await expect(waiting.result).rejects.toMatchObject({ _tag: "BatchCancelled" })

    const batch = startBatch(fight, input)
    for await (const { progress } of batch.onProgress) if (progress.waitingFor === "workers") break
    await using _workers = await startWorkers(1, { connection, namespace })
    for await (const { progress } of batch.onProgress) if (progress.waitingFor === undefined) break
    expect((await batch.result).iterations).toBe(5001)
  })

  it("fails in words when all workers have another version of its simulation", async () => {
    const { engine, told, connection, namespace } = await createCluster(kind, { versionWaitMs: 1000 })
    await using workers = await startWorkers(2, { connection, namespace, env: { FIGHT_VERSION: "2" } })
    const batch = startBatch(fight, { config: { chunkMs: 1 }, iterations: 5001, seed: SEED, engine })
    const pid = workers[0]?.child.pid ?? 0
    await expect(batch.result).rejects.toMatchObject({
      _tag: "SimulationFailed",
      phase: "prepare",
      message: expect.stringMatching(
        /^"fight" failed in "prepare": no worker has version 1-\w+ of "fight"; they have 2-\w+ \(.*process \d+\), 2-\w+ /,
      ),
    })
    const { message } = (await batch.result.catch((thrown: unknown) => thrown)) as Error
    expect(message).toContain(`process ${pid}`)
    expect(told[0]).toMatch(/waits: no worker has version 1-/)
  })

  it("ends within moments for its workers, too, when it is cancelled", async () => {
    const { engine, connection, namespace } = await createCluster(kind)
    await using workers = await startWorkers(2, { connection, namespace })
    const input = { config: { chunkMs: 20 }, iterations: 1_000_000, seed: SEED, engine }
    const tookMs: Array<number> = []
    for (let round = 0; round < 10; round++) {
      const batch = startBatch(fight, input)
      for await (const { progress } of batch.onProgress) if (progress.current > 0) break
      const cancelledMs = performance.now()
      await batch.cancel()
      // The workers are free for another batch of one chunk when they have left this one.
      const next = await startBatch(fight, { ...input, config: { chunkMs: 0 }, iterations: 64 }).result
      expect(next.iterations).toBe(64)
      tookMs.push(performance.now() - cancelledMs)
    }
    // Far below what it takes where the word is lost, and a worker finds out by looking.
    expect(tookMs.sort((left, right) => left - right)[5]).toBeLessThan(1500)
    expect(workers.every(({ child }) => child.exitCode === null)).toBe(true)
  })

  it("leaves nothing behind when its engine is closed while that connects: the process ends", async () => {
    const { connection, namespace } = await createCluster(kind)
    await using hasty = startNode(HASTY, [connection, namespace])
    expect(await hasty.ended).toBe(0)
    expect(hasty.lines).toEqual(['"fight" failed in "prepare": the engine was closed.'])
  })

  it("goes on elsewhere when a worker is told to go, with all that it has done", async () => {
    const { engine, connection, namespace } = await createCluster(kind)
    const input = { iterations: 10_001, seed: SEED }
    const expected = await startBatch(fight, { ...input, config: { chunkMs: 0 } }).result
    const first = await startWorkers(1, { connection, namespace })
    const batch = startBatch(fight, { ...input, config: { chunkMs: 30 }, engine })
    let signalled = false
    for await (const { progress } of batch.onProgress) {
      if ((progress.percentage ?? 0) < 30 || signalled) continue
      signalled = true
      first[0]?.child.kill("SIGTERM")
      expect(await first[0]?.ended).toBe(0)
      await startWorkers(1, { connection, namespace }).then((second) => {
        onTestFinished(() => second[Symbol.asyncDispose]())
      })
    }
    expect((await batch.result).digest).toBe(expected.digest)
    expect(signalled).toBe(true)
  })
})

describeOnPrivateRedis("a batch", () => {
  it("fails, and says where, when every worker dies of it that runs it", async () => {
    await using redis = await startPrivateRedis()
    const place = { connection: redis.url, namespace: "simstream" }
    const engine = createBullEngine({ ...place, onError: () => undefined })
    onTestFinished(() => engine.close())
    const over = new AbortController()
    let deaths = 0
    /** As what keeps processes alive would do. */
    const keepAlive = async () => {
      while (!over.signal.aborted) {
        await using worker = startWorker(place)
        onTestFinished(() => worker[Symbol.asyncDispose]())
        await worker.ended
        deaths++
      }
    }
    void keepAlive()
    const batch = startBatch(deadly, { config: { at: 1000 }, iterations: 5000, seed: SEED, engine })
    const failure: unknown = await batch.result.catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({
      _tag: "SimulationFailed",
      phase: "iteration",
      message: expect.stringMatching(
        /^"deadly" failed in "iteration": 5 worker processes, one after the other, were lost while they ran the iterations from \d+ to \d+\./,
      ),
    })
    over.abort()
    expect(deaths).toBeGreaterThanOrEqual(5)
  })
})

describe("simstream-worker says in words", () => {
  const folder = mkdtempSync(join(tmpdir(), "simstream-worker-"))
  const file = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const endOf = async (...args: ReadonlyArray<string>) => {
    await using run = startCli(...args)
    const code = await run.ended
    return { code, words: run.lines.join("\n") }
  }
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it("that there is no such file", async () => {
    const path = join(folder, "nowhere.js")
    expect(await endOf(path)).toEqual({ code: 1, words: `simstream-worker: There is no file ${path}.` })
  })

  it("that a file exports no simulation, and what it exports instead", async () => {
    const path = file("none.mjs", "export const answer = 42\nexport default [1, 2]\n")
    const { code, words } = await endOf(path)
    expect(code).toBe(1)
    expect(words).toContain(`${path} exports no simulation (it exports answer, default)`)
  })

  it("that a file can't be loaded, and why", async () => {
    const { code, words } = await endOf(file("broken.mjs", "throw new Error('out of order')\n"))
    expect(code).toBe(1)
    expect(words).toMatch(/broken\.mjs can't be loaded: Error: out of order/)
  })

  it("that there is no server, without the password", async () => {
    const path = file(
      "one.mjs",
      "export const one = { kind: 'iterations', name: 'one', version: '1', metrics: [], timeline: { bucket: () => 1 }, prepare: () => () => ({}) }\n",
    )
    const redis = await endOf(path, "--connection", "redis://127.0.0.1:1")
    expect(redis).toEqual({
      code: 1,
      words: "simstream-worker: Redis at 127.0.0.1:1 can't be reached: connect ECONNREFUSED 127.0.0.1:1",
    })
    const postgres = await endOf(path, "--connection", "postgres://me:secret@127.0.0.1:1/db")
    expect(postgres).toEqual({
      code: 1,
      words:
        "simstream-worker: PostgreSQL at postgres://me:***@127.0.0.1:1/db can't be reached: connect ECONNREFUSED 127.0.0.1:1",
    })
    const neither = await endOf(path, "--connection", "mysql://127.0.0.1")
    expect(neither.words).toContain("connection must be a URL such as redis://127.0.0.1:6379 or postgres://")
  })

  it("how it is used, when it is used otherwise", async () => {
    expect(await endOf("--help")).toMatchObject({
      code: 0,
      words: expect.stringContaining("simstream-worker [options] <module>"),
    })
    expect(await endOf()).toMatchObject({ code: 2, words: expect.stringContaining("Which module?") })
    expect(await endOf("a.js", "--threads", "0")).toMatchObject({
      code: 2,
      words: expect.stringContaining("--threads must be a whole number, 1 or more; got 0."),
    })
    expect(await endOf("a.js", "--thread", "2")).toMatchObject({
      code: 2,
      words: expect.stringContaining("'--thread'"),
    })
  })
})
