// The runtimes that the packages run on, as real programs: for tests in tests/runtimes. runtimes.setup.ts installs them.
import { execFile } from "node:child_process"
import { accessSync, constants } from "node:fs"
import { join } from "node:path"
import { describe } from "vitest"

export type RuntimeName = "node22" | "node24" | "node26" | "bun" | "deno"

/** A runtime, and how it is started: `path ...args script.ts ...its own arguments`. */
export interface Runtime {
  readonly name: RuntimeName
  /** Its program; `undefined` where it could not be installed. */
  readonly path: string | undefined
  /** What stands before the script. It may do everything that this process may. */
  readonly args: ReadonlyArray<string>
}

const root = join(import.meta.dirname, "../..")

/** The folder whose package.json says which runtimes and versions there are. */
export const runtimesFolder = join(root, "tests/runtimes")

const platform = `${process.platform}-${process.arch}`
const suffix = process.platform === "win32" ? ".exe" : ""
const installed = (...path: ReadonlyArray<string>) => join(runtimesFolder, "node_modules", ...path)

/** Where each one is to be found. `SIMSTREAM_NODE22=/path/to/node` and the like come first. */
const places: Readonly<Record<RuntimeName, string>> = {
  node22: installed(`node22-${platform}`, "bin/node"),
  // The one that the repository has for itself
  node24: join(root, "node_modules", `node-${platform}`, "bin/node"),
  node26: installed(`node26-${platform}`, "bin/node"),
  bun: installed("@oven", `bun-${platform.replace("arm64", "aarch64")}`, `bin/bun${suffix}`),
  deno: installed("@deno", process.platform === "linux" ? `${platform}-glibc` : platform, `deno${suffix}`),
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const find = (name: RuntimeName, args: ReadonlyArray<string> = []): Runtime => {
  const chosen = process.env[`SIMSTREAM_${name.toUpperCase()}`]
  if (chosen) {
    if (!isExecutable(chosen)) {
      throw new Error(`SIMSTREAM_${name.toUpperCase()} is "${chosen}", which is not a file that can be run.`)
    }
    return { name, path: chosen, args }
  }
  return { name, path: isExecutable(places[name]) ? places[name] : undefined, args }
}

/** Looks for all of them. */
export const findRuntimes = (): Readonly<Record<RuntimeName, Runtime>> => ({
  node22: find("node22"),
  node24: find("node24"),
  node26: find("node26"),
  bun: find("bun"),
  // Packages come from the folders that npm made, and nothing is written beside them
  deno: find("deno", ["run", "--allow-all", "--no-lock", "--node-modules-dir=manual"]),
})

export const runtimes = findRuntimes()

/** `describe` for each runtime: skipped for those that are missing (runtimes.setup.ts says so, loudly). */
export const describeInRuntimes = (tests: (runtime: Runtime) => void): void => {
  for (const runtime of Object.values(runtimes)) {
    describe.skipIf(runtime.path === undefined)(runtime.name, () => tests(runtime))
  }
}

/** The program of a runtime, and all arguments to run a script with. */
export const commandOf = (
  { name, path, args }: Runtime,
  script: string,
  scriptArgs: ReadonlyArray<string> = [],
): readonly [path: string, args: Array<string>] => {
  if (path === undefined) throw new Error(`There is no ${name} here: use describeInRuntimes.`)
  return [path, [...args, script, ...scriptArgs]]
}

/** The environment for a program of a runtime: as here, in black and white. */
export const runtimeEnv = (): NodeJS.ProcessEnv => {
  const { FORCE_COLOR: _, NODE_OPTIONS: __, ...env } = process.env
  return { ...env, NO_COLOR: "1", DENO_DIR: installed(".cache/deno"), DENO_NO_UPDATE_CHECK: "1" }
}

/** How a program ended. */
export interface Ended {
  /** `null` when it was killed. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** It has so long to end by itself, in milliseconds; then it is killed. */
const RUN_LIMIT_MS = 75_000

/** Runs a script to its end. */
export const runScript = (
  runtime: Runtime,
  script: string,
  scriptArgs: ReadonlyArray<string> = [],
): Promise<Ended> =>
  new Promise((resolve) => {
    const [path, args] = commandOf(runtime, script, scriptArgs)
    const limits = { timeout: RUN_LIMIT_MS, killSignal: "SIGKILL" } as const
    const child = execFile(path, args, { env: runtimeEnv(), ...limits }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr })
    })
  })
