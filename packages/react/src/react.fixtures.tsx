/** A client without a network: tests say what a job does, and see what was connected. Time is virtual. */
import type {
  Client,
  JobHandle,
  JobState,
  StartOptions,
  UnsettledJobState,
  Watcher,
  WatchOptions,
} from "@simstream/client"
import { ConnectionFailed, JobCancelled, JobFailed } from "@simstream/client"
import type { JobSnapshot, Progress, Result } from "@simstream/protocol"
import { act, cleanup } from "@testing-library/react"
import type { ReactNode } from "react"
import { afterEach, beforeEach, expect, vi, type MockInstance } from "vitest"
import { createSimulationHooks } from "./index.ts"

export interface DiceOutputs {
  readonly stats: { readonly mean: number }
  readonly timeline: null
  readonly charts: null
}

export interface CrapsOutputs {
  readonly stats: { readonly winShare: number }
  readonly timeline: null
  readonly charts: null
}

// A type and not an interface, for interfaces have no implicit index signature
export type TestSimulations = {
  readonly dice: { readonly input: { readonly sides: number }; readonly outputs: DiceOutputs }
  readonly craps: { readonly input: { readonly odds: number }; readonly outputs: CrapsOutputs }
}

export const hooks = createSimulationHooks<TestSimulations>()

export type TestState = JobState<DiceOutputs>

export const IDLE_MS = 400
export const THROTTLE_MS = 100

export const progressAt = (percentage: number): Progress => ({
  current: percentage * 10,
  total: 1000,
  percentage,
  elapsedMs: percentage * 10,
  ratePerSecond: 1000,
  etaMs: 1000 - percentage * 10,
})

export const resultOf = (mean: number): Result<DiceOutputs> => ({
  stats: { mean },
  timeline: null,
  charts: null,
  iterations: 1000,
  seed: "1",
  stopReason: "iterations",
  elapsedMs: 1000,
  failures: { count: 0, examples: [] },
  digest: "0".repeat(64),
  schemaVersion: 1,
})

export const snapshotOf = (
  jobId: string,
  known: Partial<JobSnapshot<DiceOutputs>> = {},
): JobSnapshot<DiceOutputs> => ({
  jobId,
  simulation: "dice",
  status: "running",
  request: { simulation: "dice", config: { count: 2 }, iterations: 100, seed: "7", stop: {} },
  createdAt: "2026-11-01T00:00:00.000Z",
  startedAt: "2026-11-01T00:00:00.000Z",
  endedAt: null,
  progress: null,
  partial: null,
  result: null,
  error: null,
  lastEventId: "7",
  ...known,
})

const blank = (jobId: string): UnsettledJobState<DiceOutputs> => ({
  jobId,
  status: "connecting",
  connection: "idle",
  attempt: 0,
  progress: null,
  partial: null,
  result: null,
  error: null,
})

const isOver = ({ status, error }: TestState) =>
  status === "complete" || status === "cancelled" || error instanceof JobFailed

/** One job: what the server would tell of it, and what the page sees. */
interface FakeJob {
  live: TestState
  opened: number
  connected: boolean
  idle: ReturnType<typeof setTimeout> | undefined
  readonly members: Set<(urgent: boolean) => void>
}

/**
 * A client that behaves as the real one promises: one connection per job, closed `IDLE_MS` after the last watcher has
 * left; states published at most every `throttleMs`, but at once when status or connection change.
 */
