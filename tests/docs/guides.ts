// The guides of docs/getting-started as projects: their files are written as they are printed, and started as they say.
import { once } from "node:events"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { dirname, join } from "node:path"
import { createServer as createVite } from "vite"
import { startServer, type ServerCommand, type ServerProcess } from "../support/processes.ts"
import { commandOf, findRuntimes, type Runtime, runtimeEnv } from "../support/runtimes.ts"
import { readPage } from "./extract.ts"

const root = join(import.meta.dirname, "../..")

export const workerd = join(root, "tests/conformance/node_modules/.bin/workerd")
export const canRunWorkerd = (): boolean => existsSync(workerd)

/** Where the project of a page is written. */
export const guideFolder = (page: string): string => join(import.meta.dirname, ".build/guides", page)

/** Writes the files of a page of the documentation into a folder of their own, in which they find our packages. */
export const writeGuide = (page: string): string => {
  const folder = guideFolder(page)
  rmSync(folder, { recursive: true, force: true })
  writeBlocks(page, folder)
  return folder
}

/** Writes the files of a page into a folder that is there: all of them, or those of these names. */
export const writeBlocks = (page: string, folder: string, names?: ReadonlyArray<string>): void => {
  for (const { name, code } of readPage(readFileSync(join(root, "docs", `${page}.md`), "utf8")).blocks) {
    if (names?.includes(name) === false) continue
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, code)
  }
}

/** A port that nobody has. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0)
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("There is no port.")
  return address.port
}

/** Starts a guide's server, on a port of its own. */
export const startGuide = async (
  folder: string,
  { command, args, env }: ServerCommand,
): Promise<ServerProcess> => {
  const port = await freePort()
  return startServer({ command, args, cwd: folder, env: { ...env, PORT: String(port) } })
}

export const onNode = (file: string): ServerCommand => ({ command: process.execPath, args: [file] })

export const onRuntime = (runtime: Runtime, file: string): ServerCommand => {
  const [command, args] = commandOf(runtime, file)
  return { command, args, env: runtimeEnv() }
}

export const { bun, deno } = findRuntimes()

/** A page that Vite serves, and what ends it. */
export interface ServedPage extends AsyncDisposable {
  readonly origin: string
}

/** Serves a guide's page by its own vite.config.ts, in front of a server that listens elsewhere than the guide's. */
export const startVite = async (folder: string, api: string, configFile = true): Promise<ServedPage> => {
  const vite = await createVite({
    root: folder,
    configFile: configFile ? join(folder, "vite.config.ts") : false,
    logLevel: "error",
    server: { port: 0, host: "127.0.0.1", proxy: { "/api": api } },
  })
  await vite.listen()
  const address = vite.httpServer?.address()
  if (typeof address !== "object" || address === null) throw new Error("Vite has no port.")
  return { origin: `http://127.0.0.1:${address.port}`, [Symbol.asyncDispose]: () => vite.close() }
}
