/** A client of the test app, on raw sockets and on `fetch`: what it sends and how it leaves is the test's to say. */
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import type { JobSnapshot } from "@simstream/protocol"
import type { TestState } from "./testApp.ts"

/** Where the test app has its handler. */
export const BASE_PATH = "/api/simulations"

/** How a client goes away. `end` closes its own side only. */
export type Departure = "destroy" | "end" | "resetAndDestroy"

/** Asks again until the answer is right; the test's own timeout is the limit. */
export const until = async <A>(ask: () => Promise<A>, holds: (answer: A) => boolean): Promise<A> => {
  for (;;) {
    const answer = await ask()
    if (holds(answer)) return answer
    await new Promise((resume) => setTimeout(resume, 10))
  }
}

/** A stream's request, as it stands on the wire. */
export const streamRequest = (jobId: string, headers: Readonly<Record<string, string>> = {}): string => {
  const lines = Object.entries({ Host: "127.0.0.1", Accept: "text/event-stream", ...headers })
  return [
    `GET ${BASE_PATH}/${jobId}/stream HTTP/1.1`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
    "\r\n",
  ].join("\r\n")
}

/** Opens a stream on a socket of its own, and returns when its first bytes have come. They are not read. */
export const openStream = async (
  to: { readonly port: number } | { readonly path: string },
  jobId: string,
): Promise<Socket> => {
  const socket = connect("path" in to ? { path: to.path } : { port: to.port, host: "127.0.0.1" })
  // A server that ends or resets a connection is what some tests are about.
  socket.on("error", () => undefined)
  socket.write(streamRequest(jobId))
  await once(socket, "readable")
  return socket
}

/** Opens many of them, some at a time, so that no queue of new connections overflows. */
export const openStreams = async (
  count: number,
  to: Parameters<typeof openStream>[0],
  jobId: string,
): Promise<ReadonlyArray<Socket>> => {
  const sockets: Array<Socket> = []
  while (sockets.length < count) {
    const some = Math.min(100, count - sockets.length)
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => openStream(to, jobId)))))
  }
  return sockets
}

/** The requests that tests make by `fetch`. */
export const testClient = (origin: string) => {
  const base = `${origin}${BASE_PATH}`
  const json = async <A>(path: string, init?: RequestInit): Promise<A> =>
    (await (await fetch(`${origin}${path}`, init)).json()) as A
  const post = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    fetch(base, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    })
  return {
    base,
    json,
    post,
    start: async (body: unknown): Promise<string> =>
      ((await (await post(body)).json()) as { readonly jobId: string }).jobId,
    get: (jobId: string) => json<JobSnapshot>(`${BASE_PATH}/${jobId}`),
    cancel: (jobId: string) => fetch(`${base}/${jobId}`, { method: "DELETE" }),
    stream: (jobId: string, init?: RequestInit & { readonly query?: string }) =>
      fetch(`${base}/${jobId}/stream${init?.query ?? ""}`, init),
    state: (jobId = "") => json<TestState>(`/_test/state${jobId === "" ? "" : `?job=${jobId}`}`),
    open: () => json("/_test/open", { method: "POST" }),
    release: () => json("/_test/release", { method: "POST" }),
  }
}

/** The requests that tests make by `fetch`. */
export type TestClient = ReturnType<typeof testClient>
