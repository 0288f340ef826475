/**
 * One connection for all tabs: browsers allow a server six over HTTP/1.1, and a job that is watched in five tabs needs one.
 *
 * @packageDocumentation
 */
import {
  encodeComment,
  encodeFrame,
  encodeRetry,
  EVENT_STREAM_TYPE,
  isTerminalType,
  LAST_EVENT_ID_HEADER,
  type Frame,
} from "@simstream/protocol"
import { createParser } from "eventsource-parser"

/** How streams are shared. */
export interface TabsOptions {
  /** In place of the global `fetch`. */
  readonly fetch?: typeof fetch
  /** Tabs share with those of the same name; "simstream" by default. */
  readonly name?: string
  /**
   * How long a tab waits for the one that leads before it connects by itself, in milliseconds; 1000 by default. It does
   * so when the leading tab is frozen, say.
   */
  readonly patienceMs?: number
}

const PATIENCE_MS = 1000
/** A tab lets go of the lock when its job has ended; others may get it before they have read that it has. */
const TAKEOVER_PAUSE_MS = 50

/** What tabs tell each other. */
type Message =
  /** A tab asks to be let in. */
  | { readonly type: "hello"; readonly from: string }
  /** The leading tab lets in the tab that asked, or all that did: the newest event of each kind, `connected` first. */
  | { readonly type: "welcome"; readonly to: string | null; readonly frames: ReadonlyArray<Frame> }
  | { readonly type: "frames"; readonly frames: ReadonlyArray<Frame> }
  /** Heartbeats and `retry:`, as they stand on the wire. */
  | { readonly type: "text"; readonly text: string }
  /** The server ended the stream: everybody reconnects as they would have with one of their own. */
  | { readonly type: "end" }

/** The newest event of each kind, by name, oldest first. */
type Known = Map<string, Frame>

const learn = (known: Known, frame: Frame) => {
  const { event = "" } = frame
  known.delete(event)
  known.set(event, frame)
}

/** What a reader needs who comes now; nothing before the first connection. */
const summaryOf = (known: Known): ReadonlyArray<Frame> => {
  const connected = known.get("connected")
  const rest = Array.from(known.values()).filter(({ event }) => event !== "connected")
  return connected === undefined ? [] : [connected, ...rest]
}

const isStreamRequest = ({ method = "GET", headers }: RequestInit) =>
  method === "GET" && new Headers(headers).get("accept") === EVENT_STREAM_TYPE

const isStreamResponse = ({ ok, status, headers, body }: Response) =>
  ok && status === 200 && body !== null && (headers.get("content-type") ?? "").startsWith(EVENT_STREAM_TYPE)

/**
 * A `fetch` for the client that shares the streams of jobs between the tabs of a browser. One tab leads: it holds a lock
 * and the connection, and hands on what it hears. When it goes, the next one takes over from the last event. Everything
 * else is plain `fetch`; so is everything on servers, in browsers without Web Locks, and on pages without TLS.
 *
 * All tabs must see the same jobs with the same credentials, which tabs of one origin usually do.
 *
 * @example
 * ```ts
 * import { createClient } from "@simstream/client"
 * import { tabsFetch } from "@simstream/client/tabs"
 *
 * const client = createClient<Simulations>({ url: "/api/simulations", fetch: tabsFetch() })
 * ```
 */
export const tabsFetch = ({
  fetch: plain,
  name = "simstream",
  patienceMs = PATIENCE_MS,
}: TabsOptions = {}): typeof fetch => {
  const ask: typeof fetch = (input, init) => (plain ?? fetch)(input, init)
  const { document, navigator, BroadcastChannel: channels }: Partial<typeof globalThis> = globalThis
  const locks: LockManager | undefined = navigator?.locks
  // A server may have locks and channels, too, but its requests are not all of one user
  if (document === undefined || locks === undefined || channels === undefined) return ask
  /** What this tab knows of each job, by the address of its stream. */
  const knowledge = new Map<string, Known>()
  return (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input)
    if (!isStreamRequest(init)) return ask(input, init)
    const known = knowledge.get(url) ?? new Map<string, Frame>()
    knowledge.set(url, known)
    const forget = () => void knowledge.delete(url)
    return share({ url, init, ask, locks, channelName: `${name} ${url}`, patienceMs, known, forget })
  }
}

interface Share {
  readonly url: string
  readonly init: RequestInit
  readonly ask: typeof fetch
  readonly locks: LockManager
  readonly channelName: string
  readonly patienceMs: number
  readonly known: Known
  readonly forget: () => void
}

