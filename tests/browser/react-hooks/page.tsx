// The page of react-hooks.test.ts: components that follow a job, and a transition beside them.
import { createClient } from "@simstream/client"
import { SimulationProvider, useSimulationStream } from "@simstream/react"
import {
  memo,
  StrictMode,
  useCallback,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
  useTransition,
  type ReactNode,
} from "react"
import { createRoot } from "react-dom/client"

/** How much there is to render in a transition: this many components of a millisecond each. */
const SLOW_COMPONENTS = 300
const SLOW_MS = 1

const client = createClient({ url: "/api" })

/** What the test reads. */
const measured = {
  /** When each component was committed. */
  commits: { hook: new Array<number>(), selection: new Array<number>() },
  slowRenders: 0,
  transitionMs: 0,
}

const Following = () => {
  const { progress } = useSimulationStream("job")
  useEffect(() => {
    measured.commits.hook.push(performance.now())
  })
  return <output data-testid="progress">{progress?.current ?? 0}</output>
}

const Selecting = () => {
  const status = useSimulationStream("job", { select: (job) => job.status })
  useEffect(() => {
    measured.commits.selection.push(performance.now())
  })
  return <output data-testid="status">{status}</output>
}

/** The same store by the hook that one would expect: what `useSimulationStream` is measured against. */
const FollowingByExternalStore = () => {
  const watcher = useMemo(() => client.watch("job"), [])
  const subscribe = useCallback((listener: () => void) => watcher.subscribe(listener), [watcher])
  const { progress } = useSyncExternalStore(subscribe, watcher.getSnapshot)
  return <output data-testid="progress">{progress?.current ?? 0}</output>
}

const Slow = memo(({ round }: { readonly round: number }) => {
  const end = performance.now() + SLOW_MS
  while (performance.now() < end) {
    // As a big component would
  }
  if (round > 0) measured.slowRenders += 1
  return null
})

/** A list that takes long to render, and that a button renders anew in a transition. */
const Transition = () => {
  const [round, setRound] = useState(0)
  const [isPending, startTransition] = useTransition()
  const [startedAt, setStartedAt] = useState(0)
  useEffect(() => {
    if (round > 0) measured.transitionMs = performance.now() - startedAt
  }, [round, startedAt])
  return (
    <>
      <button
        type="button"
        data-testid="transition"
        onClick={() => {
          measured.slowRenders = 0
          measured.transitionMs = 0
          setStartedAt(performance.now())
          startTransition(() => setRound(round + 1))
        }}
      >
        {isPending ? "pending" : "go"}
      </button>
      {Array.from({ length: SLOW_COMPONENTS }, (_, index) => (
        <Slow key={index} round={round} />
      ))}
    </>
  )
}

const Route = ({ children }: { readonly children: ReactNode }) => {
  const [isHere, setHere] = useState(true)
  return (
    <>
      <button type="button" data-testid="route" onClick={() => setHere(!isHere)}>
        {isHere ? "leave" : "return"}
      </button>
      {isHere ? children : null}
    </>
  )
}

const pages: { readonly [path: string]: ReactNode } = {
  "/hook": (
    <>
      <Following />
      <Transition />
    </>
  ),
  "/external-store": (
    <>
      <FollowingByExternalStore />
      <Transition />
    </>
  ),
  "/commits": (
    <>
      <Following />
      <Selecting />
    </>
  ),
  "/twenty": (
    <StrictMode>
      <Route>
        {Array.from({ length: 20 }, (_, index) => (
          <Following key={index} />
        ))}
      </Route>
    </StrictMode>
  ),
}

Object.assign(globalThis, { measured })

const container = document.querySelector("#root")
if (container !== null) {
  createRoot(container).render(
    <SimulationProvider client={client}>{pages[location.pathname]}</SimulationProvider>,
  )
}
