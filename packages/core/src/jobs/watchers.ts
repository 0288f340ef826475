/** A job that nobody watches for long enough is cancelled, if that is wished. Those who watch elsewhere count, too. */
import type { JobStore } from "./store.ts"
import { createJobTimers, unref } from "./timers.ts"

/** Other processes are told so often within the time after which a job would be cancelled that somebody watches here. */
const NOTES = 4

/** Cancels what nobody watches. */
export interface Watchers {
  /** To be called when a job is started or begins to run here. */
  readonly begin: (jobId: string) => void
  /** To be called when it has ended. */
  readonly end: (jobId: string) => void
  /** To be called when it is looked at, once, and whenever the number of those who watch it here changes. */
  readonly seen: (jobId: string) => void
  readonly stop: () => void
}

/** What the watchers' policy works with. */
export interface WatchersOptions {
  readonly store: JobStore
  readonly cancelAfterMs: number
  /** How many watch a job here. */
  readonly count: (jobId: string) => number
  /** The jobs that anybody watches here. */
  readonly watched: () => ReadonlyArray<string>
  readonly cancel: (jobId: string) => Promise<void>
}

/** Does nothing: jobs run on whether anybody watches or not. */
export const keepUnwatched: Watchers = {
  begin: () => undefined,
  end: () => undefined,
  seen: () => undefined,
  stop: () => undefined,
}

/** Cancels jobs that nobody has watched for so long. */
export const cancelUnwatched = ({
  store,
  cancelAfterMs,
  count,
  watched,
  cancel,
}: WatchersOptions): Watchers => {
  const timers = createJobTimers()
  const begun = new Set<string>()
  const isShared = store.pace !== null && store.pace.shareEveryMs !== null

  /** Tells other processes. What can't be told now is told next time. */
  const note = (jobIds: ReadonlyArray<string>) => {
    if (isShared && jobIds.length > 0) store.watched(jobIds).catch(() => undefined)
  }

  /** For how long nobody has watched the job anywhere; when that can't be learned, somebody may be watching. */
  const unwatchedMs = async (jobId: string): Promise<number> => {
    if (!isShared) return cancelAfterMs
    try {
      const [news] = await store.read([{ jobId, revision: Number.MAX_SAFE_INTEGER }])
      return news?.unwatchedMs ?? cancelAfterMs
    } catch {
      return 0
    }
  }

  const arm = (jobId: string, ms: number) => timers.set(jobId, ms, () => void judge(jobId))

  const judge = async (jobId: string) => {
    const leftMs = cancelAfterMs - (await unwatchedMs(jobId))
    if (!begun.has(jobId) || count(jobId) > 0) return
    if (leftMs > 0) arm(jobId, leftMs)
    else await cancel(jobId)
  }

  const rearm = (jobId: string) => {
    if (!begun.has(jobId)) return
    if (count(jobId) > 0) timers.clear(jobId)
    else arm(jobId, cancelAfterMs)
  }

  const noting = isShared ? setInterval(() => note(watched()), cancelAfterMs / NOTES) : undefined
  unref(noting)

  return {
    begin: (jobId) => {
      begun.add(jobId)
      rearm(jobId)
    },
    end: (jobId) => {
      begun.delete(jobId)
      timers.clear(jobId)
    },
    seen: (jobId) => {
      note([jobId])
      rearm(jobId)
    },
    stop: () => {
      clearInterval(noting)
      timers.clearAll()
    },
  }
}
