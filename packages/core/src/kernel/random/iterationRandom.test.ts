import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BatchRandom } from "./iterationRandom.ts"

const drawsOf = (random: BatchRandom, iteration: number): ReadonlyArray<number> => {
  random.seek(iteration)
  const { a, b } = { a: random.stream("a"), b: random.stream("b") }
  return [random.float(), a.float(), random.normal(), b.normal(), a.normal(), random.float(), b.float()]
}

describe("the random numbers of an iteration", () => {
  it("don't depend on which iterations came before", () => {
    const inOrder = new BatchRandom("7")
    const expected = Array.from({ length: 20 }, (_, iteration) => drawsOf(inOrder, iteration))
    fc.assert(
      fc.property(fc.array(fc.nat(19), { maxLength: 40 }), (order) => {
        const random = new BatchRandom("7")
        for (const iteration of order) expect(drawsOf(random, iteration)).toEqual(expected[iteration])
      }),
      { seed: 1 },
    )
  })

  it("start again when the same iteration is run again, in named streams too", () => {
    const random = new BatchRandom("7")
    const first = drawsOf(random, 3)
    expect(drawsOf(random, 3)).toEqual(first)
  })

  it("are the same when the generator has looked ahead, in any order and beyond what it saw", () => {
    const alone = new BatchRandom("7")
    const ahead = new BatchRandom("7")
    ahead.lookAhead(64, 64)
    for (const iteration of [64, 65, 127, 100, 63, 128, 64, 0]) {
      expect(drawsOf(ahead, iteration), `iteration ${iteration}`).toEqual(drawsOf(alone, iteration))
    }
    ahead.lookAhead(1000, 8)
    expect(drawsOf(ahead, 1003)).toEqual(drawsOf(alone, 1003))
    expect(drawsOf(ahead, 70)).toEqual(drawsOf(alone, 70))
  })

  it("of the main stream are not shifted by what a named stream draws", () => {
    const busy = new BatchRandom("7")
    const quiet = new BatchRandom("7")
    busy.seek(0)
    quiet.seek(0)
    for (let draw = 0; draw < 100; draw++) {
      for (let more = 0; more < draw; more++) busy.stream("crit").normal()
      expect(busy.float()).toBe(quiet.float())
    }
  })

  it("of a named stream are not shifted by the main stream, nor by another name", () => {
    const busy = new BatchRandom("7")
    const quiet = new BatchRandom("7")
    busy.seek(0)
    quiet.seek(0)
    for (let draw = 0; draw < 100; draw++) {
      busy.float()
      busy.stream("other").float()
      expect(busy.stream("crit").float()).toBe(quiet.stream("crit").float())
    }
  })

  it("go on in a named stream that is asked for again in the same iteration", () => {
    const random = new BatchRandom("7")
    random.seek(0)
    const asked = [random.stream("a").float(), random.stream("a").float(), random.stream("a").float()]
    random.seek(1)
    random.seek(0)
    const kept = random.stream("a")
    expect([kept.float(), kept.float(), kept.float()]).toEqual(asked)
  })

  it("differ between the main stream, every name, every seed and every iteration", () => {
    const firsts = new Set<number>()
    let count = 0
    for (const seed of ["1", "2", "a", ""]) {
      const random = new BatchRandom(seed)
      for (const iteration of [0, 1, 2, 999_999_999]) {
        random.seek(iteration)
        firsts.add(random.float())
        for (const name of ["", "a", "b", "ab", "main", "1"]) firsts.add(random.stream(name).float())
        count += 7
      }
    }
    expect(firsts.size).toBe(count)
  })
})
