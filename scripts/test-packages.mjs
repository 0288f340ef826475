// Checks the packages as a user would get them: what is published, how its types resolve, how big it is.
import { spawnSync } from "node:child_process"
import { readdirSync } from "node:fs"

const packages = readdirSync("packages", { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => `packages/${entry.name}`)

const checks = [
  ...packages.map((folder) => ["publint", "--strict", folder]),
  ...packages.map((folder) => ["attw", "--pack", folder, "--profile", "esm-only"]),
  ["size-limit"],
]

const failed = checks.filter(([command, ...args]) => {
  console.log(`\n> ${[command, ...args].join(" ")}`)
  const { status } = spawnSync(command, args, {
    stdio: "inherit",
    shell: process.platform === "win32",
  })
  return status !== 0
})

for (const check of failed) console.error(`\nFAILED: ${check.join(" ")}`)
process.exit(failed.length === 0 ? 0 : 1)
