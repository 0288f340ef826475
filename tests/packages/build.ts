// Builds the packages, for tests that take them as they are published.
import { spawnSync } from "node:child_process"
import { globSync, statSync } from "node:fs"
import { join } from "node:path"

export const root = join(import.meta.dirname, "../..")

/** Runs npm, and fails with what it said. */
export const npm = (args: ReadonlyArray<string>): string => {
  const { status, stdout, stderr } = spawnSync("npm", args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64e6,
    shell: process.platform === "win32",
  })
  if (status !== 0) throw new Error(`npm ${args.join(" ")} failed.\n${stdout}\n${stderr}`)
  return stdout
}

const newest = (pattern: string): number =>
  globSync(pattern, { cwd: root })
    .filter((file) => !/\.(test|test-d|fixtures)\.tsx?$/.test(file))
    .reduce((time, file) => Math.max(time, statSync(join(root, file)).mtimeMs), 0)

/** Builds all packages, unless what was built is newer than every source. */
export const buildPackages = (): void => {
  const packages = globSync("packages/*/package.json", { cwd: root }).map((file) => file.split(/[/\\]/)[1])
  const isStale = packages.some(
    (name) => newest(`packages/${name}/src/**/*.{ts,tsx}`) > newest(`packages/${name}/dist/**/*.js`),
  )
  if (!isStale) return
  npm(["exec", "--", "tsc", "-b", ...packages.map((name) => `packages/${name}`)])
  npm(["run", "build:js"])
}
