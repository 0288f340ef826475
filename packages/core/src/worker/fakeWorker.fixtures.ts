/** Workers in this very process, which a test can watch, delay, shuffle and kill. */
import type { AnyIterationSimulation } from "../simulation/definition.ts"
import type { FromWorker, ToWorker } from "./messages.ts"
import { serveIn } from "./serveSimulations.ts"
import type { NodeWorkerLike } from "./workerLike.ts"

/** A worker that says what the test makes it say. */
export interface FakeWorker extends NodeWorkerLike {
  /** What it was sent. */
  readonly received: ReadonlyArray<ToWorker>
  readonly isTerminated: () => boolean
  /** Whether it keeps the process alive, as a new worker does. */
  readonly isHeld: () => boolean
  readonly say: (message: FromWorker) => void
  readonly ready: (...simulations: ReadonlyArray<string>) => void
  /** Throws an error that nobody in it catches, */
  readonly throwError: (message: string) => void
  /** and ends of it. */
  readonly crash: (message: string) => void
  readonly exit: () => void
}

/** Makes one. `onMessage` is told what it is sent. */
export const createFakeWorker = (onMessage: (message: ToWorker) => void = () => undefined): FakeWorker => {
  const listeners = new Map<string, Array<(value: unknown) => void>>()
  const received: Array<ToWorker> = []
  let terminated = false
  let held = true
  const emit = (event: string, value: unknown) => {
    // A message that was on its way still arrives at a worker that was ended, as it does in reality.
    for (const listener of listeners.get(event) ?? []) listener(value)
  }
  const say = (message: FromWorker) => emit("message", structuredClone(message))
  return {
    received,
    isTerminated: () => terminated,
    isHeld: () => held,
    say,
    ready: (...simulations) => say({ type: "ready", simulations }),
    throwError: (message) => emit("error", new Error(message)),
    crash: (message) => {
      emit("error", new Error(message))
      emit("exit", 1)
    },
    exit: () => emit("exit", 0),
    postMessage: (message) => {
      const cloned = structuredClone(message) as ToWorker
      received.push(cloned)
      onMessage(cloned)
    },
    terminate: () => {
      terminated = true
      emit("exit", 1)
    },
    ref: () => {
      held = true
    },
    unref: () => {
      held = false
    },
    on: (event, listener) => {
      listeners.set(event, [...(listeners.get(event) ?? []), listener])
    },
  }
}

/** What a worker says waits here until the test lets it through, or does away with the worker. */
export interface Envelope {
  readonly worker: FakeWorker
  readonly message: FromWorker
  /** The run that it belongs to; `null` before the first. */
  readonly careful: boolean | null
  readonly deliver: () => void
}

/** Makes a worker that serves simulations as a real one does; what it says goes to `post`. */
export const createServingWorker = (
  simulations: ReadonlyArray<AnyIterationSimulation>,
  post: (envelope: Envelope) => void = ({ deliver }) => setImmediate(deliver),
): FakeWorker => {
  let hear: ((message: ToWorker) => void) | undefined = undefined
  let careful: boolean | null = null
  const worker = createFakeWorker((message) => {
    if (message.type === "run") careful = message.careful
    // Like a real one it hears nothing until its file has loaded, and then in a turn of its own.
    setImmediate(() => hear?.(message))
  })
  setImmediate(() => {
    serveIn(
      {
        post: (message) => {
          const copy = structuredClone(message)
          post({ worker, message: copy, careful, deliver: () => worker.say(copy) })
        },
        listen: (listener) => {
          hear = listener
        },
      },
      simulations,
    )
  })
  return worker
}

/** A generator of numbers in [0, 1) with a seed (mulberry32), so that a failure can be seen again. */
export const randomOf = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
}
