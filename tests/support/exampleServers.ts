// Starts the examples as `npm start` does behind its builds, each in a process of its own.
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { type Hands, plainPage, reactPage } from "./examplePages.ts"
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

const startFromSource = (folder: string, { port = 0, workers = 1 }: Options): Promise<ServerProcess> => {
  built(`${folder}/dist/index.html`)
  return startServer({
    command: process.execPath,
    args: ["src/server.ts"],
    cwd: join(examples, folder),
    env: { PORT: String(port), HOST: "127.0.0.1", WORKERS: String(workers) },
  })
}

/** Hono, as it is. */
export const startHono = (options: Options = {}): Promise<ServerProcess> => startFromSource("hono", options)

/** Express, as it is. */
export const startExpress = (options: Options = {}): Promise<ServerProcess> =>
  startFromSource("express", options)

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

/** An example: how it is started, and hands for its page. */
export interface Example {
  readonly name: string
  readonly startServer: (options?: Options) => Promise<ServerProcess>
  readonly page: Hands
}

/** All of them: what one withstands, the others do. */
export const EXAMPLES: ReadonlyArray<Example> = [
  { name: "Hono", startServer: startHono, page: reactPage },
  { name: "Express", startServer: startExpress, page: plainPage },
  { name: "Next", startServer: startNext, page: reactPage },
]
