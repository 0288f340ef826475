/** Keys of streams of random numbers: 64 bits from the user's seed, and from it one key for every named stream. */
import { threefry2x32, type Words } from "./threefry.ts"

/** 64 bits under which the iterations are counted. */
export interface StreamKey {
  readonly k0: number
  readonly k1: number
}

// What is hashed starts from a different block for each purpose, so that no stream can share the key of a seed
// (a child stream identical to its parent is NumPy's issue 16539).
const SEED_DOMAIN = 0x5eed
const STREAM_DOMAIN = 0x57ea

const block: Words = new Int32Array(2)

/** Absorbs text two UTF-16 units at a time, each word mixed by the block function and fed forward. */
const absorb = (from: StreamKey, domain: number, text: string): StreamKey => {
  threefry2x32(from.k0, from.k1, domain, text.length, block, 0)
  let k0 = block[0]
  let k1 = block[1]
  for (let at = 0; at < text.length; at += 2) {
    const word = text.charCodeAt(at) | ((at + 1 < text.length ? text.charCodeAt(at + 1) : 0) << 16)
    threefry2x32(k0, k1, word, at, block, 0)
    k0 = block[0] ^ word
    k1 = block[1]
  }
  return { k0, k1 }
}

/** The key of a batch: a seed is its text, so that `7`, `7n` and `"7"` are one seed. */
export const seedKey = (seed: string): StreamKey => absorb({ k0: 0, k1: 0 }, SEED_DOMAIN, seed)

/** The key of a named stream. */
export const streamKey = (seed: StreamKey, name: string): StreamKey => absorb(seed, STREAM_DOMAIN, name)

/** The name of the whole scheme, kept in results: it changes whenever any draw would. */
export const RANDOM_SCHEME = "threefry2x32-20/sfc32@1"
