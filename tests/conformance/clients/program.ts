/**
 * What a client has to get through, wherever it runs: a job that is watched to its end through a cut connection, one that
 * is read, one that is polled, and what a server refuses. It needs nothing but the client and the Fetch API.
 */
import { createClient, openStream, type ClientOptions } from "@simstream/client"

/** What came of it. */
export interface Report {
  readonly watched: {
    /** Every state of the connection that was published. */
    readonly connections: ReadonlyArray<string>
    /** Whether the progress ever went back. */
    readonly wentBack: boolean
    readonly status: string
    readonly digest: string
  }
  /** The kinds of events by their first, and the last event. */
  readonly read: { readonly types: ReadonlyArray<string>; readonly wentBack: boolean }
  /** The events of a stream that is opened behind the job's last event. */
  readonly resumed: ReadonlyArray<string>
  readonly polled: { readonly connections: ReadonlyArray<string>; readonly last: string }
  readonly aborted: string
  readonly refused: { readonly config: unknown; readonly job: unknown }
}

const JOB = { config: { holdAt: 40 }, iterations: 100, seed: 7 }

const goesBack = (values: ReadonlyArray<number>) =>
  values.some((value, index) => value < (values[index - 1] ?? 0))

/** A list without what stands there twice in a row. */
const changes = (values: ReadonlyArray<string>) =>
  values.filter((value, index) => value !== values[index - 1])

const tagOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "nothing was thrown",
    ({ _tag, status }: { readonly _tag: string; readonly status: number }) => ({ _tag, status }),
  )

/** An answer as React Native's `fetch` has it: all at once, and without a body to read from. */
const withoutBody = (response: Response) =>
  ({
    ok: response.ok,
    status: response.status,
    url: response.url,
    headers: response.headers,
    body: null,
    text: () => response.text(),
  }) as Response

/** Runs all of it against a server. `control` is where the server is told what to do. */
export const run = async (url: string, control: string): Promise<Report> => {
  const tell = async (what: string) => (await fetch(`${control}/${what}`, { method: "POST" })).text()
  const options: ClientOptions = { url, throttleMs: 0, retry: { baseMs: 10, maxMs: 100 }, pollMs: 10 }
  const client = createClient(options)

  const watchThroughCut = async () => {
    await tell("shut")
    const job = await client.start("gated", JOB)
    const watcher = job.watch()
    const connections: Array<string> = []
    const progress: Array<number> = []
    let isCut = false
    let isOpen = false
    const leave = watcher.subscribe(() => {
      const state = watcher.getSnapshot()
      connections.push(state.connection)
      if (state.progress !== null) progress.push(state.progress.current)
      if (!isCut && state.progress?.current === JOB.config.holdAt) {
        isCut = true
        void tell("cut")
      }
      if (!isOpen && connections.includes("reconnecting") && state.connection === "open") {
        isOpen = true
        void tell("open")
      }
    })
    connections.push(watcher.getSnapshot().connection)
    const { digest } = await job.result()
    leave()
    const { status } = watcher.getSnapshot()
    return { connections: changes(connections), wentBack: goesBack(progress), status, digest }
  }

  const readThroughCut = async () => {
    await tell("shut")
    const job = await client.start("gated", JOB)
    const types: Array<string> = []
    const progress: Array<number> = []
    const stream = job.events()
    for await (const event of stream) {
      types.push(event.type)
      if (event.type === "progress") {
        progress.push(event.current)
        if (event.current === JOB.config.holdAt) void tell("cut")
      }
      const connected = types.filter((type) => type === "connected").length
      if (event.type === "connected" && connected === 2) void tell("open")
    }
    const resumed: Array<string> = []
    for await (const { type } of openStream(`${url}/${job.jobId}/stream`, {
      jobId: job.jobId,
      lastEventId: stream.lastEventId,
    })) {
      resumed.push(type)
    }
    const [last = ""] = types.slice(-1)
    return { read: { types: [...new Set(types), last], wentBack: goesBack(progress) }, resumed }
  }

  const poll = async () => {
    await tell("shut")
    const polling = createClient({
      ...options,
      fetch: async (input, init) => withoutBody(await fetch(input, init)),
    })
    // It ends by itself: without streams, an answer is heard at its end
    const { jobId } = await polling.start("craps", { config: {}, iterations: 1000, seed: 7 })
    const connections: Array<string> = []
    const last = await new Promise<string>((resolve) => {
      let type = ""
      polling.events(jobId, {
        onConnection: (connection) => connections.push(connection),
        onEvent: (event) => {
          type = event.type
        },
        onEnd: (error) => resolve(error === undefined ? type : String(error)),
      })
    })
    return { connections: changes(connections), last }
  }

  const abort = async () => {
    await tell("shut")
    const job = await client.start("gated", JOB)
    const controller = new AbortController()
    try {
      for await (const { type } of job.events({ signal: controller.signal })) {
        if (type === "progress") controller.abort(new Error("enough"))
      }
      return "it was not"
    } catch (error) {
      return String(error)
    } finally {
      await job.cancel()
    }
  }

  const watched = await watchThroughCut()
  const { read, resumed } = await readThroughCut()
  const polled = await poll()
  const aborted = await abort()
  const refused = {
    config: await tagOf(client.start("gated", { config: { holdAt: "soon" } })),
    job: await tagOf(client.get("job_nobody")),
  }
  return { watched, read, resumed, polled, aborted, refused }
}
