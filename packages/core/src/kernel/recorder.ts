/** What a simulation writes to during one iteration: sums by name and bucket, which count only if the iteration succeeds. */
import { addToBucket, bucketsOf, type Series } from "./accumulators/series.ts"

interface Line {
  readonly name: string
  sums: Float64Array
  /** `epochs[b] === epoch` says that bucket b was touched in the present iteration. */
  epochs: Float64Array
  readonly touched: Array<number>
}

/** Running sums of the present iteration, emptied in time proportional to what was touched. */
export class SumRecorder {
  private readonly lines = new Map<string, Line>()
  private last: Line | undefined = undefined
  /** Starts at 1: the epochs of a fresh line are 0, and must not look touched. */
  private epoch = 1
  private readonly nameLimit: number
  private readonly what: string

  /** @param what how an error message names the calls, such as `iteration.tally.add` */
  constructor(what: string, nameLimit: number) {
    this.what = what
    this.nameLimit = nameLimit
  }

  /** Forgets what the last iteration left. */
  begin(): void {
    this.epoch++
    for (const line of this.lines.values()) line.touched.length = 0
  }

  add(name: string, bucket: number, amount: number): void {
    const line = this.last !== undefined && this.last.name === name ? this.last : this.line(name)
    if (bucket >= line.sums.length) extend(line, bucket + 1)
    if (line.epochs[bucket] === this.epoch) {
      line.sums[bucket] += amount
    } else {
      line.epochs[bucket] = this.epoch
      line.sums[bucket] = amount
      line.touched.push(bucket)
    }
  }

  /**
   * Refuses sums that are no finite numbers, before anything of the iteration is counted.
   *
   * @throws RangeError naming the series or category
   */
  verify(): void {
    for (const { name, sums, touched } of this.lines.values()) {
      for (const bucket of touched) {
        if (!Number.isFinite(sums[bucket])) {
          throw new RangeError(`${this.what} added up to ${sums[bucket]} for ${JSON.stringify(name)}.`)
        }
      }
    }
  }

  /** Adds the iteration's sums to `series`; what lies at `end` exactly counts for the bucket before it. */
  flush(series: Series, end: number): void {
    for (const line of this.lines.values()) {
      if (line.touched.length === 0) continue
      if (line.epochs[end] === this.epoch) {
        const late = line.sums[end]
        line.touched.splice(line.touched.indexOf(end), 1)
        this.add(line.name, end - 1, late)
      }
      let highest = 0
      for (const bucket of line.touched) if (bucket > highest) highest = bucket
      const buckets = bucketsOf(series, line.name, highest + 1)
      for (const bucket of line.touched) addToBucket(buckets, bucket, line.sums[bucket])
    }
  }

  private line(name: string): Line {
    let line = this.lines.get(name)
    if (line === undefined) {
      if (typeof name !== "string")
        throw new TypeError(`${this.what} takes a name first; got ${String(name)}.`)
      if (this.lines.size >= this.nameLimit) {
        throw new RangeError(
          `${this.what} was given more than ${this.nameLimit} names; ${JSON.stringify(name)} is one too many. ` +
            "Names are kept for the whole batch: use a fixed set.",
        )
      }
      line = { name, sums: new Float64Array(1), epochs: new Float64Array(1), touched: [] }
      this.lines.set(name, line)
    }
    this.last = line
    return line
  }
}

const extend = (line: Line, length: number): void => {
  const capacity = Math.max(length, 2 * line.sums.length)
  const sums = new Float64Array(capacity)
  const epochs = new Float64Array(capacity)
  sums.set(line.sums)
  epochs.set(line.epochs)
  line.sums = sums
  line.epochs = epochs
}
