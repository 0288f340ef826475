/** A batch put aside: what there is of it, as JSON, to go on from on another day or another machine, to the same bits. */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"
import { CHUNK_SIZE } from "../kernel/chunk.ts"
import { emptyFold, foldEnd } from "../kernel/fold.ts"
import type { LedgerState } from "../kernel/part.ts"
import { RANDOM_SCHEME } from "../kernel/random/key.ts"
import { decodeNode, encodeNode, type EncodedNode } from "../kernel/encodedPart.ts"
import { decodeTallies, type EncodedTallies, encodeTallies } from "../kernel/sums.ts"
import { canonicalJson } from "./digest.ts"

const VERSION = 1

/**
 * The state of a batch between two chunks. It is JSON: store it as you like, and give it back as the option `resume`. What
 * it says of the simulation, its config and the seed must be so of the batch that resumes.
 */
export interface Checkpoint {
  /** Of the checkpoint's form. Another one is refused. */
  readonly version: number
  /** The simulation's name. Only that one can go on with it. */
  readonly simulation: string
  /** As it was reported. */
  readonly seed: string
  /** Digest of the config. */
  readonly config: string
  /** How random numbers are made. */
  readonly random: string
  /** Iterations of a chunk. */
  readonly chunkSize: number
  /** How many iterations there are, a multiple of the chunk. */
  readonly iterations: number
  /** The sums of the chunks that were done. */
  readonly nodes: ReadonlyArray<EncodedNode>
  /** What only counts, of all of them. */
  readonly tallies: EncodedTallies
}

/** Whose checkpoint it is. */
export interface CheckpointOwner {
  readonly simulation: string
  readonly seed: string
  /** As the schema gave it. */
  readonly config: unknown
}

/** Tells configs apart, as the schema gave them. */
export const configDigest = (config: unknown): string =>
  bytesToHex(sha256(utf8ToBytes(canonicalJson(config) ?? "null")))

export const encodeCheckpoint = (
  { simulation, seed, config }: CheckpointOwner,
  state: LedgerState,
): Checkpoint => ({
  version: VERSION,
  simulation,
  seed,
  config: configDigest(config),
  random: RANDOM_SCHEME,
  chunkSize: CHUNK_SIZE,
  iterations: state.iterations,
  nodes: state.nodes.map(encodeNode),
  tallies: encodeTallies(state.tallies),
})

/**
 * What a checkpoint holds, if it is this batch's.
 *
 * @throws Error saying in what it differs
 */
export const decodeCheckpoint = (owner: CheckpointOwner, checkpoint: Checkpoint): LedgerState => {
  const expected = {
    version: VERSION,
    simulation: owner.simulation,
    seed: owner.seed,
    config: configDigest(owner.config),
    random: RANDOM_SCHEME,
    chunkSize: CHUNK_SIZE,
  }
  for (const [name, value] of Object.entries(expected)) {
    const found: unknown = Object.entries(checkpoint).find(([key]) => key === name)?.[1]
    if (found !== value) {
      throw new Error(`its ${name} is ${JSON.stringify(found)}, and this batch's is ${JSON.stringify(value)}`)
    }
  }
  const fold = emptyFold<unknown>()
  for (const { level, index } of checkpoint.nodes) {
    if (index * 2 ** level !== foldEnd(fold)) throw new Error("its nodes don't follow each other")
    fold.nodes.push({ level, index, value: null })
  }
  if (foldEnd(fold) * CHUNK_SIZE !== checkpoint.iterations)
    throw new Error("its nodes don't cover its iterations")
  return {
    iterations: checkpoint.iterations,
    nodes: checkpoint.nodes.map(decodeNode),
    tallies: decodeTallies(checkpoint.tallies),
  }
}
