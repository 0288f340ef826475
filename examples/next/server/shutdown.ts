/**
 * At SIGTERM and SIGINT Next waits for every open response before it exits, and a stream is open for minutes. Ending the jobs
 * ends their streams, with an event that says how each job ended.
 */
import { serverJobs } from "./jobs.ts"

/** How long running jobs may go on after the signal. */
const GRACE_MS = 2_000

export const endJobsAtSignals = (): void => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void serverJobs().shutdown({ graceMs: GRACE_MS }))
  }
}
