import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { CHUNK_SIZE } from "./chunk.ts"
import { ChunkRunner, type RunnerOptions } from "./chunkRunner.ts"
import { type Iterate, type Iteration, IterationError, type Metrics } from "./iteration.ts"
import { Ledger, type Part } from "./part.ts"
import { encodeSums, encodeTallies } from "./sums.ts"

const options: RunnerOptions = { seed: "7", metrics: ["x", "y"], bucket: 1, onIterationError: "fail" }

/** Uses everything there is, differently in every iteration. */
const busy: Iterate = ({ index, random, timeline, tally }) => {
  const x = random.normal(10, 3)
  const hits = random.int(0, 4)
  for (let hit = 0; hit < hits; hit++) {
    timeline.add(random.bool() ? "fire" : "frost", random.float() * 20, random.exponential(50))
    tally.add(random.pick(["Fireball", "Scorch", "Frostbolt"]), random.exponential(50))
  }
  if (index % 3 === 0) timeline.end(20)
  return { x, y: random.stream("y").float() * index }
}

/** All that a run counted, as JSON: equal text is equal bits. */
const digestOf = (parts: ReadonlyArray<Part>, metrics = options.metrics.length): string => {
  const ledger = new Ledger(metrics)
  for (const part of parts) ledger.append(part)
  return JSON.stringify([ledger.iterations(), encodeSums(ledger.sums()), encodeTallies(ledger.tallies())])
}

/** Runs up to each of these iterations in turn, and takes what there is after each. */
const partsOf = (runner: ChunkRunner, untils: ReadonlyArray<number>): ReadonlyArray<Part> => {
  const parts: Array<Part> = []
  for (const until of untils) {
    const pending = runner.run(until)
    if (pending !== undefined) throw new Error("This test has no asynchronous iterations.")
    const part = runner.take()
    if (part !== null) parts.push(part)
  }
  const rest = runner.unfinished()
  if (rest !== null) parts.push(rest)
  return parts
}

const digestOfRun = (iterate: Iterate, count: number, changes: Partial<RunnerOptions> = {}): string => {
  const all = { ...options, ...changes }
  return digestOf(partsOf(new ChunkRunner(iterate, all), [count]), all.metrics.length)
}

/** Runs asynchronous iterations to the end. */
const runAsync = async (runner: ChunkRunner, until: number): Promise<void> => {
  while (runner.next < until) await runner.run(until)
}

const caught = (run: () => unknown): unknown => {
  try {
    run()
  } catch (thrown) {
    return thrown
  }
  throw new Error("Nothing was thrown.")
}

