// A server with 500 open streams is told to end.
import { join } from "node:path"
import type { Socket } from "node:net"
import { expect, it } from "vitest"
import { LISTENERS } from "../support/listeners.ts"
import { endBy, nodeCommand, startServer } from "../support/processes.ts"
import { openStreams, testClient, until } from "../support/testClient.ts"

const STREAMS = 500
const WINDOW_MS = 1_000

/** All that comes, to the end of the answer. The socket is left open, as browsers do. */
const readAnswer = async (socket: Socket): Promise<string> => {
  let text = ""
  socket.setEncoding("latin1")
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    if (text.endsWith("\r\n0\r\n\r\n")) break
  }
  return text
}

const ENDINGS = [
  [
    "is cancelled with what there was by then",
    "",
    { status: "cancelled", partial: { stats: { index: { count: 40 } } } },
  ],
  ["ends by itself within its time of grace", "finish", { status: "completed", result: { iterations: 100 } }],
] as const
const ROWS = Object.keys(LISTENERS).flatMap((listener) =>
  ENDINGS.map(([ends, argument, job]) => ({ listener, ends, argument, job })),
)

// Windows has no signals: a process that is sent one is ended at once
it.skipIf(process.platform === "win32").each(ROWS)(
  "on SIGTERM 500 streams behind $listener are told when to come again, the job $ends, and the process ends",
  async (row) => {
    const { listener, argument, job } = row
    const file = join(import.meta.dirname, "../support/processes/terminating.server.ts")
    await using server = await startServer(nodeCommand(file, { args: [listener, argument] }))
    const jobId = server.lines[0]?.split(" ")[1] ?? ""
    const client = testClient(server.origin)
    await until(
      () => client.get(jobId),
      ({ partial }) => partial !== null,
    )
    const sockets = await openStreams(STREAMS, { port: server.port }, jobId)
    const answers = Promise.all(sockets.map(readAnswer))

    const exitCode = endBy(server, "SIGTERM")
    const retries = (await answers).map((answer) =>
      Number(/\nretry: (\d+)\n\n\r\n0\r\n\r\n$/.exec(answer)?.[1]),
    )
    expect(await exitCode).toBe(0)
    for (const socket of sockets) socket.destroy()

    expect(retries.filter((retry) => retry >= 0 && retry <= WINDOW_MS)).toHaveLength(STREAMS)
    // Each tenth of the window gets its share: 50 on average, and fewer than 20 once in a million runs.
    const tenths = Array.from({ length: 10 }, (_, tenth) =>
      retries.filter((retry) => Math.min(9, Math.floor((10 * retry) / WINDOW_MS)) === tenth),
    )
    for (const tenth of tenths) expect(tenth.length).toBeGreaterThan(15)

    expect(JSON.parse(server.lines.at(-1) ?? "")).toMatchObject(job)
  },
)
