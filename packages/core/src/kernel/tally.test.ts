import { describe, expect, it } from "vitest"
import { series } from "./accumulators/series.ts"
import { TALLY_CATEGORY_LIMIT, TallyRecorder } from "./tally.ts"

const recorded = (...iterations: ReadonlyArray<(tally: TallyRecorder) => void>) => {
  const recorder = new TallyRecorder()
  const into = series.empty()
  for (const iteration of iterations) {
    recorder.begin()
    iteration(recorder)
    if (!recorder.used()) continue
    recorder.verify()
    recorder.flush(into)
  }
  return series.encode(into)
}

describe("a tally", () => {
  it("sums what an iteration adds to a category, from the very first iteration on", () => {
    const cast = (tally: TallyRecorder) => {
      tally.add("Fireball", 10)
      tally.add("Frostbolt", 3)
      tally.add("Fireball", 20)
    }
    expect(recorded(cast)).toEqual([
      ["Fireball", [1, 30, 0]],
      ["Frostbolt", [1, 3, 0]],
    ])
    expect(recorded(cast, cast)).toEqual([
      ["Fireball", [2, 30, 0]],
      ["Frostbolt", [2, 3, 0]],
    ])
  })

  it("counts a category only in the iterations that touch it, 0 and −0 included", () => {
    expect(
      recorded(
        (tally) => tally.add("a", 4),
        (tally) => tally.add("b", 0),
        () => undefined,
        (tally) => tally.add("a", 2),
        (tally) => tally.add("b", -0),
      ),
    ).toEqual([
      ["a", [2, 3, 2]],
      ["b", [2, 0, 0]],
    ])
  })

  it("holds at most 1,000 categories, over all iterations, and names the one too many", () => {
    const recorder = new TallyRecorder()
    for (let index = 0; index < TALLY_CATEGORY_LIMIT; index++) {
      recorder.begin()
      recorder.add(`spell-${index}`, 1)
    }
    recorder.begin()
    recorder.add("spell-7", 1)
    expect(() => recorder.add("one-more", 1)).toThrow(RangeError)
    expect(() => recorder.add("one-more", 1)).toThrow(/more than 1000 names; "one-more" is one too many/)
  })

  it("refuses what adds up to no number, by the name of its category", () => {
    const recorder = new TallyRecorder()
    recorder.begin()
    recorder.add("Fireball", Infinity)
    recorder.add("Fireball", -Infinity)
    expect(() => recorder.verify()).toThrow('iteration.tally.add added up to NaN for "Fireball"')
  })

  it("refuses a name that is no text", () => {
    const recorder = new TallyRecorder()
    recorder.begin()
    expect(() => Reflect.apply(recorder.add, recorder, [7, 1])).toThrow("takes a name first; got 7")
  })
})
