import type { CompleteEvent, ConnectedEvent, ProgressEvent, StreamEvent } from "@simstream/protocol"
import { describe, expect, it } from "vitest"
import {
  ConnectionFailed,
  InvalidEvent,
  ProtocolMismatch,
  RequestFailed,
  type ClientError,
} from "../errors.ts"
import * as machine from "./machine.ts"
import { connectionOf, initialState, type State, type Step } from "./machine.ts"
import type { Policy } from "./policy.ts"

const policy: Policy = {
  baseMs: 500,
  maxMs: 30_000,
  maxAttempts: 20,
  polls: false,
  canPoll: true,
  pollMs: 2000,
  heartbeatMs: 8000,
  maxEventSize: 1000,
  headers: () => ({}),
}

const jobId = "job_9f3c"
const connected: ConnectedEvent = {
  type: "connected",
  jobId,
  status: "running",
  heartbeatMs: 4000,
  protocol: 1,
}
const progress: ProgressEvent = {
  type: "progress",
  current: 1,
  total: 10,
  percentage: 10,
  elapsedMs: 1,
  ratePerSecond: 1,
  etaMs: null,
}
const complete: CompleteEvent = {
  type: "complete",
  stats: {},
  timeline: {},
  charts: {},
  iterations: 1,
  seed: "1",
  stopReason: "iterations",
  elapsedMs: 1,
  failures: { count: 0, examples: [] },
  digest: "",
  schemaVersion: 1,
}

const refused = (status: number, retryAfterMs = 0) =>
  new RequestFailed(`status ${status}`, { status, problem: null, retryAfterMs })
const broken = (reason: ConnectionFailed["reason"]) => new ConnectionFailed(reason, { reason })
const invalid = new InvalidEvent("bad", { reason: "json", event: "progress", data: "" })

const connecting = initialState({ ...policy, jobId })
const open: State = {
  ...connecting,
  phase: "open",
  heartbeatMs: 4000,
  cursor: "3-b_9f3c",
  newest: "3-b_9f3c",
}
const waiting: State = { ...open, phase: "waiting", attempt: 1 }
const asking: State = { ...connecting, polling: true }
const pausing: State = { ...waiting, attempt: 0, polling: true }
const closed: State = { ...open, phase: "closed" }

/** Something that happens, to any state. */
type Happening = (state: State, policy: Policy) => Step

const happening =
  <Arguments extends Array<unknown>>(input: machine.Input<Arguments>, ...args: Arguments): Happening =>
  (state, own) =>
    machine.transition(state, own, input, ...args)

const received = (event: StreamEvent, id?: string) => happening(machine.received, event, id)
const failed = (error: ClientError, offline?: boolean) => happening(machine.failed, error, offline)
const leftOut = (error: InvalidEvent) => happening(machine.leftOut, error)
const retryHint = (ms: number) => happening(machine.retryHint, ms)
const tick = (heard: boolean) => happening(machine.tick, heard)
const wake = (network: boolean) => happening(machine.wake, network)
const start = happening(machine.start)
const done = happening(machine.done)
const close = happening(machine.close)

const transition = (state: State, input: Happening, own: Policy) => input(state, own)

/** Feeds inputs one after the other, and returns the last step. */
const feed = (state: State, ...inputs: ReadonlyArray<Happening>): Step => {
  let step: Step = { state }
  for (const input of inputs) step = transition(step.state, input, policy)
  return step
}

/** A step in a word or two. */
const inWords = (before: State, { state, ask, waitMs, deliver, error }: Step): string => {
  const words = []
  if (ask) words.push(state.polling ? "poll" : "connect")
  else if (state.phase === "closed" && before.phase !== "closed") words.push("end")
  else if (state.phase === "waiting" && waitMs !== undefined) words.push("wait")
  else if (waitMs !== undefined) words.push("watch")
  if (deliver) words.push("tell")
  if (error)
    words.push(
      error._tag === "InvalidEvent" ? "invalid" : error._tag === "ProtocolMismatch" ? "mismatch" : "error",
    )
  return words.join("+") || "-"
}

const states = { connecting, open, waiting, asking, pausing, closed }