describe("a run of iterations", () => {
  const COUNT = 5 * CHUNK_SIZE + 17

  it("gives the same bits however it is sliced", () => {
    const atOnce = digestOfRun(busy, COUNT)
    const oneByOne = partsOf(
      new ChunkRunner(busy, options),
      Array.from({ length: COUNT }, (_, index) => index + 1),
    )
    expect(digestOf(oneByOne)).toBe(atOnce)
    fc.assert(
      fc.property(fc.array(fc.nat(COUNT)), (stops) => {
        const untils = [...stops.sort((left, right) => left - right), COUNT]
        expect(digestOf(partsOf(new ChunkRunner(busy, options), untils))).toBe(atOnce)
      }),
      { seed: 1, numRuns: 30 },
    )
  })

  it("gives the same bits however it is shared out between runners, in whole chunks", () => {
    const atOnce = digestOfRun(busy, COUNT)
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 5 })), (cuts) => {
        const bounds = [0, ...cuts.sort((left, right) => left - right).map((cut) => cut * CHUNK_SIZE), COUNT]
        const parts = bounds
          .slice(1)
          .flatMap((until, index) => partsOf(new ChunkRunner(busy, options, bounds[index]), [until]))
        expect(digestOf(parts)).toBe(atOnce)
      }),
      { seed: 2, numRuns: 20 },
    )
  })

  it("gives the same bits when its iterations are asynchronous", async () => {
    const runner = new ChunkRunner(async (iteration) => {
      const { index, random, timeline, tally } = iteration
      const metrics = await busy({ index, random, timeline, tally })
      await Promise.resolve()
      return metrics
    }, options)
    await runAsync(runner, COUNT)
    const parts = [runner.take(), runner.unfinished()].filter((part) => part !== null)
    expect(digestOf(parts)).toBe(digestOfRun(busy, COUNT))
  })

  it("gives the same bits when some of its iterations are asynchronous", async () => {
    const runner = new ChunkRunner(
      (iteration) => (iteration.index % 3 === 1 ? Promise.resolve(busy(iteration)) : busy(iteration)),
      options,
    )
    await runAsync(runner, COUNT)
    const parts = [runner.take(), runner.unfinished()].filter((part) => part !== null)
    expect(digestOf(parts)).toBe(digestOfRun(busy, COUNT))
  })

  it("gives other bits for another seed", () => {
    expect(digestOfRun(busy, COUNT, { seed: "8" })).not.toBe(digestOfRun(busy, COUNT))
  })

  it("begins with the same iterations whatever their number", () => {
    const seen = (count: number): ReadonlyArray<number> => {
      const draws: Array<number> = []
      digestOfRun(({ random }) => {
        const draw = random.float()
        draws.push(draw)
        return { x: draw, y: 0 }
      }, count)
      return draws
    }
    expect(seen(1000).slice(0, 100)).toEqual(seen(100))
  })

  it("tells each iteration its index, once and in order", () => {
    const indices: Array<number> = []
    digestOfRun(({ index }) => {
      indices.push(index)
      return { x: 0, y: 0 }
    }, COUNT)
    expect(indices).toEqual(Array.from({ length: COUNT }, (_, index) => index))
  })

  it("counts what a getter of the metrics records only where the iteration had recorded before it returned", () => {
    const isThird = (index: number) => index === 2
    const late: Iterate = ({ index, timeline }) => {
      if (isThird(index)) timeline.add("early", 0, 1)
      return {
        get x() {
          timeline.add("late", 0, 1)
          return 1
        },
        y: 1,
      }
    }
    const inTime: Iterate = ({ index, timeline }) => {
      if (isThird(index)) {
        timeline.add("early", 0, 1)
        timeline.add("late", 0, 1)
      }
      return { x: 1, y: 1 }
    }
    // Nor does what is not counted get into the next iteration.
    expect(digestOfRun(late, 4)).toBe(digestOfRun(inTime, 4))
    expect(digestOfRun(late, 2)).toBe(digestOfRun(() => ({ x: 1, y: 1 }), 2))
  })

  it("hands over each chunk once, and nothing when there is none", () => {
    const runner = new ChunkRunner(busy, options)
    expect(runner.take()).toBeNull()
    expect(runner.unfinished()).toBeNull()
    void runner.run(CHUNK_SIZE - 1)
    expect(runner.take()).toBeNull()
    expect(runner.unfinished()).toMatchObject({ first: 0, until: CHUNK_SIZE - 1 })
    void runner.run(2 * CHUNK_SIZE + 1)
    expect(runner.take()).toMatchObject({ first: 0, until: 2 * CHUNK_SIZE, nodes: [{ level: 1, index: 0 }] })
    expect(runner.take()).toBeNull()
    expect(runner.unfinished()).toMatchObject({ first: 2 * CHUNK_SIZE, until: 2 * CHUNK_SIZE + 1 })
    void runner.run(3 * CHUNK_SIZE)
    expect(runner.unfinished()).toBeNull()
    expect(runner.take()).toMatchObject({ first: 2 * CHUNK_SIZE, until: 3 * CHUNK_SIZE })
  })

  it("does nothing when it is asked to run no further", () => {
    const runner = new ChunkRunner(busy, options)
    void runner.run(0)
    void runner.run(10)
    void runner.run(5)
    expect(runner.next).toBe(10)
  })
})

