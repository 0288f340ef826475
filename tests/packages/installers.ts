// Fresh projects, outside of this repository, with the packages installed in them by each installer.
import { execFile } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findRuntimes } from "../support/runtimes.ts"
import type { Tarball } from "./registry.ts"

export const installersFolder = import.meta.dirname
export const tarballsFolder = join(installersFolder, ".build/tarballs")

const isWindows = process.platform === "win32"

export const pnpm = join(installersFolder, "node_modules/.bin", isWindows ? "pnpm.cmd" : "pnpm")

/** A file of a tarball. */
interface PackedFile {
  readonly path: string
  readonly size: number
}

/** What `npm pack` made, and what is in it. */
export interface Packed extends Tarball {
  readonly files: ReadonlyArray<PackedFile>
  readonly unpackedSize: number
}

interface Listed {
  readonly name: string
  readonly filename: string
  readonly unpackedSize: number
  readonly files: ReadonlyArray<PackedFile>
}

/** The packages as they would be published. */
export const readTarballs = (): ReadonlyArray<Packed> => {
  const listing: ReadonlyArray<Listed> | Record<string, Listed> = JSON.parse(
    readFileSync(join(tarballsFolder, "packed.json"), "utf8"),
  )
  return Object.values(listing).map(({ name, filename, files, unpackedSize }) => {
    const folder = join(installersFolder, "../../packages", name.replace("@simstream/", ""))
    return {
      path: join(tarballsFolder, filename),
      manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
      files,
      unpackedSize,
    }
  })
}

/** Longer than an installation by a slow line. */
const LIMIT_MS = 120_000

/** Runs a program to its end; what it printed, or an error with all that it said. */
export const run = (
  command: string,
  args: ReadonlyArray<string>,
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string> =>
  new Promise((resolve, reject) => {
    const options = {
      cwd,
      env: { ...process.env, CI: "1", NO_COLOR: "1", ...env },
      timeout: LIMIT_MS,
      maxBuffer: 64e6,
      shell: isWindows,
    }
    execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${command} ${args.join(" ")} failed.\n${stdout}\n${stderr}`, { cause: error }))
    })
  })

/** What installs a project's dependencies. */
export interface Installer {
  readonly name: string
  readonly available: () => boolean
  readonly install: (folder: string) => Promise<unknown>
}

export const installers = {
  npm: {
    name: "npm",
    available: () => true,
    install: (folder) =>
      run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"], folder),
  },
  pnpm: {
    name: "pnpm",
    available: () => existsSync(pnpm),
    install: (folder) => run(pnpm, ["install", "--prefer-offline", "--ignore-scripts"], folder),
  },
  bun: {
    name: "Bun",
    available: () => findRuntimes().bun.path !== undefined,
    install: (folder) =>
      run(findRuntimes().bun.path ?? "bun", ["install", "--prefer-offline", "--ignore-scripts"], folder),
  },
} satisfies Record<string, Installer>

/** A project that somebody has just begun. */
export interface Project extends Disposable {
  readonly folder: string
}

/** Makes a project of the files of a fixture, whose `@simstream/*` come from a registry, and installs it. */
export const createProject = async (
  fixture: string,
  installer: Installer,
  registry: string,
): Promise<Project> => {
  const folder = mkdtempSync(join(tmpdir(), `simstream-${fixture}-`))
  cpSync(join(installersFolder, "fixtures", fixture), folder, { recursive: true })
  writeFileSync(join(folder, ".npmrc"), `@simstream:registry=${registry}\n`)
  await installer.install(folder)
  return {
    folder,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  }
}
