#!/usr/bin/env node
/** `npx simstream-worker ./simulations.js`: a worker process for the simulations that a module exports. */
import { extname, resolve } from "node:path"
import { parseArgs } from "node:util"
import { Worker } from "node:worker_threads"
import { loadSimulations, UnusableModule } from "./loadSimulations.ts"
import { startBullWorker } from "./startBullWorker.ts"

const USAGE = `simstream-worker [options] <module>

Runs shards of batches for servers that use createBullEngine. <module> exports what defineSimulation returns.

  --connection <url>   redis://… or postgres://…; by default $SIMSTREAM_CONNECTION, or redis://127.0.0.1:6379
  --namespace <name>   the one of the engine; by default $SIMSTREAM_NAMESPACE, or simstream
  --threads <count>    one for each processor by default
  --grace <seconds>    how long iterations may take to end after SIGTERM or SIGINT; 10 by default
  --help               prints this
`

/** The file of a thread, beside this one: as it was built, or its source. */
const THREAD = new URL(`./thread${extname(new URL(import.meta.url).pathname)}`, import.meta.url)

/** What the arguments ask for. */
interface Arguments {
  readonly module: string
  readonly connection: string
  readonly namespace: string | undefined
  readonly threads: number | undefined
  readonly graceMs: number
}

/** Arguments that can't be followed. */
class Misused extends Error {}

const readArguments = (args: ReadonlyArray<string>): Arguments | null => {
  const { values, positionals } = parse(args)
  if (values.help === true) return null
  const [module, ...more] = positionals
  if (module === undefined) throw new Misused("Which module? Give the file that exports the simulations.")
  if (more.length > 0) throw new Misused(`One module is enough; got ${positionals.join(", ")}.`)
  return {
    module: resolve(module),
    connection: values.connection ?? process.env.SIMSTREAM_CONNECTION ?? "redis://127.0.0.1:6379",
    namespace: values.namespace ?? process.env.SIMSTREAM_NAMESPACE,
    threads: values.threads === undefined ? undefined : whole("--threads", values.threads, 1),
    graceMs: 1000 * whole("--grace", values.grace ?? "10", 0),
  }
}

const parse = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        connection: { type: "string" },
        namespace: { type: "string" },
        threads: { type: "string" },
        grace: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    })
  } catch (thrown) {
    throw new Misused(thrown instanceof Error ? thrown.message : String(thrown))
  }
}

const whole = (name: string, text: string, least: number): number => {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new Misused(`${name} must be a whole number, ${least} or more; got ${text}.`)
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const complain = (line: string): void => void process.stderr.write(`simstream-worker: ${line}\n`)

// Who does not read any more what it says is no reason to end.
for (const output of [process.stdout, process.stderr]) output.on("error", () => undefined)

/** Starts the worker, and ends it when the system says so. A second signal ends the process at once. */
const run = async ({ module, connection, namespace, threads, graceMs }: Arguments): Promise<void> => {
  const simulations = await loadSimulations(module)
  const worker = await startBullWorker({
    connection,
    ...(namespace === undefined ? {} : { namespace }),
    simulations,
    workers: {
      spawn: () => new Worker(THREAD, { workerData: module }),
      ...(threads === undefined ? {} : { count: threads }),
    },
    onError: (error) => complain(error.message),
  })
  const served = Object.entries(worker.versions).map(([name, version]) => `${name} (${version})`)
  say(`simstream-worker: ready, process ${process.pid}, serves ${served.join(", ")}`)

  let leaving = false
  const leave = (signal: NodeJS.Signals): void => {
    if (leaving) process.exit(1)
    leaving = true
    say(`simstream-worker: ${signal}; hands back what it runs`)
    void worker.close({ graceMs }).then(() => process.exit(0))
  }
  process.on("SIGTERM", leave)
  process.on("SIGINT", leave)
}

try {
  const asked = readArguments(process.argv.slice(2))
  if (asked === null) say(USAGE)
  else await run(asked)
} catch (thrown) {
  if (thrown instanceof Misused) complain(`${thrown.message}\n\n${USAGE}`)
  else if (thrown instanceof UnusableModule) complain(thrown.message)
  else complain(thrown instanceof Error ? thrown.message : String(thrown))
  process.exit(thrown instanceof Misused ? 2 : 1)
}
