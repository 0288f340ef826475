/**
 * The port to where jobs are kept. A store may belong to one process, or be shared by many: then any of them may show a
 * job, and the one that holds its lease runs it.
 */
import type {
  JobError,
  JobEvent,
  JobRequest,
  JobStatus,
  PartialEvent,
  Progress,
  ProgressEvent,
  TerminalEvent,
} from "@simstream/protocol"
import type { Checkpoint } from "../batch/checkpoint.ts"
import type { FeedEntry } from "../feed/feed.ts"

/** A job as a list shows it. Times are of the store's clock. */
export interface JobHead {
  /** Random, and unique in the store. */
  readonly jobId: string
  /** Whose it is; `null` for nobody's in particular. */
  readonly owner: string | null
  /** The name of the simulation. */
  readonly simulation: string
  /** As it is now. */
  readonly status: JobStatus
  /** Milliseconds since 1970. */
  readonly createdAtMs: number
  /** Milliseconds since 1970; `null` while it is queued. */
  readonly startedAtMs: number | null
  /** Milliseconds since 1970; `null` until it has ended. */
  readonly endedAtMs: number | null
  /** The newest that was kept; `null` before the first. */
  readonly progress: Progress | null
  /** Why it failed; `null` when it has not. */
  readonly error: JobError | null
  /** Of the newest event that was kept; 0 before the first. */
  readonly revision: number
}

/** A job as it is kept, without its checkpoint. All of it is JSON. */
export interface JobRecord extends JobHead {
  /** What it was started with. */
  readonly request: JobRequest
  /** Of what its idempotency key was used for; `null` without a key. */
  readonly requestDigest: string | null
  /** How often it was claimed. */
  readonly attempt: number
  /** The newest event of each kind, oldest first. */
  readonly events: ReadonlyArray<FeedEntry<JobEvent>>
}

/** A job to be taken in. */
export interface NewJob {
  /** Random: the store need not make one. */
  readonly jobId: string
  /** Whose it is; `null` for nobody's in particular. */
  readonly owner: string | null
  /** The key that starts it, and a digest of what was asked for, to tell a repetition from another request. */
  readonly idempotency: { readonly key: string; readonly digest: string } | null
  /** What it is started with. */
  readonly request: JobRequest
}

/** How many jobs there may be. */
export interface Room {
  /** Under way at once, by whomever: a job that would be one of them needs no place to wait. */
  readonly running: number
  /** Waiting for that. */
  readonly queued: number
  /** Queued or running, of the same owner; jobs without an owner are not counted. */
  readonly ofOwner: number
}

/** A job that was taken in, one that its owner had started with the same key, or why there is neither. */
export type Admission =
  | { readonly outcome: "created" | "repeated"; readonly record: JobRecord }
  | { readonly outcome: "queue_full" | "owner_full" }

/**
 * The right to run a job, and to write down what comes of it. It is the `attempt`-th one that was given for this job, and
 * the last one given is the only good one: a process that was thought dead can't write over the work of another.
 */
export interface JobLease {
  /** The job that it is for. */
  readonly jobId: string
  /** From 1; the job's own `attempt` when it was given. */
  readonly attempt: number
}

/** A job that is to be run now. */
export interface ClaimedJob {
  /** What its changes are written down with. */
  readonly lease: JobLease
  /** The job as it is kept. */
  readonly record: JobRecord
  /** Where it can go on from, if it has been run before. */
  readonly checkpoint: Checkpoint | null
  /** Whether it was asked to stop before anybody could run it. */
  readonly cancelling: boolean
}

/** What a running job has to say since it last said something. */
export interface JobChange {
  /** The newest event of each kind. */
  readonly events: ReadonlyArray<FeedEntry<ProgressEvent | PartialEvent>>
  /** Absent when the last one still holds. */
  readonly checkpoint?: Checkpoint
}

/** How a job has ended. */
export interface JobEnding {
  /** What it said before that and was not kept yet. */
  readonly events: JobChange["events"]
  /** Its last event. */
  readonly last: FeedEntry<TerminalEvent>
  /** How long it is kept from now on, in milliseconds. */
  readonly retentionMs: number
}

/** What became of a change. */
export interface Kept {
  /** `false` when the lease was lost: another process runs the job by now, or nobody has to any more. Nothing was written. */
  readonly held: boolean
  /** Whether the job was asked to stop. */
  readonly cancelling: boolean
}

/** What is new of a job: its present state, and the events behind a revision. */
export interface JobNews {
  /** Which one. */
  readonly jobId: string
  /** Its present status. */
  readonly status: JobStatus
  /** As a `JobRecord` has it. */
  readonly startedAtMs: number | null
  /** As a `JobRecord` has it. */
  readonly endedAtMs: number | null
  /** As a `JobRecord` has it. */
  readonly attempt: number
  /** The newest of each kind behind the revision that was asked for, oldest first. */
  readonly events: ReadonlyArray<FeedEntry<JobEvent>>
  /** How long ago somebody last said that the job is watched, or started it, in milliseconds. */
  readonly unwatchedMs: number
}

