/** The client: every route of a server as a typed function. */
import {
  IDEMPOTENCY_KEY_HEADER,
  isJobSnapshot,
  routes,
  type JobSnapshot,
  type ListResponse,
  type Outputs,
  type Result,
  type StartResponse,
  type StopRules,
} from "@simstream/protocol"
import { createConnection } from "./connection/driver.ts"
import { eventsSource } from "./connection/events.ts"
import { has } from "./connection/http.ts"
import { JobCancelled, RequestFailed, type ClientError } from "./errors.ts"
import type { Abortable, CheckOption, ConnectionOptions, EventsOptions, EventStream } from "./options.ts"
import type { InputOf, NameOf, OutputsOf, SimulationMap } from "./simulations.ts"
import { request } from "./request.ts"
import { createStore } from "./store.ts"
import { openStream } from "./stream.ts"
import type { Watcher, WatchOptions } from "./watcher.ts"

/** How a client finds and treats its server. The `check` is that of every call which gives none of its own. */
export interface ClientOptions extends ConnectionOptions, CheckOption {
  /** The base path of the routes: `"https://example.com/api/simulations"`; in browsers `"/api/simulations"` does. */
  readonly url: string | URL
  /** How long a job's connection, or its end, outlives the last watcher, in milliseconds, so that the next one finds it; 400 by default. */
  readonly idleMs?: number
  /** Called with what went wrong on the way, for any job: failures that are retried, events that were left out. */
  readonly onError?: (error: ClientError) => void
  /** Least time between two published states of a watched job, in milliseconds; 100 by default. */
  readonly throttleMs?: number
}

/** What to run. */
export interface StartOptions<Input = unknown> extends Abortable {
  /** What the simulation's schema takes. The server checks it, and answers 422 with the path of what is wrong. */
  readonly config: Input
  /** 1 to 1e9; the server's own default when absent. */
  readonly iterations?: number
  /** The same seed gives the same result. Chosen at random, and reported in the result, when absent. */
  readonly seed?: number | string
  /** When it may end sooner; by default it runs all iterations. */
  readonly stop?: StopRules
  /**
   * Names the start, so that repeating it finds the job of the first instead of starting another; at most 255 characters.
   * One is made up for every call, which makes the call's own retries safe; give your own to make yours so.
   */
  readonly idempotencyKey?: string
}

/** Where a list begins and how long it is. */
export interface ListOptions extends Abortable {
  /** The `nextCursor` of the page before. */
  readonly cursor?: string
  /** The most jobs of one page, 1 to 200; 50 by default. */
  readonly limit?: number
}

/** How a result is waited for. */
export interface ResultOptions<O extends Outputs = Outputs> extends CheckOption<O>, Abortable {}

/** A job that was started, typed by its simulation's outputs. The functions are the client's own, for this job. */
export interface JobHandle<O extends Outputs = Outputs> {
  /** Random and not to be guessed: whoever has it can find the job again. */
  readonly jobId: string
  /** Its events, from here on or from where an earlier stream left off, as the client's `events`. */
  events(options?: EventsOptions<O>): EventStream<O>
  /** Waits for its end. Rejects with `JobFailed` or `JobCancelled`, or with what keeps it from being known. */
  result(options?: ResultOptions<O>): Promise<Result<O>>
  /** Ends it, for everyone. Nothing happens when it has ended already. */
  cancel(options?: Abortable): Promise<void>
  /** A store of its state for user interfaces. */
  watch(options?: WatchOptions<O>): Watcher<O>
}

// Methods, which TypeScript compares by either direction of their parameters, so that a client of some simulations is one
// of any; the functions need no `this`
/**
 * A server's jobs. By job id alone the outputs are those of any simulation; name one to narrow them:
 * `client.get<"dice">(id)`. A client whose simulations are known can be given to what takes a `Client` of any.
 *
 * It holds the connections of watched jobs, and its disposal hangs up on them: who watches, or waits for a result, is told
 * `ConnectionFailed` with the reason `closed`. Streams from `events` are their readers' own to close.
 */
export interface Client<S extends SimulationMap = SimulationMap> extends Disposable {
  /**
   * Starts a job. What may heal is repeated, under one idempotency key, so that there is never a second job.
   *
   * @throws RequestFailed when the server refuses: 422 with `problem.issues` for a config that is not valid, 429, 503.
   * @throws ConnectionFailed when the server can't be reached.
   */
  start<Name extends NameOf<S>>(
    name: Name,
    options: StartOptions<InputOf<S, Name>>,
  ): Promise<JobHandle<OutputsOf<S, Name>>>
  /** Reads a job: what it was started with, its status, progress, partial outputs and result. */
  get<Name extends NameOf<S> = NameOf<S>>(
    jobId: string,
    options?: Abortable,
  ): Promise<JobSnapshot<OutputsOf<S, Name>, InputOf<S, Name>>>
  /** Lists the caller's jobs, newest first. */
  list(options?: ListOptions): Promise<ListResponse>
  /** The job's events, from now or from `lastEventId` on, to its end. */
  events<Name extends NameOf<S> = NameOf<S>>(
    jobId: string,
    options?: EventsOptions<OutputsOf<S, Name>>,
  ): EventStream<OutputsOf<S, Name>>
  /**
   * Waits for the job's end, on the connection of whoever watches the job.
   *
   * @throws JobFailed, JobCancelled
   * @throws ClientError when the end can't be learned.
   */
  result<Name extends NameOf<S> = NameOf<S>>(
    jobId: string,
    options?: ResultOptions<OutputsOf<S, Name>>,
  ): Promise<Result<OutputsOf<S, Name>>>
  /** Cancels a job. One that has ended by then is no error. */
  cancel(jobId: string, options?: Abortable): Promise<void>
  /** The job as a store for a user interface. Opens nothing until it is subscribed to. */
  watch<Name extends NameOf<S> = NameOf<S>>(
    jobId: string,
    options?: WatchOptions<OutputsOf<S, Name>>,
  ): Watcher<OutputsOf<S, Name>>
}