export const createFakeClient = () => {
  const jobs = new Map<string, FakeJob>()
  const cancelled: Array<string> = []
  const started: Array<{ readonly name: string; readonly options: StartOptions }> = []
  let retries = 0
  let watches = 0
  let nextStart: () => Promise<string> = () => Promise.resolve(`started-${started.length}`)

  const jobOf = (jobId: string): FakeJob => {
    const job = jobs.get(jobId) ?? {
      live: blank(jobId),
      opened: 0,
      connected: false,
      idle: undefined,
      members: new Set(),
    }
    jobs.set(jobId, job)
    return job
  }

  const update = (jobId: string, next: TestState) => {
    const job = jobOf(jobId)
    const urgent = next.status !== job.live.status || next.connection !== job.live.connection
    job.live = next
    if (isOver(next) || next.connection === "closed") job.connected = false
    // Copies, as in the client: whoever leaves in the middle is called all the same
    Array.from(job.members).forEach((member) => member(urgent))
  }

  const connect = (job: FakeJob) => {
    clearTimeout(job.idle)
    if (job.connected || isOver(job.live)) return
    job.connected = true
    job.opened += 1
    const { jobId, progress, partial } = job.live
    const status =
      job.live.status === "running" || job.live.status === "queued" ? job.live.status : "connecting"
    update(jobId, { ...blank(jobId), progress, partial, status, connection: "connecting" })
  }

  const watch = (jobId: string, options: WatchOptions<DiceOutputs> = {}): Watcher<DiceOutputs> => {
    watches += 1
    const { throttleMs = THROTTLE_MS, initialSnapshot } = options
    const job = jobOf(jobId)
    if (initialSnapshot && job.live.status === "connecting") {
      const { status, progress, partial, result } = initialSnapshot
      if (status === "completed" && result !== null)
        job.live = { ...blank(jobId), status: "complete", connection: "closed", progress, partial, result }
      else if (status === "running" || status === "queued")
        job.live = { ...blank(jobId), status, progress, partial }
    }
    let published = job.live
    let timer: ReturnType<typeof setTimeout> | undefined
    const listeners = new Set<() => void>()
    const publish = () => {
      published = job.live
      Array.from(listeners).forEach((listener) => listener())
    }
    const member = (urgent: boolean) => {
      if (timer !== undefined && !urgent) return
      clearTimeout(timer)
      timer = setTimeout(() => {
        timer = undefined
        if (published !== job.live) member(false)
      }, throttleMs)
      publish()
    }
    return {
      jobId,
      getSnapshot: () => (listeners.size > 0 ? published : job.live),
      subscribe: (listener) => {
        const own = () => listener()
        if (listeners.size === 0) {
          job.members.add(member)
          connect(job)
          published = job.live
        }
        listeners.add(own)
        return () => {
          if (!listeners.delete(own) || listeners.size > 0) return
          clearTimeout(timer)
          timer = undefined
          job.members.delete(member)
          if (job.members.size > 0 || !job.connected) return
          job.idle = setTimeout(() => {
            job.connected = false
            job.live = { ...job.live, connection: "idle" }
          }, IDLE_MS)
        }
      },
      retry: () => {
        retries += 1
        if (job.members.size > 0) connect(job)
      },
      cancel: () => {
        cancelled.push(jobId)
        return Promise.resolve()
      },
      [Symbol.dispose]: () => listeners.clear(),
    }
  }

  const result = (
    jobId: string,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<Result<DiceOutputs>> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const watcher = watch(jobId)
      const settle = () => {
        const state = watcher.getSnapshot()
        if (state.status === "complete") resolve(state.result)
        else if (state.status === "error") reject(state.error)
        else if (state.status === "cancelled")
          reject(new JobCancelled("cancelled", { jobId, partial: state.partial }))
        else if (signal?.aborted) reject(signal.reason)
        else return
        leave()
      }
      signal?.addEventListener("abort", settle)
      const leave = watcher.subscribe(settle)
      settle()
    })

  const handleOf = (jobId: string) => ({
    jobId,
    result: () => result(jobId),
    cancel: () => watch(jobId).cancel(),
    watch: () => watch(jobId),
  })

  const client = {
    watch,
    result,
    start: async (name: string, options: StartOptions): Promise<JobHandle<DiceOutputs>> => {
      started.push({ name, options })
      return handleOf(await nextStart()) as JobHandle<DiceOutputs>
    },
  } as unknown as Client<TestSimulations>

  const tell = (jobId: string, change: (live: TestState) => TestState) =>
    update(jobId, change(jobOf(jobId).live))

  return {
    client,
    /** The jobs that were cancelled, in order. */
    cancelled,
    /** The jobs that were started, in order. */
    started,
    /** What the next `start` comes to. */
    onStart: (answer: () => Promise<string>) => {
      nextStart = answer
    },
    retries: () => retries,
    watches: () => watches,
    /** Connections that are open now, of one job or of all. */
    connections: (jobId?: string) =>
      [...jobs].filter(([id, { connected }]) => connected && (jobId === undefined || id === jobId)).length,
    /** Connections that were ever opened. */
    opened: (jobId: string) => jobOf(jobId).opened,
    /** Listeners of all jobs. */
    members: () => [...jobs.values()].reduce((sum, { members }) => sum + members.size, 0),

    queued: (jobId: string) =>
      tell(jobId, (live) => ({ ...blank(jobId), ...pick(live), status: "queued", connection: "open" })),
    progress: (jobId: string, percentage: number) =>
      tell(jobId, (live) => ({
        ...blank(jobId),
        partial: live.partial,
        status: "running",
        connection: "open",
        progress: progressAt(percentage),
      })),
    partial: (jobId: string, mean: number) =>
      tell(jobId, (live) => ({
        ...blank(jobId),
        progress: live.progress,
        status: "running",
        connection: "open",
        partial: { stats: { mean } },
      })),
    drop: (jobId: string) =>
      tell(jobId, (live) =>
        live.status === "running" ? { ...live, connection: "reconnecting", attempt: 1 } : live,
      ),
    giveUp: (jobId: string) =>
      tell(jobId, (live) => ({
        ...blank(jobId),
        ...pick(live),
        status: "error",
        connection: "closed",
        error: new ConnectionFailed("The server can't be reached.", { reason: "network" }),
      })),
    complete: (jobId: string, mean: number) =>
      tell(jobId, (live) => ({
        ...blank(jobId),
        ...pick(live),
        status: "complete",
        connection: "closed",
        result: resultOf(mean),
      })),
    cancel: (jobId: string) =>
      tell(jobId, (live) => ({ ...blank(jobId), ...pick(live), status: "cancelled", connection: "closed" })),
    fail: (jobId: string) =>
      tell(jobId, (live) => ({
        ...blank(jobId),
        ...pick(live),
        status: "error",
        connection: "closed",
        error: new JobFailed("The simulation threw.", { jobId, code: "simulation_failed" }),
      })),
  }
}

