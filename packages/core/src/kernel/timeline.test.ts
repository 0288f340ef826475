import { describe, expect, it } from "vitest"
import { encodeCounts } from "./accumulators/counts.ts"
import { series } from "./accumulators/series.ts"
import {
  emptyTimeline,
  TIMELINE_BUCKET_LIMIT,
  TIMELINE_SERIES_LIMIT,
  TimelineRecorder,
  type TimelineSums,
} from "./timeline.ts"

/** Runs one iteration to its end. */
const record = (
  recorder: TimelineRecorder,
  into: TimelineSums,
  run: (timeline: TimelineRecorder) => void,
): void => {
  recorder.begin()
  run(recorder)
  if (!recorder.used()) return
  recorder.verify()
  recorder.flush(into)
}

const recorded = (bucket: number, ...iterations: ReadonlyArray<(timeline: TimelineRecorder) => void>) => {
  const recorder = new TimelineRecorder(bucket)
  const into = emptyTimeline()
  for (const iteration of iterations) record(recorder, into, iteration)
  return contents(into)
}

/** For each series the buckets' [iterations that touched it, mean, M2], and how many iterations ended in which bucket. */
const contents = (sums: TimelineSums) => {
  const [first, counts] = encodeCounts(sums.ends)
  return {
    series: Object.fromEntries(
      series
        .encode(sums.series)
        .map(([name, data]) => [
          name,
          Array.from({ length: data.length / 3 }, (_, at) => data.slice(3 * at, 3 * at + 3)),
        ]),
    ),
    ends: Object.fromEntries(counts.map((count, at) => [first + at, count])),
  }
}

