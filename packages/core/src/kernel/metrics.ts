/** What an iteration must return. */
import type { Metrics } from "./iteration.ts"

export const notANumber = (metric: string, value: unknown): RangeError =>
  new RangeError(
    `the metric ${JSON.stringify(metric)} is ${value === undefined ? "missing" : String(value)}; every iteration must ` +
      "return a finite number for each metric of the definition.",
  )

export const noMetrics = (names: ReadonlyArray<string>, returned: unknown): TypeError =>
  new TypeError(
    `an iteration must return an object with the metrics ${names.join(", ")}; got ${String(returned)}.`,
  )

/**
 * Refuses what a batch would not have counted.
 *
 * @throws RangeError or TypeError naming the metric and what it is
 */
export const verifyMetrics = (names: ReadonlyArray<string>, metrics: Metrics): void => {
  if (typeof metrics !== "object" || metrics === null) throw noMetrics(names, metrics)
  for (const name of names) if (!Number.isFinite(metrics[name])) throw notANumber(name, metrics[name])
}