/** That something may have happened: a reason to look, never the news itself. Hints may be lost, repeated and late. */
export type JobHint =
  /** There may be a job to claim. */
  | { readonly type: "queued" }
  /** A job has news. */
  | { readonly type: "changed"; readonly jobId: string }
  /** A job was asked to stop. */
  | { readonly type: "cancelling"; readonly jobId: string }
  /** Hints may have been missed: anything may have happened. */
  | { readonly type: "missed" }

/** Which jobs, newest first. */
export interface JobQuery {
  /** Of one owner, where given; `null` is the owner of jobs without one. */
  readonly owner?: string | null
  /** The `nextCursor` of the page before. */
  readonly cursor?: string
  /** The most jobs of a page. */
  readonly limit: number
}

/** A page of jobs, and where the next one begins; `null` at the end. */
export interface HeadPage {
  /** Newest first. */
  readonly heads: ReadonlyArray<JobHead>
  /** The `cursor` of the next page; `null` when this was the last. */
  readonly nextCursor: string | null
}

/** At which pace a store that outlives the process wants to be used, in milliseconds. */
export interface StorePace {
  /** How often a running job is saved with its checkpoint. It costs this much work when a process dies, and renews the lease. */
  readonly saveEveryMs: number
  /** How often what a running job says is saved for other processes to show; `null` when there can be none. */
  readonly shareEveryMs: number | null
  /** How long a job whose process is silent is left to it; several times `saveEveryMs`. */
  readonly leaseMs: number
  /** How often to look for what no hint told of. */
  readonly pollMs: number
}

/** Keeps jobs. Each call is atomic; a failure rejects, and leaves things as they were or as they would have been. */
export interface JobStore {
  /** `null` for a store that ends with the process: nobody else looks, and nothing is gone on with. */
  readonly pace: StorePace | null
  /** Takes in a job, queued; or finds the one that its owner has started with the same idempotency key. */
  readonly create: (job: NewJob, room: Room) => Promise<Admission>
  /** A job, whole; `null` when there is none. */
  readonly get: (jobId: string) => Promise<JobRecord | null>
  /** What is newer than these revisions. Jobs that are gone are left out. */
  readonly read: (
    cursors: ReadonlyArray<{ readonly jobId: string; readonly revision: number }>,
  ) => Promise<ReadonlyArray<JobNews>>
  /** A page of jobs, without their heavy parts. */
  readonly list: (query: JobQuery) => Promise<HeadPage>
  /**
   * Leases the oldest jobs that nobody runs: those that are queued, were released, or whose lease has run out. They are
   * running from now on.
   */
  readonly claim: (options: {
    /** Names of the simulations that can be run. */
    readonly simulations: ReadonlyArray<string>
    /** Jobs that the caller runs already. */
    readonly except: ReadonlyArray<string>
    readonly limit: number
  }) => Promise<ReadonlyArray<ClaimedJob>>
  /** Keeps what a running job says, and renews its lease. */
  readonly save: (lease: JobLease, change: JobChange) => Promise<Kept>
  /** The same, and gives the lease back, for another process to go on at once. */
  readonly release: (lease: JobLease, change: JobChange) => Promise<Kept>
  /** The same, and ends the job. */
  readonly end: (lease: JobLease, ending: JobEnding) => Promise<Kept>
  /**
   * Ends a job that nobody runs, and asks whoever runs it to stop. Answers which of the two it was, `"ended"` when the
   * job had ended before, and `null` when there is none.
   */
  readonly cancel: (jobId: string, retentionMs: number) => Promise<"cancelled" | "requested" | "ended" | null>
  /** Notes that jobs are watched now. */
  readonly watched: (jobIds: ReadonlyArray<string>) => Promise<void>
  /** Removes what was kept for long enough, and ends what was asked to stop and has nobody left to do it. */
  readonly sweep: (retentionMs: number) => Promise<void>
  /** Gives hints, its own caller's doings among them, until the function that it answers with is called. */
  readonly watch: (onHint: (hint: JobHint) => void) => () => void
}

/**
 * How many events one attempt at a job may publish. An attempt numbers its events from its own multiple of it: whatever an
 * earlier one has told clients and not lived to save, no number is given twice, and none goes back.
 */
export const EVENTS_PER_ATTEMPT = 1_000_000_000

/** The revision behind which an attempt numbers its events; the first attempt is 1. */
export const revisionBefore = (attempt: number): number => (attempt - 1) * EVENTS_PER_ATTEMPT

/** The highest revision that an attempt may come to. */
export const highestRevision = (attempt: number): number => attempt * EVENTS_PER_ATTEMPT
