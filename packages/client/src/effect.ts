/**
 * The client for Effect: the same functions, with errors in the type, interruption in place of signals, and a job's
 * events as a `Stream`. Needs `effect` 4.1 or later, which nothing else in this package does.
 *
 * @packageDocumentation
 */
import type { JobSnapshot, ListResponse, Outputs, Result, StreamEvent } from "@simstream/protocol"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { Client, JobHandle, ListOptions, StartOptions } from "./client.ts"
import {
  ConnectionFailed,
  isClientError,
  JobCancelled,
  JobFailed,
  RequestFailed,
  type ClientError,
} from "./errors.ts"
import type { CheckOption, EventsOptions, StreamOptions } from "./options.ts"
import type { InputOf, NameOf, OutputsOf, SimulationMap } from "./simulations.ts"
import { type JobState } from "./state.ts"
import { openStream } from "./stream.ts"
import type { WatchOptions } from "./watcher.ts"

/** What goes wrong with a request that has one answer. */
export type RequestError = RequestFailed | ConnectionFailed

/** How a job's events are read as a `Stream`: what is called back elsewhere is the stream's own business here. */
export type StreamEventsOptions<O extends Outputs> = Pick<
  EventsOptions<O>,
  "check" | "lastEventId" | "onError" | "onConnection"
>

/** A job that was started. */
export interface EffectJob<O extends Outputs = Outputs> {
  /** Random and not to be guessed: whoever has it can find the job again. */
  readonly jobId: string
  /** Its events to its end; resumed by itself when the connection drops. */
  events(options?: StreamEventsOptions<O>): Stream.Stream<StreamEvent<O>, ClientError>
  /** Its result, when it has ended. Interrupting stops the waiting and not the job. */
  readonly result: Effect.Effect<Result<O>, JobFailed | JobCancelled | ClientError>
  /** Ends it, for everyone. Nothing happens when it has ended already. */
  readonly cancel: Effect.Effect<void, RequestError>
  /** Its state as user interfaces show it, and every change of it. */
  watch(options?: WatchOptions<O>): Stream.Stream<JobState<O>>
}

// Methods, for the reason that those of `Client` are
/** A server's jobs, as effects. See `Client` for what each does. */
export interface EffectClient<S extends SimulationMap = SimulationMap> {
  /** Starts a job. Repeated safely while the server can't be reached, under one idempotency key. */
  start<Name extends NameOf<S>>(
    name: Name,
    options: Omit<StartOptions<InputOf<S, Name>>, "signal">,
  ): Effect.Effect<EffectJob<OutputsOf<S, Name>>, RequestError>
  /** What the server knows of a job now. */
  get<Name extends NameOf<S> = NameOf<S>>(
    jobId: string,
  ): Effect.Effect<JobSnapshot<OutputsOf<S, Name>, InputOf<S, Name>>, RequestError>
  /** The caller's jobs, newest first, a page at a time. */
  list(options?: Omit<ListOptions, "signal">): Effect.Effect<ListResponse, RequestError>
  /** Every run of the stream has a connection of its own, which goes when the run does. */
  events<Name extends NameOf<S> = NameOf<S>>(
    jobId: string,
    options?: StreamEventsOptions<OutputsOf<S, Name>>,
  ): Stream.Stream<StreamEvent<OutputsOf<S, Name>>, ClientError>
  /** The result of a job, when it has ended. Interrupting stops the waiting and not the job. */
  result<Name extends NameOf<S> = NameOf<S>>(
    jobId: string,
    options?: CheckOption<OutputsOf<S, Name>>,
  ): Effect.Effect<Result<OutputsOf<S, Name>>, JobFailed | JobCancelled | ClientError>
  /** Ends a job, for everyone. Nothing happens when it has ended already. */
  cancel(jobId: string): Effect.Effect<void, RequestError>
  /**
   * The published states of the job, on the connection that all its watchers share; a slow reader gets the newest. Ends
   * with the first state that is final, errors of the connection included, for they are states too.
   */
  watch<Name extends NameOf<S> = NameOf<S>>(
    jobId: string,
    options?: WatchOptions<OutputsOf<S, Name>>,
  ): Stream.Stream<JobState<OutputsOf<S, Name>>>
}

