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
import { createHandler, type HandlerOptions } from "./createHandler.ts"

/**
 * Adds every route of `createHandler` to the router. When the layer is released, open streams end and their clients are
 * told to come again.
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
      const handler = yield* Effect.acquireRelease(
        Effect.sync(() => createHandler(options)),
        ({ drain }) => Effect.sync(drain),
      )
      // The wildcard takes the base path itself, too.
      const everything = [...handler.basePath.split("/").slice(1), "*"].join("/")
      yield* router.add("*", `/${everything}`, HttpEffect.fromWebHandler(handler).pipe(Effect.orDie))
    }),
  )
