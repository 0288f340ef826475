/**
 * A pool of workers shared by any number of batches. An idle worker asks the batches in turn for something to do, so they
 * share it fairly; one that dies or falls silent is replaced, and what it was doing is handed back.
 */
import { messageOf } from "../kernel/failures.ts"
import type { FailedMessage, FromWorker, OpenMessage } from "./messages.ts"
import type { Part } from "../kernel/part.ts"
import { listenToWorker, type WorkerLike, type WorkerPort } from "./workerLike.ts"

/** How workers are made. */
export interface WorkerOptions {
  /**
   * Makes a worker whose file calls `serveSimulations`. Write `new Worker(new URL("./file.js", import.meta.url), …)` here
   * and in one expression: that is what bundlers look for. On Deno take the `Worker` of `node:worker_threads`: its web
   * worker can't be ended while it is in an endless loop.
   */
  readonly spawn: () => WorkerLike
  /** How many; as many as the machine has processors by default. */
  readonly count?: number
  /**
   * A worker that is silent for so long is replaced, and its iterations are run again; the second time the batch fails,
   * and names the iteration. 30,000 milliseconds by default: the longest that one iteration may take.
   */
  readonly stallMs?: number
}

/** Iterations to run: those from `first`, the first of a chunk, to the one before `until`. */
export interface Dispatch {
  readonly first: number
  readonly until: number
  /** How often they were lost already. */
  readonly losses: number
}

/** How a worker was lost. */
export interface Loss {
  /** The iteration that it was last heard of in; `null` when it had not said that it had begun any. */
  readonly at: number | null
  /** Whether it fell silent; otherwise it died. */
  readonly stalled: boolean
  readonly reason: string
}

/** A batch, as the pool sees it. */
export interface Work {
  /** What every worker is told before its first run. */
  readonly open: OpenMessage
  /** Whether its batch stays open in the workers when it is detached, for other work of the batch, until `forget`. */
  readonly staysOpen: boolean
  /** How many dispatches there are for idle workers, at the least. */
  readonly wanted: () => number
  /** The next dispatch for an idle worker; `null` when there is none at present. */
  readonly next: () => Dispatch | null
  /** A sign of life: `next` is the next iteration. */
  readonly at: (dispatch: Dispatch, next: number) => void
  /** It was run, or as much of it as was wanted, in so many milliseconds. */
  readonly ran: (dispatch: Dispatch, parts: ReadonlyArray<Part>, tookMs: number) => void
  /** The simulation threw. */
  readonly failed: (dispatch: Dispatch, failure: FailedMessage) => void
  /** The worker is gone. */
  readonly lost: (dispatch: Dispatch, loss: Loss) => void
  /** No worker can be had, or none for this batch. */
  readonly unavailable: (reason: string) => void
}

/** A batch's hold on a pool. */
export interface Attachment {
  /** To be called when `next` may have something again. */
  readonly update: () => void
  /**
   * Stops the batch's runs, and resolves when they have delivered what they did. A run that does not stop at once is lost,
   * unless there is patience with its present iteration.
   */
  readonly detach: (options?: { readonly patient: boolean }) => Promise<void>
}

/** The pool. */
export interface WorkerPool {
  /** How many workers there are at most. */
  readonly size: number
  /** Lets the workers work on a batch. */
  readonly attach: (work: Work) => Attachment
  /** Closes a batch that has stayed open. */
  readonly forget: (batch: number) => void
  /** Ends all workers. Batches that still need them fail. */
  readonly close: () => void
}

const DEFAULT_STALL_MS = 30_000
/** A worker's file has this long to load. */
const START_MS = 20_000
/** Workers that fail to start, one after the other, before it is taken for certain that none will. */
const START_ATTEMPTS = 3
/** A worker that was asked to stop at once has this long to finish its iteration, or it is ended. */
const STOP_MS = 250

/** What a worker said while this thread was busy arrives within this time. */
const HEAR_MS = 10

const CLOSED = "the pool of workers was closed."

interface Busy {
  readonly work: Work
  readonly dispatch: Dispatch
  readonly sinceMs: number
  at: number | null
}

interface Slot {
  port: WorkerPort | null
  ready: ReadonlyArray<string> | null
  readonly opened: Set<number>
  busy: Busy | null
  /** What it threw, when it is about to be lost for that. */
  doomed: string | null
  /** Ends the worker: it takes too long to load, to say something, or to stop. */
  timer: ReturnType<typeof setTimeout> | undefined
  whenIdle: Array<() => void>
}

