/**
 * The jobs' routes. The handler is a function from a `Request` to a `Response`, which is what Next wants of a route.
 *
 * Jobs run in this process and outlive the request that started them, so this is for `next start` on a server of one's own.
 * On a serverless platform the process sleeps or ends when the response has been sent, and two requests may reach two
 * processes: put the jobs elsewhere there, behind a server that stays up or a queue.
 *
 * Next doesn't cancel the body of a response whose client went away before the handler returned it: a stream that is not
 * told would go on for nobody. The handler heeds the request's `signal`, which Next does abort.
 */
import { createHandler } from "@simstream/server"
import { serverJobs } from "../../../../server/jobs.ts"
import { sessionOf } from "../../../../server/session.ts"

/** A minute or so of work for most configs. */
const MOST_ITERATIONS = 10_000_000
/** Queued and running jobs of one visitor. */
const JOBS_PER_VISITOR = 5
/** Whoever starts jobs without a session (with curl, say) shares one allowance with everyone else who does. */
const ANONYMOUS = "anonymous"

const handler = createHandler({
  jobs: serverJobs(),
  clientKey: (request) => sessionOf(request) ?? (request.method === "POST" ? ANONYMOUS : null),
  limits: { jobsPerClient: JOBS_PER_VISITOR, iterations: MOST_ITERATIONS },
})

export { handler as DELETE, handler as GET, handler as POST }