/** One stream of one tab: led from here, or heard from the tab that leads. */
const share = ({ url, init, ask, locks, channelName, patienceMs, known, forget }: Share): Promise<Response> =>
  new Promise((resolve, reject) => {
    const { signal } = init
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const self = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`
    const channel = new BroadcastChannel(channelName)
    const life = new AbortController()
    const encoder = new TextEncoder()
    let body: ReadableStreamDefaultController<Uint8Array> | undefined
    let isLeading = false

    const post = (message: Message) => {
      if (!life.signal.aborted) channel.postMessage(message)
    }
    const emit = (text: string) => {
      if (!life.signal.aborted) body?.enqueue(encoder.encode(text))
    }
    /** Answers with a stream of what is emitted from now on. */
    const open = () => {
      clearTimeout(patience)
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => {
          body = controller
        },
        cancel: () => leave(() => {}),
      })
      resolve(new Response(stream, { headers: { "content-type": EVENT_STREAM_TYPE } }))
    }

    /** Leaves the lock and the channel to the others. */
    const leave = (last: () => void) => {
      if (life.signal.aborted) return
      clearTimeout(patience)
      signal?.removeEventListener("abort", abort)
      last()
      life.abort()
      channel.close()
      if (Array.from(known.keys()).some(isTerminalType)) forget()
    }
    const abort = () =>
      leave(() => {
        body?.error(signal?.reason)
        reject(signal?.reason)
      })
    signal?.addEventListener("abort", abort)

    const readAsLeader = async (response: Response) => {
      let frames: Array<Frame> = []
      let text = ""
      // Without a limit: the client, which reads what is emitted, has its own
      const parser = createParser({
        onEvent: (frame) => frames.push(frame),
        onRetry: (ms) => {
          text += encodeRetry(ms)
        },
      })
      const reader = response.body?.getReader()
      const decoder = new TextDecoder()
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true }
        if (done) return
        parser.feed(decoder.decode(value, { stream: true }))
        if (frames.length === 0) text += encodeComment("")
        if (text !== "") {
          emit(text)
          post({ type: "text", text })
        }
        for (const frame of frames) learn(known, frame)
        post({ type: "frames", frames })
        if (!isLeading && frames.some(({ event }) => event === "connected")) {
          isLeading = true
          // Those who wait, and the reader of this tab, may not have what was told before
          for (const frame of summaryOf(known)) emit(encodeFrame(frame))
          post({ type: "welcome", to: null, frames: summaryOf(known) })
        } else {
          for (const frame of frames) emit(encodeFrame(frame))
        }
        frames = []
        text = ""
      }
    }

    /** Connects, in the name of all. Holds the lock for as long as it does. */
    const lead = async () => {
      clearTimeout(patience)
      const headers = new Headers(init.headers)
      const last = Array.from(known.values(), ({ id }) => id)
        .filter((id) => id !== undefined)
        .at(-1)
      // Without knowledge of its own a tab asks for everything: others may need what this one has seen long ago
      if (last === undefined) headers.delete(LAST_EVENT_ID_HEADER)
      else headers.set(LAST_EVENT_ID_HEADER, last)
      try {
        const response = await ask(url, { ...init, headers, signal: life.signal })
        if (!isStreamResponse(response)) {
          // The client knows what to make of it; if it reads a stream of ours already, it has to ask again
          if (body === undefined) {
            resolve(response)
            channel.close()
          } else leave(() => body?.error(new Error(`${url} answered with status ${response.status}.`)))
          return
        }
        if (body === undefined) open()
        await readAsLeader(response)
        post({ type: "end" })
        leave(() => body?.close())
      } catch (error) {
        post({ type: "end" })
        leave(() => {
          body?.error(error)
          reject(error)
        })
      }
    }

    const hear = (data: Message) => {
      if (data.type === "hello") {
        if (isLeading) post({ type: "welcome", to: data.from, frames: summaryOf(known) })
        return
      }
      // What the leading tab says is for the others
      if (isLeading) return
      if (data.type === "welcome" && body === undefined && (data.to ?? self) === self) {
        open()
        for (const frame of data.frames) {
          learn(known, frame)
          emit(encodeFrame(frame))
        }
      }
      if (body === undefined) return
      if (data.type === "frames") {
        for (const frame of data.frames) {
          learn(known, frame)
          emit(encodeFrame(frame))
        }
      }
      if (data.type === "text") emit(data.text)
      if (data.type === "end") leave(() => body?.close())
    }
    channel.addEventListener("message", ({ data }: MessageEvent<Message>) => hear(data))

    const patience = setTimeout(() => {
      leave(() => resolve(ask(url, init)))
    }, patienceMs)
    post({ type: "hello", from: self })
    const takeOver = async () => {
      await new Promise((pause) => setTimeout(pause, TAKEOVER_PAUSE_MS))
      if (!life.signal.aborted) await lead()
    }
    void locks
      .request(channelName, { ifAvailable: true }, async (lock) => {
        if (lock === null) return false
        await lead()
        return true
      })
      .then((hasLed) => (hasLed ? undefined : locks.request(channelName, { signal: life.signal }, takeOver)))
      // It rejects when this stream is left before its turn has come, which is no news
      .catch(() => {})
  })
