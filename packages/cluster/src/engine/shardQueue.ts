/** A queue of shards, by BullMQ: what is needed of it, and nothing else. */
import type { IQueueBackend, Job, JobsOptions, Queue, Worker } from "bullmq"
import type { ShardOutcome } from "@simstream/core/shards"
import type { ShardData, ShardWish } from "./shardJob.ts"

/** BullMQ's queue on either server. */
export type BullQueue<B extends IQueueBackend> = Queue<
  ShardData,
  ShardOutcome,
  string,
  ShardData,
  ShardOutcome,
  string,
  B
>
/** BullMQ's worker on either server; it fetches nothing by itself. */
export type BullWorker<B extends IQueueBackend> = Worker<ShardData, ShardOutcome, string, B>

/** A shard as it is in the queue. */
export interface QueuedShard {
  readonly data: ShardData
  /** How it ended; `null` while it has not. */
  readonly outcome: ShardOutcome | null
  /** What is wanted of its worker; `null` when that is the shard. */
  readonly wish: ShardWish["wish"] | null
}

/** The side of those who want shards. Each call is one round trip, and rejects when the server can't be reached. */
export interface ShardQueue {
  /** Adds a shard; one that is there already stays as it is. With `next` it comes before all that wait. */
  readonly add: (id: string, data: ShardData, next: boolean) => Promise<void>
  readonly get: (id: string) => Promise<QueuedShard | null>
  /** Removes a shard; answers whether it is gone, which one that is run is not. */
  readonly remove: (id: string) => Promise<boolean>
  /** Says what is wanted of a shard, to its worker and to those after it. */
  readonly wish: (id: string, wish: ShardWish["wish"]) => Promise<void>
}

/** A shard that was taken, and is to be held on to by `renew`. */
export interface TakenShard {
  readonly id: string
  readonly token: string
  readonly data: ShardData
  /** How many of its workers were lost in all. */
  readonly stalled: number
  readonly save: (data: ShardData) => Promise<void>
  readonly complete: (outcome: ShardOutcome) => Promise<void>
  /** Gives it up, and removes it: nobody wants it any more. */
  readonly drop: () => Promise<void>
}

/** The side of those who run shards. */
export interface ShardSource {
  /** Takes the next shard that waits, if any. */
  readonly take: (token: string) => Promise<TakenShard | null>
  /** Says that shards are still held; answers the ids of those that are not any more. */
  readonly renew: (shards: ReadonlyArray<Pick<TakenShard, "id" | "token">>) => Promise<ReadonlyArray<string>>
  readonly get: ShardQueue["get"]
  /** Begins to look for shards of workers that are gone; those that it finds are the next to be taken, and it says so. */
  readonly recover: (onFound: () => void) => Promise<void>
}

/** What has ended and was not removed by its batch is removed after so long, in seconds: that batch is no more. */
const FORGOTTEN_S = 3600

export const shardQueue = <B extends IQueueBackend>(queue: BullQueue<B>): ShardQueue => ({
  add: async (id, data, next) => {
    const options: JobsOptions = {
      jobId: id,
      lifo: next,
      attempts: 1,
      removeOnComplete: { age: FORGOTTEN_S },
      removeOnFail: true,
    }
    await queue.add("shard", data, options)
  },
  get: async (id) => queued(await queue.getJob(id)),
  remove: async (id) => (await queue.remove(id)) === 1 || (await queue.getJob(id)) === undefined,
  wish: async (id, wish) => {
    await queue.updateJobProgress(id, { wish }).catch((thrown: unknown) => {
      if (!isGone(thrown)) throw thrown
    })
  },
})

export const shardSource = <B extends IQueueBackend>(
  worker: BullWorker<B>,
  queue: BullQueue<B>,
  lockMs: number,
): ShardSource => {
  return {
    take: async (token) => {
      const job = await worker.getNextJob(token, { block: false })
      if (job?.id === undefined) return null
      return {
        id: job.id,
        token,
        data: job.data,
        stalled: job.stalledCounter,
        save: (data) => job.updateData(data),
        complete: async (outcome) => void (await job.moveToCompleted(outcome, token, false)),
        drop: async () => void (await job.moveToFailed(new Error("The batch is over."), token, false)),
      }
    },
    renew: (shards) =>
      worker.extendJobLocks(
        shards.map(({ id }) => id),
        shards.map(({ token }) => token),
        lockMs,
      ),
    get: async (id) => queued(await queue.getJob(id)),
    recover: (onFound) => {
      worker.on("stalled", (id) => {
        const first = async () => {
          // PostgreSQL puts it behind all that wait, and the batch can't be delivered beyond it.
          await (await queue.getJob(id))?.changePriority({ priority: 0, lifo: true })
        }
        // Where that fails, or somebody has it already, it is run all the same.
        void first()
          .catch(() => undefined)
          .then(onFound)
      })
      return worker.startStalledCheckTimer()
    },
  }
}

const queued = (job: Job<ShardData, ShardOutcome> | undefined): QueuedShard | null =>
  job === undefined
    ? null
    : {
        data: job.data,
        outcome: job.finishedOn === undefined ? null : job.returnvalue,
        wish: wishOf(job.progress),
      }

const wishOf = (progress: unknown): ShardWish["wish"] | null => {
  if (typeof progress !== "object" || progress === null || !("wish" in progress)) return null
  return progress.wish === "stop" || progress.wish === "cancel" ? progress.wish : null
}

/** Whether a shard can't be changed for it is not there any more, or is another worker's. */
export const isGone = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown && GONE.includes(thrown.code)

/** BullMQ's codes: there is no such job, it has no lock, it is not in that state, its lock is another's. */
const GONE: ReadonlyArray<unknown> = [-1, -2, -3, -6]
