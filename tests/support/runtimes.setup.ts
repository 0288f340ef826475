// Runs once before the tests in tests/runtimes: brings the runtimes and the built packages that they need.
import { spawnSync } from "node:child_process"
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { findRuntimes, type Runtime, runtimesFolder } from "./runtimes.ts"

/** The programs take some 600 MB. */
const INSTALL_LIMIT_MS = 300_000
const BUILD_LIMIT_MS = 120_000

/** The packages that run in the runtimes, in the order in which they are built. */
const PACKAGES = ["protocol", "core", "server"]

const root = join(runtimesFolder, "../..")

const say = (lines: ReadonlyArray<string>): void => {
  const width = 76
  const bar = "*".repeat(width + 4)
  const body = ["", ...lines, ""].map((line) => `* ${line.padEnd(width)} *`)
  process.stderr.write(`\n${[bar, ...body, bar].join("\n")}\n`)
}

/** Runs npm; answers what it printed if it failed. */
const npm = (args: ReadonlyArray<string>, timeout: number): string | null => {
  const { status, error, stdout, stderr } = spawnSync("npm", args, {
    cwd: root,
    encoding: "utf8",
    timeout,
    shell: process.platform === "win32",
  })
  return status === 0 ? null : [error?.message, stdout, stderr].join("\n").trim()
}

const wanted = readFileSync(join(runtimesFolder, "package.json"), "utf8")
/** What was installed last time. */
const stamp = join(runtimesFolder, "node_modules/.installed.json")

const isMissing = ({ path }: Runtime): boolean => path === undefined

/** Installs what the folder's package.json asks for, unless it is there. */
const install = (): void => {
  const missing = Object.values(findRuntimes()).filter(isMissing)
  // There are packages of Node for Linux alone.
  const obtainable = missing.some(({ name }) => process.platform === "linux" || !name.startsWith("node"))
  const isCurrent = existsSync(stamp) && readFileSync(stamp, "utf8") === wanted
  if (!obtainable && isCurrent) return
  process.stderr.write("Installing Node 22, Node 26, Bun and Deno into tests/runtimes; this is done once …\n")
  const failure = npm(["install", "--prefix", runtimesFolder], INSTALL_LIMIT_MS)
  if (failure === null) writeFileSync(stamp, wanted)
  else process.stderr.write(`${failure}\n`)
}

/** When the youngest of these files was written; what is not built doesn't count. */
const newest = (pattern: string): number =>
  globSync(pattern, { cwd: root })
    .filter((file) => !/\.(test|test-d|fixtures)\.ts$/.test(file))
    .reduce((time, file) => Math.max(time, statSync(join(root, file)).mtimeMs), 0)

/** Builds the packages whose sources are newer than what was built of them. */
const build = (): void => {
  const stale = PACKAGES.filter(
    (name) => newest(`packages/${name}/src/**/*.ts`) > newest(`packages/${name}/dist/**/*.js`),
  )
  if (stale.length === 0) return
  const failure = npm(
    ["run", "build", ...stale.flatMap((name) => ["-w", `@simstream/${name}`])],
    BUILD_LIMIT_MS,
  )
  if (failure !== null) throw new Error(`The packages could not be built.\n${failure}`)
}

export default function setup(): void {
  install()
  build()
  const missing = Object.values(findRuntimes()).filter(isMissing)
  if (missing.length === 0) return
  say([
    `MISSING RUNTIMES: ${missing.map(({ name }) => name).join(", ")}. THEIR TESTS ARE SKIPPED.`,
    "",
    "Install them  npm install --prefix tests/runtimes",
    ...missing.map(({ name }) => `or name one   SIMSTREAM_${name.toUpperCase()}=/path/to/${name} npm test`),
  ])
  if (process.env["CI"]) throw new Error("CI is set, and there are runtimes missing.")
}
