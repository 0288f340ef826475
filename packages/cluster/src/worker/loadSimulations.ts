/** Finds the simulations in a user's module: for the worker process, and again in each of its threads. */
import { existsSync } from "node:fs"
import { pathToFileURL } from "node:url"
import type { AnyIterationSimulation } from "@simstream/core"

/** What keeps a module from being served, in words for a terminal. */
export class UnusableModule extends Error {
  override readonly name = "UnusableModule"
}

/**
 * The simulations that a module exports: one by one, in arrays, or as its default export.
 *
 * @throws UnusableModule when there is no such file, it can't be loaded, or it exports none
 */
export const loadSimulations = async (path: string): Promise<ReadonlyArray<AnyIterationSimulation>> => {
  if (!existsSync(path)) throw new UnusableModule(`There is no file ${path}.`)
  let exported: Readonly<Record<string, unknown>>
  try {
    exported = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>
  } catch (thrown) {
    const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
    throw new UnusableModule(`${path} can't be loaded: ${message}`, { cause: thrown })
  }
  const found = new Map<string, AnyIterationSimulation>()
  for (const simulation of Object.values(exported).flat().filter(isSimulation)) {
    const other = found.get(simulation.name)
    if (other !== undefined && other !== simulation) {
      throw new UnusableModule(`${path} exports two simulations with the name "${simulation.name}".`)
    }
    found.set(simulation.name, simulation)
  }
  if (found.size > 0) return [...found.values()]
  const names = Object.keys(exported)
  throw new UnusableModule(
    `${path} exports no simulation${names.length === 0 ? "" : ` (it exports ${names.join(", ")})`}. ` +
      "Export what defineSimulation returns, or an array of it. One with an engine of its own can't be shared out.",
  )
}

const isSimulation = (value: unknown): value is AnyIterationSimulation =>
  typeof value === "object" &&
  value !== null &&
  "kind" in value &&
  value.kind === "iterations" &&
  "name" in value &&
  typeof value.name === "string" &&
  "prepare" in value &&
  typeof value.prepare === "function"
