/** The table of jobs: each call of the port as a statement. Who may write is decided in the statement that writes. */
import {
  type Admission,
  EVENTS_PER_ATTEMPT,
  type JobChange,
  type JobHint,
  type JobLease,
  type JobRecord,
  type JobStore,
  type Kept,
  type NewJob,
  type Room,
} from "@simstream/core"
import type { Database, Sql } from "./database.ts"
import { lockKey } from "./migrations.ts"
import { claimedOf, HEAD, headOf, newsOf, newsSince, RECORD, recordOf } from "./rows.ts"

/** What the table of jobs works with. */
export interface JobTableOptions {
  readonly database: Database
  /** Quoted. */
  readonly schema: string
  readonly leaseMs: number
  /** Where other processes are told of changes; `null` when there are none, and hints go to `onHint`. */
  readonly channel: string | null
  readonly onHint: (hint: JobHint) => void
}

/** The calls of a store on the table. */
export interface JobTable {
  readonly store: Omit<JobStore, "pace" | "watch">
  /** Takes back every lease. */
  readonly releaseAll: () => Promise<void>
}

/** A statement of the holder of a lease. */
interface LeasedWrite {
  readonly events: JobChange["events"]
  /** Of the newest event, where that is none of these. */
  readonly revision?: number
  /** Assignments. */
  readonly more: string
  readonly values: ReadonlyArray<unknown>
  readonly notice: "q" | "c"
}

const STATUS_OF = { complete: "completed", error: "failed", cancelled: "cancelled" } as const

/** Nobody holds the lease of the job, by the database's clock. */
const IS_FREE = "(leased_until IS NULL OR leased_until < now())"
/** The record has been kept for long enough, if nobody has removed it yet. */
const IS_EXPIRED = "(expires_at IS NOT NULL AND expires_at < now())"

const inMs = (value: string): string => `now() + ${value}::float8 * interval '1 millisecond'`

/**
 * Ends a job that nobody runs, as cancelled, and leaves one that somebody runs as it is. It counts as an attempt with one
 * event, its last one, which is so behind all that may have been told.
 */
const endedIfFree = (retentionMs: string): string => `
  status = CASE WHEN ${IS_FREE} THEN 'cancelled' ELSE status END,
  attempt = CASE WHEN ${IS_FREE} THEN attempt + 1 ELSE attempt END,
  revision = CASE WHEN ${IS_FREE} THEN attempt::bigint * ${EVENTS_PER_ATTEMPT} + 1 ELSE revision END,
  ended_at = CASE WHEN ${IS_FREE} THEN now() END,
  expires_at = CASE WHEN ${IS_FREE} THEN ${inMs(retentionMs)} END,
  checkpoint = CASE WHEN ${IS_FREE} THEN NULL ELSE checkpoint END,
  leased_until = CASE WHEN ${IS_FREE} THEN NULL ELSE leased_until END`

/** PostgreSQL's text bears no NUL. No job has one in its id, and none the character in its place: it is not there. */
const textOf = (jobId: string): string => jobId.replaceAll("\0", "\uFFFD")

/** `<microseconds>_<job id>`: the place of the last job of a page in the order of jobs. */
const CURSOR = /^(\d{1,16})_(.+)$/

