import { once } from "node:events"
import { createServer } from "node:http"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { createApp } from "./app.ts"
import { createServerJobs } from "./jobs.ts"

const jobs = createServerJobs()
const server = createServer(createApp(jobs))
let origin = ""

beforeAll(async () => {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("The server has no port.")
  origin = `http://127.0.0.1:${address.port}`
})
afterAll(async () => {
  await jobs.shutdown({ graceMs: 0 })
  server.closeAllConnections()
  server.close()
})

const start = (body: object) =>
  fetch(`${origin}/api/simulations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ simulation: "training-dummy", config: {}, ...body }),
  })

const startedBy = async (response: Promise<Response>): Promise<string> => {
  const { jobId }: { readonly jobId: string } = await (await response).json()
  return jobId
}

describe("the app", () => {
  it("streams a run to its end, and compresses nothing of it", async () => {
    const jobId = await startedBy(start({ iterations: 10 }))
    const stream = await fetch(`${origin}/api/simulations/${jobId}/stream`, {
      headers: { "accept-encoding": "gzip" },
    })
    expect(stream.headers.get("content-type")).toMatch(/^text\/event-stream/)
    expect(stream.headers.get("content-encoding")).toBeNull()
    expect(await stream.text()).toMatch(/event: complete\n/)
  })

  it("tells whoever started it why a run failed, where that was meant for them, and its log the rest", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined)
    const jobId = await startedBy(start({ simulation: "faulty", config: { failAt: 3 }, iterations: 10 }))
    const stream = await fetch(`${origin}/api/simulations/${jobId}/stream`)
    expect(await stream.text()).toMatch(/event: error\n.*\n.*"Iteration 3 went wrong, as it was told to\."/)
    expect(log).toHaveBeenCalledOnce()
    log.mockRestore()
  })

  it("takes ten million iterations and no more, and says so", async () => {
    const accepted = await start({ iterations: 10_000_000 })
    expect(accepted.status).toBe(202)
    await jobs.cancel(await startedBy(Promise.resolve(accepted)))
    const refused = await start({ iterations: 10_000_001 })
    expect(refused.status).toBe(422)
    expect(await refused.json()).toMatchObject({ issues: [{ path: ["iterations"] }] })
  })

  it("answers an address below /api that is none with 404, and no page", async () => {
    const response = await fetch(`${origin}/api/nothing`)
    expect(response.status).toBe(404)
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/)
  })

  it("answers an address that the page doesn't know with the page, which says so, and 404", async () => {
    // Without a build there is no page to answer with
    if ((await fetch(`${origin}/`)).status === 503) return
    const response = await fetch(`${origin}/no/such/page`)
    expect(response.status).toBe(404)
    expect(response.headers.get("content-type")).toMatch(/^text\/html/)
    expect((await fetch(`${origin}/jobs/job_1`)).status).toBe(200)
    expect((await fetch(`${origin}/eventsource`)).status).toBe(200)
  })

  it("says nothing of the machine that it runs on, whatever it is asked for", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined)
    const paths = ["/assets/nothing.js", "/assets/%E0%A4%A", "/jobs/%E0%A4%A", "/%E0%A4%A"]
    for (const path of paths) {
      const answer = await (await fetch(`${origin}${path}`)).text()
      expect.soft(answer, path).not.toMatch(/node_modules|examples|Error:/)
    }
    log.mockRestore()
  })

  it("answers an address that can't be decoded with the page, too", async () => {
    const response = await fetch(`${origin}/jobs/%E0%A4%A`)
    // Without a build there is no page to answer with
    expect([200, 503]).toContain(response.status)
  })
})
