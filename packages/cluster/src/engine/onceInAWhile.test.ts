import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { onceInAWhile } from "./onceInAWhile.ts"

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }))
afterEach(() => void vi.useRealTimers())

it("tells the same thing once, and again after a while; other things at once", () => {
  const told: Array<string> = []
  const tell = onceInAWhile(({ message }) => told.push(message))
  for (let time = 0; time < 100; time++) tell(new Error("gone"))
  tell(new Error("something else"))
  expect(told).toEqual(["gone", "something else"])
  vi.advanceTimersByTime(29_999)
  tell(new Error("gone"))
  expect(told).toHaveLength(2)
  vi.advanceTimersByTime(1)
  tell(new Error("gone"))
  expect(told).toEqual(["gone", "something else", "gone"])
})
