/** Turns what `prepare` returned into the function that runs an iteration. */
import type * as Effect from "effect/Effect"
import type { Iterate } from "../kernel/iteration.ts"
import type { Prepared } from "./definition.ts"

const isEffect = (prepared: Prepared<string>): prepared is Effect.Effect<Iterate, unknown> =>
  (typeof prepared === "object" || typeof prepared === "function") &&
  prepared !== null &&
  "~effect/Effect" in prepared

/**
 * Waits for a promise, runs an Effect; one that is still under way when `signal` is aborted is interrupted. Effect is loaded
 * only for a simulation that prepares with it.
 */
export const resolvePrepared = async (prepared: Prepared<string>, signal?: AbortSignal): Promise<Iterate> => {
  const resolved = isEffect(prepared)
    ? (await import("effect/Effect")).runPromise(prepared, signal === undefined ? {} : { signal })
    : prepared
  const iterate = await resolved
  if (typeof iterate !== "function") {
    throw new TypeError(
      `prepare must return a function that runs one iteration, or a Promise or an Effect of one; got ${typeof iterate}.`,
    )
  }
  return iterate
}
