/** From a request to a job that can be taken in. */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js"
import { canonicalJson } from "../batch/digest.ts"
import type { CheckedOptions } from "../batch/options.ts"
import type { StartJob } from "./jobs.ts"
import type { NewJob } from "./store.ts"

/** A job's id: 128 random bits, so that it can't be guessed. */
const newJobId = (): string => `job_${crypto.randomUUID().replaceAll("-", "")}`

/** The job that a request asks for, with the options as they were checked. */
export const newJob = (request: StartJob, { iterations, seed, stop }: CheckedOptions): NewJob => {
  const { simulation, config, owner = null, idempotencyKey } = request
  return {
    jobId: newJobId(),
    owner,
    idempotency:
      idempotencyKey === undefined ? null : { key: idempotencyKey, digest: requestDigest(request) },
    request: { simulation, config, iterations, seed, stop },
  }
}

/** Two starts with one key must be of one request; `7` and `"7"` are one seed. */
const requestDigest = ({ simulation, config, iterations, seed, stop }: StartJob): string => {
  const request = { simulation, config, iterations, seed: seed === undefined ? null : String(seed), stop }
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(request))))
}
