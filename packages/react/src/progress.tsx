/** A progress bar for everybody, those who can't see it included. */
import type { WaitingFor } from "@simstream/client"
import type { ComponentPropsWithoutRef, ReactNode } from "react"
import type { SimulationJob } from "./job.ts"

/** What is shown of a job. */
export type ProgressView = Pick<SimulationJob, "status" | "connection" | "progress" | "error">

/** How a job is put into words. */
export interface ProgressOptions {
  /** What it is that progresses, for a screen reader to say; `"Simulation"` by default. */
  readonly label?: string | undefined
  /** How far it has come, in words; `describeProgress`, which is English, by default. */
  readonly describe?: ((job: ProgressView) => string) | undefined
}

/** The ARIA attributes of a progress bar. */
export interface ProgressProps {
  readonly role: "progressbar"
  readonly "aria-label": string
  readonly "aria-valuemin": 0
  readonly "aria-valuemax": 100
  /** A whole number, so that it changes no more often than it can be said. Absent when how far the job has come can't be told. */
  readonly "aria-valuenow"?: number
  readonly "aria-valuetext": string
  /** Whether there is more to come. */
  readonly "aria-busy": boolean
}

/** 0 to 100; `null` when it can't be told. */
const percentageOf = ({ status, progress }: ProgressView): number | null => {
  if (status === "complete") return 100
  const percentage = progress?.percentage ?? null
  return percentage === null ? null : Math.min(100, Math.max(0, percentage))
}

/** What a run waits for; `null` when it goes on, and when it is a word that only a newer version knows. */
const waitingForOf = ({ status, progress }: ProgressView): WaitingFor | null => {
  const word = progress?.waitingFor
  return status === "running" && (word === "queue" || word === "workers") ? word : null
}

const isBusy = ({ status }: ProgressView) =>
  status === "connecting" || status === "queued" || status === "running"

const WAITED_FOR = { queue: "the queue", workers: "workers" } as const

const describeRunning = (job: ProgressView): string => {
  const percentage = percentageOf(job)
  const waitingFor = waitingForOf(job)
  const words = percentage === null ? null : `${Math.floor(percentage)}%`
  if (waitingFor === null) return words ?? "Running"
  const what = WAITED_FOR[waitingFor]
  return words === null ? `Waiting for ${what}` : `${words}, waiting for ${what}`
}

/**
 * How far a job has come, in English: `"42%"`, `"Waiting to start"`, `"42%, waiting for workers"`,
 * `"42%, reconnecting"`.
 *
 * @example
 * ```tsx
 * const inGerman = (job: ProgressView) => (job.status === "complete" ? "Fertig" : describeProgress(job))
 *
 * const Bar = ({ job }: { job: SimulationJob }) => <SimulationProgress job={job} label="Simulation" describe={inGerman} />
 * ```
 */
export const describeProgress = (job: ProgressView): string => {
  const words = {
    idle: "Not started",
    connecting: "Connecting",
    queued: "Waiting to start",
    running: describeRunning(job),
    complete: "Complete",
    cancelled: "Cancelled",
    error: job.error?._tag === "JobFailed" ? "Failed" : "Connection lost",
  }[job.status]
  return job.connection === "reconnecting" ? `${words}, reconnecting` : words
}

/**
 * The attributes that make an element a progress bar, for a bar of your own.
 *
 * @example
 * ```tsx
 * function Bar({ jobId }: { jobId: string }) {
 *   const job = useSimulationStream(jobId)
 *   return (
 *     <div className="bar" {...getProgressProps(job)}>
 *       <div style={{ width: `${job.progress?.percentage ?? 0}%` }} />
 *     </div>
 *   )
 * }
 * ```
 */
export const getProgressProps = (
  job: ProgressView,
  { label = "Simulation", describe = describeProgress }: ProgressOptions = {},
): ProgressProps => {
  const percentage = percentageOf(job)
  return {
    role: "progressbar",
    "aria-label": label,
    "aria-valuemin": 0,
    "aria-valuemax": 100,
    ...(percentage === null ? {} : { "aria-valuenow": Math.floor(percentage) }),
    "aria-valuetext": describe(job),
    "aria-busy": isBusy(job),
  }
}

/** The props of `SimulationProgress`: its own, and those of the `<div>` that it is. */
export interface SimulationProgressProps
  extends ProgressOptions, Omit<ComponentPropsWithoutRef<"div">, "children" | "role"> {
  /** What `useSimulationStream` or `useSimulation` returned. */
  readonly job: ProgressView
  /** The class name of the part inside that grows. */
  readonly barClassName?: string | undefined
}

/**
 * A progress bar without looks: two nested `<div>`s, of which the inner one's width is the percentage. Style them by
 * class names, or by attributes: `data-status` and `data-connection` have the job's, `data-waiting` is `queue` or `workers`
 * while the run waits for those and absent while it goes on, `data-indeterminate` is there while the percentage can't be
 * told, and the inner one has `data-part="bar"`.
 *
 * @example
 * ```tsx
 * <SimulationProgress job={job} label="Damage simulation" className="track" barClassName="bar" />
 * ```
 * ```css
 * .track[data-connection="reconnecting"] { opacity: 0.5 }
 * .track[data-waiting] .bar { background: gray }
 * .track[data-indeterminate] .bar { animation: slide 1s infinite; width: 30% }
 * ```
 */
export const SimulationProgress = ({
  job,
  label,
  describe,
  barClassName,
  ...rest
}: SimulationProgressProps): ReactNode => {
  const percentage = percentageOf(job)
  return (
    <div
      {...getProgressProps(job, { label, describe })}
      data-status={job.status}
      data-connection={job.connection}
      data-waiting={waitingForOf(job) ?? undefined}
      data-indeterminate={percentage === null ? "" : undefined}
      {...rest}
    >
      <div
        className={barClassName}
        data-part="bar"
        style={percentage === null ? undefined : { width: `${percentage}%` }}
      />
    </div>
  )
}
