/** Which version of a simulation's code a process has: only one with the same may run its iterations. */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"
import { canonicalJson } from "../batch/digest.ts"
import { CHUNK_SIZE } from "../kernel/chunk.ts"
import { RANDOM_SCHEME } from "../kernel/random/key.ts"
import type { AnyIterationSimulation } from "../simulation/definition.ts"

/** How parts are written; counted up when processes with different ones would not understand each other. */
const ENCODING = 1
const DIGEST_LENGTH = 10

/**
 * The version of a simulation as processes tell each other: the one of its definition, or `source` where that has none;
 * and a digest of what else must be alike. Which is its metrics, what Simstream itself adds to a result, and, where there
 * is no version, the source text of its functions.
 */
export const versionOf = ({ name, version, metrics, timeline, prepare }: AnyIterationSimulation): string => {
  const alike = {
    name,
    version,
    metrics,
    random: RANDOM_SCHEME,
    chunk: CHUNK_SIZE,
    encoding: ENCODING,
    source: version === null ? [String(prepare), String(timeline.bucket)] : null,
  }
  const digest = bytesToHex(sha256(utf8ToBytes(canonicalJson(alike))))
  return `${version ?? "source"}-${digest.slice(0, DIGEST_LENGTH)}`
}
