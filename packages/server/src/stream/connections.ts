/** The open connections of one handler, and the one timer that looks after all of them. */
import { Connection, type ConnectionHost, type EndReason } from "./connection.ts"
import type { StreamFormat } from "./format.ts"
import type { OpenSource } from "./source.ts"
import type { CheckedTiming } from "./timing.ts"

/** The open connections. */
export interface Connections<Guest> {
  /** Opens a connection, for whoever it is for. */
  readonly open: (source: OpenSource, format: StreamFormat, guest: Guest) => Connection
  readonly all: () => Iterable<Connection>
}

/** What is due within this part of a heartbeat is done in one go, so that a thousand clients are not a thousand timers. */
const EARLY_PART = 1 / 64

/**
 * Keeps connections, and tells once when one is over. While there are none there is no timer.
 *
 * @param closed is given what made an event impossible to encode, when `reason` is "failed"
 */
export const createConnections = <Guest extends object>(
  timing: CheckedTiming,
  closed: (guest: Guest, reason: EndReason, error?: unknown) => void,
): Connections<Guest> => {
  const connections = new Map<Connection, Guest>()
  // Whichever of the two it is that counts for a client, it is looked at by then.
  const periodMs = Math.min(timing.heartbeatMs, timing.writeTimeoutMs)
  const earlyMs = periodMs * EARLY_PART
  let timer: ReturnType<typeof setTimeout> | undefined = undefined

  const look = () => {
    const nowMs = performance.now()
    let nextMs = nowMs + periodMs
    for (const connection of connections.keys()) {
      nextMs = Math.min(nextMs, connection.look(nowMs + earlyMs))
    }
    clearTimeout(timer)
    timer = connections.size === 0 ? undefined : setTimeout(look, Math.floor(nextMs - nowMs))
  }

  const host: ConnectionHost = {
    timing,
    closed: (connection, reason, error) => {
      const guest = connections.get(connection)
      connections.delete(connection)
      if (connections.size === 0) {
        clearTimeout(timer)
        timer = undefined
      }
      if (guest !== undefined) closed(guest, reason, error)
    },
  }

  return {
    open: (source, format, guest) => {
      const connection = new Connection(host, source, format)
      connections.set(connection, guest)
      timer ??= setTimeout(look, periodMs)
      return connection
    },
    all: () => connections.keys(),
  }
}
