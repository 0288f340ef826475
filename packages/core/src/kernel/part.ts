/** A run of neighbouring iterations, summed up: what an executor delivers, and what a batch is put together from. */
import { appendToFold, emptyFold, type Fold, foldAll, type FoldNode } from "./fold.ts"
import type { Series } from "./accumulators/series.ts"
import { CHUNK_SIZE } from "./chunk.ts"
import { emptySums, emptyTallies, mergeSums, mergeTallies, type Sums, type Tallies } from "./sums.ts"
import { TALLY_CATEGORY_LIMIT } from "./tally.ts"
import { TIMELINE_SERIES_LIMIT } from "./timeline.ts"

/** The iterations from `first`, the first of a chunk, to the one before `until`. */
export interface Part {
  readonly first: number
  readonly until: number
  /** Whole chunks, as the fewest nodes of the tree; an unfinished chunk is a last node by itself. */
  readonly nodes: ReadonlyArray<FoldNode<Sums>>
  readonly tallies: Tallies
}

/** The iterations from 0 on, put together part by part. */
export class Ledger {
  /** Whole chunks. */
  private readonly fold: Fold<Sums>
  private counted: Tallies
  private wholeUntil: number
  /** The part that ended within a chunk, if any; nothing can follow it. */
  private tail: Part | null = null
  private readonly metrics: number

  constructor(metrics: number, from?: LedgerState) {
    this.metrics = metrics
    this.fold = emptyFold()
    for (const node of from?.nodes ?? []) this.fold.nodes.push(node)
    this.counted = from?.tallies ?? emptyTallies(metrics)
    this.wholeUntil = from?.iterations ?? 0
  }

  /** How many iterations there are. */
  iterations(): number {
    return this.tail?.until ?? this.wholeUntil
  }

  /**
   * Adds the next part.
   *
   * @throws Error when the part does not follow the last one
   * @throws RangeError when the iterations have used more names than a batch may have
   */
  append(part: Part): void {
    if (this.tail !== null || part.first !== this.wholeUntil) {
      throw new Error(
        `Iterations ${part.first} to ${part.until - 1} don't follow iteration ${this.iterations() - 1}.`,
      )
    }
    if (part.until % CHUNK_SIZE === 0) {
      for (const node of part.nodes) appendToFold(this.fold, node, mergeSums)
      for (const node of this.fold.nodes) checkNames(node.value)
      this.counted = mergeTallies(this.counted, part.tallies)
      this.wholeUntil = part.until
    } else {
      for (const node of part.nodes) checkNames(node.value)
      this.tail = part
    }
  }

  /** The sums of all iterations. */
  sums(): Sums {
    const nodes = [...this.fold.nodes]
    for (const node of this.tail?.nodes ?? []) appendToFold({ nodes }, node, mergeSums)
    return foldAll({ nodes }, mergeSums) ?? emptySums(this.metrics)
  }

  /** The counts of all iterations. */
  tallies(): Tallies {
    return this.tail === null ? this.counted : mergeTallies(this.counted, this.tail.tallies)
  }

  /** The whole chunks: what can be kept and continued from. */
  state(): LedgerState {
    return { iterations: this.wholeUntil, nodes: [...this.fold.nodes], tallies: this.counted }
  }
}

/**
 * Each run of iterations is held to the limits where it is run, but many workers may each see other names; here they come
 * together.
 */
const checkNames = ({ timeline, tally }: Sums): void => {
  refuseBeyond(TIMELINE_SERIES_LIMIT, "iteration.timeline.add", timeline?.series)
  refuseBeyond(TALLY_CATEGORY_LIMIT, "iteration.tally.add", tally)
}

const refuseBeyond = (limit: number, call: string, names: Series | null | undefined): void => {
  if (names === null || names === undefined || names.size <= limit) return
  throw new RangeError(`${call} was given more than ${limit} names in one batch: use a fixed set.`)
}

/** What there is in whole chunks. */
export interface LedgerState {
  readonly iterations: number
  readonly nodes: ReadonlyArray<FoldNode<Sums>>
  readonly tallies: Tallies
}
