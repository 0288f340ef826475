/** The port to where jobs are kept, and the memory that is there by default. */
import type { JobError, JobRequest, JobStatus, PartialOutputs, Progress, Result } from "@simstream/protocol"
import type { Checkpoint } from "../batch/checkpoint.ts"

/** A job as it is kept. All of it is JSON. */
export interface JobRecord {
  readonly jobId: string
  readonly owner: string | null
  /** The key that started it, and a digest of what was asked for, to tell a repetition from another request. */
  readonly idempotency: { readonly key: string; readonly digest: string } | null
  readonly request: JobRequest
  readonly status: JobStatus
  readonly createdAtMs: number
  readonly startedAtMs: number | null
  readonly endedAtMs: number | null
  readonly progress: Progress | null
  readonly partial: PartialOutputs | null
  readonly result: Result | null
  readonly error: JobError | null
  /** Of the newest event that was published: cursors go on from it after a restart. */
  readonly revision: number
  /** Where a job that was running can go on from. */
  readonly checkpoint: Checkpoint | null
}

/** What changes in the life of a job. */
export type JobChange = {
  readonly [
    Field in
      | "status"
      | "startedAtMs"
      | "endedAtMs"
      | "progress"
      | "partial"
      | "result"
      | "error"
      | "revision"
      | "checkpoint"
  ]?: JobRecord[Field]
}

/** Which jobs, newest first. */
export interface JobQuery {
  /** Of one owner, where given; `null` is the owner of jobs without one. */
  readonly owner?: string | null
  /** Older than this one. */
  readonly after?: string
  readonly limit: number
}

/** Keeps jobs. Each call is atomic; a failure rejects. */
export interface JobStore {
  /** How often it wants the state of a running job, in milliseconds; `null` for never, when it would not outlive the process. */
  readonly saveEveryMs: number | null
  /** Takes in a job, and answers with it; or with the one that its owner has started with the same idempotency key. */
  readonly create: (record: JobRecord) => Promise<JobRecord>
  /** The job that an owner has started with this key. */
  readonly findByKey: (owner: string | null, key: string) => Promise<JobRecord | null>
  readonly get: (jobId: string) => Promise<JobRecord | null>
  readonly list: (query: JobQuery) => Promise<ReadonlyArray<JobRecord>>
  /** The jobs that are queued or running, oldest first: what a new process has to go on with. */
  readonly unfinished: () => Promise<ReadonlyArray<JobRecord>>
  /** Changes a job. One that is no more there is left so. */
  readonly update: (jobId: string, change: JobChange) => Promise<void>
  readonly remove: (jobId: string) => Promise<void>
}

const ownKey = (owner: string | null, key: string): string => JSON.stringify([owner, key])

/** Keeps jobs for as long as the process lives. */
export const createMemoryStore = (): JobStore => {
  /** In the order in which they were created. */
  const records = new Map<string, JobRecord>()
  const byKey = new Map<string, string>()

  const findByKey = (owner: string | null, key: string): JobRecord | null =>
    records.get(byKey.get(ownKey(owner, key)) ?? "") ?? null

  return {
    saveEveryMs: null,
    create: async (record) => {
      const { idempotency, owner, jobId } = record
      if (idempotency !== null) {
        const earlier = findByKey(owner, idempotency.key)
        if (earlier !== null) return earlier
        byKey.set(ownKey(owner, idempotency.key), jobId)
      }
      records.set(jobId, record)
      return record
    },
    findByKey: async (owner, key) => findByKey(owner, key),
    get: async (jobId) => records.get(jobId) ?? null,
    list: async ({ owner, after, limit }) => {
      const newestFirst = [...records.values()]
        .reverse()
        .filter((record) => owner === undefined || record.owner === owner)
      const found = newestFirst.findIndex(({ jobId }) => jobId === after)
      // Behind a job that is gone there is nothing to be told apart; beginning again would make a reader go round.
      if (after !== undefined && found === -1) return []
      const first = found + 1
      return newestFirst.slice(first, first + limit)
    },
    unfinished: async () =>
      [...records.values()].filter(({ status }) => status === "queued" || status === "running"),
    update: async (jobId, change) => {
      const record = records.get(jobId)
      if (record !== undefined) records.set(jobId, { ...record, ...change })
    },
    remove: async (jobId) => {
      const record = records.get(jobId)
      records.delete(jobId)
      if (record !== undefined && record.idempotency !== null) {
        byKey.delete(ownKey(record.owner, record.idempotency.key))
      }
    },
  }
}
