import { afterAll, describe, expect, it } from "vitest"
import { createApp } from "./app.ts"
import { createDemoJobs } from "./jobs.ts"

const jobs = createDemoJobs()
const app = createApp(jobs)
afterAll(() => jobs.shutdown({ graceMs: 0 }))

/** A visitor with a session, as the page has one. */
const visit = async () => {
  const response = await app.request("/api/catalogue")
  const cookie = response.headers.get("set-cookie")?.split(";")[0] ?? ""
  const start = (body: object) =>
    app.request("/api/simulations", {
      method: "POST",
      headers: { "content-type": "application/json", cookie },
      body: JSON.stringify({ simulation: "training-dummy", ...body }),
    })
  const list = async (): Promise<ReadonlyArray<{ readonly jobId: string }>> => {
    const answer: { readonly jobs: ReadonlyArray<{ readonly jobId: string }> } = await (
      await app.request("/api/simulations", { headers: { cookie } })
    ).json()
    return answer.jobs
  }
  return { start, list }
}

describe("the app", () => {
  it("gives a visitor a session that scripts can't read, once", async () => {
    const first = await app.request("/api/catalogue")
    const cookie = first.headers.get("set-cookie") ?? ""
    expect(cookie).toMatch(/^simstream_session=[0-9a-f]{32}; .*HttpOnly; SameSite=Lax$/)
    const again = await app.request("/api/catalogue", { headers: { cookie: cookie.split(";")[0] ?? "" } })
    expect(again.headers.get("set-cookie")).toBeNull()
  })

  it("gives a session over HTTPS alone to who came by HTTPS, behind a proxy too", async () => {
    const cookieFor = async (url: string, headers: Record<string, string> = {}) =>
      (await app.request(url, { headers })).headers.get("set-cookie")
    expect(await cookieFor("http://localhost/api/catalogue")).not.toMatch(/; Secure/)
    expect(await cookieFor("https://example.com/api/catalogue")).toMatch(/; Secure/)
    const forwarded = { "x-forwarded-proto": "https" }
    expect(await cookieFor("http://localhost/api/catalogue", forwarded)).toMatch(/; Secure/)
  })

  it("lists to visitors their own jobs, and nothing to those without a session", async () => {
    const [anna, ben] = await Promise.all([visit(), visit()])
    await anna.start({ iterations: 10 })
    expect(await anna.list()).toHaveLength(1)
    expect(await ben.list()).toHaveLength(0)
    expect((await app.request("/api/simulations")).status).toBe(403)
    expect(
      (await app.request("/api/simulations", { headers: { cookie: "simstream_session=anonymous" } })).status,
    ).toBe(403)
  })

  it("takes ten million iterations and no more, and says so", async () => {
    const { start } = await visit()
    const accepted = await start({ iterations: 10_000_000 })
    expect(accepted.status).toBe(202)
    const { jobId }: { readonly jobId: string } = await accepted.json()
    await jobs.cancel(jobId)
    const refused = await start({ iterations: 10_000_001 })
    expect(refused.status).toBe(422)
    expect(await refused.json()).toMatchObject({
      code: "invalid_options",
      issues: [{ path: ["iterations"], message: expect.stringContaining("at most 10000000") }],
    })
  })

  it("limits the runs that one visitor has under way", async () => {
    const { start, list } = await visit()
    const statuses: Array<number> = []
    for (let run = 0; run < 6; run++) statuses.push((await start({ iterations: 10_000_000 })).status)
    expect(statuses).toEqual([202, 202, 202, 202, 202, 429])
    await Promise.all((await list()).map(({ jobId }) => jobs.cancel(jobId)))
  })

  it("answers an address below /api that is none with 404", async () => {
    expect((await app.request("/api/nothing")).status).toBe(404)
  })

  it("answers an address that the page doesn't know with the page, which says so, and 404", async () => {
    // Without a build there is no page to answer with
    if ((await app.request("/")).status === 503) return
    const response = await app.request("/no/such/page")
    expect(response.status).toBe(404)
    expect(response.headers.get("content-type")).toMatch(/^text\/html/)
    expect((await app.request("/jobs/job_1")).status).toBe(200)
  })

  it("compresses what is worth it, and never a stream", async () => {
    const headers = { "accept-encoding": "gzip" }
    expect((await app.request("/api/catalogue", { headers })).headers.get("content-encoding")).toBe("gzip")
    const { start } = await visit()
    const { jobId }: { readonly jobId: string } = await (await start({ iterations: 10 })).json()
    const stream = await app.request(`/api/simulations/${jobId}/stream`, { headers })
    expect(stream.headers.get("content-encoding")).toBeNull()
    expect(stream.headers.get("content-type")).toMatch(/^text\/event-stream/)
    expect(await stream.text()).toMatch(/event: complete\n/)
  })
})
