/** The hooks, as a set that is bound to the simulations of one server. */
import type { Client, NameOf, OutputsOf, SimulationMap } from "@simstream/client"
import type { Result } from "@simstream/protocol"
import { createContext, useContext, useEffect, type ReactNode } from "react"
import { itself, type SimulationJob } from "./job.ts"
import type {
  FollowOptions,
  SelectOption,
  UseSimulationResultOptions,
  UseSimulationStreamOptions,
} from "./options.ts"
import { useJob } from "./useJob.ts"
import { abandonWaits, useResult } from "./useResult.ts"
import { useRun, type RunControls } from "./useRun.ts"

/** The props of a `SimulationProvider`. */
export interface SimulationProviderProps<S extends SimulationMap = SimulationMap> {
  /** Made once, outside of any component: another client is another set of connections. */
  readonly client: Client<S>
  readonly children?: ReactNode
}

/**
 * Follows a job: its state, narrowed by `status`, and what can be done with it. Without an id there is no job, and the
 * status is `"idle"`. Whoever follows the same job shares one connection.
 *
 * @example
 * ```tsx
 * function Watch({ jobId }: { jobId: string | null }) {
 *   const job = useSimulationStream<"training-dummy">(jobId)
 *   if (job.status === "complete") return <p>{job.result.stats.dps.mean} damage/s</p>
 *   return (
 *     <p>
 *       {job.progress?.percentage ?? 0} %, so far {job.partialStats?.dps.mean} damage/s
 *       {job.connection === "reconnecting" ? " (reconnecting)" : null}
 *       <button onClick={() => void job.cancel()}>Cancel</button>
 *     </p>
 *   )
 * }
 * ```
 *
 * With `select` it returns what that picks, and renders when that changes. TypeScript infers all type arguments or none,
 * so the simulation is named among the options then.
 *
 * @example
 * ```tsx
 * const dps = useSimulationStream(jobId, { simulation: "training-dummy", select: (job) => job.partialStats?.dps.mean })
 * ```
 */
export interface UseSimulationStream<S extends SimulationMap = SimulationMap> {
  <Name extends NameOf<S> = NameOf<S>, T = never>(
    jobId: string | null | undefined,
    options: UseSimulationStreamOptions<OutputsOf<S, Name>, Name> & SelectOption<OutputsOf<S, Name>, T>,
  ): T
  <Name extends NameOf<S> = NameOf<S>>(
    jobId: string | null | undefined,
    options?: UseSimulationStreamOptions<OutputsOf<S, Name>, Name> & { readonly select?: undefined },
  ): SimulationJob<OutputsOf<S, Name>>
}

/** A simulation that can be started, and the job that was started last. */
export type Simulation<S extends SimulationMap, Name extends NameOf<S>> = SimulationJob<OutputsOf<S, Name>> &
  RunControls<S[Name]["input"], OutputsOf<S, Name>>

/** A set of hooks, and the provider that they find their client in. */
export interface SimulationHooks<S extends SimulationMap = SimulationMap> {
  /**
   * Gives the hooks below it their client.
   *
   * @example
   * ```tsx
   * const client = createClient<Simulations>({ url: "/api/simulations" })
   *
   * const App = () => (
   *   <SimulationProvider client={client}>
   *     <Page />
   *   </SimulationProvider>
   * )
   * ```
   */
  readonly SimulationProvider: (props: SimulationProviderProps<S>) => ReactNode
  /**
   * The client of the provider: to list jobs, or to cancel one that isn't on the page.
   *
   * @example
   * ```tsx
   * const client = useSimulationClient()
   * const loadJobs = () => client.list({ limit: 20 })
   * ```
   *
   * @throws TypeError without a provider of the same set around the component.
   */
  readonly useSimulationClient: () => Client<S>
  /** See {@link UseSimulationStream}. */
  readonly useSimulationStream: UseSimulationStream<S>
  /**
   * Starts jobs of a simulation and follows the one that was started last.
   *
   * @example
   * ```tsx
   * function Dummy() {
   *   const dummy = useSimulation("training-dummy")
   *   const start = () => dummy.start({ config: { durationSeconds: 300, critChance: 0.2 }, iterations: 100_000 })
   *   return (
   *     <>
   *       <button onClick={() => void start()} disabled={dummy.starting}>Start</button>
   *       <SimulationProgress job={dummy} />
   *       {dummy.startError === null ? null : <p role="alert">{dummy.startError.message}</p>}
   *       {dummy.status === "complete" ? <p>{dummy.result.stats.dps.mean}</p> : null}
   *     </>
   *   )
   * }
   * ```
   */
  readonly useSimulation: <Name extends NameOf<S>>(
    name: Name,
    options?: FollowOptions<OutputsOf<S, Name>>,
  ) => Simulation<S, Name>
  /**
   * Suspends until a job has ended and returns its result. Nothing is asked for in a render, and nothing on a server:
   * there the `<Suspense>` around it shows its fallback, unless `initialSnapshot` has the result. The wait outlives a
   * component that suspends, for that can't say that it has gone, and ends with the job or the provider.
   *
   * @example
   * ```tsx
   * const Mean = ({ jobId }: { jobId: string }) => (
   *   <p>{useSimulationResult<"training-dummy">(jobId).stats.dps.mean} damage/s</p>
   * )
   *
   * const Page = ({ jobId }: { jobId: string }) => (
   *   <Suspense fallback={<Watch jobId={jobId} />}>
   *     <Mean jobId={jobId} />
   *   </Suspense>
   * )
   * ```
   *
   * @throws JobFailed, JobCancelled, or the error that the connection failed with, to the nearest error boundary.
   */
  readonly useSimulationResult: <Name extends NameOf<S> = NameOf<S>>(
    jobId: string,
    options?: UseSimulationResultOptions<OutputsOf<S, Name>, Name>,
  ) => Result<OutputsOf<S, Name>>
}

