// Removes what was built, so that what is published holds nothing of an earlier build.
import { globSync, rmSync } from "node:fs"

for (const folder of globSync(["packages/*/dist", "examples/*/dist", "examples/*/.next"]))
  rmSync(folder, { recursive: true })
