/** A live region: says how a job goes to those who can't see it, and doesn't chatter. */
import {
  useEffect,
  useRef,
  useState,
  type ComponentPropsWithoutRef,
  type CSSProperties,
  type ReactNode,
} from "react"
import { describeProgress, type ProgressOptions, type ProgressView } from "./progress.tsx"

/** A quarter is as often as one wants to hear of it. */
const STEP_PERCENT = 25
/** Least time between two announcements, in milliseconds: about what it takes to say one. The end is announced at once. */
const GAP_MS = 3000
/** How long something must hold to be worth saying, in milliseconds: a connection that is back by then was never missed. */
const HOLD_MS = 500

/** Out of sight, yet there for a screen reader, which passes over what is `display: none`. */
const OUT_OF_SIGHT: CSSProperties = {
  position: "absolute",
  width: 1,
  height: 1,
  margin: -1,
  overflow: "hidden",
  clipPath: "inset(50%)",
  whiteSpace: "nowrap",
}

/** The job in steps of a quarter. Before the first of them, that it runs, or waits, is all there is to say. */
const inSteps = (job: ProgressView): ProgressView => {
  const { progress } = job
  const percentage = Math.floor((progress?.percentage ?? 0) / STEP_PERCENT) * STEP_PERCENT
  const isWaiting = progress?.waitingFor !== undefined
  return {
    ...job,
    progress:
      progress === null || (percentage === 0 && !isWaiting)
        ? null
        : { ...progress, percentage: percentage === 0 ? null : percentage },
  }
}

/** The props of `SimulationAnnouncer`: its own, and those of the `<div>` that it is. */
export interface SimulationAnnouncerProps
  extends ProgressOptions, Omit<ComponentPropsWithoutRef<"div">, "children" | "role"> {
  /** What `useSimulationStream` or `useSimulation` returned. */
  readonly job: ProgressView
}

/**
 * Announces, politely, that the job starts, every quarter of it, that it waits for something and goes on again, that the
 * connection is lost, and the end. What was so when it was put on the page is no news. It can't be seen, unless it is given
 * a class name or a style; `data-status` has the job's.
 *
 * @example
 * ```tsx
 * const Damage = ({ job }: { job: SimulationJob }) => (
 *   <>
 *     <SimulationProgress job={job} label="Damage simulation" />
 *     <SimulationAnnouncer job={job} label="Damage simulation" />
 *   </>
 * )
 * ```
 */
export const SimulationAnnouncer = ({
  job,
  label = "Simulation",
  describe = describeProgress,
  ...rest
}: SimulationAnnouncerProps): ReactNode => {
  const { status } = job
  const isSilent = status === "idle" || status === "connecting"
  const news = isSilent ? "" : `${label}: ${describe(inSteps(job))}`
  const isUrgent = isSilent || status === "complete" || status === "cancelled" || status === "error"

  const [{ text, known }, announce] = useState({ text: "", known: news })
  const lastAt = useRef(Number.NEGATIVE_INFINITY)
  useEffect(() => {
    if (news === known) return
    const wait = isUrgent ? 0 : Math.max(HOLD_MS, lastAt.current + GAP_MS - Date.now())
    const timer = setTimeout(() => {
      lastAt.current = Date.now()
      announce({ text: news, known: news })
    }, wait)
    return () => clearTimeout(timer)
  }, [news, known, isUrgent])

  const isStyled = rest.className !== undefined || rest.style !== undefined
  return (
    <div
      role="status"
      aria-live="polite"
      aria-atomic="true"
      data-status={status}
      style={isStyled ? undefined : OUT_OF_SIGHT}
      {...rest}
    >
      {text}
    </div>
  )
}