const inputs: Record<string, Happening> = {
  start: start,
  wake: wake(false),
  "wake, network": wake(true),
  "tick, heard": tick(true),
  "tick, silent": tick(false),
  connected: received(connected),
  "connected, other job": received({ ...connected, jobId: "job_other" }),
  "connected, protocol 2": received({ ...connected, protocol: 2 }),
  "progress, newer": received(progress, "4-b_9f3c"),
  "progress, same id": received(progress, "3-b_9f3c"),
  "progress, older": received(progress, "2-b_9f3c"),
  "progress, other job": received(progress, "9-b_0000"),
  "progress, other id": received(progress, "opaque"),
  "progress, no id": received(progress),
  complete: received(complete, "5-b_9f3c"),
  "complete, older": received(complete, "1-b_9f3c"),
  invalid: leftOut(invalid),
  retry: retryHint(100),
  done: done,
  network: failed(broken("network")),
  ended: failed(broken("ended")),
  silent: failed(broken("silent")),
  unusable: failed(broken("unusable")),
  "status 204": failed(refused(204)),
  "status 401": failed(refused(401)),
  "status 403": failed(refused(403)),
  "status 404": failed(refused(404)),
  "status 408": failed(refused(408)),
  "status 425": failed(refused(425)),
  "status 429": failed(refused(429)),
  "status 500": failed(refused(500)),
  "status 503": failed(refused(503)),
  "too large": failed(new InvalidEvent("big", { reason: "size", event: null, data: "" })),
  close: close,
}

// One row for each input, one column for each state, and in the cells what is to be done.
const table = `
                       | connecting   | open         | waiting      | asking       | pausing      | closed
start                  | connect      | connect      | connect      | poll         | poll         | -
wake                   | watch        | watch        | connect      | watch        | poll         | -
wake, network          | connect      | connect      | connect      | connect      | connect      | -
tick, heard            | watch        | watch        | connect      | watch        | poll         | -
tick, silent           | wait+error   | wait+error   | connect      | wait+error   | poll         | -
connected              | watch+tell   | watch+tell   | watch+tell   | watch+tell   | watch+tell   | -
connected, other job   | end+invalid  | end+invalid  | end+invalid  | end+invalid  | end+invalid  | -
connected, protocol 2  | end+mismatch | end+mismatch | end+mismatch | end+mismatch | end+mismatch | -
progress, newer        | tell         | tell         | tell         | tell         | tell         | -
progress, same id      | tell         | -            | -            | tell         | tell         | -
progress, older        | tell         | -            | -            | tell         | -            | -
progress, other job    | invalid      | invalid      | invalid      | invalid      | invalid      | -
progress, other id     | tell         | tell         | tell         | tell         | tell         | -
progress, no id        | tell         | tell         | tell         | tell         | tell         | -
complete               | end+tell     | end+tell     | end+tell     | end+tell     | end+tell     | -
complete, older        | end+tell     | end+tell     | end+tell     | end+tell     | end+tell     | -
invalid                | invalid      | invalid      | invalid      | invalid      | invalid      | -
retry                  | -            | -            | -            | -            | -            | -
done                   | wait+error   | wait+error   | wait+error   | wait         | wait         | -
network                | wait+error   | wait+error   | wait+error   | wait+error   | wait+error   | -
ended                  | wait+error   | wait+error   | wait+error   | wait+error   | wait+error   | -
silent                 | wait+error   | wait+error   | wait+error   | wait+error   | wait+error   | -
unusable               | wait+error   | wait+error   | wait+error   | wait+error   | wait+error   | -
status 204             | poll         | poll         | poll         | end+error    | end+error    | -
status 401             | connect      | connect      | connect      | poll         | poll         | -
status 403             | end+error    | end+error    | end+error    | end+error    | end+error    | -
status 404             | end+error    | end+error    | end+error    | end+error    | end+error    | -
status 408             | wait+error   | wait+error   | wait+error   | wait+error   | wait+error   | -
status 425             | wait+error   | wait+error   | wait+error   | wait+error   | wait+error   | -
status 429             | wait+error   | wait+error   | wait+error   | wait+error   | wait+error   | -
status 500             | wait+error   | wait+error   | wait+error   | wait+error   | wait+error   | -
status 503             | wait+error   | wait+error   | wait+error   | wait+error   | wait+error   | -
too large              | end+invalid  | end+invalid  | end+invalid  | end+invalid  | end+invalid  | -
close                  | end          | end          | end          | end          | end          | -
`
const [columns = [], ...rows] = table
  .trimEnd()
  .split("\n")
  .slice(1)
  .map((row) => row.split("|").map((cell) => cell.trim()))

