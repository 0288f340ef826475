import { expect, it, vi } from "vitest"
import { notify } from "./notify.ts"

it("calls back, if there is anybody to call", () => {
  const callback = vi.fn<(a: number, b: string) => void>()
  notify(callback, 1, "b")
  notify(undefined)
  expect(callback.mock.calls).toEqual([[1, "b"]])
})

it("hands what a callback throws to whoever looks after uncaught errors, and goes on", async () => {
  const error = new Error("the listener's own")
  const thrown: Array<unknown> = []
  vi.stubGlobal("queueMicrotask", (task: () => void) => {
    try {
      task()
    } catch (caught) {
      thrown.push(caught)
    }
  })
  expect(() =>
    notify(() => {
      throw error
    }),
  ).not.toThrow()
  expect(thrown).toEqual([error])
  vi.unstubAllGlobals()
})
