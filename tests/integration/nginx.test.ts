// The settings for nginx that the guide prints, in a real one between client and server.
import { createClient, type ClientOptions, type ConnectionStatus } from "@simstream/client"
import type { HandlerOptions } from "@simstream/server"
import { describe, expect, it, onTestFinished } from "vitest"
import { describeBehindNginx, type NginxSettings, startNginx } from "../support/nginx.ts"
import { listen } from "../support/server.ts"
import { createTestApp } from "../support/testApp.ts"
import { testClient, until } from "../support/testClient.ts"

/** A server, nginx before it, and a job that waits in its second iteration. */
const open = async (settings: NginxSettings = {}, options: Omit<Partial<HandlerOptions>, "jobs"> = {}) => {
  const app = createTestApp(options)
  const server = await listen(app.fetch)
  const nginx = await startNginx(server.port, settings)
  onTestFinished(async () => {
    app.gated.open()
    await app.jobs.shutdown({ graceMs: 0 })
    await nginx[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })
  const browser = testClient(nginx.origin)
  const start = () => browser.start({ simulation: "gated", config: { holdAt: 1 }, iterations: 10 })
  const jobId = await start()
  return {
    ...app,
    nginx,
    browser,
    jobId,
    /** One that waits for the other to end, so that there is no news of it. */
    startQueued: start,
    near: testClient(server.origin),
  }
}

/** The text of a stream, as it arrives. */
const read = (response: Response) => {
  if (response.body === null) throw new Error(`${response.status} has no body.`)
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ""
  const readOn = async (): Promise<boolean> => {
    const { done, value } = await reader.read()
    text += decoder.decode(value, { stream: true })
    return !done
  }
  return {
    /** Reads on until it holds; rejects when the stream ends before. */
    until: async (holds: (text: string) => boolean): Promise<string> => {
      while (!holds(text)) {
        if (!(await readOn())) throw new Error(`The stream ended with ${JSON.stringify(text)}`)
      }
      return text
    },
    toEnd: async (): Promise<string> => {
      while (await readOn());
      return text
    },
  }
}

/** Its text up to the first progress. The job waits at its gate, so this can't have come with its end. */
const firstProgress = (response: Response): Promise<string> =>
  read(response).until((text) => text.includes("event: progress"))

/** Follows a job with the client, and notes what becomes of the connection. */
const follow = (origin: string, jobId: string, options: Partial<ClientOptions> = {}) => {
  const client = createClient({
    url: `${origin}/api/simulations`,
    retry: { baseMs: 10, maxMs: 100, maxAttempts: Infinity },
    ...options,
  })
  const connections: Array<ConnectionStatus> = []
  const events: Array<string> = []
  const waiting = new Set<() => void>()
  const note = () => {
    for (const look of waiting) look()
  }
  const ended = new Promise<unknown>((onEnd) => {
    client.events(jobId, {
      onEvent: ({ type }) => {
        events.push(type)
        note()
      },
      onConnection: (connection) => {
        connections.push(connection)
        note()
      },
      onEnd,
    })
  })
  return {
    connections,
    events,
    ended,
    is: (holds: () => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!holds()) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}

const count = (text: string, part: string): number => text.split(part).length - 1

describeBehindNginx("behind nginx, with the guide's settings,", () => {
  it("events arrive as they happen", async () => {
    const { browser, jobId, gated } = await open()
    const stream = read(await browser.stream(jobId))
    // The job waits at its gate, so this can't have come with its end
    const begun = await stream.until((text) => text.includes("event: progress"))
    expect(begun).not.toContain("event: complete")
    gated.open()
    expect(await stream.toEnd()).toContain("event: complete")
  })

  it("a quiet stream stays open for longer than nginx waits for a silent server", async () => {
    const { browser, startQueued } = await open(
      { server: "proxy_read_timeout 2s;" },
      { stream: { heartbeatMs: 250 } },
    )
    const stream = read(await browser.stream(await startQueued()))
    expect(await stream.until((text) => count(text, ": heartbeat") >= 12)).not.toContain("event: progress")
  })

  it("a stream that nginx cut for its silence is resumed, and nothing comes twice", async () => {
    const { nginx, startQueued, gated } = await open({ server: "proxy_read_timeout 1s;" })
    const viewer = follow(nginx.origin, await startQueued())
    await viewer.is(() => viewer.connections.includes("reconnecting"))
    gated.open()
    expect(await viewer.ended).toBeUndefined()
    expect(viewer.events.filter((type) => type === "complete")).toHaveLength(1)
  })

  it("a reload leaves the streams that are open alone", async () => {
    const { nginx, browser, jobId, gated } = await open()
    const stream = read(await browser.stream(jobId))
    await stream.until((text) => text.includes("event: progress"))
    await nginx.reload()
    // A connection that is kept alive may be closed just as it is used again, which the client makes up for
    using client = createClient({ url: `${nginx.origin}/api/simulations` })
    expect(await client.get(jobId)).toMatchObject({ status: "running" })
    gated.open()
    expect(await stream.toEnd()).toContain("event: complete")
  })

  it("a reload that may not wait for streams cuts them, and they are resumed", async () => {
    const { nginx, jobId, gated } = await open({ main: "worker_shutdown_timeout 10ms;" })
    const viewer = follow(nginx.origin, jobId)
    await viewer.is(() => viewer.events.includes("progress"))
    await nginx.reload()
    await viewer.is(() => viewer.connections.slice(-2).join() === "reconnecting,open")
    gated.open()
    expect(await viewer.ended).toBeUndefined()
    expect(viewer.events.filter((type) => type === "complete")).toHaveLength(1)
  })

  it("a client comes back when nginx does, to a job that has ended meanwhile", async () => {
    const { nginx, near, jobId, gated } = await open()
    const viewer = follow(nginx.origin, jobId)
    await viewer.is(() => viewer.events.includes("progress"))
    await nginx.kill()
    await viewer.is(() => viewer.connections.includes("reconnecting"))
    gated.open()
    await until(
      () => near.get(jobId),
      ({ status }) => status === "completed",
    )
    await nginx.start()
    expect(await viewer.ended).toBeUndefined()
    expect(viewer.events.at(-1)).toBe("complete")
    expect(viewer.connections).not.toContain("polling")
  })

  it("a client that leaves is gone at the server too", async () => {
    const { browser, near, jobId } = await open()
    const leave = new AbortController()
    const stream = read(await browser.stream(jobId, { signal: leave.signal }))
    await stream.until((text) => text.includes("event: progress"))
    expect(await near.state(jobId)).toMatchObject({ streams: 1, subscribers: 1 })
    leave.abort()
    await until(
      () => near.state(jobId),
      ({ streams, subscribers }) => streams === 0 && subscribers === 0,
    )
    expect(await near.get(jobId)).toMatchObject({ status: "running" })
    expect((await near.state()).errors).toEqual([])
  })
})

describeBehindNginx("behind an nginx that ignores X-Accel-Buffering,", () => {
  const IGNORED = "proxy_ignore_headers X-Accel-Buffering;"

  it("events arrive as they happen, for it hands on what comes in chunks", async () => {
    const { browser, jobId } = await open({ server: IGNORED })
    expect(await firstProgress(await browser.stream(jobId))).not.toContain("event: complete")
  })

  describe.each([
    ["speaks HTTP/1.0 to the server", "", "proxy_http_version 1.0;"],
    ["compresses event streams", "gzip on; gzip_types text/event-stream;", "proxy_http_version 1.1;"],
  ])("and %s,", (_, gzip, version) => {
    const location = (printed: string) => printed.replace("proxy_http_version 1.1;", version)

    it("events are held back, and the client reads the job instead", async () => {
      const { nginx, near, startQueued, gated } = await open({ server: IGNORED + gzip, location })
      const viewer = follow(nginx.origin, await startQueued(), { heartbeatMs: 1, pollMs: 10 })
      await viewer.is(() => viewer.connections.at(-1) === "polling")
      gated.open()
      expect(await viewer.ended).toBeUndefined()
      expect(viewer.events.at(-1)).toBe("complete")
      // Of the streams that came to nothing there is none left
      await until(near.state, ({ streams }) => streams === 0)
    })

    it("events arrive as they happen when it is told not to buffer", async () => {
      const { browser, jobId } = await open({ server: `${IGNORED}${gzip} proxy_buffering off;`, location })
      expect(await firstProgress(await browser.stream(jobId))).not.toContain("event: complete")
    })
  })
})

describeBehindNginx("behind an nginx that compresses event streams,", () => {
  it("events arrive as they happen", async () => {
    const { browser, jobId } = await open({ server: "gzip on; gzip_types text/event-stream;" })
    const response = await browser.stream(jobId, { headers: { "accept-encoding": "gzip" } })
    expect(response.headers.get("content-encoding")).toBe("gzip")
    expect(await firstProgress(response)).not.toContain("event: complete")
  })
})
