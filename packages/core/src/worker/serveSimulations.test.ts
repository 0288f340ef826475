import { describe, expect, it } from "vitest"
import { type ConfigSchema, defineSimulation, type Simulation } from "../simulation/definition.ts"
import { PublicError } from "../simulation/publicError.ts"
import type { FromWorker, OpenMessage, RunMessage, ToWorker } from "./messages.ts"
import { serveIn, serveSimulations } from "./serveSimulations.ts"

const noConfig = {
  "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) },
} satisfies ConfigSchema

const define = (prepare: Simulation["prepare"]) =>
  defineSimulation({ name: "test", config: noConfig, metrics: { value: {} }, prepare })

const steady = define(() => ({ index }) => ({ value: index }))

/** Serves one simulation; `answer` sends a message and resolves with everything said up to the next that is no sign of life. */
const serve = (simulation: Simulation) => {
  const said: Array<FromWorker> = []
  let whenSaid: () => void = () => undefined
  let hear: (message: ToWorker) => void = () => expect.fail("it does not listen")
  serveIn(
    {
      post: (message) => {
        said.push(structuredClone(message))
        if (message.type !== "at") whenSaid()
      },
      listen: (listener) => {
        hear = listener
      },
    },
    [simulation],
  )
  const answer = async (...messages: ReadonlyArray<ToWorker>): Promise<ReadonlyArray<FromWorker>> => {
    said.length = 0
    const answered = new Promise<void>((resolve) => {
      whenSaid = resolve
    })
    for (const message of messages) hear(message)
    await answered
    return [...said]
  }
  return { ready: [...said], hear, answer }
}

const open: OpenMessage = {
  type: "open",
  batch: 1,
  simulation: "test",
  config: {},
  options: { seed: "7", metrics: ["value"], bucket: 1, onIterationError: "fail" },
}
const run: RunMessage = { type: "run", batch: 1, first: 64, until: 192, careful: false }

describe("serveSimulations", () => {
  it("is for workers, and says so elsewhere", () => {
    expect(() => serveSimulations([steady])).toThrow("serveSimulations must be called in a worker")
  })

  it("says what it serves", () => {
    expect(serve(steady).ready).toEqual([{ type: "ready", simulations: ["test"] }])
  })
})

describe("a run", () => {
  it("answers with the iterations that were asked for", async () => {
    const { answer } = serve(steady)
    const [ran] = await answer(open, run)
    expect(ran).toMatchObject({ type: "ran", parts: [{ first: 64, until: 192 }] })
  })

  it("may end within a chunk", async () => {
    const { answer } = serve(steady)
    const [ran] = await answer(open, { ...run, until: 150 })
    expect(ran).toMatchObject({
      parts: [
        { first: 64, until: 128 },
        { first: 128, until: 150 },
      ],
    })
  })

  it("announces every iteration before it begins when it is careful", async () => {
    const { answer } = serve(steady)
    const said = await answer(open, { ...run, first: 128, until: 131, careful: true })
    expect(said).toMatchObject([
      { type: "at", next: 128 },
      { type: "at", next: 129 },
      { type: "at", next: 130 },
      { type: "ran" },
    ])
  })

  it("ends when it is told to, behind the iteration under way, with what it has", async () => {
    let hear: (message: ToWorker) => void = () => undefined
    const served = serve(
      define(() => async ({ index }) => {
        if (index === 130) hear({ type: "stop" })
        return { value: index }
      }),
    )
    ;({ hear } = served)
    expect(await served.answer(open, { ...run, until: 1_000_000 })).toMatchObject([
      {
        type: "ran",
        parts: [
          { first: 64, until: 128 },
          { first: 128, until: 131 },
        ],
      },
    ])
    // The next run is another matter.
    expect(await served.answer({ ...run, first: 256, until: 320 })).toMatchObject([
      { parts: [{ first: 256, until: 320 }] },
    ])
  })

  it("has nothing when it is stopped before it began", async () => {
    const { answer } = serve(steady)
    expect(await answer(open, run, { type: "stop" })).toEqual([{ type: "ran", parts: [] }])
  })

  it("of a batch that was closed is a failure", async () => {
    const { answer } = serve(steady)
    expect(await answer(open, { type: "close", batch: 1 }, run)).toMatchObject([
      { type: "failed", iteration: null, message: expect.stringContaining("batch 1") },
    ])
  })
})

describe("a failure", () => {
  it("of an iteration has its number, its message and where it was", async () => {
    const simulation = define(() => ({ index }) => {
      if (index === 77) throw new RangeError("no luck")
      return { value: index }
    })
    expect(await serve(simulation).answer(open, run)).toEqual([
      {
        type: "failed",
        phase: "iteration",
        iteration: 77,
        message: "no luck",
        stack: expect.stringContaining("serveSimulations.test.ts"),
        isPublic: false,
      },
    ])
  })

  it("knows a public error", async () => {
    const simulation = define(() => () => {
      throw new PublicError("your spell has no damage")
    })
    expect(await serve(simulation).answer(open, run)).toMatchObject([
      { iteration: 64, message: "your spell has no damage", isPublic: true },
    ])
  })

  it.each([
    ["throws", () => expect.fail("no spells")],
    ["rejects", () => Promise.reject(new Error("no spells"))],
  ])("of a `prepare` that %s is told to every run that needs it", async (_, prepare) => {
    const { answer } = serve(define(prepare))
    const failure = { type: "failed", phase: "prepare", iteration: null, message: "no spells" }
    expect(await answer(open, run)).toMatchObject([failure])
    expect(await answer(run)).toMatchObject([failure])
  })

  it("may be anything that can be thrown", async () => {
    const simulation = define(() => () => {
      throw { toString: () => "nothing in particular" }
    })
    expect(await serve(simulation).answer(open, run)).toMatchObject([{ type: "failed", stack: null }])
  })
})
