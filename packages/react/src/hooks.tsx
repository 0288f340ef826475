/** The hooks, and the provider that they find their client in: one of each, whatever simulations their types know. */
import type { Client, NameOf, OutputsOf, SimulationMap } from "@simstream/client"
import type { Outputs, Result } from "@simstream/protocol"
import { createContext, useContext, useEffect, type ReactNode } from "react"
import { itself, type SimulationJob } from "./job.ts"
import type {
  SelectOption,
  UseSimulationOptions,
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
  /** Whatever is to have it. */
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

/** The hooks, typed by the simulations of a server. */
export interface SimulationHooks<S extends SimulationMap = SimulationMap> {
  /**
   * Gives the hooks below it their client.
   *
   * @example
   * ```tsx
   * import { createClient } from "@simstream/client"
   * import type { Simulations } from "../server.ts"
   *
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
   * @throws TypeError without a provider around the component.
   */
  readonly useSimulationClient: () => Client<S>
  /** See {@link UseSimulationStream}. */
  readonly useSimulationStream: UseSimulationStream<S>
  /**
   * Starts jobs of a simulation and follows the one that was started last, or the one that `jobId` says. With
   * `enabled: false` it only starts and cancels: give its `jobId` to whoever shows the job, and this component renders for
   * none of the progress.
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
   *
   * // The job is in the page's address, which `onJob` sets: it outlives a reload
   * function Page({ jobId, onJob }: { jobId: string | null; onJob: (jobId: string) => void }) {
   *   const dummy = useSimulation("training-dummy", { jobId })
   *   const start = async () => {
   *     const started = await dummy.start({ config: { durationSeconds: 300, critChance: 0.2 } })
   *     onJob(started.jobId)
   *   }
   *   return <button onClick={() => void start()}>Start</button>
   * }
   * ```
   */
  readonly useSimulation: <Name extends NameOf<S>>(
    name: Name,
    options?: UseSimulationOptions<OutputsOf<S, Name>>,
  ) => Simulation<S, Name>
  /**
   * Suspends until a job has ended and returns its result. Nothing is asked for in a render, and nothing on a server:
   * there the `<Suspense>` around it shows its fallback, unless `initialSnapshot` has the result. The wait outlives a
   * component that suspends, for that can't say that it has gone, and ends with the job or the provider.
   *
   * @example
   * ```tsx
   * import { Suspense } from "react"
   *
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

const ClientContext = createContext<Client | null>(null)

/**
 * Gives the hooks below it their client, those of `createSimulationHooks` too. Of several around a component the nearest
 * counts.
 */
export const SimulationProvider = ({ client, children }: SimulationProviderProps): ReactNode => {
  useEffect(() => () => abandonWaits(client), [client])
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>
}

/** The client of the provider. See {@link SimulationHooks.useSimulationClient}. */
export const useSimulationClient = (): Client => {
  const client = useContext(ClientContext)
  if (client === null) throw new TypeError("There is no <SimulationProvider> around this component.")
  return client
}

/** Follows a job. See {@link UseSimulationStream}. */
export function useSimulationStream<Name extends string = string, T = never>(
  jobId: string | null | undefined,
  options: UseSimulationStreamOptions<Outputs, Name> & SelectOption<Outputs, T>,
): T
export function useSimulationStream<Name extends string = string>(
  jobId: string | null | undefined,
  options?: UseSimulationStreamOptions<Outputs, Name> & { readonly select?: undefined },
): SimulationJob
export function useSimulationStream(
  jobId: string | null | undefined,
  options: UseSimulationStreamOptions & {
    readonly select?: ((job: SimulationJob) => unknown) | undefined
    readonly isEqual?: ((previous: unknown, next: unknown) => boolean) | undefined
  } = {},
): unknown {
  return useJob(useSimulationClient(), jobId, { ...options, select: options.select ?? itself })
}

/** Starts jobs and follows the newest. See {@link SimulationHooks.useSimulation}. */
export const useSimulation: SimulationHooks["useSimulation"] = (name, options = {}) =>
  useRun(useSimulationClient(), name, options)

/** Suspends until a job has ended. See {@link SimulationHooks.useSimulationResult}. */
export const useSimulationResult: SimulationHooks["useSimulationResult"] = (jobId, options) =>
  useResult(useSimulationClient(), jobId, options?.initialSnapshot)

/**
 * The hooks with the types of one server's simulations. The types come by `import type`: nothing is generated, and
 * nothing of the server is in the bundle.
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
export const createSimulationHooks = <S extends SimulationMap = SimulationMap>(): SimulationHooks<S> =>
  // That the server has these simulations is what the caller says; the provider holds them to it
  ({
    SimulationProvider,
    useSimulationClient,
    useSimulationStream,
    useSimulation,
    useSimulationResult,
  }) as unknown as SimulationHooks<S>