describe("a timeline", () => {
  it("sums what an iteration adds in one bucket, from the very first iteration on", () => {
    const hit = (timeline: TimelineRecorder) => {
      timeline.add("damage", 0.5, 3)
      timeline.add("damage", 0.9, 4)
      timeline.add("damage", 1, 10)
    }
    expect(recorded(1, hit)).toEqual({
      series: {
        damage: [
          [1, 7, 0],
          [1, 10, 0],
        ],
      },
      ends: { 1: 1 },
    })
    expect(recorded(1, hit, hit, hit)).toEqual({
      series: {
        damage: [
          [3, 7, 0],
          [3, 10, 0],
        ],
      },
      ends: { 1: 3 },
    })
  })

  it("puts a moment into the bucket that begins with it", () => {
    const { series: found } = recorded(0.5, (timeline) => {
      for (const time of [0, 0.49, 0.5, 0.99, 1]) timeline.add("a", time, 1)
    })
    expect(found["a"]?.map(([, total]) => total)).toEqual([2, 2, 1])
  })

  it("keeps series apart, with names that JavaScript knows too", () => {
    const names = ["__proto__", "constructor", "toString", "", "é"]
    const recorder = new TimelineRecorder(1)
    const into = emptyTimeline()
    record(recorder, into, (timeline) => {
      names.forEach((name, index) => timeline.add(name, index, index))
    })
    expect([...into.series.keys()]).toEqual(names)
  })

  it("counts the buckets up to the last event, or up to the declared end", () => {
    const { ends } = recorded(
      1,
      (timeline) => timeline.add("a", 2.5, 1),
      (timeline) => {
        timeline.add("a", 0, 1)
        timeline.end(5)
      },
      (timeline) => timeline.end(5.5),
      (timeline) => timeline.end(0),
    )
    expect(ends).toEqual({ 0: 1, 1: 0, 2: 1, 3: 0, 4: 1, 5: 1 })
  })

  it("counts an event at exactly the end for the last bucket", () => {
    expect(
      recorded(
        1,
        (timeline) => {
          timeline.add("a", 2, 5)
          timeline.end(3)
          timeline.add("a", 3, 7)
          timeline.add("b", 3, 1)
        },
        (timeline) => timeline.add("a", 3, 100),
      ),
    ).toEqual({
      series: {
        a: [
          [0, 0, 0],
          [0, 0, 0],
          [1, 12, 0],
          [1, 100, 0],
        ],
        b: [
          [0, 0, 0],
          [0, 0, 0],
          [1, 1, 0],
        ],
      },
      ends: { 2: 1, 3: 1 },
    })
  })

  it.each([2.5001, 2.9, 3, 4.5])("refuses an event at %s behind the declared end, and names both", (time) => {
    const recorder = new TimelineRecorder(1)
    recorder.begin()
    recorder.end(2.5)
    recorder.add("a", time, 1)
    expect(() => recorder.verify()).toThrow(RangeError)
    expect(() => recorder.verify()).toThrow(`given the time ${time}`)
    expect(() => recorder.verify()).toThrow("ended at 2.5")
  })

  it("takes an event that rounding has put behind the end as one at the end", () => {
    expect(
      recorded(0.1, (timeline) => {
        timeline.end(0.3)
        timeline.add("a", 0.1 + 0.2, 1)
      }).series["a"],
    ).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [1, 1, 0],
    ])
  })

  it.each([-1, -1e-9, NaN, Infinity, 5001, 1e300])(
    "refuses the time %s, and says what is allowed",
    (time) => {
      const recorder = new TimelineRecorder(1)
      recorder.begin()
      expect(() => recorder.add("a", time, 1)).toThrow(RangeError)
      expect(() => recorder.add("a", time, 1)).toThrow(`got ${time}`)
      expect(() => recorder.end(time)).toThrow(/timeline\.end takes a time from 0 to 5000/)
    },
  )

  it("says what is allowed in units of simulated time", () => {
    expect(() => new TimelineRecorder(0.1).add("a", 501, 1)).toThrow("from 0 to 500")
  })

  it("holds at most 5,000 buckets", () => {
    expect(recorded(1, (timeline) => timeline.add("a", TIMELINE_BUCKET_LIMIT - 0.5, 1)).ends).toEqual({
      4999: 1,
    })
    const atEnd = recorded(1, (timeline) => {
      timeline.end(TIMELINE_BUCKET_LIMIT)
      timeline.add("a", TIMELINE_BUCKET_LIMIT, 1)
    })
    expect(atEnd.ends).toEqual({ 4999: 1 })
    expect(() => recorded(1, (timeline) => timeline.add("a", TIMELINE_BUCKET_LIMIT, 1))).toThrow(RangeError)
  })

  it(`holds at most ${TIMELINE_SERIES_LIMIT} series, and names the one too many`, () => {
    const recorder = new TimelineRecorder(1)
    recorder.begin()
    for (let index = 0; index < TIMELINE_SERIES_LIMIT; index++) recorder.add(`series-${index}`, 0, 1)
    expect(() => recorder.add("one-more", 0, 1)).toThrow(RangeError)
    expect(() => recorder.add("one-more", 0, 1)).toThrow(/more than 100 names; "one-more"/)
    recorder.add("series-7", 0, 1)
    recorder.verify()
  })

  it.each([NaN, Infinity, -Infinity])("refuses an amount of %s by the name of its series", (amount) => {
    const recorder = new TimelineRecorder(1)
    recorder.begin()
    recorder.add("heal", 0, 1)
    recorder.add("heal", 0, amount)
    expect(() => recorder.verify()).toThrow(`iteration.timeline.add added up to ${amount} for "heal"`)
  })

  it("leaves no trace of an iteration that was given up", () => {
    const recorder = new TimelineRecorder(1)
    const into = emptyTimeline()
    recorder.begin()
    recorder.add("a", 0, 99)
    recorder.add("b", 7, 99)
    recorder.end(9)
    record(recorder, into, (timeline) => timeline.add("a", 1, 1))
    expect(contents(into)).toEqual({
      series: {
        a: [
          [0, 0, 0],
          [1, 1, 0],
        ],
      },
      ends: { 1: 1 },
    })
  })

  it("of an iteration that records nothing is nothing", () => {
    expect(
      recorded(
        1,
        () => undefined,
        () => undefined,
      ),
    ).toEqual({ series: {}, ends: {} })
  })
})
