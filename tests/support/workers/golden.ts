/**
 * Batches whose digests are known. A change of one of these is a change of every result that anybody has kept: it needs
 * a new name for the scheme of the random numbers, or a new version of the result's schema.
 */
import { type BatchOptions, startBatch } from "@simstream/core"
import { craps, queue, raid } from "./simulations.ts"

export const golden = {
  craps: {
    simulation: craps,
    input: { config: {}, iterations: 20_011, seed: 7 },
    digest: "58b401057a36d51997b60a8b7795525579ab90df1cf56cd6380aafb704a3e493",
  },
  raid: {
    simulation: raid,
    input: { config: { seconds: 60 }, iterations: 3_333, seed: "Onyxia" },
    digest: "cd70cda0291d91f7ef5a3ef234a2bd3f29ef70f6cfc9a74dee65f7f01425539c",
  },
  queue: {
    simulation: queue,
    input: { config: { customers: 20 }, iterations: 5_000, seed: 2n ** 60n },
    digest: "d9d1b5ba33128beced046fc0c9e4832428db778ba6d20a0e56d0d3e070f56132",
  },
} as const

export type GoldenName = keyof typeof golden

export const goldenNames: ReadonlyArray<GoldenName> = ["craps", "raid", "queue"]

/** The digests by name. */
export const goldenDigests: { readonly [Name in GoldenName]: string } = {
  craps: golden.craps.digest,
  raid: golden.raid.digest,
  queue: golden.queue.digest,
}

/** Runs them all, one after the other, and answers with their digests by name. */
export const runGolden = async (
  options: Pick<BatchOptions, "workers"> = {},
): Promise<typeof goldenDigests> => {
  return {
    craps: (await startBatch(craps, { ...golden.craps.input, ...options }).result).digest,
    raid: (await startBatch(raid, { ...golden.raid.input, ...options }).result).digest,
    queue: (await startBatch(queue, { ...golden.queue.input, ...options }).result).digest,
  }
}
