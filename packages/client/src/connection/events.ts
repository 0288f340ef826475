/** The source of a job's events: its stream, or its snapshot read again and again. */
import {
  EVENT_STREAM_TYPE,
  isJobSnapshot,
  isStreamEvent,
  isTerminalType,
  LAST_EVENT_ID_HEADER,
  type Outputs,
  type StreamEvent,
} from "@simstream/protocol"
import { createParser, type EventSourceMessage } from "eventsource-parser"
import { ConnectionFailed, invalidEvent, type InvalidEventReason } from "../errors.ts"
import type { ConnectionOptions, StreamOptions } from "../options.ts"
import { eventsOf } from "../snapshot.ts"
import type { Source } from "./driver.ts"
import { readJson, readText, unexpected } from "./http.ts"
import { leftOut, received, retryHint } from "./machine.ts"
import { settingsOf } from "./policy.ts"

/** Header values are bytes: an id is sent as its UTF-8, as the standard has it. */
const headerValue = (id: string) => String.fromCharCode(...new TextEncoder().encode(id))

/** Whether `fetch` hands out bodies as they arrive. React Native's own answers only when all has come. */
const canStream = (options: ConnectionOptions) => options.fetch !== undefined || "body" in Response.prototype

/** A stream's media type, with or without parameters. */
const STREAM_TYPE = /^text\/event-stream *(;|$)/i

/** The last segment of a stream's address, without which it is its job's. */
const LAST_SEGMENT = "/stream"

/** A job's events. */
export const eventsSource = <O extends Outputs>(url: string | URL, options: StreamOptions<O>): Source<O> => {
  const settings = settingsOf(options)
  const streamUrl = String(url)
  const {
    check,
    snapshotUrl = streamUrl.endsWith(LAST_SEGMENT) ? streamUrl.slice(0, -LAST_SEGMENT.length) : null,
  } = options
  const canPoll = snapshotUrl !== null
  /** What was told last, by kind: a snapshot repeats what hasn't changed. */
  const told: Record<string, string> = {}

  return {
    ...settings,
    canPoll,
    polls: canPoll && !canStream(options),
    request: (state, headers) => {
      if (state.polling && canPoll) return [String(snapshotUrl)]
      headers.set("Accept", EVENT_STREAM_TYPE)
      if (state.cursor) headers.set(LAST_EVENT_ID_HEADER, headerValue(state.cursor))
      return [streamUrl]
    },
    read: async (response, { send, hear }, { polling }) => {
      const refuse = (reason: InvalidEventReason, data: string, name?: string, cause?: unknown) => {
        const error = invalidEvent(reason, data, name, cause)
        // Without one of these there is nothing left to wait for
        if (reason === "size" || isTerminalType(name)) throw error
        send(leftOut, error)
      }
      const take = ({ data, event: named, id }: EventSourceMessage) => {
        let name = named
        let event: StreamEvent<O> | undefined
        let reason: InvalidEventReason = "json"
        let cause: unknown
        try {
          const value: unknown = JSON.parse(data)
          reason = "envelope"
          if (isStreamEvent<O>(value)) {
            reason = "check"
            name = value.type
            event = check ? check(value) : value
          }
        } catch (thrown) {
          cause = thrown
        }
        if (event === undefined) return refuse(reason, data, name, cause)
        told[event.type] = data
        send(received, event, id)
      }

      if (polling) {
        const snapshot = await readJson(response, hear)
        if (isJobSnapshot<O>(snapshot)) {
          for (const event of eventsOf(snapshot)) {
            const data = JSON.stringify(event)
            if (told[event.type] !== data)
              take({ data, event: event.type, id: snapshot.lastEventId ?? undefined })
          }
          return
        }
      } else if (response.body && STREAM_TYPE.test(response.headers.get("content-type") ?? "")) {
        const parser = createParser({
          onEvent: take,
          onRetry: (ms) => send(retryHint, ms),
          // Its other errors are what the standard leaves out without a word
          onError: (error) => {
            if (error.type === "max-buffer-size-exceeded") refuse("size", "", undefined, error)
          },
          maxBufferSize: settings.maxEventSize,
        })
        return readText(response, (text) => {
          if (!hear()) return false
          parser.feed(text)
          return true
        })
      }
      throw new ConnectionFailed(unexpected(response.url), { reason: "unusable" })
    },
  }
}
