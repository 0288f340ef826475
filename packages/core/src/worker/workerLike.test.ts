import { Worker as NodeWorker } from "node:worker_threads"
import { describe, expect, expectTypeOf, it, vi } from "vitest"
import type { FromWorker } from "./messages.ts"
import { listenToWorker, type WorkerLike } from "./workerLike.ts"

const ready: FromWorker = { type: "ready", simulations: [] }

const createEvents = () => ({
  message: vi.fn<(message: FromWorker) => void>(),
  error: vi.fn<(reason: unknown) => void>(),
  exit: vi.fn<() => void>(),
})

/** A worker as browsers have it. */
const createWebWorker = () => {
  const methods = { postMessage: vi.fn<(message: unknown) => void>(), terminate: vi.fn<() => void>() }
  return Object.assign(new EventTarget(), methods)
}

it("takes the workers of Node and of browsers as they are typed", () => {
  expectTypeOf<NodeWorker>().toExtend<WorkerLike>()
  expectTypeOf<Worker>().toExtend<WorkerLike>()
})

describe("a worker of a browser", () => {
  it("is heard", () => {
    const worker = createWebWorker()
    const events = createEvents()
    listenToWorker(worker, events)
    worker.dispatchEvent(new MessageEvent("message", { data: ready }))
    expect(events.message).toHaveBeenCalledExactlyOnceWith(ready)
    worker.dispatchEvent(new Event("close"))
    expect(events.exit).toHaveBeenCalledOnce()
  })

  it("has its errors handled, so that they end no process and fill no console", () => {
    const worker = createWebWorker()
    const events = createEvents()
    listenToWorker(worker, events)
    const event = Object.assign(new Event("error", { cancelable: true }), { message: "Uncaught Error: no" })
    worker.dispatchEvent(event)
    expect(events.error).toHaveBeenCalledExactlyOnceWith(new Error("Uncaught Error: no"))
    expect(event.defaultPrevented).toBe(true)
  })

  it("may not say why it failed", () => {
    const worker = createWebWorker()
    const events = createEvents()
    listenToWorker(worker, events)
    worker.dispatchEvent(new Event("error"))
    worker.dispatchEvent(new Event("messageerror"))
    expect(events.error.mock.calls.map(([error]) => String(error))).toEqual([
      "Error: The worker failed; its file may not be there.",
      "Error: A message of the worker could not be read.",
    ])
  })

  it("can't keep a process from ending, and need not", () => {
    const worker = createWebWorker()
    const port = listenToWorker(worker, createEvents())
    expect(() => port.hold(true)).not.toThrow()
    port.post({ type: "stop" })
    port.terminate()
    expect(worker.postMessage).toHaveBeenCalledExactlyOnceWith({ type: "stop" })
    expect(worker.terminate).toHaveBeenCalledOnce()
  })
})
