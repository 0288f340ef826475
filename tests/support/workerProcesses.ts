/** `simstream-worker` as a process, on the sources. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const CLI = fileURLToPath(new URL("../../packages/cluster/src/worker/cli.ts", import.meta.url))
const SIMULATIONS = fileURLToPath(new URL("../cluster/fixtures/simulations.ts", import.meta.url))

/** What a process is started with. */
export interface WorkerCommand {
  readonly connection: string
  readonly namespace: string
  readonly threads?: number
  readonly env?: NodeJS.ProcessEnv
}

/** A process that runs something. */
export interface RunningProcess extends AsyncDisposable {
  readonly child: ChildProcess
  /** Everything that it has printed, by line, on either output. */
  readonly lines: ReadonlyArray<string>
  /** Resolves with the first line in which this is, from now on or before; rejects when it ends without. */
  readonly said: (text: string | RegExp) => Promise<string>
  /** Resolves with the exit code; `null` when a signal ended it. */
  readonly ended: Promise<number | null>
}

/** None outlives the tests. */
const alive = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL")
})

/** Starts Node on a file of the repository, with the packages' sources. */
export const startNode = (
  file: string,
  args: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv = {},
): RunningProcess => {
  const child = spawn(process.execPath, ["--conditions=@simstream/source", file, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  })
  const lines: Array<string> = []
  const listeners = new Set<() => void>()
  for (const output of [child.stdout, child.stderr]) {
    createInterface(output).on("line", (line) => {
      lines.push(line)
      for (const listener of listeners) listener()
    })
  }
  const ended = once(child, "close").then(([code]) => (typeof code === "number" ? code : null))
  alive.add(child)
  return {
    child,
    lines,
    ended,
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) =>
            typeof text === "string" ? line.includes(text) : text.test(line),
          )
          if (found === undefined) return
          listeners.delete(look)
          resolve(found)
        }
        listeners.add(look)
        look()
        void ended.then((code) => reject(new Error(`It ended with ${code}:\n${lines.join("\n")}`)))
      }),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL")
      await ended
      alive.delete(child)
    },
  }
}

/** Starts a worker; it may not be ready yet. */
export const startWorker = ({ connection, namespace, threads = 1, env }: WorkerCommand): RunningProcess =>
  startNode(
    CLI,
    [SIMULATIONS, "--connection", connection, "--namespace", namespace, "--threads", `${threads}`],
    env,
  )

/** Starts a worker with other arguments than those of a good one. */
export const startCli = (...args: ReadonlyArray<string>): RunningProcess => startNode(CLI, args)

/** Starts workers, and waits until they are ready. */
export const startWorkers = async (
  count: number,
  command: WorkerCommand,
): Promise<ReadonlyArray<RunningProcess> & AsyncDisposable> => {
  const workers = Array.from({ length: count }, () => startWorker(command))
  const dispose = async () => void (await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]())))
  try {
    await Promise.all(workers.map(({ said }) => said("ready")))
  } catch (thrown) {
    await dispose()
    throw thrown
  }
  return Object.assign(workers, { [Symbol.asyncDispose]: dispose })
}
