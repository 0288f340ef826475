import { afterEach, describe, expect, it, vi } from "vitest"
import { createJobs } from "./createJobs.ts"
import { UnknownJob } from "./errors.ts"
import { dice } from "../simulation/simulations.fixtures.ts"
import { createMemoryStore } from "./memoryStore.ts"
import { testJobStore } from "./store.conformance.fixtures.ts"

testJobStore("a store in memory", {
  open: async () => ({ store: createMemoryStore(), close: async () => undefined }),
  leasesRunOut: false,
})

describe("a store in memory", () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it("keeps so many jobs that have ended, those that did last, and no timer for the others", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const jobs = createJobs({ simulations: [dice], store: createMemoryStore({ endedLimit: 3 }) })
    const ids: Array<string> = []
    for (let index = 0; index < 10; index++) {
      const { jobId } = await jobs.start({
        simulation: "dice",
        config: { count: 2 },
        iterations: 10,
        idempotencyKey: String(index),
      })
      ids.push(jobId)
      const { feed } = await jobs.subscribe(jobId)
      while (!feed.ended()) await vi.advanceTimersByTimeAsync(1)
    }
    const { jobs: left } = await jobs.list()
    expect(left.map(({ jobId }) => jobId)).toEqual(ids.slice(-3).reverse())
    await expect(jobs.get(ids[0] ?? "")).rejects.toBeInstanceOf(UnknownJob)
    const again = await jobs.start({
      simulation: "dice",
      config: { count: 2 },
      iterations: 10,
      idempotencyKey: "0",
    })
    expect(again.created).toBe(true)
    await jobs.shutdown()
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect((await jobs.list()).jobs).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([0, 1.5, Number.NaN, Infinity])("can't keep %d jobs", (endedLimit) => {
    expect(() => createMemoryStore({ endedLimit })).toThrow(RangeError)
  })
})
