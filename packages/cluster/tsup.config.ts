import { defineConfig } from "tsup"
import base from "../../tsup.base.ts"

// The worker's command and the file of its threads are run, and not imported.
const run = { "worker/cli": "./src/worker/cli.ts", "worker/thread": "./src/worker/thread.ts" }

export default defineConfig((options) => {
  if (typeof base === "function" || Array.isArray(base)) throw new TypeError("tsup.base.ts is one config.")
  const { entry } = base
  return { ...options, ...base, entry: { ...(Array.isArray(entry) ? {} : entry), ...run } }
})
