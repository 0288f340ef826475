/**
 * The jobs that this process knows: those that it runs, and those that somebody watches here while they run elsewhere, or
 * wait. The latter are kept up to date from the store, by its hints and, slowly, without any.
 */
import { isEnded, type Job, jobOf, tellJob } from "./job.ts"
import type { JobNews, JobRecord, JobStore } from "./store.ts"
import { createJobTimers, unref } from "./timers.ts"

/** A job that nobody watches and that does not run here is known for so long, for the next who asks. */
const LINGER_MS = 10_000
/** A store that could not be read is asked again after so long. */
const RETRY_MS = 500
/** When a store could not be read for so long, the streams that it feeds end, and their clients see that they have to wait. */
const BLIND_MS = 5_000

/** What follows jobs works with. */
export interface FollowingOptions {
  readonly store: JobStore
  /** Whether the job runs here, so that this process knows best. */
  readonly isOwn: (jobId: string) => boolean
  /** Told of how many watch a job whenever that changes. */
  readonly onWatchers: (jobId: string, count: number) => void
}

/** The jobs that this process knows. */
export interface Following {
  readonly known: (jobId: string) => Job | undefined
  /** The job, which is kept up to date for as long as it is watched; `null` when there is none. */
  readonly follow: (jobId: string) => Promise<Job | null>
  /** The job of a record, to be run here. */
  readonly adopt: (record: JobRecord) => Job
  /** To be called when a job has ended here: it is known for so long at least. */
  readonly keep: (jobId: string, ms: number) => void
  /** Looks for news of a job, if it is followed; of all of them without an id. Resolves when they have been told. */
  readonly look: (jobId?: string) => Promise<void>
  /** The jobs that are watched here. */
  readonly watched: () => ReadonlyArray<string>
  /** Ends what is followed, without a last event, so that its watchers come again, elsewhere. */
  readonly stop: () => void
}

export const createFollowing = ({ store, isOwn, onWatchers }: FollowingOptions): Following => {
  const jobs = new Map<string, Job>()
  const lingering = createJobTimers()
  /** Jobs to look for news of. */
  const wanted = new Set<string>()
  let looking: Promise<void> | null = null
  let retrying: ReturnType<typeof setTimeout> | undefined = undefined
  let blindSinceMs: number | null = null

  const isFollowed = (jobId: string): boolean => {
    const job = jobs.get(jobId)
    return job !== undefined && !isOwn(jobId) && !isEnded(job)
  }

  const forget = (jobId: string) => {
    lingering.clear(jobId)
    jobs.delete(jobId)
  }

  const linger = (jobId: string, ms = LINGER_MS) => {
    lingering.set(jobId, ms, () => {
      const job = jobs.get(jobId)
      if (job !== undefined && !isOwn(jobId) && (isEnded(job) || job.feed.subscribers() === 0)) forget(jobId)
    })
  }

  const add = (record: JobRecord): Job => {
    const { jobId } = record
    const job = jobOf(record, (count) => {
      onWatchers(jobId, count)
      if (count > 0) lingering.clear(jobId)
      else linger(jobId)
    })
    jobs.set(jobId, job)
    linger(jobId)
    return job
  }

  /** Ends a feed that there will be no more news for. */
  const drop = (jobId: string) => {
    const job = jobs.get(jobId)
    forget(jobId)
    job?.feed.end()
  }

  const tell = (asked: ReadonlyArray<string>, news: ReadonlyArray<JobNews>) => {
    const byId = new Map(news.map((told) => [told.jobId, told]))
    // What has become this process's own meanwhile, or has ended, knows better.
    for (const jobId of asked.filter(isFollowed)) {
      const job = jobs.get(jobId)
      const told = byId.get(jobId)
      if (job === undefined) continue
      if (told === undefined) drop(jobId)
      else if (told.attempt >= job.state.attempt) tellJob(job, told)
    }
  }

  const dropAll = () => {
    for (const jobId of [...jobs.keys()].filter(isFollowed)) drop(jobId)
  }

  const read = async () => {
    clearTimeout(retrying)
    while (wanted.size > 0) {
      const asked = [...wanted].filter(isFollowed)
      wanted.clear()
      if (asked.length === 0) return
      try {
        const news = await store.read(
          asked.map((jobId) => ({ jobId, revision: jobs.get(jobId)?.feed.revision() ?? 0 })),
        )
        blindSinceMs = null
        tell(asked, news)
      } catch {
        blindSinceMs ??= performance.now()
        if (performance.now() - blindSinceMs >= BLIND_MS) return dropAll()
        retrying = setTimeout(() => void look(), RETRY_MS)
        unref(retrying)
        return
      }
    }
  }

  const look = (jobId?: string): Promise<void> => {
    for (const id of jobId === undefined ? jobs.keys() : [jobId]) if (isFollowed(id)) wanted.add(id)
    looking ??= read().finally(() => {
      looking = null
    })
    return looking
  }

  return {
    known: (jobId) => jobs.get(jobId),
    follow: async (jobId) => {
      const known = jobs.get(jobId)
      if (known !== undefined) return known
      const record = await store.get(jobId)
      // Somebody else may have asked, or the job may have begun to run here, meanwhile.
      const found = jobs.get(jobId)
      if (found !== undefined || record === null) return found ?? null
      const job = add(record)
      // What was hinted at while the record was on its way was for nobody.
      void look(jobId)
      return job
    },
    adopt: (record) => {
      const job = jobs.get(record.jobId) ?? add(record)
      tellJob(job, record)
      return job
    },
    keep: (jobId, ms) => linger(jobId, Math.max(ms, LINGER_MS)),
    look,
    watched: () => [...jobs].filter(([, { feed }]) => feed.subscribers() > 0).map(([jobId]) => jobId),
    stop: () => {
      lingering.clearAll()
      clearTimeout(retrying)
      dropAll()
    },
  }
}
