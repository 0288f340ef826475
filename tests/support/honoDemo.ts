// Starts the Hono example as `npm start` does, in a process of its own.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"

const folder = join(import.meta.dirname, "../../examples/hono")

/** A running demo. */
export interface Demo {
  readonly url: string
  readonly port: number
  readonly process: ChildProcess
  /** Everything that it has printed, by line. */
  readonly lines: ReadonlyArray<string>
  /** Sends a signal and waits for the end; the exit code, or `null` when the signal ended it. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>
}

/** One worker by default, so that a run takes about as long on every machine. */
export const spawnDemo = (port: number, workers = 1): ChildProcess => {
  if (!existsSync(join(folder, "dist/index.html"))) {
    throw new Error(
      "The page of examples/hono has not been built: npm run build:js && npm run build:examples",
    )
  }
  return spawn(process.execPath, ["src/server.ts"], {
    cwd: folder,
    env: { ...process.env, PORT: String(port), HOST: "127.0.0.1", WORKERS: String(workers) },
    stdio: ["ignore", "pipe", "pipe"],
  })
}

/** Starts the demo on a port, or on a free one, and waits until it says where it is. */
export const startDemo = async (port = 0, workers?: number): Promise<Demo> => {
  const child = spawnDemo(port, workers)
  if (child.stdout === null || child.stderr === null) throw new Error("The demo's output can't be read.")
  const lines: Array<string> = []
  const address = new Promise<string>((resolve, reject) => {
    for (const output of [child.stdout, child.stderr]) {
      if (output === null) continue
      createInterface(output).on("line", (line) => {
        lines.push(line)
        const [, found] = /^Simstream demo on (http:\S+)$/.exec(line) ?? []
        if (found !== undefined) resolve(found)
      })
    }
    child.once("exit", (code) => reject(new Error(`The demo ended with ${code}:\n${lines.join("\n")}`)))
  })
  const url = await address
  return {
    url,
    port: Number(new URL(url).port),
    process: child,
    lines,
    stop: async (signal = "SIGTERM") => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const ended = once(child, "exit")
      child.kill(signal)
      await ended
      return child.exitCode
    },
  }
}
