/** What the server's simulations publish, and the names that people know it by. */
import type { JobState, NameOf, OutputsOf } from "@simstream/client"
import type { MetricStats, PartialOutputs } from "@simstream/protocol"
import type { IdleJobState } from "@simstream/react"
import type { Simulations } from "@simstream/example-simulations"
import { decimalsFor } from "./format/numbers.ts"

export type SimulationName = NameOf<Simulations>

/** The names are those of the server's simulations; the values only make the list complete. */
const SIMULATION_NAMES: { readonly [Name in SimulationName]: true } = {
  "dota-dps": true,
  "training-dummy": true,
}

/** Whether the page knows a simulation: a server that is newer than the page may have others. */
export const isSimulationName = (name: string | null): name is SimulationName =>
  name !== null && Object.hasOwn(SIMULATION_NAMES, name)

/** What any of the simulations publishes. */
export type RunOutputs = OutputsOf<Simulations, SimulationName>

/** A run as the page shows it: everything that is shown is a function of this. */
export type RunState = IdleJobState | JobState<RunOutputs>

/** The newest outputs of a run, whether it still runs, ended, or was stopped on the way. */
export const outputsOf = ({ result, partial }: RunState): PartialOutputs<RunOutputs> | null =>
  result ?? partial

/** The metrics with their names, in the order of the definition. */
export const metricsOf = (
  stats: RunOutputs["stats"],
): ReadonlyArray<readonly [name: string, stats: MetricStats]> => Object.entries(stats)

/**
 * Decimals for single values of a metric, which scatter more than its mean. None for whole numbers: their quantiles are
 * close to one, which is near enough to know it.
 */
export const valueDecimals = ({ stdDev, min, max }: MetricStats): number =>
  Number.isInteger(min?.value) && Number.isInteger(max?.value) ? 0 : decimalsFor((stdDev ?? 0) / 10)

type KeysOfAny<T> = T extends unknown ? keyof T & string : never

/** The metrics of all simulations. Renaming one in its definition is a type error in this file. */
export type MetricName = KeysOfAny<RunOutputs["stats"]>

const METRIC_LABELS: { readonly [Metric in MetricName]: string } = {
  dps: "Damage per second",
  attacks: "Attacks",
  crits: "Critical hits",
}

const isMetricName = (name: string): name is MetricName => Object.hasOwn(METRIC_LABELS, name)

/** "dps" → "Damage per second" */
export const metricLabel = (name: string): string => (isMetricName(name) ? METRIC_LABELS[name] : name)
