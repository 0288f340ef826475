import { afterEach, describe, expect, it, vi } from "vitest"

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

/** Loads the module in a runtime that has `setImmediate`, or has not. */
const load = async (hasImmediate: boolean) => {
  vi.resetModules()
  if (!hasImmediate) vi.stubGlobal("setImmediate", undefined)
  const { breathe } = await import("./breathe.ts")
  vi.unstubAllGlobals()
  return breathe
}

describe.each([
  ["with setImmediate", true],
  ["without setImmediate, as in a browser", false],
])("breathe %s", (_, hasImmediate) => {
  it("comes back, as often as it is called", async () => {
    const breathe = await load(hasImmediate)
    for (let count = 0; count < 100; count++) await breathe()
    await expect(Promise.all([breathe(), breathe(), breathe()])).resolves.toHaveLength(3)
  })

  it("lets the event loop have its turn: what waits for it gets there", async () => {
    const breathe = await load(hasImmediate)
    const turned: Array<number> = []
    setImmediate(() => turned.push(1))
    setTimeout(() => turned.push(2))
    // Node delivers up to a thousand messages before it turns.
    for (let count = 0; turned.length < 2 && count < 1_000_000; count++) await breathe()
    expect(turned).toHaveLength(2)
  })
})
