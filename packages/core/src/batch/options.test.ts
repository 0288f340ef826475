import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { InvalidOption } from "../simulation/errors.ts"
import { dice, scripted } from "../simulation/simulations.fixtures.ts"
import { checkOptions } from "./options.ts"
import { startBatch } from "./startBatch.ts"

/** What JavaScript can pass, whatever the types say. */
const anyOptions = (options: object) => Object.assign({}, options)

const check = (options: object) => Effect.runPromise(checkOptions(dice, anyOptions(options)))

const spawn = () => {
  throw new Error("No worker is made in this test.")
}

const refusals: ReadonlyArray<readonly [path: string, options: object, value: unknown, allowed: string]> = [
  ...[NaN, 0, -1, 1.5, 2e9, 1_000_000_001, 2 ** 53, Infinity, -0, null, "100", 100n, true, {}].map(
    (iterations) =>
      ["iterations", { iterations }, iterations, "a whole number from 1 to 1,000,000,000"] as const,
  ),
  ...[NaN, 1.5, Infinity, 2 ** 53, -(2 ** 53), "", "x".repeat(257), 10n ** 256n, null, true, {}, [7]].map(
    (seed) => ["seed", { seed }, seed, "a whole number, or text of 1 to 256 characters"] as const,
  ),
  ...["", "ignore", "Fail", null, 0, true].map(
    (onIterationError) =>
      ["onIterationError", { onIterationError }, onIterationError, '"fail", "skip" or "collect"'] as const,
  ),
  ...[NaN, 0, -1, 9.99, Infinity, "100", null].map(
    (progressMs) => ["progressMs", { progressMs }, progressMs, "10 milliseconds or more"] as const,
  ),
  ...[null, 5, "soon", true, []].map((stop) => ["stop", { stop }, stop, "an object with the rules"] as const),
  ...[NaN, 0, -1, Infinity, "5", null].map(
    (timeMs) =>
      ["stop.timeMs", { stop: { timeMs } }, timeMs, "a number of milliseconds greater than 0"] as const,
  ),
  ...[null, 5, "0.01", true].map(
    (precision) =>
      [
        "stop.precision",
        { stop: { precision } },
        precision,
        "an object with a metric and a half-width",
      ] as const,
  ),
  ...["dps", "", "toString", null, undefined, 7].map(
    (metric) =>
      [
        "stop.precision.metric",
        { stop: { precision: { metric, absolute: 1 } } },
        metric,
        'a metric of "dice" (total)',
      ] as const,
  ),
  [
    "stop.precision",
    { stop: { precision: { metric: "total" } } },
    { metric: "total" },
    "an absolute or a relative half-width",
  ],
  ...[NaN, 0, -1, Infinity, "1", null].flatMap(
    (width) =>
      [
        [
          "stop.precision.absolute",
          { stop: { precision: { metric: "total", absolute: width } } },
          width,
          "a half-width greater than 0",
        ],
        [
          "stop.precision.relative",
          { stop: { precision: { metric: "total", relative: width, absolute: 1 } } },
          width,
          "a fraction of the mean greater than 0",
        ],
      ] as const,
  ),
  ...[NaN, 0, 99, 100.5, Infinity, "100", null].map(
    (minIterations) =>
      [
        "stop.precision.minIterations",
        { stop: { precision: { metric: "total", absolute: 1, minIterations } } },
        minIterations,
        "a whole number, 100 or more",
      ] as const,
  ),
  ...[null, 5, "4", []].map(
    (workers) => ["workers", { workers }, workers, "a pool, or an object with spawn"] as const,
  ),
  ...[undefined, null, "worker.js", {}].map(
    (make) =>
      ["workers.spawn", { workers: { spawn: make } }, make, "a function that makes a worker"] as const,
  ),
  ...[NaN, 0, -1, 1.5, "2", null].map(
    (count) => ["workers.count", { workers: { spawn, count } }, count, "a whole number, 1 or more"] as const,
  ),
  ...[NaN, 0, -1, Infinity, "5", null].map(
    (stallMs) =>
      [
        "workers.stallMs",
        { workers: { spawn, stallMs } },
        stallMs,
        "a number of milliseconds greater than 0",
      ] as const,
  ),
  ...[5, "checkpoint", true, {}, { nodes: 5 }].map(
    (resume) => ["resume", { resume }, resume, "a checkpoint of this batch"] as const,
  ),
]