/** What a server answers when the job has ended. */
const CONFLICT = 409

/** Pages without TLS, and React Native, have no `randomUUID`; a key need not be secret, only new. */
const randomKey = () =>
  globalThis.crypto?.randomUUID?.() ??
  Array.from({ length: 3 }, () => Math.random().toString(36).slice(2)).join("-")

const isAnything = (_answer: unknown): _answer is unknown => true

const isStartResponse = (value: unknown): value is StartResponse =>
  has(value, "jobId") && typeof value.jobId === "string"

const isListResponse = (value: unknown): value is ListResponse =>
  has(value, "jobs") && Array.isArray(value.jobs)

/**
 * Makes a client.
 *
 * @example
 * ```ts
 * import type { Simulations } from "../server.ts"
 *
 * const client = createClient<Simulations>({ url: "/api/simulations" })
 * const job = await client.start("training-dummy", { config: { critChance: 0.2 }, iterations: 100_000 })
 * for await (const event of job.events()) {
 *   if (event.type === "progress") console.log(event.percentage)
 * }
 * const { stats } = await job.result()
 * ```
 */
export const createClient = <S extends SimulationMap = SimulationMap>(given: ClientOptions): Client<S> => {
  // That a job's outputs are of a type is what the caller of a function says, by naming its simulation
  const options = given as ClientOptions & CheckOption<never>
  const { jobs, job, stream } = routes(String(options.url))

  const get = <O extends Outputs, Config>(jobId: string, own: Abortable = {}) =>
    request(options, job(jobId), isJobSnapshot<O, Config>, own)

  const events = <O extends Outputs>(jobId: string, own: EventsOptions<O> = {}): EventStream<O> =>
    openStream<O>(stream(jobId), { ...options, ...own, snapshotUrl: job(jobId), jobId })

  const cancel = async (jobId: string, own: Abortable = {}): Promise<void> => {
    try {
      await request(options, job(jobId), isAnything, own, { method: "DELETE" })
    } catch (error) {
      if (!(error instanceof RequestFailed && error.status === CONFLICT)) throw error
    }
  }

  const { watch, close } = createStore({
    ...options,
    connect: (jobId, lastEventId, check, sink) =>
      createConnection(
        eventsSource(stream(jobId), { ...options, snapshotUrl: job(jobId), jobId, lastEventId, check }),
        sink,
      ),
    cancel,
  })

  const result = <O extends Outputs>(jobId: string, own: ResultOptions<O> = {}): Promise<Result<O>> =>
    new Promise((resolve, reject) => {
      const { signal } = own
      if (signal?.aborted) return reject(signal.reason)
      const watcher = watch<O>(jobId, own)
      const settle = () => {
        const state = watcher.getSnapshot()
        if (state.status === "complete") resolve(state.result)
        else if (state.status === "error") reject(state.error)
        else if (state.status === "cancelled")
          reject(new JobCancelled(`Job ${jobId} was cancelled.`, { jobId, partial: state.partial }))
        else if (signal?.aborted) reject(signal.reason)
        else return
        signal?.removeEventListener("abort", settle)
        leave()
      }
      signal?.addEventListener("abort", settle)
      const leave = watcher.subscribe(settle)
      settle()
    })

  return {
    start: async (simulation, { signal, idempotencyKey = randomKey(), ...rest }) => {
      const { jobId } = await request(
        options,
        jobs,
        isStartResponse,
        { signal },
        {
          method: "POST",
          headers: { "Content-Type": "application/json", [IDEMPOTENCY_KEY_HEADER]: idempotencyKey },
          body: JSON.stringify({ simulation, ...rest }),
        },
      )
      return {
        jobId,
        events: (own) => events(jobId, own),
        result: (own) => result(jobId, own),
        cancel: (own) => cancel(jobId, own),
        watch: (own) => watch(jobId, own),
      }
    },
    get,
    list: ({ signal, cursor, limit } = {}) => {
      const query = new URLSearchParams()
      if (cursor !== undefined) query.set("cursor", cursor)
      if (limit !== undefined) query.set("limit", String(limit))
      return request(options, `${jobs}?${query}`, isListResponse, { signal })
    },
    events,
    result,
    cancel,
    watch,
    [Symbol.dispose]: close,
  }
}
