/** The memory that jobs are kept in by default. */
import type { CancelledEvent, JobEvent, PartialEvent } from "@simstream/protocol"
import type { Checkpoint } from "../batch/checkpoint.ts"
import type { FeedEntry } from "../feed/feed.ts"
import {
  type Admission,
  type ClaimedJob,
  type JobHint,
  type JobLease,
  type JobRecord,
  type JobStore,
  type Kept,
  type NewJob,
  revisionBefore,
  type Room,
} from "./store.ts"
import { unref } from "./timers.ts"

/** A job and what its record doesn't show. */
interface Entry {
  readonly record: JobRecord
  /** Its place among all that were ever created. */
  readonly order: number
  readonly key: string | null
  readonly checkpoint: Checkpoint | null
  readonly leased: boolean
  readonly cancelling: boolean
  readonly watchedAtMs: number
}

/** Events with newer ones in the place of those of their kind, oldest first. */
export const withEvents = (
  events: ReadonlyArray<FeedEntry<JobEvent>>,
  newer: ReadonlyArray<FeedEntry<JobEvent>>,
): ReadonlyArray<FeedEntry<JobEvent>> => {
  const byType = new Map([...events, ...newer].map((entry) => [entry.event.type, entry]))
  return [...byType.values()].sort((left, right) => left.revision - right.revision)
}

/** The last event of a cancelled job: what there was by then. */
export const cancelledEvent = (events: ReadonlyArray<FeedEntry<JobEvent>>): CancelledEvent => {
  const partial = events
    .map(({ event }) => event)
    .find((event): event is PartialEvent => event.type === "partial")
  return { ...partial, type: "cancelled" }
}

const STATUS_OF = { complete: "completed", error: "failed", cancelled: "cancelled" } as const

/** A record after events of its job. */
const tell = (record: JobRecord, newer: ReadonlyArray<FeedEntry<JobEvent>>): JobRecord => {
  const events = withEvents(record.events, newer)
  let told: JobRecord = { ...record, events, revision: events[events.length - 1]?.revision ?? 0 }
  for (const { event } of newer) {
    if (event.type === "progress") {
      const { type: _type, ...progress } = event
      told = { ...told, progress }
    } else if (event.type === "error") {
      const { code, message } = event
      told = { ...told, error: { code, message } }
    }
    if (event.type !== "progress" && event.type !== "partial") {
      told = { ...told, status: STATUS_OF[event.type], endedAtMs: Date.now() }
    }
  }
  return told
}

const ownKey = (owner: string | null, key: string): string => JSON.stringify([owner, key])

/** How much is kept in memory. */
export interface MemoryStoreOptions {
  /**
   * How many jobs are kept that have ended; 10,000 by default. Beyond, those that ended first go before their time, so that
   * many short jobs can't use up the memory.
   */
  readonly endedLimit?: number
}

const ENDED_LIMIT = 10_000

/**
 * Keeps jobs for as long as the process lives. What `createJobs` has when it is given no store.
 *
 * @throws RangeError when the limit is no whole number, 1 or more
 */
