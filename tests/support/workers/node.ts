/** Real workers of Node, which read the packages' sources as the tests do. */
import { once } from "node:events"
import { type ResourceLimits, Worker } from "node:worker_threads"

/** The files of workers here. */
export type WorkerFile = "simulations" | "troubled" | "throwing" | "silent" | "missing"

/** Makes a worker of this file. */
export const spawnNode = (file: WorkerFile, resourceLimits: ResourceLimits = {}): Worker =>
  new Worker(new URL(`./${file}.worker.ts`, import.meta.url), {
    execArgv: ["--conditions=@simstream/source"],
    resourceLimits,
    // What a dying worker prints is not for the tests' output.
    stderr: true,
    stdout: true,
  })

/** What makes workers of this file, and remembers them. */
export const createStaff = (file: WorkerFile, resourceLimits?: ResourceLimits) => {
  const workers: Array<Worker> = []
  const exits: Array<Promise<unknown>> = []
  return {
    /** All that were made, in their order. */
    workers,
    spawn: (): Worker => {
      const worker = spawnNode(file, resourceLimits)
      workers.push(worker)
      exits.push(once(worker, "exit").catch(() => undefined))
      return worker
    },
    /** Resolves when every one of them has ended. */
    ended: async (): Promise<void> => {
      await Promise.all(exits)
    },
  }
}
