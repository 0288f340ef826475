/** What a shard is in a queue, and how processes speak of it. */
import { createHash } from "node:crypto"
import type { EncodedPart, EngineBatch, Shard } from "@simstream/core/shards"

/**
 * The data of a job. The heavy parts are text within it: PostgreSQL would take the numbers of JSON apart, and does not
 * bear every character in it.
 */
export interface ShardData {
  /** The batch, as JSON. */
  readonly batch: string
  readonly shard: Shard
  /** What there is of the shard, as JSON; parts in whole chunks, until it has ended. */
  readonly saved: string
  /** Where its workers were lost: how many of them one after the other, with so much saved. */
  readonly lost: { readonly at: number; readonly times: number } | null
}

/** What is wanted of a shard that somebody runs; kept as the progress of its job, for workers that miss the word. */
export interface ShardWish {
  readonly wish: "stop" | "cancel"
}

/** A new shard. */
export const newShardData = (batch: string, shard: Shard): ShardData => ({
  batch,
  shard,
  saved: "[]",
  lost: null,
})

export const batchOf = ({ batch }: ShardData): EngineBatch => JSON.parse(batch) as EngineBatch

export const savedOf = ({ saved }: ShardData): ReadonlyArray<EncodedPart> =>
  JSON.parse(saved) as ReadonlyArray<EncodedPart>

/** The iteration behind the last one that a shard has. */
export const savedUntil = (shard: Shard, saved: ReadonlyArray<EncodedPart>): number =>
  saved[saved.length - 1]?.until ?? shard.first

/** The queue of a version of a simulation: a worker asks only those that it can serve. */
export const queueOf = (simulation: string, version: string): string => `${simulation}@${version}`

/** The same shard of a batch has the same id in every process. */
export const shardId = (batchId: string, first: number): string => `${batchId}.${first}`

/** Where it is said that there is work. (Topics are made of few characters.) */
export const workTopic = (queue: string): string =>
  `work.${createHash("sha256").update(queue).digest("hex").slice(0, 16)}`

/** Where workers tell of the shards of a batch, */
export const batchTopic = (batchId: string): string => `batch.${batchId}`
/** where they are told what is wanted of a batch, */
export const WISH_TOPIC = "wish"
/** and where they tell of themselves. */
export const WORKER_TOPIC = "workers"

/** What is wanted of all shards of a batch. */
export interface WishMessage extends ShardWish {
  readonly batchId: string
}

/** What a worker tells of the shards of a batch that it runs. All of it is a hint: the shard itself is in its queue. */
export interface ShardNews {
  readonly first: number
  /** Iterations that were run, by whomever. */
  readonly done: number
  /** Iterations of it that were saved, counted from the batch's first; to be read where that is more than one has. */
  readonly saved: number
  readonly ended: boolean
}

/** A worker, as it tells of itself. */
export interface WorkerCard {
  readonly worker: string
  readonly host: string
  readonly pid: number
  readonly threads: number
  /** The version of each simulation that it serves, by name. */
  readonly versions: Readonly<Record<string, string>>
}