const processors = (): number => {
  const { navigator }: { readonly navigator?: { readonly hardwareConcurrency?: number } } = globalThis
  return navigator?.hardwareConcurrency ?? 1
}

/**
 * Makes a pool. Workers are started when there is something to do, and kept until it is closed.
 *
 * @throws RangeError when an option is out of its range
 */
export const createWorkerPool = ({
  spawn,
  count = processors(),
  stallMs = DEFAULT_STALL_MS,
}: WorkerOptions): WorkerPool => {
  if (!(Number.isSafeInteger(count) && count >= 1)) {
    throw new RangeError(`workers.count must be a whole number, 1 or more; got ${count}.`)
  }
  if (!(Number.isFinite(stallMs) && stallMs > 0)) {
    throw new RangeError(`workers.stallMs must be a number of milliseconds greater than 0; got ${stallMs}.`)
  }
  const slots: ReadonlyArray<Slot> = Array.from({ length: count }, () => ({
    port: null,
    ready: null,
    opened: new Set<number>(),
    busy: null,
    doomed: null,
    timer: undefined,
    whenIdle: [],
  }))
  /** The batch whose turn is next comes first. */
  const works: Array<Work> = []
  let startFailures = 0
  let closed = false

  const arm = (slot: Slot, ms: number, reason: string) => {
    if (slot.doomed !== null) return
    clearTimeout(slot.timer)
    slot.timer = setTimeout(() => {
      // If this thread was busy for so long, the worker is heard first.
      slot.timer = setTimeout(() => lose(slot, reason, true), HEAR_MS)
    }, ms)
  }

  const idle = (slot: Slot) => {
    if (slot.doomed === null) clearTimeout(slot.timer)
    slot.busy = null
    slot.port?.hold(false)
    const waiting = slot.whenIdle
    slot.whenIdle = []
    for (const resolve of waiting) resolve()
  }

  /** Tells the batches that there are no workers, once there really are none. */
  const giveUp = (reason: string) => {
    if (startFailures < START_ATTEMPTS || slots.some(({ port }) => port !== null)) return
    for (const work of works.slice()) work.unavailable(reason)
  }

  /** The worker is no more. */
  const lose = (slot: Slot, reason: string, stalled = false) => {
    const { port, busy, ready } = slot
    if (port === null) return
    slot.doomed = null
    idle(slot)
    slot.port = null
    slot.ready = null
    slot.opened.clear()
    port.terminate()
    if (ready === null) startFailures++
    if (busy !== null) busy.work.lost(busy.dispatch, { at: busy.at, stalled, reason })
    pump()
    giveUp(`${START_ATTEMPTS} workers in a row could not be started; the last one was lost: ${reason}`)
  }

  /**
   * The worker threw. What it said before that may come after it, for errors have a way of their own: that is heard, and
   * then the worker is no more.
   */
  const doom = (slot: Slot, reason: string) => {
    if (slot.doomed !== null) return
    clearTimeout(slot.timer)
    slot.doomed = reason
    slot.timer = setTimeout(() => lose(slot, reason), HEAR_MS)
  }

  const receive = (slot: Slot, message: FromWorker) => {
    const { busy } = slot
    switch (message.type) {
      case "ready":
        // It threw while it loaded, and has not started, then.
        if (slot.doomed !== null) return
        startFailures = 0
        slot.ready = message.simulations
        idle(slot)
        pump()
        return
      case "at":
        if (busy === null) return
        busy.at = message.next
        // One that was asked to stop has its own time.
        if (slot.whenIdle.length === 0)
          arm(slot, stallMs, `it said nothing for ${stallMs} ms (workers.stallMs)`)
        busy.work.at(busy.dispatch, message.next)
        return
      case "ran":
        idle(slot)
        busy?.work.ran(busy.dispatch, message.parts, performance.now() - busy.sinceMs)
        pump()
        return
      case "failed":
        idle(slot)
        busy?.work.failed(busy.dispatch, message)
        pump()
    }
  }

  const endOf = ({ ready }: Slot): string =>
    ready === null
      ? "it ended before it was ready; its file has to call serveSimulations"
      : "it ended by itself"

  const start = (slot: Slot) => {
    // What a worker says after it was given up is not heard.
    const ifCurrent =
      <A>(react: (value: A) => void) =>
      (value: A) => {
        if (slot.port === port) react(value)
      }
    let port: WorkerPort | null = null
    try {
      port = listenToWorker(spawn(), {
        message: (message) => ifCurrent((current: FromWorker) => receive(slot, current))(message),
        error: (reason) => ifCurrent((thrown: unknown) => doom(slot, messageOf(thrown)))(reason),
        exit: () => ifCurrent(() => lose(slot, slot.doomed ?? endOf(slot)))(undefined),
      })
      slot.port = port
      arm(slot, START_MS, `its file did not load in ${START_MS} ms, or does not call serveSimulations`)
    } catch (thrown) {
      startFailures = START_ATTEMPTS
      giveUp(`workers.spawn threw: ${messageOf(thrown)}`)
    }
  }

  /** Sends a dispatch to a worker; answers whether that could be done. */
  const assign = (slot: Slot, port: WorkerPort, work: Work, dispatch: Dispatch): boolean => {
    const { batch, simulation } = work.open
    slot.busy = { work, dispatch, sinceMs: performance.now(), at: null }
    port.hold(true)
    try {
      if (!slot.opened.has(batch)) {
        port.post(work.open)
        slot.opened.add(batch)
      }
      const careful = dispatch.losses > 0
      port.post({ type: "run", batch, first: dispatch.first, until: dispatch.until, careful })
      arm(slot, stallMs, `it said nothing for ${stallMs} ms (workers.stallMs)`)
      return true
    } catch (thrown) {
      idle(slot)
      work.unavailable(`the config of "${simulation}" can't be sent to a worker: ${messageOf(thrown)}`)
      return false
    }
  }

  /** Gives every idle worker something to do, and starts those that are missing. */
  const pump = () => {
    let starting = slots.filter(({ port, ready }) => port !== null && ready === null).length
    for (const slot of slots) {
      if (closed || slot.busy !== null || slot.doomed !== null) continue
      if (slot.port === null) {
        const wanted = works.reduce((sum, work) => sum + work.wanted(), 0)
        if (starting >= wanted || startFailures >= START_ATTEMPTS) continue
        starting++
        start(slot)
      } else if (slot.ready !== null) {
        give(slot, slot.port, slot.ready)
      }
    }
  }

  /** Gives an idle worker the next dispatch of the batch whose turn it is. */
  const give = (slot: Slot, port: WorkerPort, serves: ReadonlyArray<string>) => {
    for (const work of works.slice()) {
      const { simulation } = work.open
      if (!serves.includes(simulation)) {
        const served = serves.length === 0 ? "nothing" : serves.join(", ")
        work.unavailable(`the workers serve ${served}, and not "${simulation}"; add it to serveSimulations.`)
        continue
      }
      const dispatch = work.next()
      if (dispatch === null) continue
      works.push(...works.splice(works.indexOf(work), 1))
      if (assign(slot, port, work, dispatch)) return
    }
  }

  const stop = (slot: Slot, patient: boolean): Promise<void> =>
    new Promise((resolve) => {
      slot.whenIdle.push(resolve)
      slot.port?.post({ type: "stop" })
      arm(slot, patient ? stallMs : STOP_MS, "it was asked to stop, and did not")
    })

  const forget = (batch: number) => {
    for (const slot of slots) {
      if (slot.opened.delete(batch)) slot.port?.post({ type: "close", batch })
    }
  }

  return {
    size: count,
    attach: (work) => {
      if (closed) work.unavailable(CLOSED)
      else works.push(work)
      startFailures = 0
      pump()
      return {
        update: pump,
        detach: async ({ patient } = { patient: false }) => {
          const at = works.indexOf(work)
          if (at === -1) return
          works.splice(at, 1)
          const busy = slots.filter((slot) => slot.busy?.work === work)
          await Promise.all(busy.map((slot) => stop(slot, patient)))
          if (!work.staysOpen) forget(work.open.batch)
        },
      }
    },
    forget,
    close: () => {
      if (closed) return
      closed = true
      for (const slot of slots) {
        const { port } = slot
        slot.doomed = null
        idle(slot)
        slot.port = null
        port?.terminate()
      }
      for (const work of works.slice()) work.unavailable(CLOSED)
    },
  }
}
