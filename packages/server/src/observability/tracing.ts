/** Spans around requests: of whoever's tracer is in the context that the handler was given, and none without one. */
import { formatTraceparent, parseTraceparent, TRACEPARENT_HEADER } from "@simstream/protocol"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"

/** The span of a request, as far as those see it who answer that. */
export interface RequestSpan {
  /** What joins a job that the request starts to the trace. */
  readonly traceparent: string | null
  readonly annotate: (attributes: Readonly<Record<string, string | number>>) => void
}

const parents = new WeakMap<Request, Tracer.AnySpan>()

/** Says that a request is answered inside of a span of this process, whatever its headers say. */
export const answerInside = (request: Request, span: Tracer.AnySpan): Request => {
  parents.set(request, span)
  return request
}

const parentOf = (request: Request): Tracer.AnySpan | undefined => {
  const inside = parents.get(request)
  if (inside !== undefined) return inside
  const header = parseTraceparent(request.headers.get(TRACEPARENT_HEADER))
  return header === null ? undefined : Tracer.externalSpan(header)
}

/** An answer that counts as an error of the server's. */
class ServerError {
  readonly response: Response

  constructor(response: Response) {
    this.response = response
  }
}

/** Answers a request inside of a span, which joins the trace of whoever asks. A stream's ends when its headers are sent. */
export const answerTraced = (
  context: Context.Context<never> | undefined,
  request: Request,
  route: string,
  answer: (span: RequestSpan) => Promise<Response>,
): Promise<Response> => {
  const parent = parentOf(request)
  if (context === undefined) {
    const traceparent = parent === undefined ? null : formatTraceparent(parent)
    return answer({ traceparent, annotate: () => undefined })
  }
  const { method } = request
  // Not the whole address: a token may be in its query, and is good for whoever reads the trace.
  const attributes = { "http.request.method": method, "http.route": route }
  const answered = Effect.useSpan(
    `${method} ${route}`,
    { kind: "server", attributes, ...(parent === undefined ? { root: true } : { parent }) },
    (span) =>
      Effect.promise(() =>
        answer({
          traceparent: formatTraceparent(span),
          annotate: (more) => {
            for (const [name, value] of Object.entries(more)) span.attribute(name, value)
          },
        }),
      ).pipe(
        Effect.tap(({ status }) => Effect.sync(() => span.attribute("http.response.status_code", status))),
        Effect.flatMap((response) =>
          response.status < 500 ? Effect.succeed(response) : Effect.fail(new ServerError(response)),
        ),
      ),
  )
  return Effect.runPromiseWith(context)(
    answered.pipe(Effect.catch(({ response }) => Effect.succeed(response))),
  )
}
