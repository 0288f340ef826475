/** Watched jobs: one connection and one live state per job, and for each watcher a published state that keeps its pace. */
import type { JobSnapshot, Outputs } from "@simstream/protocol"
import type { Connection, Sink } from "./connection/driver.ts"
import { connectionOf } from "./connection/machine.ts"
import type { ClientError } from "./errors.ts"
import { notify } from "./notify.ts"
import { initialJobState, isSettled, withEvent, withSnapshot, type JobState } from "./state.ts"
import type { Watcher, WatchOptions } from "./watcher.ts"

/** Long enough for a component that is taken down and put up again, short enough for a server that counts streams. */
const IDLE_MS = 400
/** Ten times a second is as often as a figure can be read. */
const THROTTLE_MS = 100

/** What a store needs of its client. */
export interface StoreOptions {
  readonly connect: <O extends Outputs>(jobId: string, cursor: string, sink: Sink<O>) => Connection
  readonly cancel: (jobId: string) => Promise<void>
  readonly idleMs?: number
  readonly throttleMs?: number
  readonly onError?: (error: ClientError) => void
}

/** Is told that the live state has changed, and whether that can wait. */
type Member = (urgent: boolean) => void

/** A job that is watched, whoever by. */
interface SharedJob<O extends Outputs> {
  readonly live: () => JobState<O>
  /** Takes part, and connects if nobody else did. */
  readonly join: (member: Member) => void
  readonly leave: (member: Member) => void
  readonly retry: () => void
}

/** Makes the `watch` of a client. */
export const createStore = ({
  connect,
  cancel,
  idleMs = IDLE_MS,
  throttleMs = THROTTLE_MS,
  onError,
}: StoreOptions) => {
  /** The jobs that are watched, or were a moment ago. */
  const jobs = new Map<string, SharedJob<Outputs>>()

  const share = <O extends Outputs>(jobId: string, snapshot: JobSnapshot<O> | null): SharedJob<O> => {
    const members = new Set<Member>()
    let live =
      snapshot === null ? initialJobState<O>(jobId) : withSnapshot(initialJobState<O>(jobId), snapshot)
    let cursor = snapshot?.lastEventId ?? ""
    let connection: Connection | undefined
    let idle: ReturnType<typeof setTimeout> | undefined

    const update = (next: JobState<O>) => {
      const urgent =
        next.status !== live.status || next.connection !== live.connection || next.attempt !== live.attempt
      live = next
      for (const member of Array.from(members)) member(urgent)
    }

    const open = () => {
      clearTimeout(idle)
      jobs.set(jobId, shared)
      if (connection !== undefined || isSettled(live)) return
      const own = connect<O>(jobId, cursor, {
        event: (event) => {
          const state = own.state()
          update({ ...withEvent(live, event), connection: connectionOf(state), attempt: state.attempt })
        },
        error: (error) => notify(onError, error),
        connection: (status, attempt) => {
          // The last event, or the error, says so too, and says why
          if (status !== "closed") update({ ...live, connection: status, attempt })
        },
        end: (error) => {
          cursor = own.state().cursor
          connection = undefined
          if (error) update({ ...live, status: "error", connection: "closed", result: null, error })
          if (members.size === 0) forget()
        },
      })
      connection = own
      const known: JobState<O> =
        live.error === null ? live : { ...live, status: "connecting", result: null, error: null }
      update({ ...known, connection: connectionOf(own.state()) })
    }

    const forget = () => {
      clearTimeout(idle)
      jobs.delete(jobId)
    }

    const shared: SharedJob<O> = {
      live: () => live,
      join: (member) => {
        members.add(member)
        open()
      },
      leave: (member) => {
        members.delete(member)
        if (members.size > 0) return
        if (connection === undefined) return forget()
        idle = setTimeout(() => {
          connection?.close()
          live = { ...live, connection: "idle", attempt: 0 }
        }, idleMs)
      },
      retry: () => {
        if (connection === undefined && members.size > 0) open()
        else if (live.connection !== "open") connection?.wake()
      },
    }
    return shared
  }

  return <O extends Outputs>(jobId: string, options: WatchOptions<O> = {}): Watcher<O> => {
    const { throttleMs: pace = throttleMs, initialSnapshot = null } = options
    // That a job's outputs are of this type is what the caller says, by naming its simulation
    const find = () => jobs.get(jobId) as SharedJob<O> | undefined

    let shared = find() ?? share(jobId, initialSnapshot)
    let published = shared.live()
    let timer: ReturnType<typeof setTimeout> | undefined
    const listeners = new Set<{ readonly listener: () => void }>()

    const member: Member = (urgent) => {
      if (timer !== undefined && !urgent) return
      clearTimeout(timer)
      timer = setTimeout(() => {
        timer = undefined
        if (published !== shared.live()) member(false)
      }, pace)
      published = Object.freeze(shared.live())
      for (const { listener } of Array.from(listeners)) notify(listener)
    }

    return {
      jobId,
      getSnapshot: () => {
        if (listeners.size > 0) return published
        shared = find() ?? shared
        return Object.freeze(shared.live())
      },
      subscribe: (listener) => {
        if (listeners.size === 0) {
          shared = find() ?? shared
          shared.join(member)
          published = Object.freeze(shared.live())
        }
        const entry = { listener }
        listeners.add(entry)
        return () => {
          if (!listeners.delete(entry) || listeners.size > 0) return
          clearTimeout(timer)
          timer = undefined
          shared.leave(member)
        }
      },
      retry: () => shared.retry(),
      cancel: () => cancel(jobId),
    }
  }
}
