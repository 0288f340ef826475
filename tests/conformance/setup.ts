// Runs once before the conformance tests: installs what they meet, builds what they serve, and says loudly what is missing.
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { findRuntimes, runtimesFolder } from "../support/runtimes.ts"
import { buildApp } from "./build.ts"
import { servers } from "./servers.ts"

const folder = import.meta.dirname
const nextFolder = join(folder, "servers/next")

/** Installs what a folder's package.json names, unless that was done. */
const install = (target: string): void => {
  const wanted = readFileSync(join(target, "package.json"), "utf8")
  const marker = join(target, "node_modules/.installed.json")
  if (existsSync(marker) && readFileSync(marker, "utf8") === wanted) return
  process.stderr.write(`Installing the packages of ${target}; this is done once …\n`)
  const args = [
    "install",
    "--prefix",
    target,
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ]
  const { status } = spawnSync("npm", args, { stdio: "inherit", shell: process.platform === "win32" })
  if (status === 0) writeFileSync(marker, wanted)
}

/** A build takes a minute on a small machine, and does not contain Simstream: it is kept for as long as it is of this page. */
const buildNext = (): void => {
  const marker = join(nextFolder, ".next/built-from")
  const sources = ["next.config.mjs", "app/[[...path]]/route.js", "../../package.json"]
  const wanted = sources.map((source) => readFileSync(join(nextFolder, source), "utf8")).join("\n")
  if (existsSync(marker) && readFileSync(marker, "utf8") === wanted) return
  const { status } = spawnSync(process.execPath, [join(folder, "node_modules/next/dist/bin/next"), "build"], {
    cwd: nextFolder,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" },
    stdio: ["ignore", "ignore", "inherit"],
  })
  if (status === 0) writeFileSync(marker, wanted)
}

const banner = (missing: ReadonlyArray<string>) => `
********************************************************************************
**  CONFORMANCE IS NOT TESTED ON: ${missing.join(", ")}
**  They could not be installed (tests/conformance, tests/runtimes: npm install).
********************************************************************************
`

export default async function setup(): Promise<void> {
  install(folder)
  const { bun, deno } = findRuntimes()
  if (bun.path === undefined || deno.path === undefined) install(runtimesFolder)
  await buildApp()
  if (existsSync(join(folder, "node_modules/next"))) buildNext()
  const missing = servers.filter(({ available }) => !available()).map(({ name }) => name)
  if (missing.length === 0) return
  process.stderr.write(banner(missing))
  if (process.env["CI"]) throw new Error(`In CI there must be ${missing.join(", ")}.`)
}
