/** Ours, and what one would use instead, each doing what it takes to have a job's events as objects. */
import { EventStreamContentType, fetchEventSource } from "@microsoft/fetch-event-source"
import { openStream } from "@simstream/client"
import { EventSource } from "eventsource"
import { createEventSource } from "eventsource-client"
import { createParser } from "eventsource-parser"
import { jobId, url } from "./stream.ts"

type Fetch = () => Promise<Response>

/** Reads a job to its last event, and tells of each. */
export type Reader = (fetch: Fetch, onEvent: (event: unknown) => void) => Promise<void>

/** The least there can be: a parser, and `JSON.parse`. Nothing is checked, and a drop would be the end of it. */
const byHand: Reader = async (fetch, onEvent) => {
  const { body } = await fetch()
  const parser = createParser({ onEvent: ({ data }) => onEvent(JSON.parse(data)) })
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true }
    if (done) return
    parser.feed(decoder.decode(value, { stream: true }))
  }
}

const simstream: Reader = (fetch, onEvent) =>
  new Promise((resolve) => {
    openStream(url, { fetch, jobId, onEvent, onEnd: () => resolve() })
  })

const isLast = (name: string | undefined) => name === "complete"

const eventsourceClient: Reader = (fetch, onEvent) =>
  new Promise((resolve) => {
    const source = createEventSource({
      url,
      fetch,
      onMessage: ({ data, event }) => {
        onEvent(JSON.parse(data))
        if (isLast(event)) {
          source.close()
          resolve()
        }
      },
    })
  })

const fetchEventSourceOfMicrosoft: Reader = async (fetch, onEvent) => {
  await fetchEventSource(url, {
    fetch,
    openWhenHidden: true,
    onopen: async (response) => {
      if (response.headers.get("content-type") !== EventStreamContentType) throw new Error("no stream")
    },
    // It ends with the stream
    onmessage: ({ data }) => onEvent(JSON.parse(data)),
  })
}

const eventsource: Reader = (fetch, onEvent) =>
  new Promise((resolve) => {
    const source = new EventSource(url, { fetch })
    for (const name of ["connected", "progress", "partial", "complete"]) {
      source.addEventListener(name, ({ data }) => {
        onEvent(JSON.parse(String(data)))
        if (isLast(name)) {
          source.close()
          resolve()
        }
      })
    }
  })

// fetch-event-source was written for browsers, and asks for their window and document
const document = { hidden: false, addEventListener: () => {}, removeEventListener: () => {} }
Object.assign(globalThis, { window: globalThis, document })

export const baseline = byHand

export const readers: Readonly<Record<string, Reader>> = {
  "@simstream/client": simstream,
  "eventsource-client": eventsourceClient,
  "@microsoft/fetch-event-source": fetchEventSourceOfMicrosoft,
  eventsource,
}
