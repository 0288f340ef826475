/** The words in which requests are refused. */
import {
  IdempotencyConflict,
  JobEnded,
  QueueFull,
  ShuttingDown,
  TooManyJobs,
  UnknownJob,
  UnknownSimulation,
} from "./errors.ts"

export const unknownSimulation = (simulation: string, names: Iterable<string>): UnknownSimulation => {
  const known = [...names]
  return new UnknownSimulation({
    simulation,
    known,
    message: `There is no simulation ${JSON.stringify(simulation)}; there are ${known.join(", ")}.`,
  })
}

export const unknownJob = (jobId: string): UnknownJob =>
  new UnknownJob({
    jobId,
    message: `There is no job ${JSON.stringify(jobId)}. Jobs are removed some time after their end.`,
  })

const ENDED_AS = { completed: "been completed", failed: "failed", cancelled: "been cancelled" } as const

export const jobEnded = (jobId: string, status: keyof typeof ENDED_AS): JobEnded =>
  new JobEnded({ jobId, status, message: `The job has already ${ENDED_AS[status]}.` })

export const queueFull = (limit: number): QueueFull =>
  new QueueFull({ limit, message: `${limit} jobs are waiting; try again later.` })

export const tooManyJobs = (owner: string, limit: number): TooManyJobs =>
  new TooManyJobs({
    owner,
    limit,
    message: `You have ${limit} jobs under way, as many as you may. Cancel one, or wait for one to end.`,
  })

export const idempotencyConflict = (key: string, jobId: string): IdempotencyConflict =>
  new IdempotencyConflict({
    key,
    jobId,
    message: `The idempotency key ${JSON.stringify(key)} started another job; use a new key for a new job.`,
  })

export const shuttingDown = (): ShuttingDown =>
  new ShuttingDown({ message: "The server is shutting down; no more jobs are taken." })
