import type { StreamEvent } from "@simstream/protocol"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { createClient } from "./client.ts"
import {
  complete,
  connected,
  fakeFetch,
  frame,
  jobId,
  partial,
  progress,
  snapshot,
  type FakeFetch,
} from "./fetch.fixtures.ts"
import { tabsFetch, type TabsOptions } from "./tabs.ts"

// Locks and channels are Node's own. A tab is a `tabsFetch` of its own on a network that all tabs have.
let names = 0
let network: FakeFetch
let name: string
beforeEach(() => {
  // Only pages share
  vi.stubGlobal("document", {})
  network = fakeFetch()
  name = `test ${++names}`
})
afterEach(() => void vi.unstubAllGlobals())

/** A tab that follows the job. */
const openTab = (options: TabsOptions = {}) => {
  const client = createClient({
    url: "https://example.com/api",
    fetch: tabsFetch({ fetch: network.fetch, name, ...options }),
    retry: { baseMs: 1 },
  })
  const events: Array<StreamEvent> = []
  const connections: Array<string> = []
  let ended: unknown = "not yet"
  const stream = client.events(jobId, {
    onEvent: (event) => void events.push(event),
    onConnection: (connection) => void connections.push(connection),
    onEnd: (error) => {
      ended = error
    },
  })
  return {
    client,
    events,
    connections,
    close: () => stream.close(),
    types: () => events.map(({ type }) => type),
    ended: () => ended,
  }
}

const seen = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 })

