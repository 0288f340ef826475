/** Node, Bun and Deno have `setImmediate`; browsers and some edge runtimes don't. */
interface MaybeImmediate {
  readonly setImmediate?: (callback: () => void) => unknown
}
const runtime: typeof globalThis & MaybeImmediate = globalThis

/**
 * Lets the event loop take a turn between two time slices. `setTimeout(0)` would wait a millisecond, four in a browser;
 * awaiting a resolved promise would not let timers or sockets run at all.
 */
export const breathe: () => Promise<void> =
  typeof runtime.setImmediate === "function"
    ? () => new Promise((resolve) => runtime.setImmediate?.(resolve))
    : (() => {
        const waiting: Array<() => void> = []
        const { port1, port2 } = new MessageChannel()
        port2.addEventListener("message", () => waiting.shift()?.())
        port2.start()
        return () =>
          new Promise<void>((resolve) => {
            waiting.push(resolve)
            port1.postMessage(null)
          })
      })()
