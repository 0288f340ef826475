/** What there is of a shard: its parts, put together from those that a worker's threads deliver. */
import { CHUNK_SIZE } from "../kernel/chunk.ts"
import { type EncodedPart, encodePart } from "../kernel/encodedPart.ts"
import { appendToFold } from "../kernel/fold.ts"
import type { Part } from "../kernel/part.ts"
import { mergeSums, mergeTallies } from "../kernel/sums.ts"
import type { Shard } from "./engine.ts"

/** The iterations of a shard from its first on. */
export class ShardLedger {
  private readonly shard: Shard
  /** Those that end at a cut: nothing is added to them any more. */
  private readonly closed: Array<EncodedPart>
  private open: Part | null = null
  /** The part that ends within a chunk, if any; nothing can follow it. */
  private tail: Part | null = null
  private wholeUntil: number

  /** Begins with what is there already, as far as it is whole chunks; with nothing by default. */
  constructor(shard: Shard, from: ReadonlyArray<EncodedPart> = []) {
    this.shard = shard
    this.closed = from.filter(({ until }) => until % CHUNK_SIZE === 0)
    this.wholeUntil = this.closed[this.closed.length - 1]?.until ?? shard.first
  }

  /** The iteration behind the last one. */
  until(): number {
    return this.tail?.until ?? this.wholeUntil
  }

  /** The next cut behind an iteration; infinity when there is none. */
  cut(from: number): number {
    return this.shard.cuts.find((cut) => cut > from) ?? Infinity
  }

  /** Adds the next part, which does not go beyond the next cut. */
  append(part: Part): void {
    if (part.until % CHUNK_SIZE !== 0) {
      this.tail = part
      return
    }
    this.open = this.open === null ? part : joined(this.open, part)
    this.wholeUntil = part.until
    if (this.shard.cuts.includes(part.until)) {
      this.closed.push(encodePart(this.open))
      this.open = null
    }
  }

  /** What there is, in whole chunks: what can be put aside, and gone on from. */
  whole(): ReadonlyArray<EncodedPart> {
    return this.open === null ? [...this.closed] : [...this.closed, encodePart(this.open)]
  }

  /** All that there is. */
  all(): ReadonlyArray<EncodedPart> {
    return this.tail === null ? this.whole() : [...this.whole(), encodePart(this.tail)]
  }
}

const joined = (left: Part, right: Part): Part => {
  const nodes = [...left.nodes]
  for (const node of right.nodes) appendToFold({ nodes }, node, mergeSums)
  return { first: left.first, until: right.until, nodes, tallies: mergeTallies(left.tallies, right.tallies) }
}
