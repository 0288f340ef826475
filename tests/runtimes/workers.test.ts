// The same bits on every runtime, on its main thread and on each kind of worker that it has, from the built packages.
import { join } from "node:path"
import { expect, it } from "vitest"
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
  hang: failed("iteration 1000 \\(seed 7\\)", "it said nothing for 1000 ms"),
  throw: failed("iteration 1000 \\(seed 7\\)", "no luck in 1000"),
  prepare: failed('"prepare"', "no spells"),
  throwing: failed('"prepare"', `${NOT_STARTED}the tables of spells are missing`),
  missing: failed('"prepare"', `${NOT_STARTED}missing\\.worker\\.ts`),
  unserved: failed('"prepare"', 'the workers serve craps, raid, queue, and not "troubled"'),
}

/** A Deno worker that never returns to its event loop can't be ended: https://github.com/denoland/deno/pull/35657 */
const ENDLESS = ["lost", "hang"]

describeInRuntimes((runtime) => {
  /** Runs the programs, and answers with what they printed once the process has ended by itself. */
  const run = async (kind: string, names: ReadonlyArray<string>): Promise<unknown> => {
    const { code, stdout, stderr } = await runScript(runtime, script, [kind, ...names])
    if (code !== 0) throw new Error(`It ended with ${code}, having said:\n${stdout}\n${stderr}`)
    return Object.fromEntries(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    )
  }

  it("has the known digests on its main thread", async () => {
    expect(await run("none", ["golden"])).toEqual({ golden: goldenDigests })
  })

  it.each(runtime.name.startsWith("node") ? ["node"] : ["node", "web"])(
    "has them with %s workers, and whatever becomes of the workers nothing is left of them",
    async (kind) => {
      const isDenoWeb = runtime.name === "deno" && kind === "web"
      const chosen = Object.entries(programs).filter(([name]) => !(isDenoWeb && ENDLESS.includes(name)))
      expect(
        await run(
          kind,
          chosen.map(([name]) => name),
        ),
      ).toEqual(Object.fromEntries(chosen))
    },
  )
})