describe("every input in every state", () => {
  it("has all of them in the table", () => {
    expect(columns.slice(1)).toEqual(Object.keys(states))
    expect(rows.map(([name]) => name)).toEqual(Object.keys(inputs))
  })

  it.each(rows.map(([name = "", ...cells]) => ({ name, cells })))("$name", ({ name, cells }) => {
    const input = inputs[name]
    if (input === undefined) throw new Error(`There is no input "${name}".`)
    const actual = Object.values(states).map((state) => inWords(state, transition(state, input, policy)))
    expect(actual).toEqual(cells)
  })

  it("never changes the state that it is given", () => {
    for (const state of Object.values(states)) {
      for (const input of Object.values(inputs)) {
        expect(() => transition(Object.freeze({ ...state }), input, policy)).not.toThrow()
      }
    }
  })

  it("is the same whenever it is asked", () => {
    for (const state of Object.values(states)) {
      for (const input of Object.values(inputs)) {
        expect(transition(state, input, policy).state).toEqual(transition(state, input, policy).state)
      }
    }
  })
})

describe("the cursor", () => {
  it("is that of the newest event delivered", () => {
    const { state } = feed(
      connecting,
      received(connected),
      received(progress, "4-b_9f3c"),
      received(progress, "2-b_9f3c"),
    )
    expect(state).toMatchObject({ cursor: "4-b_9f3c", newest: "4-b_9f3c" })
  })

  it("stays when an event has no id, and when it is another job's", () => {
    expect(feed(open, received(progress)).state.cursor).toBe("3-b_9f3c")
    expect(feed(open, received(progress, "9-b_0000")).state.cursor).toBe("3-b_9f3c")
  })

  it("takes an id that is none of ours, and still knows the last that was", () => {
    const { state } = feed(open, received(progress, "opaque"))
    expect(state).toMatchObject({ cursor: "opaque", newest: "3-b_9f3c" })
    expect(feed(state, received(progress, "2-b_9f3c")).deliver).toBeUndefined()
  })

  it("counts: ten is newer than nine", () => {
    const nine = feed(open, received(progress, "9-b_9f3c")).state
    const ten = feed(nine, received(progress, "10-b_9f3c"))
    expect(ten.deliver).toBe(progress)
    expect(feed(ten.state, received(progress, "9-b_9f3c")).deliver).toBeUndefined()
  })

  it("survives failures, polling and waking", () => {
    const { state } = feed(
      open,
      failed(broken("network")),
      tick(false),
      failed(refused(204)),
      done,
      wake(true),
    )
    expect(state).toMatchObject({ cursor: "3-b_9f3c", newest: "3-b_9f3c" })
  })

  it("is seeded, so that what was seen before is not told again", () => {
    const seeded = initialState({ ...policy, jobId, lastEventId: "7-b_9f3c" })
    expect(feed(seeded, received(connected), received(progress, "7-b_9f3c")).deliver).toBeUndefined()
    expect(feed(seeded, received(connected), received(progress, "8-b_9f3c")).deliver).toBe(progress)
  })

  it("that is seeded with another job's, or something else, holds nothing back", () => {
    for (const lastEventId of ["7-b_0000", "seven", ""]) {
      const seeded = initialState({ ...policy, jobId, lastEventId })
      expect(feed(seeded, received(connected), received(progress, "1-b_9f3c")).deliver).toBe(progress)
    }
  })

  it("learns the job from its first event when it was not told", () => {
    const { state } = feed(initialState(policy), received(connected))
    expect(transition(state, received(progress, "1-b_0000"), policy).error).toBeInstanceOf(InvalidEvent)
    expect(transition(state, received(progress, "1-b_9f3c"), policy).deliver).toBe(progress)
  })
})

