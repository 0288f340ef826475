// The Hono example's process: where it listens, what it says, how it stops.
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { afterEach, describe, expect, it } from "vitest"
import { type Demo, spawnDemo, startDemo } from "../support/honoDemo.ts"

describe("the server of the Hono example", () => {
  const demos: Array<Demo> = []
  const start = async (port?: number, workers?: number) => {
    const demo = await startDemo(port, workers)
    demos.push(demo)
    return demo
  }

  afterEach(async () => {
    await Promise.all(demos.splice(0).map((demo) => demo.stop("SIGKILL")))
  })

  const startJob = async (url: string, options: object = { iterations: 10_000_000 }): Promise<string> => {
    const response = await fetch(`${url}/api/simulations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ simulation: "dota-dps", ...options }),
    })
    expect(response.status).toBe(202)
    return `${url}${response.headers.get("location") ?? ""}`
  }

  it("prints one line, which says where it is", async () => {
    const { url, lines } = await start()
    expect((await fetch(url)).status).toBe(200)
    expect(lines).toEqual([`Simstream demo on ${url}`])
  })

  it("says in words that its port is taken", async () => {
    const { port } = await start()
    const second = spawnDemo(port)
    if (second.stderr === null) throw new Error("The demo's output can't be read.")
    const [said, [code]] = await Promise.all([text(second.stderr), once(second, "exit")])
    expect(said).toMatch(new RegExp(`^Port ${port} is taken`))
    expect(code).toBe(1)
  })

  it("finds the same to the last bit, however many threads it uses", async () => {
    const digests = await Promise.all(
      [0, 2].map(async (workers) => {
        const { url } = await start(0, workers)
        const job = await startJob(url, { iterations: 30_000, seed: "4242" })
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
      const demo = await start()
      const job = await startJob(demo.url)
      const stream = await fetch(`${job}/stream`)
      const ended = stream.text()
      expect(await demo.stop("SIGTERM")).toBe(0)
      expect(await ended).toMatch(/event: cancelled\n/)
    },
  )
})
