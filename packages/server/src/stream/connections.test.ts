import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { createConnections } from "./connections.ts"
import { sseFormat } from "./format.ts"
import type { Bytes, OpenSource } from "./source.ts"
import type { CheckedTiming } from "./timing.ts"

const TIMING: CheckedTiming = { heartbeatMs: 7_000, writeTimeoutMs: 30_000, maxDurationMs: 600_000 }
const encoder = new TextEncoder()
const decoder = new TextDecoder()

const setUp = (timing: Partial<CheckedTiming> = {}) => {
  const ends: Array<string> = []
  const connections = createConnections<{ readonly name: string }>(
    { ...TIMING, ...timing },
    ({ name }, reason) => void ends.push(`${name} ${reason}`),
  )
  return {
    connections,
    ends,
    /** A client that reads everything, and when it was sent what. */
    open: (name = "client", onWrite: () => void = () => undefined) => {
      const written: Array<string> = []
      let next: Bytes | undefined
      let wake = () => {}
      const source: OpenSource = (given) => {
        wake = given
        return {
          poll: () => {
            const bytes = next
            next = undefined
            return bytes
          },
          done: () => false,
          close: () => undefined,
        }
      }
      const connection = connections.open(source, sseFormat, { name })
      connection.attach({
        write: (bytes) => {
          written.push(`${performance.now()} ${decoder.decode(bytes).trim()}`)
          onWrite()
          return true
        },
        end: () => undefined,
        drop: () => undefined,
      })
      connection.ready()
      const publish = (text: string) => {
        next = encoder.encode(text)
        wake()
      }
      return { connection, written, publish }
    },
  }
}

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

describe("the connections of a handler", () => {
  it("share one timer, which goes with the last of them", () => {
    const { open, connections } = setUp()
    expect(vi.getTimerCount()).toBe(0)
    const clients = Array.from({ length: 1_000 }, () => open())
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(100_000)
    expect(vi.getTimerCount()).toBe(1)
    for (const { connection } of clients) connection.close()
    expect(vi.getTimerCount()).toBe(0)
    expect([...connections.all()]).toEqual([])
  })

  it("never keep a client in silence for longer than a heartbeat, whenever it came and was last sent something", () => {
    const { open } = setUp()
    const clients = Array.from({ length: 100 }, (_, index) => {
      vi.advanceTimersByTime(37)
      const client = open()
      if (index % 3 === 0) client.publish("event")
      return client
    })
    const came = clients.map(() => performance.now())
    for (let step = 0; step < 300; step++) {
      vi.advanceTimersByTime(113)
      clients[(step * 7) % 100]?.publish("event")
    }
    clients.forEach(({ written }, index) => {
      const times = [came[index] ?? 0, ...written.map((line) => Number(line.split(" ")[0]))]
      for (let at = 1; at < times.length; at++) {
        expect((times[at] ?? 0) - (times[at - 1] ?? 0)).toBeLessThanOrEqual(7_000)
      }
      expect(performance.now() - (times.at(-1) ?? 0)).toBeLessThanOrEqual(7_000)
    })
  })

  it("are looked at a few dozen times in a heartbeat at most, however many there are", () => {
    const { open } = setUp()
    for (let count = 0; count < 500; count++) {
      open()
      vi.advanceTimersByTime(13)
    }
    const set = vi.spyOn(globalThis, "setTimeout")
    vi.advanceTimersByTime(70_000)
    expect(set.mock.calls.length).toBeLessThanOrEqual(10 * 65)
    set.mockRestore()
  })

  it("last 80 to 100 % of the longest duration, and end with the hint to come again", () => {
    const { open, ends } = setUp({ heartbeatMs: 1_000, writeTimeoutMs: 1_000, maxDurationMs: 100_000 })
    const clients = Array.from({ length: 200 }, (_, index) => open(String(index)))
    vi.advanceTimersByTime(79_900)
    expect(ends).toEqual([])
    vi.advanceTimersByTime(10_000)
    expect(ends.length).toBeGreaterThan(50)
    expect(ends.length).toBeLessThan(150)
    vi.advanceTimersByTime(10_100)
    expect(ends).toHaveLength(200)
    expect(ends.every((line) => line.endsWith(" expired"))).toBe(true)
    for (const { written } of clients) expect(written.at(-1)).toMatch(/ retry: \d+$/)
  })

  it("may come and go while they are looked at", () => {
    const { open, ends } = setUp()
    const leaving = open("leaving", () => {
      leaving.connection.close()
      open("new")
    })
    vi.advanceTimersByTime(7_000)
    expect(ends).toEqual(["leaving left"])
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(60_000)
    expect(ends).toEqual(["leaving left"])
  })

  it("one whose writer fails takes nothing from the others", () => {
    const { open, ends } = setUp()
    open("broken", () => {
      throw new TypeError("The socket is gone.")
    })
    const { written } = open("other")
    vi.advanceTimersByTime(7_000)
    expect(ends).toEqual(["broken failed"])
    expect(written).toHaveLength(1)
  })
})
