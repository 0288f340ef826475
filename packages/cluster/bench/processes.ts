/** Worker processes, and how much of the processors anyone has used. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const CLI = fileURLToPath(new URL("../dist/worker/cli.js", import.meta.url))
const SIMULATIONS = fileURLToPath(new URL("./simulations.ts", import.meta.url))

/** A worker process that is ready. */
export interface BenchWorker {
  readonly child: ChildProcess
  readonly end: () => Promise<void>
}

const alive = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL")
})

/** Starts a worker with one thread. */
export const startWorker = async (connection: string, namespace: string): Promise<BenchWorker> => {
  const args = [CLI, SIMULATIONS, "--connection", connection, "--namespace", namespace, "--threads", "1"]
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
  alive.add(child)
  child.once("exit", () => alive.delete(child))
  await new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk) => {
      if (String(chunk).includes("ready")) resolve()
    })
  })
  return {
    child,
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, "exit")
      child.kill("SIGKILL")
      await ended
    },
  }
}

/** Ticks of the clock by which Linux counts a process's time, in a second. */
const TICKS = 100

/** The processor time that a process has used, with its threads, in milliseconds; 0 where that can't be told. */
export const cpuMs = (pid: number | undefined): number => {
  if (pid === process.pid) {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
  try {
    // Behind the name, which may have spaces: the twelfth and thirteenth are the ticks in user and in system mode.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS
  } catch {
    return 0
  }
}
