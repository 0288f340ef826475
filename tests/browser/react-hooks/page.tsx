// The pages of react-hooks.test.ts and react-lifetime.test.ts: components that follow jobs, in every way that is measured.
import { createClient } from "@simstream/client"
import {
  SimulationAnnouncer,
  SimulationProgress,
  SimulationProvider,
  useSimulationStream,
  type ProgressView,
} from "@simstream/react"
import {
  StrictMode,
  useCallback,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
  type FunctionComponent,
  type ReactNode,
} from "react"
import { createRoot } from "react-dom/client"
import { measured } from "./measured.ts"
import { Transition } from "./transition.tsx"

const client = createClient({ url: "/api" })

interface FollowerProps {
  readonly enabled?: boolean
}

const Following = ({ enabled = true }: FollowerProps) => {
  const { progress } = useSimulationStream("job", { enabled })
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
const FollowingByExternalStore = ({ enabled = true }: FollowerProps) => {
  const watcher = useMemo(() => client.watch("job"), [])
  const subscribe = useCallback(
    (listener: () => void) => (enabled ? watcher.subscribe(listener) : () => {}),
    [watcher, enabled],
  )
  const { progress } = useSyncExternalStore(subscribe, watcher.getSnapshot)
  return <output data-testid="progress">{progress?.current ?? 0}</output>
}

/** A follower that a button turns on and off, and a transition beside it. */
const Beside = ({ Follower }: { readonly Follower: FunctionComponent<FollowerProps> }) => {
  const [isOn, setOn] = useState(false)
  return (
    <>
      <button type="button" data-testid="follow" onClick={() => setOn(!isOn)}>
        {isOn ? "off" : "on"}
      </button>
      <Follower enabled={isOn} />
      <Transition />
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

/** Keeps every state that was shown, and what the browser did to the page. */
const Recording = () => {
  const { status, connection, attempt, progress, result } = useSimulationStream("job", { throttleMs: 20 })
  const current = progress?.current ?? 0
  useEffect(() => {
    measured.seen.push(`${status} ${connection} ${attempt} ${current}`)
  }, [status, connection, attempt, current])
  useEffect(() => {
    const controller = new AbortController()
    for (const event of ["freeze", "resume"]) {
      document.addEventListener(event, () => measured.seen.push(event), { signal: controller.signal })
    }
    return () => controller.abort()
  }, [])
  return (
    <>
      <output data-testid="progress">{current}</output>
      <output data-testid="result">{result?.digest}</output>
    </>
  )
}

const ROUNDS = 100

const Follower = ({ jobId }: { readonly jobId: string | null }) =>
  useSimulationStream(jobId).progress?.current

/** Mounts, changes of the job and unmounts, one after another: with a frame of the page between them, or none. */
const Churning = () => {
  const [round, setRound] = useState(0)
  useEffect(() => {
    const next = () => setRound(round + 1)
    if (round === ROUNDS * 3) measured.isChurned = true
    else if (round % 4 === 0) requestAnimationFrame(next)
    else queueMicrotask(next)
  }, [round])
  const isMounted = round < ROUNDS * 3 && round % 3 !== 2
  return isMounted ? <Follower key={Math.floor(round / 3)} jobId={`job-${round % 4}`} /> : null
}

const PROGRESS = {
  current: 420,
  total: 1000,
  percentage: 42,
  elapsedMs: 420,
  ratePerSecond: 1000,
  etaMs: 580,
}

const VIEWS: ReadonlyArray<ProgressView> = [
  { status: "idle", connection: "idle", progress: null, error: null },
  { status: "queued", connection: "open", progress: null, error: null },
  { status: "running", connection: "open", progress: PROGRESS, error: null },
  { status: "running", connection: "reconnecting", progress: PROGRESS, error: null },
  { status: "complete", connection: "closed", progress: PROGRESS, error: null },
  { status: "cancelled", connection: "closed", progress: PROGRESS, error: null },
]

/** The progress components in every state, with looks; the last announcer has something to say. */
const Looks = () => {
  const [isOver, setOver] = useState(false)
  const last: ProgressView = {
    status: isOver ? "complete" : "running",
    connection: "open",
    progress: PROGRESS,
    error: null,
  }
  return (
    <>
      <h1>Damage</h1>
      {VIEWS.map((view) => (
        <SimulationProgress
          key={`${view.status} ${view.connection}`}
          job={view}
          label={`Damage, ${view.status}`}
          style={{ height: 16, background: "#ddd" }}
        />
      ))}
      <SimulationAnnouncer job={last} label="Damage" />
      <SimulationAnnouncer job={last} label="Damage, for all to see" className="announcer" />
      <button type="button" data-testid="end" onClick={() => setOver(true)}>
        End
      </button>
    </>
  )
}

const pages: { readonly [path: string]: ReactNode } = {
  "/hook": <Beside Follower={Following} />,
  "/external-store": <Beside Follower={FollowingByExternalStore} />,
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
  "/recording": <Recording />,
  "/churning": (
    <StrictMode>
      <Churning />
    </StrictMode>
  ),
  "/looks": <Looks />,
}

Object.assign(globalThis, { measured })

const container = document.querySelector("#root")
if (container !== null) {
  createRoot(container).render(
    <SimulationProvider client={client}>{pages[location.pathname]}</SimulationProvider>,
  )
}