describe("back-off", () => {
  const waits = (count: number, input = failed(broken("network"))) => {
    const all = []
    let state = open
    for (let i = 0; i < count; i++) {
      const step = transition(state, input, policy)
      all.push(step)
      state = transition(step.state, tick(false), policy).state
    }
    return all
  }

  it("doubles the random part up to the longest wait, with nothing for certain", () => {
    expect(waits(9).map(({ waitMs, jitterMs }) => [waitMs, jitterMs])).toEqual([
      [0, 500],
      [0, 1000],
      [0, 2000],
      [0, 4000],
      [0, 8000],
      [0, 16_000],
      [0, 30_000],
      [0, 30_000],
      [0, 30_000],
    ])
  })

  it("gives up after as many failures in a row as are allowed, with the last of them", () => {
    const all = waits(20)
    expect(all[18]?.state.phase).toBe("waiting")
    expect(all[19]).toMatchObject({ state: { phase: "closed" }, error: { reason: "network" } })
  })

  it("doesn't give up while the browser is offline", () => {
    expect(waits(50, failed(broken("network"), true)).every(({ state }) => state.phase === "waiting")).toBe(
      true,
    )
  })

  it("waits at least for what the server asked for, up to the longest wait", () => {
    expect(feed(open, failed(refused(503, 2000)))).toMatchObject({ waitMs: 2000, jitterMs: 500 })
    expect(feed(open, failed(refused(503, 3_600_000)))).toMatchObject({ waitMs: 30_000, jitterMs: 500 })
    expect(feed(open, retryHint(3_000_000_000), done)).toMatchObject({ waitMs: 30_000 })
    expect(feed(open, retryHint(700), failed(refused(503, 200)))).toMatchObject({ waitMs: 700 })
  })

  it("remembers retry but not Retry-After", () => {
    const { state } = feed(open, retryHint(700), failed(refused(503, 2000)), tick(false))
    expect(transition(state, failed(broken("network")), policy)).toMatchObject({ waitMs: 700 })
  })

  it("starts over after news of the job", () => {
    const tired: State = { ...connecting, attempt: 7 }
    expect(feed(tired, received(connected)).state.attempt).toBe(7)
    expect(feed(tired, received(connected), received(progress, "9-b_9f3c")).state.attempt).toBe(0)
  })

  it("doesn't start over because of an event that was told before", () => {
    const tired: State = { ...open, phase: "connecting", attempt: 7 }
    expect(feed(tired, received(connected), received(progress, "3-b_9f3c")).state.attempt).toBe(7)
  })

  it("starts over when a stream without news stays alive, for a queued job may have none for hours", () => {
    const tired: State = { ...connecting, attempt: 7, strikes: 1 }
    expect(feed(tired, received(connected), tick(true)).state).toMatchObject({ attempt: 0, strikes: 0 })
    expect(feed(tired, tick(true)).state.attempt).toBe(7)
  })
})

describe("the watchdog", () => {
  it("listens for two heartbeats", () => {
    expect(feed(connecting, received(connected)).waitMs).toBe(2 * 4000)
    expect(feed(connecting, start).waitMs).toBe(2 * 8000)
  })

  it("listens for two seconds at least, whatever the server promises", () => {
    expect(feed(connecting, received({ ...connected, heartbeatMs: 1 })).waitMs).toBe(2000)
    expect(feed(connecting, received({ ...connected, heartbeatMs: -5 })).waitMs).toBe(2000)
  })

  it("listens on when it has heard something, and bites when it hasn't", () => {
    expect(feed(open, tick(true), tick(true))).toMatchObject({ state: { phase: "open" }, waitMs: 8000 })
    expect(feed(open, tick(true), tick(false))).toMatchObject({
      state: { phase: "waiting" },
      error: { reason: "silent" },
    })
  })

  it("bites once", () => {
    expect(feed(open, tick(false), tick(false))).toMatchObject({ ask: true })
  })

  it("listens to requests that get no answer, too", () => {
    expect(feed(connecting, tick(false)).state.phase).toBe("waiting")
    expect(feed(asking, tick(false)).state.phase).toBe("waiting")
  })

  it("begins anew when the page is back", () => {
    expect(feed(open, wake(false))).toMatchObject({ state: { phase: "open" }, waitMs: 8000 })
  })
})

