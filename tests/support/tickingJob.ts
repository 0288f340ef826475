// A page, and jobs that tick for it: as fast as a test wants them to, over connections that it can break.
import { once } from "node:events"
import { createServer, type ServerResponse } from "node:http"
import {
  encodeFrame,
  EVENT_STREAM_TYPE,
  formatEventId,
  isFinalStatus,
  PROTOCOL_VERSION,
  type JobStatus,
  type Result,
  type StreamEvent,
} from "@simstream/protocol"

/** How often jobs tick, in milliseconds, when they do so more often than a timer can: in bursts. */
const BURST_MS = 10

const RESULT: Result = {
  stats: { mean: 3.5 },
  timeline: null,
  charts: null,
  iterations: 1000,
  seed: "1",
  stopReason: "iterations",
  elapsedMs: 1000,
  failures: { count: 0, examples: [] },
  digest: "0".repeat(64),
  schemaVersion: 1,
}

/** The same ids for every job: they mean nothing to a client. */
const frame = (event: StreamEvent, revision?: number) =>
  encodeFrame({
    event: event.type,
    data: JSON.stringify(event),
    ...(revision === undefined ? {} : { id: formatEventId("job", revision) }),
  })

/** Serves a page's script, and under /api any job that is asked for. All jobs are as far as each other. */
export const serveTickingJobs = async (script: string, eventsPerSecond: number) => {
  const open = new Set<ServerResponse>()
  let opened = 0
  let refusals = 0
  let current = 0
  let status: JobStatus = "running"

  const progress = () =>
    frame(
      {
        type: "progress",
        current,
        total: null,
        percentage: null,
        elapsedMs: current,
        ratePerSecond: eventsPerSecond,
        etaMs: null,
      },
      current,
    )
  const complete = () => frame({ type: "complete", ...RESULT }, current + 1)
  const tick = () => {
    current += 1
    return progress()
  }

  const burst = Math.max(1, Math.round((eventsPerSecond * BURST_MS) / 1000))
  const timer = setInterval(
    () => {
      const frames = Array.from({ length: burst }, tick).join("")
      for (const response of open) response.write(frames)
    },
    (burst * 1000) / eventsPerSecond,
  )

  const stream = (jobId: string, response: ServerResponse) => {
    opened += 1
    if (refusals > 0) {
      refusals -= 1
      response.writeHead(503).end()
      return
    }
    response.writeHead(200, { "content-type": EVENT_STREAM_TYPE, "cache-control": "no-cache" })
    response.write(
      frame({ type: "connected", jobId, status, heartbeatMs: 8000, protocol: PROTOCOL_VERSION }) + progress(),
    )
    if (isFinalStatus(status)) {
      response.end(complete())
      return
    }
    open.add(response)
    response.on("close", () => open.delete(response))
  }

  const server = createServer((request, response) => {
    const jobId = /^\/api\/([^/]+)\/stream/.exec(request.url ?? "")?.[1]
    if (jobId !== undefined) stream(jobId, response)
    else if (request.url === "/page.js") {
      response.writeHead(200, { "content-type": "text/javascript" }).end(script)
    } else {
      response
        .writeHead(200, { "content-type": "text/html" })
        .end(
          '<!doctype html><html lang="en"><title>Jobs</title><main id="root"></main><script type="module" src="/page.js"></script></html>',
        )
    }
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("The server has no port.")

  return {
    origin: `http://127.0.0.1:${address.port}`,
    /** Streams that are open now, and that were ever asked for. */
    streams: () => ({ open: open.size, opened }),
    /** Breaks every connection, and refuses the next so many. */
    drop: (refused = 0) => {
      refusals = refused
      for (const response of open) response.destroy()
    },
    /** Ends every job, and tells those who are connected. */
    complete: () => {
      clearInterval(timer)
      status = "completed"
      for (const response of open) response.end(complete())
    },
    close: () => {
      clearInterval(timer)
      server.close()
      server.closeAllConnections()
    },
  }
}

export type TickingJobs = Awaited<ReturnType<typeof serveTickingJobs>>
