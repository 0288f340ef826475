/** A store that fails is a state that everyone is told of in the same words, and its owner not more often than is of use. */
import { StoreUnavailable } from "./errors.ts"
import type { JobStore } from "./store.ts"

/** An outage is told of when it begins, and so often while it lasts. */
const REPORT_EVERY_MS = 60_000

const unavailable = (cause: unknown): StoreUnavailable => {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StoreUnavailable({
    cause,
    message: `The jobs can't be read or written at the moment: ${reason}`,
  })
}

/** The same store, whose failures are `StoreUnavailable`. */
export const guardStore = (store: JobStore, onTrouble: (error: StoreUnavailable) => void): JobStore => {
  let reportedMs = -Infinity

  const failed = (cause: unknown): never => {
    const error = unavailable(cause)
    const nowMs = performance.now()
    if (nowMs - reportedMs >= REPORT_EVERY_MS) {
      reportedMs = nowMs
      onTrouble(error)
    }
    throw error
  }
  const guarded =
    <Args extends ReadonlyArray<unknown>, A>(call: (...args: Args) => Promise<A>) =>
    (...args: Args): Promise<A> =>
      call(...args).catch(failed)

  return {
    pace: store.pace,
    create: guarded(store.create),
    get: guarded(store.get),
    read: guarded(store.read),
    list: guarded(store.list),
    claim: guarded(store.claim),
    save: guarded(store.save),
    release: guarded(store.release),
    end: guarded(store.end),
    cancel: guarded(store.cancel),
    watched: guarded(store.watched),
    sweep: guarded(store.sweep),
    watch: store.watch,
  }
}