export const createJobTable = ({ database, schema, leaseMs, channel, onHint }: JobTableOptions): JobTable => {
  const JOBS = `${schema}.jobs`

  /** A column that notifies other processes of `letter` and an expression. */
  const notifying = (letter: string, id = "''"): string =>
    channel === null ? "" : `, pg_notify('${channel}', '${letter}' || ${id})`

  /** Hints within this process, where no other is notified. */
  const hint = (told: JobHint) => {
    if (channel === null) onHint(told)
  }

  const create = async (job: NewJob, room: Room): Promise<Admission> => {
    const admission = await admit(job, room)
    if (admission.outcome === "created") hint({ type: "queued" })
    return admission
  }

  const admit = (job: NewJob, room: Room): Promise<Admission> =>
    database.transaction(async (sql) => {
      // One at a time, so that what is counted stays so until the job is in.
      await sql.query("SELECT pg_advisory_xact_lock($1, hashtext($2))", [lockKey("create"), schema])
      const earlier = await findEarlier(sql, job)
      if (earlier !== null) return { outcome: "repeated", record: earlier }
      const refusal = await findRefusal(sql, job, room)
      if (refusal !== null) return { outcome: refusal }
      const { jobId, owner, idempotency, request } = job
      const [row] = await sql.query(
        `WITH jobs AS (
          INSERT INTO ${JOBS} (id, owner, idempotency_key, request_digest, simulation, request)
          VALUES ($1, $2, $3, $4, $5, $6::text::json)
          RETURNING *
        ) SELECT ${RECORD}${notifying("q")} FROM jobs`,
        [
          jobId,
          owner,
          idempotency?.key ?? null,
          idempotency?.digest ?? null,
          request.simulation,
          JSON.stringify(request),
        ],
      )
      if (row === undefined) throw new Error(`The job ${jobId} was not taken in, and nobody said why.`)
      return { outcome: "created", record: recordOf(row) }
    })

  const findEarlier = async (sql: Sql, { owner, idempotency }: NewJob): Promise<JobRecord | null> => {
    if (idempotency === null) return null
    const ofKey = `coalesce('=' || owner, '') = coalesce('=' || $1::text, '') AND idempotency_key = $2`
    await sql.query(`DELETE FROM ${JOBS} WHERE ${ofKey} AND ${IS_EXPIRED}`, [owner, idempotency.key])
    const [row] = await sql.query(`SELECT ${RECORD} FROM ${JOBS} WHERE ${ofKey}`, [owner, idempotency.key])
    return row === undefined ? null : recordOf(row)
  }

  const findRefusal = async (sql: Sql, { owner }: NewJob, room: Room) => {
    const [row] = await sql.query(
      `SELECT
        count(*) FILTER (WHERE ${IS_FREE})::float8
          >= $1::float8 + greatest(0, $2::float8 - count(*) FILTER (WHERE NOT ${IS_FREE})) AS queue_full,
        count(*) FILTER (WHERE owner = $3::text)::float8 >= $4::float8 AND $3::text IS NOT NULL AS owner_full
      FROM ${JOBS} WHERE ended_at IS NULL`,
      [room.queued, room.running, owner, room.ofOwner],
    )
    if (row?.["queue_full"] === true) return "queue_full"
    return row?.["owner_full"] === true ? "owner_full" : null
  }

  /** Writes what the holder of a lease says, and sets more, whose values are from $8 on. */
  const write = async (
    { jobId, attempt }: JobLease,
    { events, revision, more, values, notice }: LeasedWrite,
  ): Promise<Kept> => {
    const progress = events.find(({ event }) => event.type === "progress")
    const partial = events.find(({ event }) => event.type === "partial")
    const [row] = await database.query(
      `WITH written AS (
        UPDATE ${JOBS} SET
          progress = coalesce($3::text::json, progress),
          progress_revision = coalesce($4::bigint, progress_revision),
          partial = coalesce($5::text::json, partial),
          partial_revision = coalesce($6::bigint, partial_revision),
          revision = coalesce($7::bigint, revision),
          ${more}
        WHERE id = $1 AND attempt = $2 AND leased_until IS NOT NULL AND ended_at IS NULL
        RETURNING id, cancel_requested
      ) SELECT cancel_requested${notifying(notice, "id")} FROM written`,
      [
        jobId,
        attempt,
        progress === undefined ? null : JSON.stringify(progress.event),
        progress?.revision ?? null,
        partial === undefined ? null : JSON.stringify(partial.event),
        partial?.revision ?? null,
        revision ?? events[events.length - 1]?.revision ?? null,
        ...values,
      ],
    )
    if (row === undefined) return { held: false, cancelling: false }
    hint(notice === "q" ? { type: "queued" } : { type: "changed", jobId })
    return { held: true, cancelling: row["cancel_requested"] === true }
  }

  const encoded = (checkpoint: JobChange["checkpoint"]): string | null => {
    if (checkpoint === undefined) return null
    const text = JSON.stringify(checkpoint)
    database.replaced(text.length)
    return text
  }

  const cancel: JobStore["cancel"] = async (jobId, retentionMs) => {
    const [row] = await database.query(
      `WITH asked AS (
        UPDATE ${JOBS} SET cancel_requested = true, ${endedIfFree("$2")}
        WHERE id = $1 AND ended_at IS NULL
        RETURNING id, ended_at IS NOT NULL AS ended
      ) SELECT ended${notifying("", "(CASE WHEN ended THEN 'c' ELSE 'x' END) || id")} FROM asked`,
      [textOf(jobId), retentionMs],
    )
    if (row === undefined) return (await get(jobId)) === null ? null : "ended"
    const ended = row["ended"] === true
    hint({ type: ended ? "changed" : "cancelling", jobId })
    return ended ? "cancelled" : "requested"
  }

  const get: JobStore["get"] = async (jobId) => {
    const [row] = await database.query(`SELECT ${RECORD} FROM ${JOBS} WHERE id = $1 AND NOT ${IS_EXPIRED}`, [
      textOf(jobId),
    ])
    return row === undefined ? null : recordOf(row)
  }

  const store: JobTable["store"] = {
    create,
    get,
    read: async (cursors) => {
      const after = new Map(cursors.map(({ jobId, revision }) => [textOf(jobId), revision]))
      const rows = await database.query(
        `SELECT ${newsSince("seen.revision")}
        FROM unnest($1::text[], $2::bigint[]) AS seen (id, revision) JOIN ${JOBS} ON jobs.id = seen.id
        WHERE NOT ${IS_EXPIRED}`,
        [[...after.keys()], [...after.values()]],
      )
      return rows.map((row) => newsOf(row, after.get(String(row["id"])) ?? 0))
    },
    list: async ({ owner, cursor, limit }) => {
      const [, micros, jobId] = cursor === undefined ? [] : (CURSOR.exec(cursor) ?? ["", "0", ""])
      // In words that an index can follow, which `IS NOT DISTINCT FROM` is not.
      const isOwners =
        owner === undefined || owner === null
          ? `$1::text IS NULL${owner === null ? " AND owner IS NULL" : ""}`
          : "owner = $1::text"
      const rows = await database.query(
        `SELECT ${HEAD} FROM ${JOBS}
        WHERE ${isOwners}
          AND ($2::text IS NULL OR (created_at, id) < (timestamptz 'epoch' + $2::float8 * interval '1 microsecond', $3::text))
          AND NOT ${IS_EXPIRED}
        ORDER BY created_at DESC, id DESC LIMIT $4::bigint`,
        [
          owner ?? null,
          micros ?? null,
          jobId === undefined ? null : textOf(jobId),
          limit === Infinity ? null : limit + 1,
        ],
      )
      const page = rows.slice(0, limit)
      const last = page[page.length - 1]
      const isMore = last !== undefined && rows.length > limit
      return {
        heads: page.map(headOf),
        nextCursor: isMore ? `${String(last["created_us"])}_${String(last["id"])}` : null,
      }
    },
    claim: async ({ simulations, except, limit }) => {
      const rows = await database.query(
        `WITH free AS MATERIALIZED (
          SELECT id FROM ${JOBS}
          WHERE ended_at IS NULL AND ${IS_FREE} AND simulation = ANY($1::text[]) AND NOT id = ANY($2::text[])
          ORDER BY created_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
        )
        UPDATE ${JOBS} SET
          status = 'running',
          started_at = coalesce(started_at, now()),
          attempt = attempt + 1,
          leased_until = ${inMs("$4")}
        FROM free WHERE jobs.id = free.id
        RETURNING ${RECORD}, jobs.checkpoint, jobs.cancel_requested`,
        [simulations, except, limit, leaseMs],
      )
      return rows.map(claimedOf).sort((left, right) => left.record.createdAtMs - right.record.createdAtMs)
    },
    save: (lease, { events, checkpoint }) =>
      write(lease, {
        events,
        more: `checkpoint = coalesce($8::text, checkpoint), leased_until = ${inMs("$9")}`,
        values: [encoded(checkpoint), leaseMs],
        notice: "c",
      }),
    release: (lease, { events, checkpoint }) =>
      write(lease, {
        events,
        more: "checkpoint = coalesce($8::text, checkpoint), leased_until = NULL",
        values: [encoded(checkpoint)],
        notice: "q",
      }),
    end: (lease, { events, last: { event, revision }, retentionMs }) =>
      write(lease, {
        events,
        revision,
        more: `status = $8::text, last = $9::text::json, ended_at = now(), expires_at = ${inMs("$10")},
          leased_until = NULL, checkpoint = NULL`,
        // What a cancelled job had by then is its newest partial outputs, which are there already.
        values: [
          STATUS_OF[event.type],
          event.type === "cancelled" ? null : JSON.stringify(event),
          retentionMs,
        ],
        notice: "c",
      }),
    cancel,
    watched: async (jobIds) => {
      await database.query(
        `UPDATE ${JOBS} SET watched_at = now() WHERE id = ANY($1::text[]) AND ended_at IS NULL`,
        [jobIds.map(textOf)],
      )
    },
    sweep: async (retentionMs) => {
      await database.query(`DELETE FROM ${JOBS} WHERE ${IS_EXPIRED}`)
      const ended = await database.query(
        `WITH ended AS (
          UPDATE ${JOBS} SET ${endedIfFree("$1")}
          WHERE ended_at IS NULL AND cancel_requested AND ${IS_FREE}
          RETURNING id
        ) SELECT id${notifying("c", "id")} FROM ended`,
        [retentionMs],
      )
      for (const row of ended) hint({ type: "changed", jobId: String(row["id"]) })
    },
  }

  return {
    store,
    releaseAll: async () => {
      await database.query(`UPDATE ${JOBS} SET leased_until = NULL WHERE leased_until IS NOT NULL`)
    },
  }
}