describe("an option that is out of its range", () => {
  it.each(refusals.map(([path, options, value, allowed]) => ({ path, options, value, allowed })))(
    "is refused by its path, its value and what is allowed: $path = $value",
    async ({ path, options, value, allowed }) => {
      const error: unknown = await Effect.runPromise(Effect.flip(checkOptions(dice, anyOptions(options))))
      expect(error).toBeInstanceOf(InvalidOption)
      expect(error).toMatchObject({ _tag: "InvalidOption", path: path.split("."), value })
      expect(error).toHaveProperty("message", expect.stringContaining(`${path} must be`))
      expect(error).toHaveProperty("message", expect.stringContaining(allowed))
    },
  )

  it("shows the value in its message", async () => {
    await expect(check({ iterations: 0 })).rejects.toThrow(
      "iterations must be a whole number from 1 to 1,000,000,000; got 0.",
    )
    await expect(check({ iterations: "10" })).rejects.toThrow('got "10".')
    await expect(check({ seed: [7] })).rejects.toThrow("got [7].")
    const circular: Array<unknown> = []
    circular.push(circular)
    await expect(check({ seed: circular })).rejects.toBeInstanceOf(InvalidOption)
    await expect(check({ seed: { big: 1n } })).rejects.toBeInstanceOf(InvalidOption)
    await expect(check({ seed: Symbol("seed") })).rejects.toThrow("got Symbol(seed).")
  })

  it("fails the batch before anything has run", async () => {
    const { simulation, counts } = scripted()
    const batch = startBatch(simulation, { config: {}, iterations: 0 })
    await expect(batch.result).rejects.toBeInstanceOf(InvalidOption)
    const updates: Array<unknown> = []
    for await (const update of batch.onProgress) updates.push(update)
    expect(updates).toEqual([])
    expect(counts).toEqual({ prepared: 0, iterations: 0 })
  })
})

describe("options", () => {
  it("have defaults", async () => {
    const { seed, ...rest } = await check({})
    expect(rest).toMatchObject({
      iterations: 10_000,
      stop: {},
      onIterationError: "fail",
      progressMs: 100,
    })
    expect(seed).toMatch(/^\d{1,16}$/)
    expect(Number.isSafeInteger(Number(seed))).toBe(true)
  })

  it("choose another seed each time when there is none", async () => {
    const seeds = new Set<string>()
    for (let time = 0; time < 100; time++) seeds.add((await check({})).seed)
    expect(seeds.size).toBe(100)
  })

  it('take 7, 7n and "7" for one seed', async () => {
    const seeds = await Promise.all([7, 7n, "7"].map(async (seed) => (await check({ seed })).seed))
    expect(seeds).toEqual(["7", "7", "7"])
  })

  it("take seeds at the ends of what is allowed", async () => {
    for (const seed of [0, -1, Number.MAX_SAFE_INTEGER, -(2n ** 64n), "x", "x".repeat(256), "é\u0000🂡"]) {
      expect((await check({ seed })).seed).toBe(String(seed))
    }
    expect((await check({ seed: -0 })).seed).toBe("0")
  })

  it("take counts at the ends of what is allowed", async () => {
    for (const iterations of [1, 1_000_000_000]) {
      expect((await check({ iterations })).iterations).toBe(iterations)
    }
  })

  it("cap a batch that its stop rules end, if the caller doesn't", async () => {
    expect((await check({ stop: { timeMs: 5 } })).iterations).toBe(10_000_000)
    expect((await check({ stop: { precision: { metric: "total", absolute: 1 } } })).iterations).toBe(
      10_000_000,
    )
    expect((await check({ stop: { timeMs: 5 }, iterations: 50 })).iterations).toBe(50)
    expect((await check({ stop: {} })).iterations).toBe(10_000)
  })
})
