// Runs once before the tests of the packages as they are published: builds and packs them, and brings pnpm and the runtimes.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import bringRuntimes from "../support/runtimes.setup.ts"
import { buildPackages, npm, root } from "./build.ts"
import { installersFolder, pnpm, tarballsFolder } from "./installers.ts"

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
  buildPackages()
  pack()
}
