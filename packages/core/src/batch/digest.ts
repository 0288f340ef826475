/** The digest of a result: what two people compare to know that they have the same numbers, to the bit. */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"
import type { Result } from "@simstream/protocol"
import { CHUNK_SIZE } from "../kernel/chunk.ts"
import { RANDOM_SCHEME } from "../kernel/random/key.ts"

/** JSON with the keys in one order, so that equal values are equal text. What JSON has no form for is written in one. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part
    if (part instanceof Map || part instanceof Set) return [...part]
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)))
  })

/**
 * SHA-256, in hexadecimal, of everything in a result that does not depend on the clock, on the rule that ended the run
 * or on the machine. Anybody who has the result can compute it again.
 */
export const digestOf = (result: Omit<Result, "digest" | "elapsedMs" | "stopReason">): string => {
  const { stats, timeline, charts, iterations, seed, failures, schemaVersion } = result
  return bytesToHex(
    sha256(
      utf8ToBytes(
        canonicalJson({
          random: RANDOM_SCHEME,
          chunkSize: CHUNK_SIZE,
          schemaVersion,
          seed,
          iterations,
          failures,
          stats,
          timeline,
          charts,
        }),
      ),
    ),
  )
}
