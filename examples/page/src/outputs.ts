/** What the server's simulations publish. */
import type { JobState, NameOf, OutputsOf } from "@simstream/client"
import type { Simulations } from "@simstream/example-simulations"
import type { MetricStats, PartialOutputs } from "@simstream/protocol"
import type { IdleJobState } from "@simstream/react"

export type SimulationName = NameOf<Simulations>

/** What one of the simulations publishes. */
export type OutputsOfRun<Name extends SimulationName> = OutputsOf<Simulations, Name>

/** What any of the simulations publishes. */
export type RunOutputs = OutputsOfRun<SimulationName>

/** A run as the page shows it: everything that is shown is a function of this. */
export type RunState = IdleJobState | JobState<RunOutputs>

/** The newest outputs of a run, whether it still runs, ended, or was stopped on the way. */
export const outputsOf = ({ result, partial }: RunState): PartialOutputs<RunOutputs> | null =>
  result ?? partial

/** A metric and what is known of it. */
export type NamedStats = readonly [name: string, stats: MetricStats]

/** A count of what never happened: bashes without anything to bash with. */
const isNothing = ({ min, max }: MetricStats): boolean => min?.value === 0 && max?.value === 0

/** The metrics with their names, in the order of the definition. All but the first only if there is something to them. */
export const metricsOf = (stats: RunOutputs["stats"]): ReadonlyArray<NamedStats> =>
  Object.entries(stats).filter(([, metric], at) => at === 0 || !isNothing(metric))
