/** A recorded job, as the `fetch` that every reader is given: no socket, so that what is measured is the readers. */
import {
  encodeFrame,
  EVENT_STREAM_TYPE,
  formatEventId,
  PROTOCOL_VERSION,
  type JobEvent,
  type StreamEvent,
} from "@simstream/protocol"

export const jobId = "job_recorded"
export const url = `https://example.com/${jobId}/stream`

/** What a job publishes all the time: some 110 bytes of JSON. */
const progressAt = (index: number): JobEvent => ({
  type: "progress",
  current: index,
  total: 1e6,
  percentage: Math.floor(index / 1e4),
  elapsedMs: index,
  ratePerSecond: 1000,
  etaMs: 1e6 - index,
})

const statsOf = (mean: number) => ({
  count: 1000,
  mean,
  stdDev: 12.25,
  stdErr: 0.39,
  ci95: { low: mean - 0.76, high: mean + 0.76 },
  min: { value: 3, iteration: 17 },
  max: { value: 99, iteration: 901 },
  skewness: 0.01,
  kurtosis: -0.2,
  p1: 20,
  p5: 30,
  p25: 42,
  p50: 50,
  p75: 58,
  p95: 70,
  p99: 80,
})

/** What it publishes now and then: some 800 bytes of JSON. */
const partialAt = (index: number): JobEvent => ({
  type: "partial",
  stats: { damage: statsOf(index + 0.5), healing: statsOf(index + 0.25), threat: statsOf(index + 0.125) },
})

/** Its last event. */
const complete: JobEvent = {
  type: "complete",
  stats: {},
  timeline: null,
  charts: null,
  iterations: 1e6,
  seed: "7",
  stopReason: "iterations",
  elapsedMs: 1e6,
  failures: { count: 0, examples: [] },
  digest: "0".repeat(64),
  schemaVersion: 1,
}

export const kinds = { progress: progressAt, partial: partialAt }

/** An event of middling size. */
const SAMPLE = 5000

/** A job's stream, in the chunks in which it arrives. */
export interface Recording {
  /** How much JSON an event is. */
  readonly bytes: number
  /** How many there are, the first and the last included. */
  readonly events: number
  readonly chunks: ReadonlyArray<Uint8Array<ArrayBuffer>>
}

/** So many events of a kind and the last one: each in a chunk of its own, or as many in one as there is room for. */
export const record = (kind: keyof typeof kinds, events: number, chunkBytes: number): Recording => {
  const encoder = new TextEncoder()
  const connected: StreamEvent = {
    type: "connected",
    jobId,
    status: "running",
    heartbeatMs: 60_000,
    protocol: PROTOCOL_VERSION,
  }
  const chunks: Array<Uint8Array<ArrayBuffer>> = []
  let text = ""
  const flush = () => {
    if (text !== "") chunks.push(encoder.encode(text))
    text = ""
  }
  const add = (event: StreamEvent, id?: string) => {
    const frame = encodeFrame({ event: event.type, data: JSON.stringify(event), ...(id && { id }) })
    if (text.length + frame.length > chunkBytes) flush()
    text += frame
  }
  add(connected)
  for (let index = 1; index < events; index++) add(kinds[kind](index), formatEventId(jobId, index))
  add(complete, formatEventId(jobId, events))
  flush()
  return { bytes: JSON.stringify(kinds[kind](SAMPLE)).length, events: events + 1, chunks }
}

/** A `fetch` that answers with a recording. */
export const fetchOf =
  ({ chunks }: Recording) =>
  async (): Promise<Response> => {
    let next = 0
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => {
        const chunk = chunks[next++]
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
    })
    return new Response(body, { headers: { "content-type": EVENT_STREAM_TYPE } })
  }
