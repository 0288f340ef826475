import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { createConnections } from "./connections.ts"
import { sseFormat } from "./format.ts"
import type { Bytes, OpenSource } from "./source.ts"
import type { CheckedTiming } from "./timing.ts"

const TIMING: CheckedTiming = { heartbeatMs: 10, writeTimeoutMs: 50, maxDurationMs: 1000 }
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A connection over a source and a sink that the test controls. */
const setUp = (timing: Partial<CheckedTiming> = {}) => {
  const ready: Array<string> = []
  const written: Array<string> = []
  const log: Array<string> = []
  let wake = () => {}
  let done = false
  let room = true
  let opened = 0
  const open: OpenSource = (given) => {
    opened++
    wake = given
    return {
      poll: (): Bytes | undefined => {
        const next = ready.shift()
        if (next === "unencodable") throw new TypeError("BigInt")
        return next === undefined ? undefined : encoder.encode(next)
      },
      done: () => done && ready.length === 0,
      close: () => void log.push("source closed"),
    }
  }
  const connections = createConnections({ ...TIMING, ...timing }, (_, reason, error) => {
    log.push(error === undefined ? `closed: ${reason}` : `closed: ${reason}, ${String(error)}`)
  })
  const connection = connections.open(open, sseFormat, {})
  connection.attach({
    write: (bytes) => {
      written.push(decoder.decode(bytes))
      return room
    },
    end: () => void log.push("ended"),
    drop: () => void log.push("dropped"),
  })
  return {
    connection,
    written,
    log,
    opened: () => opened,
    publish: (text: string) => {
      ready.push(text)
      wake()
    },
    finishSource: () => {
      done = true
      wake()
    },
    fill: () => {
      room = false
    },
    drain: () => {
      room = true
      connection.ready()
    },
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe("a connection", () => {
  it("subscribes to nothing before the client can take something", () => {
    const stream = setUp()
    expect(stream.opened()).toBe(0)
    stream.connection.ready()
    expect(stream.opened()).toBe(1)
    stream.connection.close()
    expect(stream.log).toEqual(["source closed", "closed: left"])
  })

  it("sends heartbeats while it is idle, and none behind an event", () => {
    const stream = setUp()
    stream.connection.ready()
    vi.advanceTimersByTime(9)
    stream.publish("event")
    vi.advanceTimersByTime(9)
    expect(stream.written).toEqual(["event"])
    vi.advanceTimersByTime(11)
    expect(stream.written).toEqual(["event", ": heartbeat\n\n", ": heartbeat\n\n"])
    stream.connection.close()
  })

  it("sends nothing to a client that is full, not even heartbeats, and drops it when that lasts", () => {
    const stream = setUp()
    stream.connection.ready()
    stream.fill()
    stream.publish("last that fits")
    stream.publish("too much")
    vi.advanceTimersByTime(49)
    expect(stream.written).toEqual(["last that fits"])
    expect(stream.log).toEqual([])
    vi.advanceTimersByTime(1)
    expect(stream.log).toEqual(["source closed", "closed: stalled", "dropped"])
  })

  it("goes on when a full client has room again", () => {
    const stream = setUp()
    stream.connection.ready()
    stream.fill()
    stream.publish("one")
    stream.publish("two")
    stream.drain()
    expect(stream.written).toEqual(["one", "two"])
    stream.connection.close()
  })

  it("drops a client that never reads", () => {
    const stream = setUp()
    vi.advanceTimersByTime(50)
    expect(stream.opened()).toBe(0)
    expect(stream.log).toEqual(["closed: stalled", "dropped"])
  })

  it("ends in order behind the last event of its source", () => {
    const stream = setUp()
    stream.connection.ready()
    stream.publish("complete")
    stream.finishSource()
    expect(stream.written).toEqual(["complete"])
    expect(stream.log).toEqual(["source closed", "closed: ended", "ended"])
  })

  it("ends after its duration with the hint to come again", () => {
    const stream = setUp({ heartbeatMs: 600 })
    stream.connection.ready()
    vi.advanceTimersByTime(1000)
    expect(stream.written.at(-1)).toMatch(/^retry: \d+\n\n$/)
    expect(stream.log).toEqual(["source closed", "closed: expired", "ended"])
  })

  it("a farewell to a full client waits until it has room", () => {
    const stream = setUp()
    stream.connection.ready()
    stream.fill()
    stream.publish("one")
    stream.connection.finish(5, "drained")
    expect(stream.written).toEqual(["one"])
    stream.drain()
    expect(stream.written).toEqual(["one", "retry: 5\n\n"])
    expect(stream.log).toEqual(["source closed", "closed: drained", "ended"])
  })

  it("writes a large event in parts, each of which counts as taken, and a farewell behind the last", () => {
    const stream = setUp()
    stream.connection.ready()
    stream.fill()
    const large = "0123456789".repeat(20_000)
    stream.publish(large)
    stream.connection.finish(5, "drained")
    vi.advanceTimersByTime(49)
    stream.connection.ready()
    vi.advanceTimersByTime(49)
    stream.connection.ready()
    vi.advanceTimersByTime(49)
    expect(stream.written.map(({ length }) => length)).toEqual([65_536, 65_536, 65_536])
    stream.drain()
    expect(stream.written.join("")).toBe(`${large}retry: 5\n\n`)
    expect(stream.log).toEqual(["source closed", "closed: drained", "ended"])
  })

  it("an event that can't be encoded ends this stream and does not reach who published it", () => {
    const stream = setUp()
    stream.connection.ready()
    expect(() => stream.publish("unencodable")).not.toThrow()
    expect(stream.log).toEqual(["source closed", "closed: failed, TypeError: BigInt", "dropped"])
  })

  it("closes once, whoever says so how often", () => {
    const stream = setUp()
    stream.connection.ready()
    stream.connection.close()
    stream.connection.close()
    stream.connection.ready()
    stream.connection.finish(1, "drained")
    stream.publish("too late")
    expect(stream.log).toEqual(["source closed", "closed: left"])
    expect(stream.written).toEqual([])
  })
})
