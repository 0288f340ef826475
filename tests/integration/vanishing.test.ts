// A thousand clients go away at once, in each way that clients do, and a server's process is asked what it has left.
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { LISTENERS } from "../support/listeners.ts"
import { nodeCommand, type ServerProcess, startServer } from "../support/processes.ts"
import type { Measured } from "../support/processes/measured.server.ts"
import { BASE_PATH, openStreams, testClient, type TestClient, until } from "../support/testClient.ts"

const CLIENTS = 1_000
/** What may be left on the heap, in bytes. One kept stream is 22 KB: a hundred of them would show. */
const LEFT_AT_MOST = 2 * 1024 * 1024

describe.each(Object.keys(LISTENERS))("behind %s", (listener) => {
  let folder: string
  let server: ServerProcess
  let client: TestClient
  const path = () =>
    process.platform === "win32" ? `\\\\.\\pipe\\${basename(folder)}` : join(folder, "server.sock")
  const measure = () => client.json<Measured>("/_test/process")

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "simstream-"))
    const file = join(import.meta.dirname, "../support/processes/measured.server.ts")
    server = await startServer(nodeCommand(file, { nodeOptions: ["--expose-gc"], args: [path(), listener] }))
    client = testClient(server.origin)
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  /** Streams of a job come and go, and the process is as it was. The first round, of a few, warms it up. */
  const leavesNothing = async (
    simulation: string,
    to: Parameters<typeof openStreams>[1],
    leave: (sockets: ReadonlyArray<Socket>, jobId: string) => void,
  ) => {
    const round = async (count: number): Promise<void> => {
      const jobId = await client.start({ simulation, config: { holdAt: 1 }, iterations: 10 })
      const sockets = await openStreams(count, to, jobId)
      expect(await client.state(jobId)).toMatchObject({ streams: count, subscribers: count })
      leave(sockets, jobId)
      await until(
        () => client.state(jobId),
        ({ streams, subscribers }) => streams === 0 && subscribers === 0,
      )
      // What runs on without anybody is the job alone.
      expect(await client.get(jobId)).toMatchObject({ status: "running" })
      expect((await client.cancel(jobId)).status).toBe(202)
      for (const socket of sockets) socket.destroy()
    }
    await round(100)
    const before = await until(measure, ({ timers }) => timers === 0)
    await round(CLIENTS)
    // A socket's own memory goes some turns after its end; what leaks never does.
    await until(measure, ({ timers, heap }) => timers === 0 && heap - before.heap < LEFT_AT_MOST)
    expect((await client.state()).errors).toEqual([])
  }

  it.each(["end", "destroy", "resetAndDestroy"] as const)(
    "1,000 clients that leave by %s leave no subscriber, no timer and no memory",
    async (leave) => {
      await leavesNothing("gated", { port: server.port }, (sockets) => {
        for (const socket of sockets) socket[leave]()
      })
    },
  )

  it("1,000 clients that never read again are dropped, and leave nothing either", async () => {
    await leavesNothing("flood", { path: path() }, () => void client.open())
  })

  it("1,000 clients that leave before they are answered leave nothing", async () => {
    const jobId = await client.start({ simulation: "gated", config: { holdAt: 1 }, iterations: 10 })
    const controllers = Array.from({ length: CLIENTS }, () => new AbortController())
    const requests = controllers.map(({ signal }) =>
      client.stream(jobId, { headers: { "x-test-hold": "1" }, signal }).catch((error: unknown) => error),
    )
    await until(client.state, ({ held }) => held === CLIENTS)
    for (const controller of controllers) controller.abort()
    await Promise.all(requests)
    await client.release()
    const { streams, subscribers, errors } = await client.state(jobId)
    expect({ streams, subscribers, errors }).toEqual({ streams: 0, subscribers: 0, errors: [] })
    await client.cancel(jobId)
    await until(measure, ({ timers }) => timers === 0)
  })

  it.each(["end", "destroy", "resetAndDestroy"] as const)(
    "100 clients that leave in the middle of their bodies, by %s, are nobody's error",
    async (leave) => {
      const { connections } = await measure()
      const sockets = await Promise.all(
        Array.from({ length: 100 }, async () => {
          const socket = connect(server.port, "127.0.0.1")
          socket.write(
            `POST ${BASE_PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n`,
          )
          // The answer "100 Continue": the request is being handled.
          await once(socket, "readable")
          socket.write('{"simulation": ')
          return socket
        }),
      )
      for (const socket of sockets) socket[leave]()
      await until(measure, (measured) => measured.connections <= connections && measured.timers === 0)
      expect((await client.state()).errors).toEqual([])
    },
  )
})
