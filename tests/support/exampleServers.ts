// Starts the examples as `npm start` does behind its builds, each in a process of its own.
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { type ServerProcess, startServer } from "./processes.ts"

const examples = join(import.meta.dirname, "../../examples")

const built = (path: string): void => {
  if (existsSync(join(examples, path))) return
  throw new Error(`${path} of the examples is not there: npm run build:js && npm run build:examples`)
}

/** Where a server listens, and how many worker threads run its iterations: one, so that a run takes about as long everywhere. */
interface Options {
  /** A free one by default. */
  readonly port?: number
  readonly workers?: number
}

/** Express, as it is. */
export const startExpress = ({ port = 0, workers = 1 }: Options = {}): Promise<ServerProcess> => {
  built("express/dist/index.html")
  return startServer({
    command: process.execPath,
    args: ["src/server.ts"],
    cwd: join(examples, "express"),
    env: { PORT: String(port), HOST: "127.0.0.1", WORKERS: String(workers) },
  })
}

/** Next, as `next start` starts it. */
export const startNext = ({ port = 0, workers = 1 }: Options = {}): Promise<ServerProcess> => {
  built("next/.next/BUILD_ID")
  const next = createRequire(join(examples, "next/package.json")).resolve("next/dist/bin/next")
  return startServer({
    command: process.execPath,
    args: [next, "start", "-p", String(port), "-H", "127.0.0.1"],
    cwd: join(examples, "next"),
    env: { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", WORKERS: String(workers) },
  })
}