/** A context for one set of hooks: two servers on a page are two sets, and neither finds the other's client. */
const createProvider = <S extends SimulationMap>() => {
  const ClientContext = createContext<Client<S> | null>(null)

  const SimulationProvider = ({ client, children }: SimulationProviderProps<S>) => {
    useEffect(() => () => abandonWaits(client), [client])
    return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>
  }

  const useSimulationClient = () => {
    const client = useContext(ClientContext)
    if (client === null) {
      throw new TypeError(
        "There is no <SimulationProvider> of this set of hooks around the component: take both from one createSimulationHooks().",
      )
    }
    return client
  }

  return { SimulationProvider, useSimulationClient }
}

const createStreamHook = <S extends SimulationMap>(useClient: () => Client<S>): UseSimulationStream<S> => {
  function useSimulationStream<Name extends NameOf<S>, T>(
    jobId: string | null | undefined,
    options: UseSimulationStreamOptions<OutputsOf<S, Name>, Name> & SelectOption<OutputsOf<S, Name>, T>,
  ): T
  function useSimulationStream<Name extends NameOf<S>>(
    jobId: string | null | undefined,
    options?: UseSimulationStreamOptions<OutputsOf<S, Name>, Name> & { readonly select?: undefined },
  ): SimulationJob<OutputsOf<S, Name>>
  function useSimulationStream<Name extends NameOf<S>>(
    jobId: string | null | undefined,
    options: UseSimulationStreamOptions<OutputsOf<S, Name>, Name> & {
      readonly select?: ((job: SimulationJob<OutputsOf<S, Name>>) => unknown) | undefined
      readonly isEqual?: ((previous: unknown, next: unknown) => boolean) | undefined
    } = {},
  ): unknown {
    return useJob<OutputsOf<S, Name>, unknown>(useClient(), jobId, {
      ...options,
      select: options.select ?? itself,
    })
  }
  return useSimulationStream
}

const createRunHook =
  <S extends SimulationMap>(useClient: () => Client<S>): SimulationHooks<S>["useSimulation"] =>
  (name, options = {}) =>
    useRun(useClient(), name, options)

const createResultHook =
  <S extends SimulationMap>(useClient: () => Client<S>): SimulationHooks<S>["useSimulationResult"] =>
  (jobId, { initialSnapshot } = {}) =>
    useResult(useClient(), jobId, initialSnapshot)

/**
 * Makes the hooks for one server's simulations, typed by its definitions. The types come by `import type`: nothing is
 * generated, and nothing of the server is in the bundle.
 *
 * @example
 * ```tsx
 * // simulations.ts
 * "use client"
 * import { createSimulationHooks } from "@simstream/react"
 * import type { Simulations } from "../server.ts"
 *
 * export const { SimulationProvider, useSimulation, useSimulationStream } = createSimulationHooks<Simulations>()
 * ```
 */
export const createSimulationHooks = <S extends SimulationMap = SimulationMap>(): SimulationHooks<S> => {
  const { SimulationProvider, useSimulationClient } = createProvider<S>()
  return {
    SimulationProvider,
    useSimulationClient,
    useSimulationStream: createStreamHook(useSimulationClient),
    useSimulation: createRunHook(useSimulationClient),
    useSimulationResult: createResultHook(useSimulationClient),
  }
}

// The hooks that know no simulations, each by itself, so that a bundle has only those that are used

const open = /* @__PURE__ */ createProvider()

/**
 * The provider of the hooks beside it, which know no simulations: it takes any client, and by them every output is
 * `unknown`. `createSimulationHooks` makes a set that knows yours.
 */
export const SimulationProvider = /* @__PURE__ */ (() => open.SimulationProvider)() as <
  S extends SimulationMap,
>(
  props: SimulationProviderProps<S>,
) => ReactNode

/** The client of the provider. See {@link SimulationHooks.useSimulationClient}. */
export const useSimulationClient = /* @__PURE__ */ (() => open.useSimulationClient)()

/** Follows a job. See {@link UseSimulationStream}. */
export const useSimulationStream = /* @__PURE__ */ createStreamHook(useSimulationClient)

/** Starts jobs and follows the newest. See {@link SimulationHooks.useSimulation}. */
export const useSimulation = /* @__PURE__ */ createRunHook(useSimulationClient)

/** Suspends until a job has ended. See {@link SimulationHooks.useSimulationResult}. */
export const useSimulationResult = /* @__PURE__ */ createResultHook(useSimulationClient)
