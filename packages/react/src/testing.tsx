/**
 * Tests of components that follow jobs, without a server and without waiting: jobs follow a script, faults included, and
 * time passes when the test says so.
 *
 * @packageDocumentation
 */
import { createClient, type Client, type ClientOptions, type SimulationMap } from "@simstream/client"
import {
  createFakeServer,
  virtualTime,
  type FakeServer,
  type FakeServerOptions,
} from "@simstream/client/testing"
import { act, Profiler, type ReactNode } from "react"
import { SimulationProvider } from "./hooks.tsx"

export {
  cancelled,
  complete,
  drop,
  end,
  fail,
  partial,
  progress,
  refuse,
  stall,
  wait,
  type FakeJob,
  type FakeServer,
  type FakeServerOptions,
  type FakeServerRequest,
  type Script,
  type ScriptStep,
} from "@simstream/client/testing"

/** How fake simulations behave, and who moves the clock. */
export interface FakeSimulationsOptions extends FakeServerOptions {
  /** Options of the client in the provider. Its `throttleMs` is 0 by default: what happens is to be seen. */
  readonly client?: Omit<Partial<ClientOptions>, "url" | "fetch">
  /**
   * Moves the clock of a test that has fake timers already: `vi.advanceTimersByTimeAsync`, or that of jest. Without it
   * the timers of the page are replaced until the simulations are disposed of.
   */
  readonly advanceTimers?: (ms: number) => Promise<unknown>
}

/** A server without a network, and a provider that leads to it. */
export interface FakeSimulations<S extends SimulationMap = SimulationMap> extends FakeServer, Disposable {
  /** The client that `Provider` gives to the hooks. */
  readonly client: Client<S>
  /** Goes around the component under test, in place of a `SimulationProvider`. */
  readonly Provider: (props: { readonly children?: ReactNode }) => ReactNode
  /**
   * Lets so much time pass, in milliseconds, and React render what comes of it, each time that something happens.
   * `advance(0)` lets happen what needs no time.
   *
   * @throws Error when that never ends: a component sets a state again and again.
   */
  readonly advance: (ms: number) => Promise<void>
}

/** The longest step of a clock whose timers can't be seen, in milliseconds: as often as a client publishes. */
const STEP_MS = 100
/** How often something may render anew while no time passes, until it is taken to go on for ever. */
const MAX_ROUNDS = 50

/** What moves time, and says when there is something to stop for. */
interface Clock extends Disposable {
  readonly advance: (ms: number) => Promise<unknown>
  readonly next: () => number | null
}

const clockOf = (advanceTimers: FakeSimulationsOptions["advanceTimers"]): Clock => {
  if (advanceTimers !== undefined) {
    return { advance: advanceTimers, next: () => STEP_MS, [Symbol.dispose]: () => {} }
  }
  // As sinon's fake timers have it, and with them vitest's and jest's
  if ("clock" in setTimeout) {
    throw new TypeError(
      "The timers are fake already. Did you mean createFakeSimulations({ advanceTimers: vi.advanceTimersByTimeAsync })?",
    )
  }
  return virtualTime()
}

/** React's `act`, in a test that has told React that it is one, or not. */
const inAct = async (work: () => Promise<unknown>): Promise<void> => {
  const scope = globalThis as typeof globalThis & { IS_REACT_ACT_ENVIRONMENT?: unknown }
  const before = scope.IS_REACT_ACT_ENVIRONMENT
  scope.IS_REACT_ACT_ENVIRONMENT = true
  try {
    await act(async () => void (await work()))
  } finally {
    scope.IS_REACT_ACT_ENVIRONMENT = before
  }
}

/**
 * Makes a server of scripted jobs and a provider that leads to it.
 *
 * @example
 * ```tsx
 * import { render, screen } from "@testing-library/react"
 * import { expect, it } from "vitest"
 *
 * it("keeps what it shows while the connection is lost", async () => {
 *   using simulations = createFakeSimulations()
 *   const { jobId } = simulations.job([progress(40), wait(1000), drop(), progress(80), complete()])
 *   render(<Watch jobId={jobId} />, { wrapper: simulations.Provider })
 *
 *   await simulations.advance(1000)
 *   expect(screen.getByRole("progressbar").getAttribute("aria-valuetext")).toBe("40%, reconnecting")
 *   await simulations.advance(500)
 *   expect(screen.getByRole("progressbar").getAttribute("aria-valuetext")).toBe("Complete")
 * })
 * ```
 *
 * @throws TypeError when timers are fake already and `advanceTimers` doesn't say how to move them.
 */
export const createFakeSimulations = <S extends SimulationMap = SimulationMap>({
  client: clientOptions,
  advanceTimers,
  ...serverOptions
}: FakeSimulationsOptions = {}): FakeSimulations<S> => {
  const clock = clockOf(advanceTimers)
  const server = createFakeServer(serverOptions)
  const client = createClient<S>({ throttleMs: 0, ...clientOptions, url: server.url, fetch: server.fetch })

  let commits = 0
  const countCommit = () => {
    commits += 1
  }
  const Provider: FakeSimulations<S>["Provider"] = ({ children }) => (
    <Profiler id="simulations" onRender={countCommit}>
      <SimulationProvider client={client}>{children}</SimulationProvider>
    </Profiler>
  )

  /** Lets time pass, and then whatever follows from it at once: what is rendered may ask for more, and get it. */
  const step = async (ms: number) => {
    await inAct(() => clock.advance(ms))
    for (let round = 0, seen = -1; seen !== commits; round++) {
      if (round === MAX_ROUNDS) {
        throw new Error(`The page rendered ${MAX_ROUNDS} times while no time passed, and would go on.`)
      }
      seen = commits
      await inAct(() => clock.advance(0))
    }
  }

  return {
    ...server,
    client,
    Provider,
    advance: async (ms) => {
      await step(0)
      let left = ms
      for (let due = clock.next(); due !== null && due <= left; due = clock.next()) {
        await step(due)
        left -= due
      }
      if (left > 0) await step(left)
    },
    [Symbol.dispose]: () => clock[Symbol.dispose](),
  }
}
