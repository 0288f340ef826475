/** Everything that the suite runs against: how each is started, and where it is known to be different. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { nodeCommand, type ServerCommand } from "../support/processes.ts"
import { commandOf, findRuntimes, type Runtime, runtimeEnv } from "../support/runtimes.ts"

/** What some runtimes do differently, each as measured by the suite itself. */
export interface Differences {
  /**
   * A client that has closed its own side only still gets the stream: to HTTP that is right, and such a client goes when it
   * closes the other side too, or at the stream's longest duration.
   */
  readonly halfClosedIsOpen?: true
  /** A connection that says nothing is cut. */
  readonly cutsSilence?: true
  /** An answer without a body is said to be of length 0, also to HEAD, where that would be the length of what GET is sent. */
  readonly headHasLength?: true
}

/** A server of the suite. */
export interface ConformanceServer {
  readonly name: string
  readonly command: () => ServerCommand
  readonly available: () => boolean
  readonly differences: Differences
}

const folder = import.meta.dirname
const modules = join(folder, "node_modules")

const server = (
  name: string,
  command: ServerCommand,
  needs: string,
  differences: Differences = {},
): ConformanceServer => ({ name, command: () => command, available: () => existsSync(needs), differences })

const onRuntime = (
  name: string,
  runtime: () => Runtime,
  file: string,
  differences: Differences = {},
): ConformanceServer => ({
  name,
  command: () => {
    const [command, args] = commandOf(runtime(), join(folder, "servers", file))
    return { command, args, env: runtimeEnv() }
  },
  available: () => runtime().path !== undefined,
  differences,
})

const onNode = (name: string, file: string, needs: string, differences?: Differences) =>
  server(name, nodeCommand(join(folder, "servers", file)), needs, differences)

const workerd = join(modules, ".bin/workerd")
const next = join(modules, "next/dist/bin/next")

export const servers: ReadonlyArray<ConformanceServer> = [
  onNode("Node http", "node.mjs", folder),
  onNode("Express 5", "express.mjs", join(modules, "express")),
  onNode("Fastify 5", "fastify.mjs", join(modules, "fastify")),
  onNode("Hono on Node", "hono.mjs", join(modules, "hono")),
  server(
    "Next 16",
    {
      command: process.execPath,
      args: [next, "start", "-p", "0", "-H", "127.0.0.1"],
      cwd: join(folder, "servers/next"),
      env: { APP: join(folder, ".build/app.mjs"), NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" },
    },
    join(folder, "servers/next/.next/built-from"),
  ),
  onRuntime("Bun", () => findRuntimes().bun, "bun.mjs", { cutsSilence: true, headHasLength: true }),
  onRuntime("Deno", () => findRuntimes().deno, "deno.mjs", { headHasLength: true }),
  server(
    "workerd",
    { command: workerd, args: ["serve", join(folder, "servers/workerd.capnp"), "--control-fd=1"] },
    workerd,
    { halfClosedIsOpen: true },
  ),
  onNode("edge-runtime", "edge.mjs", join(modules, "edge-runtime")),
]
