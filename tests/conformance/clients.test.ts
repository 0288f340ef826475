// The client in every runtime that it is for, each a program of its own, against one server: what it gets through, wherever.
import { execFile } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import type { IncomingMessage, ServerResponse } from "node:http"
import { join } from "node:path"
import { promisify } from "node:util"
import { toNodeHandler } from "@simstream/server"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { findChromium, launchChromium } from "../support/chromium.ts"
import { startServer } from "../support/processes.ts"
import { commandOf, findRuntimes, runtimeEnv, type Runtime } from "../support/runtimes.ts"
import { listenWith, type TestServer } from "../support/server.ts"
import { createTestApp } from "../support/testApp.ts"
import { BASE_PATH, until } from "../support/testClient.ts"
import type { Report } from "./clients/program.ts"

const folder = import.meta.dirname
const script = join(folder, ".build/client.mjs")
const workerd = join(folder, "node_modules/.bin/workerd")

/** The app behind a server that can cut its streams, and keeps the cursor of every stream that it was asked for. */
const serve = async () => {
  const app = createTestApp({ stream: { heartbeatMs: 1000 } })
  const handle = toNodeHandler(app.fetch)
  const streams = new Set<ServerResponse>()
  const cursors: Array<string | undefined> = []
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === "/client.mjs") {
      response.writeHead(200, { "content-type": "text/javascript" }).end(readFileSync(script))
    } else if (request.url === "/_test/cut") {
      for (const stream of streams) stream.socket?.resetAndDestroy()
      response.end()
    } else {
      if (request.url?.endsWith("/stream")) {
        cursors.push(request.headers["last-event-id"]?.toString())
        streams.add(response)
        response.on("close", () => streams.delete(response))
      }
      handle(request, response)
    }
  }
  return { app, cursors, server: await listenWith(answer) }
}

/** Runs the program and answers with its report. */
type Run = (server: TestServer) => Promise<Report>

const places = ({ origin }: TestServer) => [`${origin}${BASE_PATH}`, `${origin}/_test`] as const

/** It has so long to end by itself, in milliseconds. */
const RUN_LIMIT_MS = 25_000

const onRuntime =
  (runtime: Runtime): Run =>
  async (server) => {
    const [command, args] = commandOf(runtime, join(folder, "clients/main.mjs"), places(server))
    const limits = { timeout: RUN_LIMIT_MS, killSignal: "SIGKILL" } as const
    const { stdout } = await promisify(execFile)(command, args, { env: runtimeEnv(), ...limits })
    return JSON.parse(stdout) as Report
  }

const onWorkerd: Run = async (server) => {
  const [url, control] = places(server)
  await using worker = await startServer({
    command: workerd,
    args: ["serve", join(folder, "clients/workerd.capnp"), "--control-fd=1"],
  })
  const answer = await fetch(`${worker.origin}/?${new URLSearchParams({ url, control })}`)
  if (!answer.ok) throw new Error(`${await answer.text()}\n${worker.lines.join("\n")}`)
  return (await answer.json()) as Report
}

const inChromium: Run = async (server) => {
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    await page.goto(server.origin)
    // As text: of an import that stands in the test's own code Vite would make its own
    const [url, control] = places(server).map((place) => JSON.stringify(place))
    return await page.evaluate<Report>(`import("/client.mjs").then(({ run }) => run(${url}, ${control}))`)
  } finally {
    await browser.close()
  }
}

const clients: ReadonlyArray<readonly [name: string, isThere: boolean, run: Run]> = [
  ...Object.values(findRuntimes()).map(
    (runtime) => [runtime.name, runtime.path !== undefined, onRuntime(runtime)] as const,
  ),
  ["workerd", existsSync(workerd), onWorkerd],
  ["Chromium", findChromium() !== undefined, inChromium],
]

describe.each(clients)("the client in %s", (_name, isThere, run) => {
  let served: Awaited<ReturnType<typeof serve>>
  beforeEach(async () => {
    served = await serve()
  })
  afterEach(() => served.server[Symbol.asyncDispose]())

  it.skipIf(!isThere)(
    "gets through all of it, resumes where it was cut, and leaves nothing open",
    async () => {
      const { app, cursors, server } = served
      const report = await run(server)
      expect(report).toEqual({
        watched: {
          connections: ["connecting", "open", "reconnecting", "open", "closed"],
          wentBack: false,
          status: "complete",
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
        read: { types: ["connected", "progress", "partial", "complete", "complete"], wentBack: false },
        resumed: ["connected", "progress", "partial", "complete"],
        polled: { connections: ["reconnecting", "polling", "closed"], last: "complete" },
        aborted: "Error: enough",
        refused: {
          config: { _tag: "RequestFailed", status: 422 },
          job: { _tag: "RequestFailed", status: 404 },
        },
      })
      // Watched, cut and resumed; read, cut, resumed and asked for behind its end
      const [first, again, read, readAgain, ended] = cursors
      expect([first, read]).toEqual([undefined, undefined])
      for (const cursor of [again, readAgain, ended]) expect(cursor).toMatch(/^\d+-\w{6}$/)
      await until(
        async () => app.handler.streams(),
        (streams) => streams === 0,
      )
    },
  )
})
