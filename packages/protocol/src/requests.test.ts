import { describe, expect, it } from "vitest"
import { routes } from "./requests.ts"

describe("routes", () => {
  it("lie below the base path", () => {
    const { jobs, job, stream } = routes("/api/simulations")
    expect(jobs).toBe("/api/simulations")
    expect(job("job_1")).toBe("/api/simulations/job_1")
    expect(stream("job_1")).toBe("/api/simulations/job_1/stream")
  })

  it("take a base with slashes at its end, or a whole URL", () => {
    expect(routes("/api//").stream("a")).toBe("/api/a/stream")
    expect(routes("https://example.org/sim/").job("a")).toBe("https://example.org/sim/a")
  })

  it("lie below the root of a site", () => {
    expect(routes("/").jobs).toBe("/")
    expect(routes("/").job("a")).toBe("/a")
    expect(routes("/").stream("a")).toBe("/a/stream")
  })

  it("escape an id, so that it stays one segment of the path", () => {
    expect(routes("/api").job("a/../b?c#d")).toBe("/api/a%2F..%2Fb%3Fc%23d")
    expect(routes("/api").stream("é")).toBe("/api/%C3%A9/stream")
  })
})