const isRequestError = (error: unknown): error is RequestError =>
  error instanceof RequestFailed || error instanceof ConnectionFailed

const isResultError = (error: unknown): error is JobFailed | JobCancelled | ClientError =>
  isClientError(error)

/** Runs a call of the client; what is none of its errors is a defect. */
const call = <A, E>(
  is: (error: unknown) => error is E,
  run: (signal: AbortSignal) => Promise<A>,
): Effect.Effect<A, E> =>
  Effect.tryPromise({ try: run, catch: (error) => error }).pipe(
    Effect.catch((error) => (is(error) ? Effect.fail(error) : Effect.die(error))),
  )

const streamOf = <O extends Outputs>(open: () => AsyncIterable<StreamEvent<O>>) =>
  Stream.suspend(() => Stream.fromAsyncIterable(open(), (error) => error)).pipe(
    Stream.catch((error) => (isClientError(error) ? Stream.fail(error) : Stream.die(error))),
  )

const isFinal = ({ status }: JobState) =>
  status === "complete" || status === "cancelled" || status === "error"

const statesOf = <O extends Outputs>(
  watch: () => ReturnType<JobHandle<O>["watch"]>,
): Stream.Stream<JobState<O>> =>
  Stream.callback<JobState<O>>(
    (queue) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const watcher = watch()
          const publish = () => {
            const state = watcher.getSnapshot()
            Queue.offerUnsafe(queue, state)
            if (isFinal(state)) Queue.endUnsafe(queue)
          }
          const leave = watcher.subscribe(publish)
          publish()
          return leave
        }),
        (leave) => Effect.sync(leave),
      ),
    { bufferSize: 1, strategy: "sliding" },
  )

const jobOf = <O extends Outputs>(job: JobHandle<O>): EffectJob<O> => ({
  jobId: job.jobId,
  events: (options) => streamOf(() => job.events(options)),
  result: call(isResultError, (signal) => job.result({ signal })),
  cancel: call(isRequestError, (signal) => job.cancel({ signal })),
  watch: (options) => statesOf(() => job.watch(options)),
})

/**
 * The client's functions as effects.
 *
 * @example
 * ```ts
 * import { createClient } from "@simstream/client"
 * import { fromClient } from "@simstream/client/effect"
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 *
 * const client = fromClient(createClient<Simulations>({ url: "/api/simulations" }))
 *
 * const program = Effect.gen(function* () {
 *   const job = yield* client.start("training-dummy", { config: { critChance: 0.2 } })
 *   yield* job.events().pipe(
 *     Stream.filter((event) => event.type === "progress"),
 *     Stream.runForEach((event) => Effect.log(event.percentage)),
 *   )
 *   return yield* job.result
 * }).pipe(Effect.catchTag("JobFailed", (error) => Effect.logError(error.code)))
 * ```
 */
export const fromClient = <S extends SimulationMap>(client: Client<S>): EffectClient<S> => {
  return {
    start: (name, options) =>
      Effect.map(
        call(isRequestError, (signal) => client.start(name, { ...options, signal })),
        jobOf,
      ),
    get: (jobId) => call(isRequestError, (signal) => client.get(jobId, { signal })),
    list: (options) => call(isRequestError, (signal) => client.list({ ...options, signal })),
    events: (jobId, options) => streamOf(() => client.events(jobId, options)),
    result: (jobId, options) => call(isResultError, (signal) => client.result(jobId, { ...options, signal })),
    cancel: (jobId) => call(isRequestError, (signal) => client.cancel(jobId, { signal })),
    watch: (jobId, options) => statesOf(() => client.watch(jobId, options)),
  }
}

/** `openStream` as a `Stream`: every run has a connection of its own. */
export const streamEvents = <O extends Outputs = Outputs>(
  url: string | URL,
  options: Omit<StreamOptions<O>, "signal" | "onEvent" | "onEnd"> = {},
): Stream.Stream<StreamEvent<O>, ClientError> => streamOf(() => openStream<O>(url, options))
