/** What the hooks can be told. */
import type { CheckOption } from "@simstream/client"
import type { JobSnapshot, Outputs, Progress } from "@simstream/protocol"
import type { SettledJob, SimulationJob } from "./job.ts"

/** How a job is followed. Callbacks may be inline: another function on every render reconnects nothing. */
export interface FollowOptions<O extends Outputs = Outputs> {
  /** Whether to watch; `true` by default. While `false` there is no connection, and what was seen of the job stays. */
  readonly enabled?: boolean | undefined
  /**
   * Least time between two renders by progress or partial outputs, in milliseconds; the client's own (100) by default.
   * Status, connection and the end are shown at once.
   */
  readonly throttleMs?: number | undefined
  /**
   * What happens to the connection when an `<Activity>` around the component hides it. `"disconnect"`, the default, is
   * what an unmount does too; `"keep"` goes on following, so that callbacks are called and the job is up to date when it
   * is shown again.
   */
  readonly whenHidden?: "disconnect" | "keep" | undefined
  /**
   * What is known of the job already, from the client's `get` on the server, say: shown until there is better, and
   * resumed from. Server and browser must be given the same, so that hydration finds what was rendered. That of another
   * job is passed over.
   */
  readonly initialSnapshot?: JobSnapshot<O> | null | undefined
  /**
   * Validates what the job publishes, in place of the client's own `check`. A function made once, outside of components:
   * those who give the same one share a connection. Another is heeded from the next job on.
   */
  readonly check?: CheckOption<O>["check"]
  /** Called with every progress that is published, that is at most every `throttleMs`. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /**
   * Called when the job ends while it is followed, once per job, however often the component renders, hides or goes back
   * to it. A lost connection is no end, and neither is a job that had ended before it was first seen.
   */
  readonly onSettled?: ((job: SettledJob<O>) => void) | undefined
}

/** The options of `useSimulationStream`. */
export interface UseSimulationStreamOptions<
  O extends Outputs = Outputs,
  Name extends string = string,
> extends FollowOptions<O> {
  /** The name of the job's simulation. Only its type counts: it narrows the outputs to those of that simulation. */
  readonly simulation?: Name | undefined
}

/** The options of `useSimulation`. With `enabled: false` it only starts and cancels, and another component follows. */
export interface UseSimulationOptions<O extends Outputs = Outputs> extends FollowOptions<O> {
  /**
   * The job to show, in place of the one that was started here: that of the page's address, say, so that it outlives a
   * reload and goes back and forward with it. `start` leads there by the id of its handle. `null` is no job.
   */
  readonly jobId?: string | null | undefined
}

/** Picks a part of the job, so that a component renders for that part only. */
export interface SelectOption<O extends Outputs, T> {
  /** Called with the job; what it returns is what the hook returns, and the component renders when that changes. */
  readonly select: (job: SimulationJob<O>) => T
  /** Whether two selections are the same; `Object.is` by default. Compare by content when `select` makes new objects. */
  readonly isEqual?: ((previous: T, next: T) => boolean) | undefined
}

/** The options of `useSimulationResult`. */
export interface UseSimulationResultOptions<O extends Outputs = Outputs, Name extends string = string> {
  /** The name of the job's simulation. Only its type counts: it narrows the result to that of that simulation. */
  readonly simulation?: Name | undefined
  /** What is known of the job already. When it has the result, there is no waiting, on the server neither. */
  readonly initialSnapshot?: JobSnapshot<O> | null | undefined
}
