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

/** `useSimulationStream`, for the simulations of one server. */
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
  readonly SimulationProvider: (props: SimulationProviderProps<S>) => ReactNode
  readonly useSimulationClient: () => Client<S>
  readonly useSimulationStream: UseSimulationStream<S>
  readonly useSimulation: <Name extends NameOf<S>>(
    name: Name,
    options?: FollowOptions<OutputsOf<S, Name>>,
  ) => Simulation<S, Name>
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
 * Makes the hooks for one server's simulations. The types come from the server's definitions by `import type`: nothing
 * is generated, and nothing of the server is imported.
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
 * Gives the hooks below it their client, whatever simulations that knows. The hooks beside it know none: every output is
 * `unknown`. See `createSimulationHooks` for a set that knows yours.
 */
export const SimulationProvider = /* @__PURE__ */ (() => open.SimulationProvider)() as <
  S extends SimulationMap,
>(
  props: SimulationProviderProps<S>,
) => ReactNode

export const useSimulationClient = /* @__PURE__ */ (() => open.useSimulationClient)()
export const useSimulationStream = /* @__PURE__ */ createStreamHook(useSimulationClient)
export const useSimulation = /* @__PURE__ */ createRunHook(useSimulationClient)
export const useSimulationResult = /* @__PURE__ */ createResultHook(useSimulationClient)
