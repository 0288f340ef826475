/** The two kinds of worker, a browser's and Node's, as one small port. Bun and Deno have both. */
import type { FromWorker, ToWorker } from "./messages.ts"

/** A `Worker` as browsers, Bun and Deno have it, as far as it is used. `ref` and `unref` are not everywhere. */
export interface WebWorkerLike {
  postMessage(message: unknown): void
  terminate(): unknown
  ref?(): unknown
  unref?(): unknown
  addEventListener(type: string, listener: (event: unknown) => void): void
}

/** A `Worker` of `node:worker_threads`, as far as it is used. */
export interface NodeWorkerLike {
  postMessage(message: unknown): void
  terminate(): unknown
  ref?(): unknown
  unref?(): unknown
  on(event: string, listener: (value: unknown) => void): unknown
}

/** Either. */
export type WorkerLike = WebWorkerLike | NodeWorkerLike

/** What a batch needs of a worker. */
export interface WorkerPort {
  /** @throws when the message can't be cloned */
  readonly post: (message: ToWorker) => void
  readonly terminate: () => void
  /** Whether the process must not end while this worker is there; where a worker has no say in that, nothing. */
  readonly hold: (process: boolean) => void
}

/** What a worker does by itself. */
export interface WorkerPortEvents {
  readonly message: (message: FromWorker) => void
  /** It threw, or its file could not be loaded; nothing more will come from it. */
  readonly error: (reason: unknown) => void
  readonly exit: () => void
}

/** Listens to a worker. */
export const listenToWorker = (worker: WorkerLike, on: WorkerPortEvents): WorkerPort => {
  if ("addEventListener" in worker) {
    worker.addEventListener("message", (event) => on.message((event as MessageEvent<FromWorker>).data))
    worker.addEventListener("messageerror", () =>
      on.error(new Error("A message of the worker could not be read.")),
    )
    worker.addEventListener("error", (event) => {
      // Of a file that could not be loaded a browser says nothing.
      const error = event as Partial<ErrorEvent>
      // Handled here; without this a browser prints it and Deno ends the process.
      error.preventDefault?.()
      on.error(new Error(error.message ?? "The worker failed; its file may not be there."))
    })
    worker.addEventListener("close", () => on.exit())
  } else {
    worker.on("message", (message) => on.message(message as FromWorker))
    worker.on("messageerror", () => on.error(new Error("A message of the worker could not be read.")))
    worker.on("error", (reason) => on.error(reason))
    worker.on("exit", () => on.exit())
  }
  return {
    post: (message) => worker.postMessage(message),
    terminate: () => void worker.terminate(),
    hold: (process) => {
      if (process) worker.ref?.()
      else worker.unref?.()
    },
  }
}
