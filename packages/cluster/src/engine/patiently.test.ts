import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { patiently } from "./patiently.ts"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const never = new AbortController().signal

it("does again what has failed, after longer and longer pauses, until it is done", async () => {
  const told: Array<string> = []
  const atMs: Array<number> = []
  const beginMs = Date.now()
  const doing = patiently(
    async () => {
      atMs.push(Date.now() - beginMs)
      if (atMs.length < 8) throw new Error(`no ${atMs.length}`)
      return "done"
    },
    { signal: never, onError: ({ message }) => told.push(message) },
  )
  await vi.runAllTimersAsync()
  expect(await doing).toBe("done")
  expect(atMs).toEqual([0, 50, 150, 350, 750, 1550, 2550, 3550])
  expect(told).toHaveLength(7)
})

it("gives up at once when nobody wants it any more, whatever the attempt does", async () => {
  const wanted = new AbortController()
  const doing = patiently(() => new Promise<never>(() => undefined), {
    signal: wanted.signal,
    onError: () => undefined,
  })
  wanted.abort(new Error("over"))
  await expect(doing).rejects.toThrow("over")
})

it("gives up in the middle of a pause, too, and leaves no timer behind", async () => {
  const wanted = new AbortController()
  const doing = patiently(() => Promise.reject(new Error("no")), {
    signal: wanted.signal,
    onError: () => wanted.abort(new Error("over")),
  })
  await expect(doing).rejects.toThrow("over")
  expect(vi.getTimerCount()).toBe(0)
})

it("does not try again what would fail again", async () => {
  let attempts = 0
  const doing = patiently(
    async () => {
      attempts++
      throw new TypeError("never")
    },
    { signal: never, onError: () => undefined, isFinal: (thrown) => thrown instanceof TypeError },
  )
  await expect(doing).rejects.toThrow("never")
  expect(attempts).toBe(1)
})
