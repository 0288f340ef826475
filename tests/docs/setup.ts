// Runs once before the tests of the documentation: builds the packages, and says which runtimes are missing.
import { buildPackages } from "../packages/build.ts"
import bringRuntimes from "../support/runtimes.setup.ts"
import { canRunWorkerd, workerd } from "./guides.ts"

export default function setup(): void {
  bringRuntimes()
  buildPackages()
  if (canRunWorkerd()) return
  process.stderr.write(
    `\nTHE GUIDE FOR WORKERS IS NOT RUN: there is no ${workerd}; the conformance suite brings it.\n`,
  )
  if (process.env["CI"]) throw new Error("CI is set, and there is no workerd.")
}
