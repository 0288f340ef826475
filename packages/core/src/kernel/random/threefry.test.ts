import { describe, expect, it } from "vitest"
import { threefry2x32 } from "./threefry.ts"

const mix = (key: readonly [number, number], counter: readonly [number, number]): string => {
  const out = new Int32Array(2)
  threefry2x32(key[0], key[1], counter[0], counter[1], out, 0)
  return Array.from(out, (word) => (word >>> 0).toString(16).padStart(8, "0")).join(" ")
}

describe("threefry2x32", () => {
  // The known-answer vectors of Random123 1.14 (kat_vectors, "threefry2x32 20").
  it.each([
    { key: [0, 0], counter: [0, 0], words: "6b200159 99ba4efe" },
    { key: [0xffffffff, 0xffffffff], counter: [0xffffffff, 0xffffffff], words: "1cb996fc bb002be7" },
    { key: [0x13198a2e, 0x03707344], counter: [0x243f6a88, 0x85a308d3], words: "c4923a9c 483df7a0" },
  ] as const)("gives the known answer for key $key and counter $counter", ({ key, counter, words }) => {
    expect(mix(key, counter)).toBe(words)
  })

  it("takes words as signed or unsigned integers alike", () => {
    expect(mix([-1, -1], [-1, -1])).toBe("1cb996fc bb002be7")
  })

  it("gives other words when any bit of the key or the counter changes", () => {
    const seen = new Set<string>([mix([0, 0], [0, 0])])
    for (let bit = 0; bit < 32; bit++) {
      const flipped = 1 << bit
      seen.add(mix([flipped, 0], [0, 0]))
      seen.add(mix([0, flipped], [0, 0]))
      seen.add(mix([0, 0], [flipped, 0]))
      seen.add(mix([0, 0], [0, flipped]))
    }
    expect(seen.size).toBe(1 + 4 * 32)
  })

  it("writes where it is told to, and nowhere else", () => {
    const out = new Int32Array(6).fill(7)
    threefry2x32(0, 0, 0, 0, out, 2)
    expect([...out]).toEqual([7, 7, 0x6b200159, 0x99ba4efe | 0, 7, 7])
  })
})
