/** The inside of a worker: how it hears from the one who made it, and answers. */
import type { FromWorker, ToWorker } from "./messages.ts"

/** The worker's own end. */
export interface WorkerScope {
  readonly post: (message: FromWorker) => void
  readonly listen: (listener: (message: ToWorker) => void) => void
}

interface NodePort {
  postMessage(message: unknown): void
  on(event: "message", listener: (message: ToWorker) => void): unknown
}

interface WebScope {
  readonly WorkerGlobalScope?: unknown
  readonly postMessage?: (message: unknown) => void
  readonly addEventListener?: (
    type: "message",
    listener: (event: { readonly data: ToWorker }) => void,
  ) => void
  readonly process?: {
    readonly getBuiltinModule?: (name: string) => { readonly parentPort?: NodePort | null }
  }
}

/**
 * The scope of the present worker; `null` when this is none. `node:worker_threads` is asked for at run time, so that
 * bundlers for browsers never see it.
 */
export const workerScope = (): WorkerScope | null => {
  const scope: WebScope = globalThis as WebScope
  const port = scope.process?.getBuiltinModule?.("node:worker_threads")?.parentPort
  if (port !== undefined && port !== null) {
    return {
      post: (message) => port.postMessage(message),
      listen: (listener) => void port.on("message", listener),
    }
  }
  const { postMessage, addEventListener } = scope
  if (scope.WorkerGlobalScope === undefined || postMessage === undefined || addEventListener === undefined)
    return null
  return {
    post: (message) => postMessage.call(scope, message),
    listen: (listener) => addEventListener.call(scope, "message", ({ data }) => listener(data)),
  }
}