describe("tabs", () => {
  it("have one connection between them, and all hear everything", async () => {
    const first = openTab()
    const server = (await network.request(0)).stream()
    server.write(frame(connected()), frame(progress(1), 1))
    await seen(() => expect(first.types()).toEqual(["connected", "progress"]))
    const others = [openTab(), openTab(), openTab()]
    await seen(() => {
      for (const tab of others) expect(tab.types()).toEqual(["connected", "progress"])
    })
    server.write(frame(partial(1), 2), frame(complete(), 3))
    await seen(() => {
      for (const tab of [first, ...others]) {
        expect(tab.types()).toEqual(["connected", "progress", "partial", "complete"])
        expect(tab.ended()).toBeUndefined()
      }
    })
    expect(network.requests).toHaveLength(1)
  })

  it("that come late are shown the newest of everything", async () => {
    const first = openTab()
    const server = (await network.request(0)).stream()
    server.write(frame(connected()), frame(partial(1), 1), frame(progress(1), 2), frame(progress(2), 3))
    await seen(() => expect(first.types()).toHaveLength(4))
    const late = openTab()
    await seen(() => expect(late.events).toEqual([connected(), partial(1), progress(2)]))
    first.close()
    late.close()
  })

  it("take over from the one that leads when it goes, from where it was, and miss nothing", async () => {
    const first = openTab()
    ;(await network.request(0)).stream().write(frame(connected()), frame(progress(1), 1))
    await seen(() => expect(first.types()).toHaveLength(2))
    const second = openTab()
    const third = openTab()
    await seen(() => {
      expect(second.types()).toHaveLength(2)
      expect(third.types()).toHaveLength(2)
    })
    const timers = vi.spyOn(globalThis, "setTimeout")
    first.close()
    const request = await network.request(1)
    // Within a second: whatever is waited for in between
    const waited = timers.mock.calls.reduce((sum, [, ms = 0]) => sum + ms, 0)
    timers.mockRestore()
    expect(waited).toBeLessThan(1000)
    expect(network.requests[0]?.signal.aborted).toBe(true)
    expect(request.headers.get("last-event-id")).toBe("1-b_9f3c")
    request.stream().write(frame(connected()), frame(progress(2), 2), frame(complete(), 3))
    await seen(() => {
      for (const tab of [second, third]) {
        expect(tab.events.filter(({ type }) => type !== "connected")).toEqual([
          progress(1),
          progress(2),
          complete(),
        ])
        expect(tab.ended()).toBeUndefined()
      }
    })
    expect(network.requests).toHaveLength(2)
    expect(first.types()).toEqual(["connected", "progress"])
  })

  it("all reconnect when the server ends the stream, over one connection again", async () => {
    const tabs = [openTab(), openTab()]
    const server = (await network.request(0)).stream()
    server.write(frame(connected()), frame(progress(1), 1))
    await seen(() => {
      for (const tab of tabs) expect(tab.types()).toHaveLength(2)
    })
    server.end()
    ;(await network.request(1)).stream().write(frame(connected()), frame(complete(), 2))
    await seen(() => {
      for (const tab of tabs) expect(tab.types().at(-1)).toBe("complete")
    })
    expect(network.requests).toHaveLength(2)
  })

  it("hear heartbeats, so that nobody takes the silence of a job for that of the connection", async () => {
    const leader = openTab()
    const server = (await network.request(0)).stream()
    server.write(frame(connected({ heartbeatMs: 1 })))
    await seen(() => expect(leader.types()).toHaveLength(1))
    const follower = openTab()
    await seen(() => expect(follower.types()).toHaveLength(1))
    // Longer than the silence that a watchdog puts up with
    for (let i = 0; i < 12; i++) {
      await new Promise((resolve) => setTimeout(resolve, 250))
      server.write(": heartbeat\n\n")
    }
    expect(follower.connections).toEqual(["open"])
    server.write(frame(complete(), 1))
    await seen(() => expect(follower.types().at(-1)).toBe("complete"))
  })

  it("connect by themselves when the one that leads doesn't answer", async () => {
    const frozen = new Promise<void>(() => {})
    void navigator.locks.request(`${name} https://example.com/api/${jobId}/stream`, () => frozen)
    const tab = openTab({ patienceMs: 20 })
    ;(await network.request(0)).stream().write(frame(connected()), frame(complete(), 1))
    await seen(() => expect(tab.types()).toEqual(["connected", "complete"]))
  })

  it("each see a refusal themselves", async () => {
    const tabs = [openTab(), openTab()]
    for (const i of [0, 1]) (await network.request(i)).json({ code: "forbidden" }, { status: 403 })
    await seen(() => {
      for (const tab of tabs) expect(tab.ended()).toMatchObject({ _tag: "RequestFailed", status: 403 })
    })
  })

  it("learn from a 204 that the job is over", async () => {
    const tab = openTab()
    ;(await network.request(0)).respond(new Response(null, { status: 204 }))
    ;(await network.request(1)).json(
      snapshot({ status: "completed", result: complete(), lastEventId: "1-b_9f3c" }),
    )
    await seen(() => expect(tab.types()).toEqual(["connected", "complete"]))
  })

  it("of another name, and of another job, have connections of their own", async () => {
    const tabs = [openTab(), openTab({ name: `${name} other` })]
    await network.request(1)
    const other = tabs[0]?.client.events("job_other").next()
    expect((await network.request(2)).url).toContain("job_other")
    for (const { respond } of network.requests) respond(new Response(null, { status: 404 }))
    await expect(other).rejects.toMatchObject({ status: 404 })
  })

  it("may be aborted before they are let in", async () => {
    const frozen = new Promise<void>(() => {})
    void navigator.locks.request(`${name} https://example.com/api/${jobId}/stream`, () => frozen)
    const tab = openTab()
    tab.close()
    expect(tab.ended()).toBeUndefined()
    const held = await navigator.locks.query()
    expect(held.pending?.filter((lock) => lock.name?.startsWith(name))).toEqual([])
    expect(network.requests).toHaveLength(0)
  })
})

describe("what is no stream", () => {
  it("is asked for as ever", async () => {
    const client = createClient({
      url: "https://example.com/api",
      fetch: tabsFetch({ fetch: network.fetch, name }),
    })
    const got = client.get(jobId)
    ;(await network.request(0)).json(snapshot())
    expect(await got).toEqual(snapshot())
  })
})

describe("without pages, locks or channels", () => {
  it.each(["document", "navigator", "BroadcastChannel"])(
    "(%s) it is the fetch that it was given",
    async (missing) => {
      vi.stubGlobal(missing, undefined)
      const tab = openTab()
      const other = openTab()
      for (const i of [0, 1])
        (await network.request(i)).stream().write(frame(connected()), frame(complete(), 1))
      await seen(() => {
        expect(tab.types()).toEqual(["connected", "complete"])
        expect(other.types()).toEqual(["connected", "complete"])
      })
    },
  )
})