const pick = ({ progress, partial }: TestState) => ({ progress, partial })

export type FakeClient = ReturnType<typeof createFakeClient>

/** Render options that give components the fake client. StrictMode is the page's root: further down it would leave effects alone. */
export const pageOf = (fake: FakeClient, { strict = false } = {}) => ({
  reactStrictMode: strict,
  wrapper: ({ children }: { readonly children: ReactNode }) => (
    <hooks.SimulationProvider client={fake.client}>{children}</hooks.SimulationProvider>
  ),
})

/** Lets time pass, and what was awaited come. */
export const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))

/**
 * Virtual time for every test of a file, a clean page after each, and no complaint of React's unheard.
 * `expectComplaints` is for a test in which React is right to complain.
 */
export const setUpPage = () => {
  let complaints: MockInstance
  let areExpected = false
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] })
    complaints = vi.spyOn(console, "error")
    areExpected = false
  })
  afterEach(() => {
    cleanup()
    vi.useRealTimers()
    const { calls } = complaints.mock
    vi.restoreAllMocks()
    if (!areExpected) expect(calls).toEqual([])
  })
  return {
    expectComplaints: () => {
      areExpected = true
      complaints.mockImplementation(() => {})
    },
  }
}

/** What is still connected, listening or waiting once `ms` have passed. */
export const leftOf = async (fake: FakeClient, ms = IDLE_MS) => {
  await pass(ms)
  return { connections: fake.connections(), listeners: fake.members(), timers: vi.getTimerCount() }
}

export const NOTHING = { connections: 0, listeners: 0, timers: 0 }
