import { afterEach, describe, expect, it, vi } from "vitest"

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

/** Loads the module in a runtime that lacks some of what Node has. */
const load = async (missing: ReadonlyArray<string>) => {
  vi.resetModules()
  for (const name of missing) vi.stubGlobal(name, undefined)
  const { breathe } = await import("./breathe.ts")
  vi.unstubAllGlobals()
  return breathe
}

describe.each([
  ["with setImmediate", []],
  ["without setImmediate, as in a browser", ["setImmediate"]],
  ["without MessageChannel, as in edge-runtime", ["setImmediate", "MessageChannel"]],
])("breathe %s", (_, missing) => {
  it("comes back, as often as it is called", async () => {
    const breathe = await load(missing)
    for (let count = 0; count < 100; count++) await breathe()
    await expect(Promise.all([breathe(), breathe(), breathe()])).resolves.toHaveLength(3)
  })

  it("lets the event loop have its turn: what waits for it gets there", async () => {
    const breathe = await load(missing)
    const turned: Array<number> = []
    setImmediate(() => turned.push(1))
    setTimeout(() => turned.push(2))
    // Node delivers up to a thousand messages before it turns.
    for (let count = 0; turned.length < 2 && count < 1_000_000; count++) await breathe()
    expect(turned).toHaveLength(2)
  })
})
