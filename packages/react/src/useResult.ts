/** The hook under `useSimulationResult`: suspends until a job has ended. */
import type { JobSnapshot, Outputs, Result } from "@simstream/protocol"
import { useEffect } from "react"
import { useHydrating } from "./useHydrating.ts"

/**
 * How long an outcome is kept that nobody shows any more, in milliseconds: long enough for a component that is taken down
 * and put up again, and short enough for "try again" on an error page to try again. A result that nobody has shown yet is
 * kept for longer: the component that wants it may be held back by another that still waits.
 */
const KEEP_MS = 1000
/** How many results are kept that nobody came to show: of components that had gone by then, most likely. */
const UNSHOWN_LIMIT = 100

/** What the hook needs of a client. */
export interface ResultSource<O extends Outputs> {
  readonly result: (jobId: string, options?: { readonly signal?: AbortSignal }) => Promise<Result<O>>
}

/** One wait for the end of one job, however many components wait. */
interface Wait<O extends Outputs> {
  /** Resolves when there is reason to render again; never rejects. */
  readonly over: Promise<void>
  outcome: { readonly result: Result<O> } | { readonly error: unknown } | null
  /** How many components show the outcome. */
  holders: number
  readonly abandon: () => void
  /** A component shows the outcome until the returned function is called. */
  readonly hold: () => () => void
}

/**
 * The waits of each client. React throws away the state of a component that suspends before it was ever mounted, so they
 * can be kept neither in the component nor in a provider that may be suspended with it; they belong to the client, and
 * go with it.
 */
const waitsOf = new WeakMap<object, Map<string, Wait<Outputs>>>()

const begin = <O extends Outputs>(
  source: ResultSource<O>,
  jobId: string,
  waits: Map<string, Wait<Outputs>>,
): Wait<O> => {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined

  const forget = () => {
    if (waits.get(jobId) === wait) waits.delete(jobId)
  }

  const wait: Wait<O> = {
    // A render opens no connection: the request is made in a microtask after it
    over: Promise.resolve()
      .then(() => source.result(jobId, { signal: controller.signal }))
      .then(
        (result) => {
          wait.outcome = { result }
          Array.from(waits.values())
            .filter(({ outcome, holders }) => outcome && !holders)
            .slice(0, -UNSHOWN_LIMIT)
            .forEach(({ abandon }) => abandon())
        },
        (error: unknown) => {
          wait.outcome = { error }
          timer = setTimeout(forget, KEEP_MS)
        },
      ),
    outcome: null,
    holders: 0,
    abandon: () => {
      if (wait.holders > 0) return
      forget()
      controller.abort()
    },
    hold: () => {
      clearTimeout(timer)
      wait.holders += 1
      return () => {
        wait.holders -= 1
        if (wait.holders === 0) timer = setTimeout(forget, KEEP_MS)
      }
    },
  }
  return wait
}

const find = <O extends Outputs>(source: ResultSource<O>, jobId: string): Wait<O> => {
  const waits = waitsOf.get(source) ?? new Map<string, Wait<Outputs>>()
  waitsOf.set(source, waits)
  // That a job's outputs are of this type is what the caller says, by naming its simulation
  const wait = (waits.get(jobId) as Wait<O> | undefined) ?? begin(source, jobId, waits)
  waits.set(jobId, wait)
  return wait
}

/** Gives up what nobody shows of a client's. A component that is still suspended by it begins another wait. */
export const abandonWaits = (source: object): void => {
  waitsOf.get(source)?.forEach(({ abandon }) => abandon())
}

export const useResult = <O extends Outputs>(
  source: ResultSource<O>,
  jobId: string,
  snapshot: JobSnapshot<O> | null | undefined,
): Result<O> => {
  const hydrating = useHydrating()
  const known = snapshot?.jobId === jobId ? snapshot.result : null
  if (known === null && hydrating) {
    throw new Error(
      `A server does not wait for job ${jobId}: give an \`initialSnapshot\` with its result, or leave the fallback to the browser.`,
    )
  }
  const wait = known ?? find(source, jobId)
  useEffect(() => ("hold" in wait ? wait.hold() : undefined), [wait])

  if (!("hold" in wait)) return wait
  if (wait.outcome === null) throw wait.over
  if ("error" in wait.outcome) throw wait.outcome.error
  return wait.outcome.result
}