export const createMemoryStore = ({ endedLimit = ENDED_LIMIT }: MemoryStoreOptions = {}): JobStore => {
  if (!(Number.isSafeInteger(endedLimit) && endedLimit >= 1)) {
    throw new RangeError(
      `createMemoryStore: endedLimit must be a whole number, 1 or more; got ${endedLimit}.`,
    )
  }
  /** In the order in which they were created. */
  const entries = new Map<string, Entry>()
  /** Ids of those that are queued or running, in that order, too. */
  const unfinished = new Set<string>()
  /** How to forget those that have ended, in the order in which they did. */
  const ended = new Map<string, () => void>()
  const byKey = new Map<string, string>()
  let created = 0
  const listeners = new Set<(hint: JobHint) => void>()

  const hint = (told: JobHint) => {
    for (const listener of listeners) listener(told)
  }

  const entriesOf = (jobIds: Iterable<string>): ReadonlyArray<Entry> =>
    [...jobIds].flatMap((jobId) => entries.get(jobId) ?? [])

  const change = (entry: Entry, to: Partial<Entry>): Entry => {
    const changed = { ...entry, ...to }
    entries.set(entry.record.jobId, changed)
    return changed
  }

  /** Ends a job, and forgets it when it has been kept for long enough. */
  const end = (entry: Entry, last: FeedEntry<JobEvent>, retentionMs: number, record = entry.record) => {
    const { jobId } = record
    change(entry, { record: tell(record, [last]), leased: false, checkpoint: null })
    unfinished.delete(jobId)
    const forget = () => {
      clearTimeout(timer)
      ended.delete(jobId)
      entries.delete(jobId)
      if (entry.key !== null) byKey.delete(entry.key)
    }
    const timer = setTimeout(forget, retentionMs)
    unref(timer)
    ended.set(jobId, forget)
    const [forgetFirst] = ended.values()
    if (ended.size > endedLimit) forgetFirst?.()
    hint({ type: "changed", jobId })
  }

  const endCancelled = (entry: Entry, retentionMs: number) => {
    const attempt = entry.record.attempt + 1
    const last = { revision: revisionBefore(attempt) + 1, event: cancelledEvent(entry.record.events) }
    end(entry, last, retentionMs, { ...entry.record, attempt })
  }

  /** Does what the holder of a lease wants done. */
  const underLease = ({ jobId, attempt }: JobLease, write: (entry: Entry) => void): Kept => {
    const entry = entries.get(jobId)
    if (entry === undefined || !entry.leased || entry.record.attempt !== attempt) {
      return { held: false, cancelling: false }
    }
    write(entry)
    return { held: true, cancelling: entry.cancelling }
  }

  const create = ({ jobId, owner, idempotency, request }: NewJob, room: Room): Admission => {
    const key = idempotency === null ? null : ownKey(owner, idempotency.key)
    const earlier = key === null ? undefined : entries.get(byKey.get(key) ?? "")
    if (earlier !== undefined) return { outcome: "repeated", record: earlier.record }
    const others = entriesOf(unfinished)
    const running = others.filter(({ leased }) => leased).length
    if (others.length - running >= room.queued + Math.max(0, room.running - running)) {
      return { outcome: "queue_full" }
    }
    const own = others.filter((other) => other.record.owner === owner)
    if (owner !== null && own.length >= room.ofOwner) return { outcome: "owner_full" }
    const record: JobRecord = {
      jobId,
      owner,
      simulation: request.simulation,
      status: "queued",
      createdAtMs: Date.now(),
      startedAtMs: null,
      endedAtMs: null,
      progress: null,
      error: null,
      revision: 0,
      request,
      requestDigest: idempotency?.digest ?? null,
      attempt: 0,
      events: [],
    }
    entries.set(jobId, {
      record,
      order: created++,
      key,
      checkpoint: null,
      leased: false,
      cancelling: false,
      watchedAtMs: performance.now(),
    })
    unfinished.add(jobId)
    if (key !== null) byKey.set(key, jobId)
    hint({ type: "queued" })
    return { outcome: "created", record }
  }

  const claim = (entry: Entry): ClaimedJob => {
    const { record, checkpoint, cancelling } = entry
    const attempt = record.attempt + 1
    const running: JobRecord = {
      ...record,
      status: "running",
      startedAtMs: record.startedAtMs ?? Date.now(),
      attempt,
    }
    change(entry, { record: running, leased: true })
    return { lease: { jobId: record.jobId, attempt }, record: running, checkpoint, cancelling }
  }

  return {
    pace: null,
    create: async (job, room) => create(job, room),
    get: async (jobId) => entries.get(jobId)?.record ?? null,
    read: async (cursors) =>
      cursors.flatMap(({ jobId, revision }) => {
        const entry = entries.get(jobId)
        if (entry === undefined) return []
        const { status, startedAtMs, endedAtMs, attempt, events } = entry.record
        return {
          jobId,
          status,
          startedAtMs,
          endedAtMs,
          attempt,
          events: events.filter((event) => event.revision > revision),
          unwatchedMs: performance.now() - entry.watchedAtMs,
        }
      }),
    list: async ({ owner, cursor, limit }) => {
      const before = cursor === undefined ? Infinity : Number(cursor)
      const found = [...entries.values()]
        .reverse()
        .filter(({ record, order }) => order < before && (owner === undefined || record.owner === owner))
      const page = found.slice(0, limit)
      const last = page[page.length - 1]
      return {
        heads: page.map(({ record }) => record),
        nextCursor: last !== undefined && found.length > limit ? String(last.order) : null,
      }
    },
    claim: async ({ simulations, except, limit }) =>
      entriesOf(unfinished)
        .filter(({ leased }) => !leased)
        .filter(({ record }) => simulations.includes(record.simulation) && !except.includes(record.jobId))
        .slice(0, limit)
        .map(claim),
    save: async (lease, { events, checkpoint }) =>
      underLease(lease, (entry) => {
        change(entry, {
          record: tell(entry.record, events),
          ...(checkpoint === undefined ? {} : { checkpoint }),
        })
        hint({ type: "changed", jobId: lease.jobId })
      }),
    release: async (lease, { events, checkpoint }) =>
      underLease(lease, (entry) => {
        change(entry, {
          record: tell(entry.record, events),
          ...(checkpoint === undefined ? {} : { checkpoint }),
          leased: false,
        })
        hint({ type: "queued" })
      }),
    end: async (lease, { events, last, retentionMs }) =>
      underLease(lease, (entry) => end(entry, last, retentionMs, tell(entry.record, events))),
    cancel: async (jobId, retentionMs) => {
      const entry = entries.get(jobId)
      if (entry === undefined) return null
      if (!unfinished.has(jobId)) return "ended"
      const cancelling = change(entry, { cancelling: true })
      if (entry.leased) {
        hint({ type: "cancelling", jobId })
        return "requested"
      }
      endCancelled(cancelling, retentionMs)
      return "cancelled"
    },
    watched: async (jobIds) => {
      for (const entry of entriesOf(jobIds)) change(entry, { watchedAtMs: performance.now() })
    },
    sweep: async (retentionMs) => {
      for (const entry of entriesOf(unfinished)) {
        if (entry.cancelling && !entry.leased) endCancelled(entry, retentionMs)
      }
    },
    watch: (onHint) => {
      // A listener of its own, so that a function that watches twice is called twice.
      const own = (told: JobHint) => onHint(told)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
  }
}