describe("an iteration that fails", () => {
  const failing =
    (fails: (index: number) => boolean, how: (iteration: Iteration) => Metrics): Iterate =>
    (iteration) =>
      fails(iteration.index) ? how(iteration) : { x: iteration.index, y: 1 }

  const throwing = (iteration: Iteration): never => {
    throw new Error(`broken in ${iteration.index}`)
  }

  const isThird = (index: number): boolean => index % 3 === 0

  it("fails the run by default, and is named with what it threw", () => {
    const runner = new ChunkRunner(
      failing((index) => index === 5, throwing),
      options,
    )
    const error = caught(() => runner.run(10))
    expect(error).toBeInstanceOf(IterationError)
    expect(error).toMatchObject({
      iteration: 5,
      message: "Iteration 5 failed: broken in 5",
      cause: new Error("broken in 5"),
    })
  })

  it("fails the run when its promise rejects", async () => {
    const runner = new ChunkRunner(
      ({ index }) => (index === 5 ? Promise.reject(new Error("later")) : { x: 0, y: 0 }),
      options,
    )
    await expect(runAsync(runner, 10)).rejects.toMatchObject({
      iteration: 5,
      message: "Iteration 5 failed: later",
    })
    expect(runner.next).toBe(5)
  })

  it.each([
    ["NaN", { x: 1, y: NaN }, 'the metric "y" is NaN'],
    ["infinity", { x: Infinity, y: 1 }, 'the metric "x" is Infinity'],
    ["minus infinity", { x: -Infinity, y: 1 }, 'the metric "x" is -Infinity'],
    ["undefined", { x: 1, y: undefined }, 'the metric "y" is missing'],
    ["no such metric", { x: 1 }, 'the metric "y" is missing'],
    ["text", { x: "1", y: 1 }, 'the metric "x" is 1'],
    ["null", { x: null, y: 1 }, 'the metric "x" is null'],
    ["a big integer", { x: 1n, y: 1 }, 'the metric "x" is 1'],
    ["nothing at all", undefined, "an iteration must return an object with the metrics x, y; got undefined"],
    ["null itself", null, "an iteration must return an object with the metrics x, y; got null"],
    ["a number itself", 5, "an iteration must return an object with the metrics x, y; got 5"],
  ])("by returning %s is named with its metric", async (_, returned, message) => {
    // What the types forbid, and JavaScript can do.
    const iterate: Iterate = ({ index }) => (index === 2 ? returned : { x: 0, y: 0 }) as Metrics
    expect(caught(() => new ChunkRunner(iterate, options).run(10))).toMatchObject({
      iteration: 2,
      message: expect.stringContaining(`Iteration 2 failed: ${message}`),
    })
    const later: Iterate = async (iteration) => iterate(iteration)
    await expect(runAsync(new ChunkRunner(later, options), 10)).rejects.toMatchObject({
      iteration: 2,
      message: expect.stringContaining(`Iteration 2 failed: ${message}`),
    })
  })

  it("may be left out: the statistics are of the others, and it is counted", () => {
    const parts = partsOf(
      new ChunkRunner(failing(isThird, throwing), { ...options, onIterationError: "skip" }),
      [100],
    )
    const ledger = new Ledger(2)
    for (const part of parts) ledger.append(part)
    expect(ledger.iterations()).toBe(100)
    expect(ledger.tallies()).toMatchObject({ failed: 34, failures: [] })
    expect(ledger.sums().moments[0]).toMatchObject({
      count: 66,
      min: 1,
      minIteration: 1,
      max: 98,
      maxIteration: 98,
    })
    expect(ledger.sums().moments[0]?.mean).toBeCloseTo((4950 - 1683) / 66, 10)
  })

  it("may be collected: the first twenty messages are kept", () => {
    const parts = partsOf(
      new ChunkRunner(failing(isThird, throwing), { ...options, onIterationError: "collect" }),
      [100],
    )
    const ledger = new Ledger(2)
    for (const part of parts) ledger.append(part)
    const { failed, failures } = ledger.tallies()
    expect(failed).toBe(34)
    expect(failures).toEqual(
      Array.from({ length: 20 }, (_, index) => ({ iteration: 3 * index, message: `broken in ${3 * index}` })),
    )
  })

  it("may be every one of them", () => {
    const parts = partsOf(
      new ChunkRunner(
        failing(() => true, throwing),
        { ...options, onIterationError: "skip" },
      ),
      [CHUNK_SIZE + 5],
    )
    const ledger = new Ledger(2)
    for (const part of parts) ledger.append(part)
    expect(ledger.iterations()).toBe(CHUNK_SIZE + 5)
    expect(ledger.sums().moments[0]?.count).toBe(0)
    expect(ledger.tallies().failed).toBe(CHUNK_SIZE + 5)
  })

  it.each([
    ["throws", throwing],
    ["returns NaN", () => ({ x: 5, y: NaN })],
    [
      "adds NaN to the tally",
      ({ tally }: Iteration) => {
        tally.add("d", NaN)
        return { x: 1, y: 1 }
      },
    ],
    [
      "adds infinity to the timeline",
      ({ timeline }: Iteration) => {
        timeline.add("a", 0, Infinity)
        return { x: 1, y: 1 }
      },
    ],
    [
      "adds to the timeline behind its end",
      ({ timeline }: Iteration) => {
        timeline.end(3)
        timeline.add("a", 9, 1)
        return { x: 1, y: 1 }
      },
    ],
  ])("leaves no trace in timeline and tally when it %s after writing to them", (_, how) => {
    const write = ({ index, timeline, tally }: Iteration): void => {
      timeline.add("a", index % 7, 1)
      tally.add("b", index)
    }
    const sumsOf = (iterate: Iterate) => {
      const [part] = partsOf(new ChunkRunner(iterate, { ...options, onIterationError: "skip" }), [30])
      return encodeSums(part?.nodes[0]?.value ?? new Ledger(2).sums())
    }
    const quiet = (iteration: Iteration): Metrics => {
      if (isThird(iteration.index)) return throwing(iteration)
      write(iteration)
      return { x: 1, y: 1 }
    }
    const noisy = (iteration: Iteration): Metrics => {
      write(iteration)
      if (!isThird(iteration.index)) return { x: 1, y: 1 }
      iteration.timeline.add("only in failures", 50, 1)
      iteration.tally.add("only in failures", 1)
      return how(iteration)
    }
    expect(sumsOf(noisy)).toEqual(sumsOf(quiet))
  })

  it("does not fail when the object has more than the metrics", () => {
    const [part] = partsOf(new ChunkRunner(() => ({ x: 1, y: 2, z: NaN }), options), [3])
    expect(part?.nodes[0]?.value.moments.map(({ mean }) => mean)).toEqual([1, 2])
  })
})

describe("the limits of timeline and tally", () => {
  const runOne = (iterate: (iteration: Iteration) => void): unknown =>
    caught(() =>
      new ChunkRunner((iteration) => {
        iterate(iteration)
        return { x: 0, y: 0 }
      }, options).run(1),
    )

  it.each([
    [
      "buckets",
      ({ timeline }: Iteration) => timeline.add("a", 5001, 1),
      "iteration.timeline.add takes a time from 0 to 5000; got 5001. For longer times make the definition's timeline.bucket wider.",
    ],
    [
      "series",
      ({ timeline }: Iteration) => {
        for (let name = 0; name <= 100; name++) timeline.add(`s${name}`, 0, 1)
      },
      'iteration.timeline.add was given more than 100 names; "s100" is one too many.',
    ],
    [
      "categories",
      ({ tally }: Iteration) => {
        for (let name = 0; name <= 1000; name++) tally.add(`c${name}`, 1)
      },
      'iteration.tally.add was given more than 1000 names; "c1000" is one too many.',
    ],
  ])("on %s fail the iteration in words that help", (_, iterate, message) => {
    expect(runOne(iterate)).toMatchObject({
      iteration: 0,
      message: expect.stringContaining(`Iteration 0 failed: ${message}`),
    })
  })
})
