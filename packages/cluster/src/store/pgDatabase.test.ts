import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { poolDatabase, type PoolClientLike, type PoolLike } from "./pgDatabase.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A pool whose connections answer when they are told to. */
const createSlowPool = () => {
  const waiting: Array<() => void> = []
  const released: Array<unknown> = []
  const answer = () => new Promise<void>((resolve) => waiting.push(resolve))
  const client: PoolClientLike = {
    query: async () => {
      await answer()
      return { rows: [] }
    },
    on: () => undefined,
    release: (how) => void released.push(how),
  }
  const pool: PoolLike = {
    query: client.query,
    connect: async () => {
      await answer()
      return client
    },
    on: () => undefined,
  }
  return {
    pool,
    released,
    answer: async () => {
      for (const resolve of waiting.splice(0)) resolve()
      await vi.advanceTimersByTimeAsync(0)
    },
  }
}

it.each([
  ["while it connects", 0],
  ["while it begins to listen", 1],
  ["while it listens", 2],
])("who stops listening %s leaves neither a connection nor a timer", async (_when, answers) => {
  const { pool, released, answer } = createSlowPool()
  const notices: Array<string | null> = []
  const stop = poolDatabase(pool).listen("jobs", (payload) => notices.push(payload))
  await vi.advanceTimersByTimeAsync(0)
  for (let answered = 0; answered < answers; answered++) await answer()
  const heard = notices.length
  stop()
  await answer()
  await answer()
  expect(released).toEqual([true])
  expect(vi.getTimerCount()).toBe(0)
  expect(notices).toHaveLength(heard)
})
