/** The timeline of an iteration: amounts at moments of simulated time, summed into buckets of a fixed width. */
import { type Series, series } from "./accumulators/series.ts"
import { addToCounts, type Counts, emptyCounts, mergeCounts } from "./accumulators/counts.ts"
import { SumRecorder } from "./recorder.ts"

/** The most buckets that a timeline may have. */
export const TIMELINE_BUCKET_LIMIT = 5000
/** The most series that a timeline may have. */
export const TIMELINE_SERIES_LIMIT = 100

/** An event may lie behind the declared end by this much of it: two ways to one moment may differ in the last digits. */
const END_ROUNDING = 1e-9

/** What a simulation sees of its timeline. */
export interface IterationTimeline {
  /**
   * Adds an amount to a series at a moment of simulated time, from 0.
   *
   * @throws RangeError when the time is negative, no number, or beyond the last bucket there can be
   */
  add(series: string, time: number, amount: number): void
  /**
   * Says how long this iteration lasted in simulated time, when that is longer than its last event. Averages over time
   * count an iteration in the buckets in which it was alive. An event at exactly the end belongs to the last bucket; one
   * behind it fails the iteration.
   */
  end(time: number): void
}

/** The timelines of many iterations: the series, and for each bucket how many iterations ended in it. */
export interface TimelineSums {
  series: Series
  ends: Counts
}

export const emptyTimeline = (): TimelineSums => ({ series: series.empty(), ends: emptyCounts() })

export const mergeTimelines = (left: TimelineSums, right: TimelineSums): TimelineSums => ({
  series: series.merge(left.series, right.series),
  ends: mergeCounts(left.ends, right.ends),
})

/** Records the present iteration. */
export class TimelineRecorder implements IterationTimeline {
  private readonly sums = new SumRecorder("iteration.timeline.add", TIMELINE_SERIES_LIMIT)
  private readonly bucket: number
  /** Buckets up to the latest event. */
  private touched = 0
  /** Buckets up to the declared end; 0 when there is none. */
  private declared = 0
  /** The time of the latest event, and the declared end. */
  private latest = -1
  private ended = -1

  constructor(bucket: number) {
    this.bucket = bucket
  }

  begin(): void {
    if (this.used()) {
      this.sums.begin()
      this.touched = 0
      this.declared = 0
      this.latest = -1
      this.ended = -1
    }
  }

  add(name: string, time: number, amount: number): void {
    const at = this.check("add", Math.floor(time / this.bucket), time)
    this.sums.add(name, at, amount)
    if (at >= this.touched) this.touched = at + 1
    if (time > this.latest) this.latest = time
  }

  end(time: number): void {
    this.declared = Math.max(1, this.check("end", Math.ceil(time / this.bucket), time))
    this.ended = time
  }

  /** Whether the iteration has recorded anything. */
  used(): boolean {
    return this.touched > 0 || this.declared > 0
  }

  /** See `SumRecorder.verify`. */
  verify(): void {
    const { declared, touched, latest, ended } = this
    if (touched > 0) this.sums.verify()
    if (declared === 0 && touched > TIMELINE_BUCKET_LIMIT) {
      throw new RangeError(
        `iteration.timeline.add takes a time of ${TIMELINE_BUCKET_LIMIT * this.bucket} only when iteration.timeline.end ` +
          "says that the iteration ended then.",
      )
    }
    if (declared > 0 && latest > ended * (1 + END_ROUNDING)) {
      throw new RangeError(
        `iteration.timeline.add was given the time ${latest}, but iteration.timeline.end said that the iteration ended at ` +
          `${ended}.`,
      )
    }
  }

  /** Adds the iteration to `into`. */
  flush(into: TimelineSums): void {
    const { declared, touched } = this
    const length = declared > 0 ? declared : touched
    this.sums.flush(into.series, length)
    addToCounts(into.ends, length - 1, 1)
  }

  private check(call: "add" | "end", bucket: number, time: number): number {
    if (!(time >= 0 && bucket <= TIMELINE_BUCKET_LIMIT)) {
      throw new RangeError(
        `iteration.timeline.${call} takes a time from 0 to ${TIMELINE_BUCKET_LIMIT * this.bucket}; got ${time}. ` +
          "For longer times make the definition's timeline.bucket wider.",
      )
    }
    return bucket
  }
}
