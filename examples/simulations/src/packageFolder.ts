/**
 * Where an installed package is, to read data from. Node answers that when it is asked. `createRequire(…).resolve` looks like
 * an import to some bundlers (Turbopack, for one), which answer it with a number of their own.
 */
import { findPackageJSON } from "node:module"
import { dirname } from "node:path"

export const packageFolder = (name: string): string => {
  const found = findPackageJSON(name, import.meta.url)
  if (found === undefined) throw new Error(`The package ${name} is not installed.`)
  return dirname(found)
}
