import { expect, it } from "vitest"
import { createWaiting } from "./waiting.ts"

const setUp = () => {
  let nowMs = 0
  let starving = false
  const told: Array<string | null> = []
  const waiting = createWaiting({
    isStarving: () => starving,
    onAnswered: () => {
      starving = false
    },
    onChange: (what) => told.push(what),
    now: () => nowMs,
  })
  return {
    told,
    ask: waiting.ask,
    starve: (is: boolean) => {
      starving = is
    },
    at: (ms: number) => {
      nowMs = ms
      waiting.look()
    },
  }
}

it("waits for the queue when something was asked of it for two seconds, and no longer when that is done", () => {
  const { told, ask, at } = setUp()
  const done = ask()
  at(1999)
  expect(told).toEqual([])
  at(2000)
  at(2500)
  expect(told).toEqual(["queue"])
  done()
  expect(told).toEqual(["queue", null])
})

it("does not wait for a queue that answers, however often it is asked", () => {
  const { told, ask, at } = setUp()
  for (let ms = 0; ms < 10_000; ms += 1000) {
    const done = ask()
    at(ms + 900)
    done()
  }
  expect(told).toEqual([])
})

it("goes on waiting while anything is left that was asked as long ago", () => {
  const { told, ask, at } = setUp()
  const first = ask()
  const second = ask()
  at(3000)
  const third = ask()
  first()
  expect(told).toEqual(["queue"])
  second()
  expect(told).toEqual(["queue", null])
  at(4999)
  expect(told).toHaveLength(2)
  third()
  expect(told).toHaveLength(2)
})

it("waits for workers while none takes it up", () => {
  const { told, starve, at } = setUp()
  starve(true)
  at(1)
  at(2)
  starve(false)
  at(3)
  expect(told).toEqual(["workers", null])
})

it("waits for the queue first, and gives workers a moment to find it again", () => {
  const { told, ask, starve, at } = setUp()
  const done = ask()
  starve(true)
  at(2000)
  done()
  expect(told).toEqual(["queue", null])
})
