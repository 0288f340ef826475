/** The hook under the hooks: a component follows a job of the client's store. */
import { jobStateOf, type JobState, type Watcher } from "@simstream/client"
import type { Outputs, Progress } from "@simstream/protocol"
import {
  useCallback,
  useEffect,
  useInsertionEffect,
  useMemo,
  useRef,
  useState,
  type Dispatch,
  type SetStateAction,
} from "react"
import {
  idleState,
  isSettled,
  pausedState,
  toJob,
  type IdleJobState,
  type JobActions,
  type SimulationJob,
} from "./job.ts"
import type { FollowOptions } from "./options.ts"
import { useHydrating } from "./useHydrating.ts"

/** What the hook needs of a client. */
export interface JobSource<O extends Outputs> {
  watch(
    jobId: string,
    options: Pick<FollowOptions<O>, "throttleMs" | "check" | "initialSnapshot">,
  ): Watcher<O>
}

export interface UseJobOptions<O extends Outputs, T> extends FollowOptions<O> {
  readonly select: (job: SimulationJob<O>) => T
  readonly isEqual?: ((previous: T, next: T) => boolean) | undefined
}

/** What a component holds of a job: the watcher, and what that had published when the component last rendered for it. */
interface Held<O extends Outputs, T> {
  readonly source: JobSource<O>
  readonly jobId: string | null
  readonly throttleMs: number | undefined
  readonly watcher: Watcher<O> | null
  readonly actions: JobActions
  readonly state: IdleJobState | JobState<O>
  readonly selection: T
}

/** What was committed last, for listeners, which are called between renders. */
interface Committed<O extends Outputs, T> {
  readonly held: Held<O, T>
  readonly target: Watcher<O> | null
  readonly value: T
  readonly options: UseJobOptions<O, T>
}

/** What the callbacks were told of each job. It outlives a change of the job, for the same job may come back. */
type Told = Map<string, { readonly progress: Progress | null; readonly isOver: boolean }>

interface Subscription {
  readonly watcher: object
  readonly leave: () => void
}

/** A user's callback that throws is reported as an event listener's is: it neither takes the page down nor stops us. */
const notify = <Argument>(callback: ((argument: Argument) => void) | undefined, argument: Argument) => {
  try {
    callback?.(argument)
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown
    })
  }
}

/** Tells the callbacks of what the watcher has published since, and renders if this component shows it. */
const followUp = <O extends Outputs, T>(
  committed: Committed<O, T> | null,
  told: Told,
  setHeld: Dispatch<SetStateAction<Held<O, T>>>,
): void => {
  if (!committed?.target) return
  const { held, target, value, options } = committed
  const state = target.getSnapshot()
  const job = toJob(state, held.actions)

  if (state !== held.state) {
    let selection = value
    let isSame = false
    try {
      selection = options.select(job)
      isSame = (options.isEqual ?? Object.is)(value, selection)
    } catch {
      // It throws again in the render that follows, where an error boundary can catch it
    }
    if (!isSame) setHeld((now) => (now.watcher === target ? { ...now, state, selection } : now))
  }

  const { jobId, progress } = state
  const before = told.get(jobId) ?? { progress: held.state.progress, isOver: isSettled(held.state) }
  const isOver = before.isOver || isSettled(state)
  told.set(jobId, { progress, isOver })
  if (progress !== null && progress !== before.progress) notify(options.onProgress, progress)
  if (isSettled(job) && !before.isOver) notify(options.onSettled, job)
}

/** The job as it is shown: the same object for as long as there is nothing else to show. */
const useShown = <O extends Outputs>(
  state: IdleJobState | JobState<O>,
  actions: JobActions,
  isPaused: boolean,
): SimulationJob<O> =>
  useMemo(() => toJob(isPaused ? pausedState(state) : state, actions), [state, actions, isPaused])

/**
 * Follows a job and renders when what `select` makes of it changes.
 *
 * The state is held by `useState` and a subscription, and not by `useSyncExternalStore`, which is the usual way to bind a
 * store. Its updates are synchronous by design: each one interrupts a transition that is being rendered and makes it
 * start over. A store that ticks, as this one does for minutes, keeps every transition of the page from ending until
 * React gives up after 5 s (a store that ticked 4 times a second made a transition of 0.3 s take 5.1 s). `useState`
 * updates wait for their turn. The price is tearing, of no consequence here: two components may differ by one update for
 * the length of one render.
 *
 * What is published is throttled by the client, and not the listener: a snapshot that changes between renders would
 * render once more for every event whatever the listener waits for.
 */
export const useJob = <O extends Outputs, T>(
  source: JobSource<O>,
  wantedId: string | null | undefined,
  options: UseJobOptions<O, T>,
): T => {
  const {
    enabled = true,
    throttleMs,
    check,
    whenHidden,
    initialSnapshot,
    select,
    isEqual = Object.is,
  } = options
  const jobId = wantedId ?? null
  const hydrating = useHydrating()
  /** The watcher that was stopped, rather than whether one was: another job starts afresh. */
  const [stopped, setStopped] = useState<Watcher<O> | null>(null)

  const take = (): Held<O, T> => {
    const snapshot = initialSnapshot?.jobId === jobId ? initialSnapshot : null
    const watcher =
      jobId === null ? null : source.watch(jobId, { throttleMs, check, initialSnapshot: snapshot })
    const actions: JobActions = {
      cancel: async () => watcher?.cancel(),
      stop: () => setStopped(watcher),
      retry: () => {
        setStopped(null)
        watcher?.retry()
      },
    }
    const state =
      watcher === null
        ? idleState(null)
        : hydrating
          ? jobStateOf(watcher.jobId, snapshot)
          : watcher.getSnapshot()
    return { source, jobId, throttleMs, watcher, actions, state, selection: select(toJob(state, actions)) }
  }

  const [taken, setHeld] = useState(take)
  const isStale = taken.source !== source || taken.jobId !== jobId || taken.throttleMs !== throttleMs
  const held = isStale ? take() : taken
  if (isStale) setHeld(held)

  const { watcher, state, actions } = held
  /** The watcher to listen to, if any. */
  const target = enabled && watcher !== stopped ? watcher : null
  const job = useShown(state, actions, target === null)
  const selected = select(job)
  // An inline `select` makes a new object of the same content in every render; whoever compares by identity keeps the old
  const value = isEqual(held.selection, selected) ? held.selection : selected

  const committed = useRef<Committed<O, T>>(null)
  const told = useRef<Told>(new Map())
  const subscription = useRef<Subscription>(null)

  const catchUp = useCallback(() => followUp(committed.current, told.current, setHeld), [])

  // Before any other effect, and in hidden trees too, so that no listener ever calls yesterday's callback
  useInsertionEffect(() => {
    committed.current = { held, target, value, options }
  })

  // React leaves this kind of effect alone when it hides a tree: it is cleaned up when the component goes for good
  useInsertionEffect(
    () => () => {
      if (subscription.current?.watcher === target) subscription.current?.leave()
    },
    [target],
  )

  useEffect(() => {
    if (target !== null && subscription.current === null) {
      const unsubscribe = target.subscribe(catchUp)
      subscription.current = {
        watcher: target,
        leave: () => {
          subscription.current = null
          unsubscribe()
        },
      }
    }
    return whenHidden === "keep" ? undefined : () => subscription.current?.leave()
  }, [target, whenHidden, catchUp])

  // After every commit: something may have been published while React was rendering, or `select` may be another one now
  useEffect(catchUp)

  return value
}
