// The same bits on every runtime, on its main thread and on each kind of worker that it has, from the built packages.
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { describeInRuntimes, runScript } from "../support/runtimes.ts"
import { goldenDigests } from "../support/workers/golden.ts"

const script = join(import.meta.dirname, "fixtures/workers.ts")

/** How errors read, whatever runtime and worker they come from. */
const failed = (where: string, words: string) =>
  expect.stringMatching(new RegExp(`^SimulationFailed: "\\w+" failed in ${where}: .*${words}`, "s"))

const CANCELLED = 'BatchCancelled: The batch of "craps" was cancelled.'
const NOT_STARTED = "3 workers in a row could not be started; .*"

/** What the programs of the fixture print. */
const programs = {
  golden: goldenDigests,
  cancelled: [true, CANCELLED],
  aborted: CANCELLED,
  pool: goldenDigests.craps,
  jobs: goldenDigests.craps,
  lost: true,
  hang: failed("iteration 1000 \\(seed 7\\)", "it said nothing for 500 ms"),
  throw: failed("iteration 1000 \\(seed 7\\)", "no luck in 1000"),
  prepare: failed('"prepare"', "no spells"),
  throwing: failed('"prepare"', `${NOT_STARTED}the tables of spells are missing`),
  missing: failed('"prepare"', `${NOT_STARTED}missing\\.worker\\.ts`),
  unserved: failed('"prepare"', 'the workers serve craps, raid, queue, and not "troubled"'),
}

/** A Deno worker that never returns to its event loop can't be ended: https://github.com/denoland/deno/pull/35657 */
const ENDLESS = ["lost", "hang"]

describeInRuntimes((runtime) => {
  const hasWebWorkers = !runtime.name.startsWith("node")
  const expectOf = async (program: string, kind: string, expected: unknown) => {
    const { code, stdout, stderr } = await runScript(runtime, script, [program, kind])
    // It ended by itself, and so left nothing behind
    expect({
      code,
      stdout: code === 0 ? JSON.parse(stdout) : stdout,
      stderr: code === 0 ? "" : stderr,
    }).toEqual({
      code: 0,
      stdout: expected,
      stderr: "",
    })
  }

  it("has the known digests on its main thread", () => expectOf("golden", "none", goldenDigests))

  describe.each(hasWebWorkers ? ["node", "web"] : ["node"])("with %s workers", (kind) => {
    const names = Object.entries(programs).filter(
      ([program]) => !(runtime.name === "deno" && kind === "web" && ENDLESS.includes(program)),
    )
    it.each(names)("%s", (program, expected) => expectOf(program, kind, expected))
  })
})
