import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { RANDOM_SCHEME, seedKey, streamKey, type StreamKey } from "./key.ts"

const hex = ({ k0, k1 }: StreamKey): string =>
  [k0, k1].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join(" ")

describe("keys", () => {
  // Golden values: a change of any of them changes every result there is, and the name of the scheme with it.
  it("never change under the same scheme", () => {
    expect(RANDOM_SCHEME).toBe("threefry2x32-20/sfc32@1")
    expect(hex(seedKey("42"))).toBe("6ca83dd6 9713c2da")
    expect(hex(seedKey(""))).toBe("9fa8b951 7d85f44e")
    expect(hex(seedKey("séed"))).toBe("48e4de76 099eb5e1")
    expect(hex(streamKey(seedKey("42"), "crit"))).toBe("508e1d2a 191d6344")
  })

  it("differ for texts that differ, even in a last NUL or in the order of characters", () => {
    const texts = [
      "",
      "\0",
      "\0\0",
      "\0\0\0",
      "a",
      "a\0",
      "\0a",
      "ab",
      "ba",
      "ab\0",
      "abab",
      "aabb",
      "A",
      " a",
      "a ",
    ]
    const keys = texts.flatMap((text) => [hex(seedKey(text)), hex(streamKey(seedKey("a"), text))])
    expect(new Set(keys).size).toBe(2 * texts.length)
  })

  it("differ between a hundred thousand neighbouring seeds", () => {
    const keys = new Set<string>()
    for (let seed = 0; seed < 100_000; seed++) keys.add(hex(seedKey(String(seed))))
    expect(keys.size).toBe(100_000)
  })

  it("of a stream are never the key of a seed, nor of another stream", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (seed, name) => {
        const root = seedKey(seed)
        const stream = streamKey(root, name)
        expect(hex(stream)).not.toBe(hex(root))
        expect(hex(stream)).not.toBe(hex(seedKey(name)))
        expect(hex(stream)).not.toBe(hex(streamKey(root, `${name}'`)))
      }),
      { seed: 1, numRuns: 1000 },
    )
  })

  it("depend on every character of a long text", () => {
    const text = "x".repeat(256)
    const keys = new Set([hex(seedKey(text))])
    for (let at = 0; at < text.length; at++)
      keys.add(hex(seedKey(`${text.slice(0, at)}y${text.slice(at + 1)}`)))
    expect(keys.size).toBe(257)
  })
})
