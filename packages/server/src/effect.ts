/**
 * The routes as a layer for Effect's `HttpRouter`: `@simstream/server/effect`. It uses `effect/http`, which Effect calls
 * unstable: it may change in a minor version of Effect, and this entry with it.
 *
 * @packageDocumentation
 */
import * as Effect from "effect/Effect"
import * as HttpEffect from "effect/http/HttpEffect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { createHandler, type HandlerOptions } from "./createHandler.ts"
import { answerInside } from "./observability/tracing.ts"

/**
 * Adds every route of `createHandler` to the router. Spans go to the tracer and figures to the metric registry that the
 * layer is built with. When it is released, open streams end and their clients are told to come again.
 *
 * @example
 * ```ts
 * import { simulationRoutes } from "@simstream/server/effect"
 * import * as HttpRouter from "effect/http/HttpRouter"
 *
 * const app = simulationRoutes({ jobs, basePath: "/api/simulations" })
 * const { handler } = HttpRouter.toWebHandler(app)
 * ```
 */
export const simulationRoutes = (options: HandlerOptions): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const context = yield* Effect.context<never>()
      const handler = yield* Effect.acquireRelease(
        Effect.sync(() => createHandler({ context, ...options })),
        ({ drain }) => Effect.sync(drain),
      )
      const serve = Effect.currentParentSpan.pipe(
        Effect.option,
        Effect.flatMap((span) =>
          HttpEffect.fromWebHandler((request) =>
            handler(Option.isSome(span) ? answerInside(request, span.value) : request),
          ),
        ),
      )
      // The wildcard takes the base path itself, too.
      const everything = [...handler.basePath.split("/").slice(1), "*"].join("/")
      yield* router.add("*", `/${everything}`, serve.pipe(Effect.orDie))
    }),
  )
