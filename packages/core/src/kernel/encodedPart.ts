/** A part of a batch as JSON, for its way from the process that ran it. Doubles survive JSON to the bit. */
import { CHUNK_SIZE } from "./chunk.ts"
import type { FoldNode } from "./fold.ts"
import type { Part } from "./part.ts"
import {
  decodeSums,
  decodeTallies,
  type EncodedSums,
  type EncodedTallies,
  encodeSums,
  encodeTallies,
  type Sums,
} from "./sums.ts"

/** Sums of whole chunks, or of the last chunk as far as it got. */
export interface EncodedNode {
  /** It is the fold of 2^level chunks: */
  readonly level: number
  /** those from chunk index·2^level on. */
  readonly index: number
  /** What they sum up to. */
  readonly sums: EncodedSums
}

/** The iterations from `first` to the one before `until`, summed up. */
export interface EncodedPart {
  readonly first: number
  readonly until: number
  /** Whole chunks, as the fewest nodes of the tree; an unfinished chunk is a last node by itself. */
  readonly nodes: ReadonlyArray<EncodedNode>
  /** What is counted, and so adds up in any order. */
  readonly tallies: EncodedTallies
}

export const encodeNode = ({ level, index, value }: FoldNode<Sums>): EncodedNode => ({
  level,
  index,
  sums: encodeSums(value),
})

export const decodeNode = ({ level, index, sums }: EncodedNode): FoldNode<Sums> => ({
  level,
  index,
  value: decodeSums(sums),
})

export const encodePart = ({ first, until, nodes, tallies }: Part): EncodedPart => ({
  first,
  until,
  nodes: nodes.map(encodeNode),
  tallies: encodeTallies(tallies),
})

export const decodePart = ({ first, until, nodes, tallies }: EncodedPart): Part => ({
  first,
  until,
  nodes: nodes.map(decodeNode),
  tallies: decodeTallies(tallies),
})

/**
 * The parts of a shard that begins at `first`.
 *
 * @throws Error when they don't follow each other, or their nodes aren't those of their iterations
 */
export const decodeParts = (first: number, parts: ReadonlyArray<EncodedPart>): ReadonlyArray<Part> => {
  let next = first
  for (const part of parts) {
    const covered = part.nodes.reduce(
      (at, { level, index }) => (index * 2 ** level === at ? (index + 1) * 2 ** level : NaN),
      part.first / CHUNK_SIZE,
    )
    if (part.first !== next || covered !== Math.ceil(part.until / CHUNK_SIZE)) {
      throw new Error(`The parts of the shard from iteration ${first} on don't follow each other.`)
    }
    next = part.until
  }
  return parts.map(decodePart)
}
