/** Reads a job for a page: from the jobs themselves, without a request to the server that this already is. */
import type { RunOutputs } from "@simstream/example-page"
import { isJobSnapshot, type JobSnapshot } from "@simstream/protocol"
import { serverJobs } from "./jobs.ts"

// Not `instanceof`: the jobs may come from another bundle than this file, with classes of its own
const isUnknownJob = (thrown: unknown): boolean =>
  typeof thrown === "object" && thrown !== null && "_tag" in thrown && thrown._tag === "UnknownJob"

/** The job at this moment; `null` when there is none, or no longer. */
export const findJob = async (jobId: string): Promise<JobSnapshot<RunOutputs> | null> => {
  try {
    const snapshot: unknown = await serverJobs().get(jobId)
    return isJobSnapshot<RunOutputs>(snapshot) ? snapshot : null
  } catch (thrown) {
    if (isUnknownJob(thrown)) return null
    throw thrown
  }
}
