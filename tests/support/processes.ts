/** Servers in processes of their own. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"

/** A server process that is listening. */
export interface ServerProcess extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40123`. */
  readonly origin: string
  readonly port: number
  readonly child: ChildProcess
  /** Everything that it has printed, by line. */
  readonly lines: ReadonlyArray<string>
  /** Resolves with the exit code when it ends; `null` when a signal ended it. */
  readonly ended: Promise<number | null>
}

/** What to start. It says where it listens by a line with its origin in it, or has the port that it was given. */
export interface ServerCommand {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}

/** Node, on a file that imports the packages' sources. */
export const nodeCommand = (
  file: string,
  { nodeOptions = [], args = [] }: { nodeOptions?: ReadonlyArray<string>; args?: ReadonlyArray<string> } = {},
): ServerCommand => ({
  command: process.execPath,
  args: ["--conditions=@simstream/source", ...nodeOptions, file, ...args],
})

/** A line with an origin, or what workerd says on its control channel. */
const LISTENING = /(?:https?:\/\/(?:127\.0\.0\.1|localhost):|"port":)(\d+)/

/** Starts a server, and waits until it says where it listens. */
export const startServer = async ({ command, args, cwd, env }: ServerCommand): Promise<ServerProcess> => {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const lines: Array<string> = []
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", resolve)
  })
  const kill = () => void child.kill("SIGKILL")
  process.once("exit", kill)
  const stop = async () => {
    process.off("exit", kill)
    kill()
    await ended
  }
  const port = await new Promise<number>((resolve, reject) => {
    for (const output of [child.stdout, child.stderr]) {
      createInterface(output).on("line", (line) => {
        lines.push(line)
        const [, found] = LISTENING.exec(line) ?? []
        if (found !== undefined) resolve(Number(found))
      })
    }
    ended.then(
      (code) => reject(new Error(`${command} ended with ${code}:\n${lines.join("\n")}`)),
      (error: unknown) => reject(error),
    )
  })
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    child,
    lines,
    ended,
    [Symbol.asyncDispose]: stop,
  }
}

/** Sends a signal to a process and waits for its end. */
export const endBy = async (
  { child, ended }: ServerProcess,
  signal: NodeJS.Signals,
): Promise<number | null> => {
  child.kill(signal)
  await Promise.race([ended, once(child, "exit")])
  return ended
}
