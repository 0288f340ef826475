// The Hono example's process: where it listens, what it says, how it stops.
import { describe, expect, it } from "vitest"
import { startHono } from "../support/exampleServers.ts"
import { endBy } from "../support/processes.ts"

describe("the server of the Hono example", () => {
  const startJob = async (origin: string, options: object = { iterations: 10_000_000 }): Promise<string> => {
    const response = await fetch(`${origin}/api/simulations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ simulation: "dota-dps", ...options }),
    })
    expect(response.status).toBe(202)
    return `${origin}${response.headers.get("location") ?? ""}`
  }

  it("prints one line, which says where it is", async () => {
    await using server = await startHono()
    expect((await fetch(server.origin)).status).toBe(200)
    expect(server.lines).toEqual([`Simstream demo on ${server.origin}`])
  })

  it("says in words that its port is taken", async () => {
    await using server = await startHono()
    await expect(startHono({ port: server.port })).rejects.toThrow(
      new RegExp(`ended with 1:\\nPort ${server.port} is taken`),
    )
  })

  it("finds the same to the last bit, however many threads it uses", async () => {
    const digests = await Promise.all(
      [0, 2].map(async (workers) => {
        await using server = await startHono({ workers })
        const job = await startJob(server.origin, { iterations: 30_000, seed: "4242" })
        const events = await (await fetch(`${job}/stream`)).text()
        return /"digest":"([0-9a-f]{64})"/.exec(events)?.[1]
      }),
    )
    expect(digests[0]).toBeDefined()
    expect(digests[1]).toBe(digests[0])
  })

  // Windows has no signals: a process that is sent one is ended at once
  it.skipIf(process.platform === "win32")(
    "ends what is under way and its streams, and stops, at a signal",
    async () => {
      await using server = await startHono()
      const job = await startJob(server.origin)
      const stream = await fetch(`${job}/stream`)
      const ended = stream.text()
      expect(await endBy(server, "SIGTERM")).toBe(0)
      expect(await ended).toMatch(/event: cancelled\n/)
    },
  )
})