describe("the way of asking", () => {
  it.each(["silent", "unusable", "ended"] as const)(
    "is given up for polling after two streams that were %s",
    (reason) => {
      const once = feed(connecting, failed(broken(reason)), tick(false))
      expect(once).toMatchObject({ ask: true, state: { polling: false, strikes: 1 } })
      expect(transition(once.state, failed(broken(reason)), policy)).toMatchObject({
        ask: true,
        state: { polling: true, strikes: 0 },
      })
    },
  )

  it("is not given up because streams end that had something to say", () => {
    const drop = [received(connected), failed(broken("ended")), tick(false)]
    expect(feed(connecting, ...drop, ...drop, ...drop).state).toMatchObject({ polling: false, strikes: 0 })
  })

  it("is not given up while something comes through", () => {
    const burst = (id: string) => [received(connected), received(progress, id), tick(false), tick(false)]
    const { state } = feed(connecting, ...burst("1-b_9f3c"), ...burst("2-b_9f3c"), ...burst("3-b_9f3c"))
    expect(state.polling).toBe(false)
  })

  it("stays when there is nothing to poll, and ends", () => {
    const bare = { ...policy, canPoll: false }
    const twice = { ...connecting, strikes: 1 }
    expect(transition(twice, failed(broken("silent")), bare)).toMatchObject({
      state: { phase: "closed" },
      error: { reason: "silent" },
    })
    expect(transition(connecting, failed(refused(204)), bare).state.phase).toBe("closed")
  })

  it("ends when polling brings nothing usable either, twice", () => {
    const once = feed(asking, failed(broken("unusable")), tick(false))
    expect(once).toMatchObject({ ask: true })
    expect(transition(once.state, failed(broken("unusable")), policy)).toMatchObject({
      state: { phase: "closed" },
      error: { reason: "unusable" },
    })
  })

  it("polls on at its own pace, and for as long as it takes", () => {
    let step: Step = { state: asking }
    for (let i = 0; i < 100; i++) {
      step = transition(step.state, done, policy)
      expect(step.waitMs).toBe(2000)
      step = transition(step.state, tick(false), policy)
    }
    expect(step).toMatchObject({ ask: true, state: { polling: true } })
  })

  it("is the stream again when the network has changed", () => {
    expect(feed(pausing, wake(true))).toMatchObject({ ask: true, state: { polling: false } })
    expect(transition(pausing, wake(true), { ...policy, polls: true }).state.polling).toBe(true)
  })

  it("tells events of one snapshot, which share an id, but nothing older", () => {
    const first = feed(asking, received(connected), received(progress, "4-b_9f3c"))
    expect(first.deliver).toBe(progress)
    expect(
      transition(
        first.state,
        received({ ...progress, type: "partial", stats: {} } as StreamEvent, "4-b_9f3c"),
        policy,
      ).deliver,
    ).toBeDefined()
    expect(transition(first.state, received(progress, "3-b_9f3c"), policy).deliver).toBeUndefined()
  })
})

describe("credentials", () => {
  it("are refreshed once, at once", () => {
    const once = feed(connecting, failed(refused(401)))
    expect(once).toMatchObject({ ask: true, state: { strikes: 1, attempt: 0 } })
    expect(transition(once.state, failed(refused(401)), policy)).toMatchObject({
      state: { phase: "closed" },
      error: { status: 401 },
    })
  })

  it("are refreshed again after there was news", () => {
    const { state } = feed(
      connecting,
      failed(refused(401)),
      received(connected),
      received(progress, "4-b_9f3c"),
    )
    expect(transition(state, failed(refused(401)), policy).ask).toBe(true)
  })

  it("that can't be refreshed are refused at once", () => {
    const { state } = transition(connecting, failed(refused(401)), { ...policy, headers: {} })
    expect(state.phase).toBe("closed")
  })
})

describe("the state that users see", () => {
  it.each([
    ["connecting", connecting],
    ["open", open],
    ["reconnecting", waiting],
    ["reconnecting", { ...connecting, attempt: 3 }],
    ["open", { ...open, attempt: 3 }],
    ["polling", asking],
    ["polling", pausing],
    ["reconnecting", { ...pausing, attempt: 1 }],
    ["closed", closed],
  ] as const)("is %s", (expected, state) => {
    expect(connectionOf(state)).toBe(expected)
  })

  it("is reconnecting when a page that was connected gets its network back", () => {
    expect(connectionOf(feed(open, wake(true)).state)).toBe("reconnecting")
  })
})

it("names both versions when they differ", () => {
  const { error } = feed(connecting, received({ ...connected, protocol: 2 }))
  expect(error).toBeInstanceOf(ProtocolMismatch)
  expect(error).toMatchObject({ received: 2, expected: 1 })
})
