/** Spans around the start of a job and around its run, in the tracer of the context that jobs are given. */
import { formatTraceparent, parseTraceparent } from "@simstream/protocol"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"

/** What is known of a job when its span begins. */
type Attributes = Readonly<Record<string, string | number>>

/** Makes spans of jobs. */
export interface JobTracing {
  /** Does what takes a job in. `work` is given what joins the job's run to the trace. */
  readonly start: <A>(
    simulation: string,
    traceparent: string | null | undefined,
    work: (traceparent: string, annotate: (attributes: Attributes) => void) => Promise<A>,
  ) => Promise<A>
  /** Remembers which trace a job belongs to, until it is run. */
  readonly remember: (jobId: string, traceparent: string) => void
  readonly forget: (jobId: string) => void
  /** Wraps the run of a job. */
  readonly run: <A, E>(
    jobId: string,
    attributes: Attributes,
    work: Effect.Effect<A, E>,
  ) => Effect.Effect<A, E>
}

/** The span that a traceparent names, or the beginning of a trace. */
const below = (traceparent: string | null | undefined): Tracer.SpanOptionsNoTrace => {
  const parent = parseTraceparent(traceparent)
  return parent === null ? { root: true } : { parent: Tracer.externalSpan(parent) }
}

/**
 * Makes spans of jobs in the tracer of a context.
 *
 * @param limit how many jobs are remembered that wait for their run. Others may run them, where processes share a store
 */
export const jobTracing = (context: Context.Context<never>, limit: number): JobTracing => {
  const remembered = new Map<string, string>()

  return {
    start: (simulation, traceparent, work) =>
      Effect.runPromiseWith(context)(
        Effect.useSpan(
          "simstream.start",
          { ...below(traceparent), attributes: { "simstream.simulation": simulation } },
          (span) =>
            Effect.tryPromise({
              try: () =>
                work(formatTraceparent(span), (attributes) => {
                  for (const [name, value] of Object.entries(attributes)) span.attribute(name, value)
                }),
              catch: (refusal) => refusal,
            }),
        ),
      ),
    remember: (jobId, traceparent) => {
      const [oldest] = remembered.keys()
      if (oldest !== undefined && remembered.size >= limit) remembered.delete(oldest)
      remembered.set(jobId, traceparent)
    },
    forget: (jobId) => void remembered.delete(jobId),
    run: (jobId, attributes, work) => {
      const traceparent = remembered.get(jobId)
      remembered.delete(jobId)
      const all = { "simstream.job_id": jobId, ...attributes }
      return work.pipe(Effect.withSpan("simstream.job", { ...below(traceparent), attributes: all }))
    },
  }
}
