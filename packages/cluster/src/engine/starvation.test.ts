import { expect, it } from "vitest"
import type { WorkerCard } from "./shardJob.ts"
import { createStarvation } from "./starvation.ts"

const card = (pid: number, versions: WorkerCard["versions"]) => ({
  topic: `workers.w${pid}`,
  data: JSON.stringify({ worker: `w${pid}`, host: "box", pid, threads: 2, versions } satisfies WorkerCard),
})

/** A batch of version 2 of "dice", and the clock that it starves by. */
const setUp = (workers: Array<ReturnType<typeof card>> = []) => {
  let nowMs = 0
  const told: Array<string> = []
  const failed: Array<string> = []
  const calls = { count: 0 }
  const starvation = createStarvation({
    batch: { id: "job_1", simulation: "dice", version: "2" },
    versionWaitMs: 60_000,
    workers: async () => [{ topic: "batch.other", data: "7" }, ...workers],
    call: () => void calls.count++,
    onError: ({ message }) => told.push(message),
    onMismatch: ({ message }) => failed.push(message),
    now: () => nowMs,
  })
  return {
    told,
    failed,
    workers,
    calls,
    isStarving: starvation.isStarving,
    fed: starvation.fed,
    at: async (seconds: number) => {
      nowMs = 1000 * seconds
      await starvation.check()
    },
  }
}

it("says nothing for some seconds, and then that there is no worker, and goes on waiting", async () => {
  const { told, failed, at } = setUp()
  await at(4.9)
  expect(told).toEqual([])
  await at(5)
  expect(told).toEqual([
    'The batch job_1 of "dice" waits: there is no worker. Start one: npx simstream-worker …',
  ])
  await at(1_000_000)
  expect(failed).toEqual([])
})

it("says that those which are there serve other simulations", async () => {
  const { told, at } = setUp([card(1, { poker: "1" }), card(2, {})])
  await at(5)
  expect(told[0]).toContain("none of the 2 workers serves it")
})

it("says nothing while a worker with its version is busy with other batches", async () => {
  const { told, at } = setUp([card(1, { dice: "1" }), card(2, { dice: "2" })])
  await at(500)
  expect(told).toEqual([])
})

it("names the versions that workers have, and fails when it was so for long enough", async () => {
  const { told, failed, at } = setUp([card(1, { dice: "1" }), card(2, { dice: "3" })])
  await at(5)
  const words = 'no worker has version 2 of "dice"; they have 1 (box, process 1), 3 (box, process 2).'
  expect(told[0]).toContain(`The batch job_1 waits: ${words}`)
  await at(64.9)
  expect(failed).toEqual([])
  await at(65)
  expect(failed[0]).toContain(words)
})

it("begins to count anew when a worker has said something, or one with its version came by", async () => {
  const { failed, at, fed, workers } = setUp([card(1, { dice: "1" })])
  await at(5)
  fed()
  await at(64)
  workers.push(card(2, { dice: "2" }))
  await at(70)
  workers.pop()
  await at(129)
  expect(failed).toEqual([])
  await at(189)
  expect(failed).toHaveLength(1)
})

it("names a few of many", async () => {
  const { told, at } = setUp(Array.from({ length: 8 }, (_, pid) => card(pid, { dice: "1" })))
  await at(5)
  expect(told[0]).toContain("1 (box, process 4) and 3 more.")
})

it("starves from then on until a worker says something", async () => {
  const { isStarving, fed, at } = setUp()
  await at(4.9)
  expect(isStarving()).toBe(false)
  await at(5)
  expect(isStarving()).toBe(true)
  fed()
  expect(isStarving()).toBe(false)
})

it("calls again and again while there is no worker, and once while those that there are may be busy", async () => {
  const { calls, workers, fed, at } = setUp()
  for (const seconds of [5, 7, 9]) await at(seconds)
  expect(calls.count).toBe(3)
  workers.push(card(1, { dice: "2" }))
  for (const seconds of [11, 13, 15]) await at(seconds)
  expect(calls.count).toBe(4)
  fed()
  for (const seconds of [17, 20, 22]) await at(seconds)
  expect(calls.count).toBe(5)
})
