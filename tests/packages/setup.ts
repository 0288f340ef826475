// Runs once before the tests of the packages as they are published: builds and packs them, and brings pnpm and the runtimes.
import { spawnSync } from "node:child_process"
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import bringRuntimes from "../support/runtimes.setup.ts"
import { installersFolder, pnpm, tarballsFolder } from "./installers.ts"

const root = join(import.meta.dirname, "../..")

/** Runs npm, and fails with what it said. */
const npm = (args: ReadonlyArray<string>): string => {
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

const build = (): void => {
  const packages = globSync("packages/*/package.json", { cwd: root }).map((file) => file.split(/[/\\]/)[1])
  const isStale = packages.some(
    (name) => newest(`packages/${name}/src/**/*.{ts,tsx}`) > newest(`packages/${name}/dist/**/*.js`),
  )
  if (!isStale) return
  npm(["exec", "--", "tsc", "-b", ...packages.map((name) => `packages/${name}`)])
  npm(["run", "build:js"])
}

/** Packs what would be published, and writes down what it contains. */
const pack = (): void => {
  rmSync(tarballsFolder, { recursive: true, force: true })
  mkdirSync(tarballsFolder, { recursive: true })
  const folders = globSync("packages/*/package.json", { cwd: root }).map((file) => `./${file.slice(0, -13)}`)
  const listing = npm([
    "pack",
    ...folders,
    "--pack-destination",
    tarballsFolder,
    "--json",
    "--loglevel=error",
  ])
  writeFileSync(join(tarballsFolder, "packed.json"), listing)
}

const install = (): void => {
  const wanted = readFileSync(join(installersFolder, "package.json"), "utf8")
  const stamp = join(installersFolder, "node_modules/.installed.json")
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return
  try {
    npm(["install", "--prefix", installersFolder, "--no-package-lock", "--no-audit", "--no-fund"])
    writeFileSync(stamp, wanted)
  } catch (error) {
    process.stderr.write(`\nPNPM COULD NOT BE INSTALLED; ITS TESTS ARE SKIPPED.\n${String(error)}\n`)
    if (process.env["CI"]) throw error
  }
  if (process.env["CI"] && !existsSync(pnpm)) throw new Error(`CI is set, and there is no ${pnpm}.`)
}

export default function setup(): void {
  bringRuntimes()
  install()
  build()
  pack()
}
