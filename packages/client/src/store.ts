/** Watched jobs: one connection and one live state per job, and for each watcher a published state that keeps its pace. */
import type { JobSnapshot, Outputs } from "@simstream/protocol"
import type { Connection, Sink } from "./connection/driver.ts"
import { connectionOf } from "./connection/machine.ts"
import { ConnectionFailed, type ClientError } from "./errors.ts"
import { notify } from "./notify.ts"
import type { Abortable, CheckOption } from "./options.ts"
import { isSettled, jobStateOf, withEvent, type JobState } from "./state.ts"
import type { Watcher, WatchOptions } from "./watcher.ts"

/** Long enough for a component that is taken down and put up again, short enough for a server that counts streams. */
const IDLE_MS = 400
/** Ten times a second is as often as a figure can be read. */
const THROTTLE_MS = 100

/** What a store needs of its client. */
export interface StoreOptions extends CheckOption {
  readonly connect: <O extends Outputs>(
    jobId: string,
    cursor: string,
    check: CheckOption<O>["check"],
    sink: Sink<O>,
  ) => Connection
  readonly cancel: (jobId: string, options?: Abortable) => Promise<void>
  readonly idleMs?: number
  readonly throttleMs?: number
  readonly onError?: (error: ClientError) => void
}

/** Is told that the live state has changed, and whether that can wait. */
type Member = (urgent: boolean) => void

/** A job that is watched, whoever by. */
interface SharedJob<O extends Outputs> {
  readonly jobId: string
  readonly check: CheckOption<O>["check"]
  readonly live: () => JobState<O>
  /** Takes part, and connects if nobody else did. */
  readonly join: (member: Member) => void
  readonly leave: (member: Member) => void
  readonly retry: () => void
  /** Hangs up, whoever watches. */
  readonly close: () => void
}

/** The watched jobs of a client. */
export const createStore = ({
  connect,
  cancel,
  check: usualCheck,
  idleMs = IDLE_MS,
  throttleMs = THROTTLE_MS,
  onError,
}: StoreOptions) => {
  /** The jobs that are watched, or were a moment ago. */
  const jobs = new Set<SharedJob<Outputs>>()

  const share = <O extends Outputs>(
    jobId: string,
    check: CheckOption<O>["check"],
    snapshot: JobSnapshot<O> | null,
  ): SharedJob<O> => {
    const members = new Set<Member>()
    let live = jobStateOf(jobId, snapshot)
    let cursor = snapshot?.lastEventId ?? ""
    let connection: Connection | undefined
    let idle: ReturnType<typeof setTimeout> | undefined

    const update = (next: JobState<O>) => {
      const urgent =
        next.status !== live.status || next.connection !== live.connection || next.attempt !== live.attempt
      live = Object.freeze(next)
      for (const member of Array.from(members)) member(urgent)
    }
    const fail = (error: ClientError) =>
      update({ ...live, status: "error", connection: "closed", result: null, error })

    const open = () => {
      clearTimeout(idle)
      jobs.add(shared)
      if (connection !== undefined || isSettled(live)) return
      const own = connect<O>(jobId, cursor, check, {
        event: (event) => update(withEvent(live, event)),
        error: onError,
        connection: (status, attempt) => {
          // The last event, or the error, says so too, and says why
          if (status !== "closed") update({ ...live, connection: status, attempt })
        },
        end: (error) => {
          cursor = own.state().cursor
          connection = undefined
          if (error) fail(error)
        },
      })
      connection = own
      const known: JobState<O> =
        live.error === null ? live : { ...live, status: "connecting", result: null, error: null }
      update({ ...known, connection: connectionOf(own.state()) })
    }

    const shared: SharedJob<O> = {
      jobId,
      check,
      live: () => live,
      join: (member) => {
        members.add(member)
        open()
      },
      leave: (member) => {
        members.delete(member)
        if (members.size > 0) return
        idle = setTimeout(() => {
          jobs.delete(shared)
          if (!connection) return
          connection.close()
          update({ ...live, connection: "idle", attempt: 0 })
        }, idleMs)
      },
      retry: () => {
        if (connection === undefined && members.size > 0) open()
        else if (live.connection !== "open") connection?.wake()
      },
      close: () => {
        if (connection) {
          connection.close()
          fail(new ConnectionFailed("The client was closed.", { reason: "closed" }))
        }
        clearTimeout(idle)
        jobs.delete(shared)
      },
    }
    return shared
  }

  const watch = <O extends Outputs>(jobId: string, options: WatchOptions<O> = {}): Watcher<O> => {
    // That a job's outputs are of this type is what the caller says, by naming its simulation
    const { check = usualCheck as CheckOption<O>["check"] } = options
    const { throttleMs: pace = throttleMs, initialSnapshot = null } = options
    let timer: ReturnType<typeof setTimeout> | undefined
    /** Each a function of its own, for one listener may subscribe twice. */
    const listeners = new Set<() => void>()

    const find = () => {
      const known = Array.from(jobs).find((job) => job.jobId === jobId && job.check === check)
      return known as SharedJob<O> | undefined
    }
    let shared = find() ?? share(jobId, check, initialSnapshot)
    /** The job as others watch it now, if any do. */
    const current = () => (shared = find() ?? shared)
    let published = shared.live()

    const member: Member = (urgent) => {
      if (timer !== undefined && !urgent) return
      clearTimeout(timer)
      timer = setTimeout(() => {
        timer = undefined
        if (published !== shared.live()) member(false)
      }, pace)
      published = shared.live()
      for (const tell of Array.from(listeners)) tell()
    }

    const leave = () => {
      listeners.clear()
      clearTimeout(timer)
      timer = undefined
      shared.leave(member)
    }

    return {
      jobId,
      getSnapshot: () => (listeners.size > 0 ? published : current().live()),
      subscribe: (listener, { signal } = {}) => {
        if (signal?.aborted) return () => {}
        if (listeners.size === 0) {
          current().join(member)
          published = shared.live()
        }
        const tell = () => notify(listener)
        listeners.add(tell)
        const unsubscribe = () => {
          signal?.removeEventListener("abort", unsubscribe)
          if (listeners.delete(tell) && listeners.size === 0) leave()
        }
        signal?.addEventListener("abort", unsubscribe)
        return unsubscribe
      },
      retry: () => shared.retry(),
      cancel: (own) => cancel(jobId, own),
      [Symbol.dispose]: () => {
        if (listeners.size > 0) leave()
      },
    }
  }

  return {
    watch,
    close: () => {
      for (const job of jobs) job.close()
    },
  }
}
