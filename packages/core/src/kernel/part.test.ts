import { describe, expect, it } from "vitest"
import { CHUNK_SIZE } from "./chunk.ts"
import { ChunkRunner } from "./chunkRunner.ts"
import { Ledger, type LedgerState, type Part } from "./part.ts"
import { decodeSums, decodeTallies, encodeSums, encodeTallies } from "./sums.ts"

const runPart = (first: number, until: number): Part => {
  const runner = new ChunkRunner(
    ({ random, timeline, tally }) => {
      const x = random.normal()
      timeline.add("a", random.float() * 5, x)
      tally.add(random.pick(["b", "c"]), x)
      return { x }
    },
    { seed: "7", metrics: ["x"], bucket: 1, onIterationError: "fail" },
    first,
  )
  void runner.run(until)
  const part = until % CHUNK_SIZE === 0 ? runner.take() : runner.unfinished()
  if (part === null) throw new Error("There is nothing to take.")
  return part
}

const contents = (ledger: Ledger): string =>
  JSON.stringify([ledger.iterations(), encodeSums(ledger.sums()), encodeTallies(ledger.tallies())])

const ledgerOf = (...parts: ReadonlyArray<Part>): Ledger => {
  const ledger = new Ledger(1)
  for (const part of parts) ledger.append(part)
  return ledger
}

describe("a ledger", () => {
  it("of nothing has no iterations and empty sums", () => {
    const ledger = new Ledger(1)
    expect(ledger.iterations()).toBe(0)
    expect(ledger.sums().moments).toMatchObject([{ count: 0 }])
    expect(ledger.tallies()).toMatchObject({ failed: 0, failures: [] })
  })

  it("is the same to the bit whether it was given chunks or runs of chunks", () => {
    const chunks = Array.from({ length: 9 }, (_, index) =>
      runPart(index * CHUNK_SIZE, (index + 1) * CHUNK_SIZE),
    )
    const runs = [runPart(0, 3 * CHUNK_SIZE), runPart(3 * CHUNK_SIZE, 9 * CHUNK_SIZE)]
    expect(contents(ledgerOf(...chunks))).toBe(contents(ledgerOf(...runs)))
  })

  it("refuses more names than a batch may have, though each part has only a few", () => {
    const naming = (first: number, until: number): Part => {
      const runner = new ChunkRunner(
        ({ index, tally }) => {
          tally.add(`category ${index}`, 1)
          return { x: 1 }
        },
        { seed: "7", metrics: ["x"], bucket: 1, onIterationError: "fail" },
        first,
      )
      void runner.run(until)
      const part = runner.take()
      if (part === null) throw new Error("There is nothing to take.")
      return part
    }
    const ledger = new Ledger(1)
    const append = () => {
      for (let first = 0; first < 64 * CHUNK_SIZE; first += CHUNK_SIZE)
        ledger.append(naming(first, first + CHUNK_SIZE))
    }
    expect(append).toThrow("iteration.tally.add was given more than 1000 names in one batch")
  })

  it("takes a last part that ends within a chunk, and nothing behind it", () => {
    const ledger = ledgerOf(runPart(0, CHUNK_SIZE), runPart(CHUNK_SIZE, CHUNK_SIZE + 5))
    expect(ledger.iterations()).toBe(CHUNK_SIZE + 5)
    expect(ledger.sums().moments[0]?.count).toBe(CHUNK_SIZE + 5)
    expect(() => ledger.append(runPart(2 * CHUNK_SIZE, 3 * CHUNK_SIZE))).toThrow(
      `don't follow iteration ${CHUNK_SIZE + 4}`,
    )
  })

  it("refuses a part twice, and one that leaves a gap", () => {
    const ledger = ledgerOf(runPart(0, CHUNK_SIZE))
    const before = contents(ledger)
    expect(() => ledger.append(runPart(0, CHUNK_SIZE))).toThrow("don't follow")
    expect(() => ledger.append(runPart(2 * CHUNK_SIZE, 3 * CHUNK_SIZE))).toThrow("don't follow")
    expect(contents(ledger)).toBe(before)
  })

  it("can be read at any time without changing", () => {
    const ledger = ledgerOf(runPart(0, 3 * CHUNK_SIZE), runPart(3 * CHUNK_SIZE, 3 * CHUNK_SIZE + 1))
    expect(contents(ledger)).toBe(contents(ledger))
  })

  it("goes on from what was kept, through JSON, to the same bits", () => {
    const parts = Array.from({ length: 7 }, (_, index) =>
      runPart(index * CHUNK_SIZE, (index + 1) * CHUNK_SIZE),
    )
    const whole = contents(ledgerOf(...parts))
    for (let kept = 0; kept <= parts.length; kept++) {
      const { iterations, nodes, tallies } = ledgerOf(...parts.slice(0, kept)).state()
      const json = JSON.stringify({
        iterations,
        nodes: nodes.map((node) => ({ ...node, value: encodeSums(node.value) })),
        tallies: encodeTallies(tallies),
      })
      const encoded = JSON.parse(json)
      const state: LedgerState = {
        iterations: encoded.iterations,
        nodes: encoded.nodes.map((node: { value: Parameters<typeof decodeSums>[0] }) => ({
          ...node,
          value: decodeSums(node.value),
        })),
        tallies: decodeTallies(encoded.tallies),
      }
      const resumed = new Ledger(1, state)
      for (const part of parts.slice(kept)) resumed.append(part)
      expect(contents(resumed)).toBe(whole)
    }
  })

  it("keeps whole chunks only", () => {
    const ledger = ledgerOf(runPart(0, CHUNK_SIZE), runPart(CHUNK_SIZE, CHUNK_SIZE + 5))
    expect(ledger.state()).toMatchObject({ iterations: CHUNK_SIZE, nodes: [{ level: 0, index: 0 }] })
  })

  it("gives a state that does not grow with it", () => {
    const ledger = ledgerOf(runPart(0, CHUNK_SIZE))
    const state = ledger.state()
    const before = JSON.stringify(encodeTallies(state.tallies))
    ledger.append(runPart(CHUNK_SIZE, 2 * CHUNK_SIZE))
    expect(state.nodes).toHaveLength(1)
    expect(state.iterations).toBe(CHUNK_SIZE)
    expect(JSON.stringify(encodeTallies(state.tallies))).toBe(before)
  })
})
