/** A simulation that goes wrong in whatever way a test asks for. */
import { defineSimulation, PublicError } from "@simstream/core/simulation"
import { anything } from "./simulations.ts"

/** What goes wrong in an iteration. */
export type Kind =
  | "throw"
  | "public"
  | "reject"
  | "nan"
  /** The worker ends. */
  | "exit"
  /** Something that nobody waits for throws. */
  | "uncaught"
  /** More memory than there is. */
  | "memory"
  /** It never ends. */
  | "hang"
  /** It waits to be killed from outside. */
  | "wait"

export interface Trouble {
  readonly at: number
  readonly kind: Kind
}

export interface TroubledConfig {
  readonly troubles?: ReadonlyArray<Trouble>
  /** What goes wrong before. */
  readonly prepare?: "throw" | "public" | "reject" | "exit" | "hang"
  /** How often each trouble still happens, one `Int32` a trouble, shared by all workers; for ever without. */
  readonly times?: SharedArrayBuffer
}

/** Times for troubles of which each happens once. */
export const timesOnce = (troubles: ReadonlyArray<Trouble>): SharedArrayBuffer => {
  const times = new SharedArrayBuffer(4 * troubles.length)
  new Int32Array(times).fill(1)
  return times
}

const endWorker = (): never => {
  process.exit(1)
}

const hang = (): never => {
  for (;;);
}

/** Works like a leak: what it takes, it keeps. */
const takeMemory = (): never => {
  const kept: Array<unknown> = []
  for (;;) kept.push(Array.from({ length: 1000 }, () => ({})))
}

const cause = ({ kind, at }: Trouble, left: Int32Array | null, index: number): number | Promise<never> => {
  switch (kind) {
    case "throw":
      throw new RangeError(`no luck in ${at}`)
    case "public":
      throw new PublicError(`your luck ends in ${at}`)
    case "reject":
      return Promise.reject(new RangeError(`no luck in ${at}`))
    case "nan":
      return NaN
    case "exit":
      return endWorker()
    case "uncaught":
      queueMicrotask(() => {
        throw new Error("nobody waits for this")
      })
      return 0
    case "memory":
      return takeMemory()
    case "hang":
      return hang()
    case "wait":
      if (left !== null) Atomics.notify(left, index)
      return hang()
  }
}

export const troubled = defineSimulation({
  name: "troubled",
  config: anything<TroubledConfig>(),
  metrics: { value: {} },
  prepare: ({ troubles = [], prepare, times }) => {
    if (prepare === "throw") throw new RangeError("no spells")
    if (prepare === "public") throw new PublicError("your spells are unknown")
    if (prepare === "reject") return Promise.reject(new RangeError("no spells"))
    if (prepare === "exit") return endWorker()
    if (prepare === "hang") return hang()
    const left = times === undefined ? null : new Int32Array(times)
    const byIteration = new Map(troubles.map((trouble, index) => [trouble.at, { trouble, index }]))
    return ({ index: iteration, random }) => {
      const value = random.float()
      const found = byIteration.get(iteration)
      if (found === undefined || (left !== null && Atomics.sub(left, found.index, 1) <= 0)) return { value }
      const caused = cause(found.trouble, left, found.index)
      return typeof caused === "number" ? { value: caused === 0 ? value : caused } : caused
    }
  },
})
