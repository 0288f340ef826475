/** Lets the event loop take a turn. */
type Breathe = () => Promise<void>

/** Node, Bun and Deno have `setImmediate`, browsers and workerd have `MessageChannel`, edge-runtime has neither. */
interface Runtime {
  readonly setImmediate?: (callback: () => void) => unknown
  readonly MessageChannel?: typeof MessageChannel
}
const runtime: Runtime = globalThis

const byMessages = ({ port1, port2 }: MessageChannel): Breathe => {
  const waiting: Array<() => void> = []
  port2.addEventListener("message", () => waiting.shift()?.())
  port2.start()
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      port1.postMessage(null)
    })
}

const chooseBreathe = ({ setImmediate, MessageChannel: Channel }: Runtime): Breathe => {
  if (setImmediate !== undefined) return () => new Promise((resolve) => setImmediate(resolve))
  if (Channel !== undefined) return byMessages(new Channel())
  return () => new Promise((resolve) => setTimeout(resolve))
}

/**
 * Lets the event loop take a turn between two time slices. `setTimeout(0)`, the last resort, waits a millisecond, four in
 * a browser; awaiting a resolved promise would not let timers or sockets run at all.
 */
export const breathe: Breathe = chooseBreathe(runtime)
