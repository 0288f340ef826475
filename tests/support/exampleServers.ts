// Starts the examples as `npm start` does behind its builds, each in a process of its own.
import { existsSync } from "node:fs"
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
