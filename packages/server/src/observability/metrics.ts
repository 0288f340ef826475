/** What the server counts, as metrics of Effect: whoever reads the registry of the context reads them. */
import type { ProblemCode } from "@simstream/protocol"
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { EndReason } from "../stream/connection.ts"

/** Counts what becomes of streams and requests. */
export interface ServerMetrics {
  readonly opened: () => void
  readonly ended: (reason: EndReason) => void
  /** Events that were sent to a client, and such as were replaced by newer ones before it could take them. */
  readonly sent: (delivered: number, conflated: number) => void
  readonly refused: (code: ProblemCode) => void
}

const counter = (name: string, description: string, attributes?: Readonly<Record<string, string>>) =>
  Metric.counter(name, {
    description,
    incremental: true,
    ...(attributes === undefined ? {} : { attributes }),
  })

const streamsOpen = Metric.gauge("simstream_streams_open", { description: "Streams that are open" })
const streamsOpened = counter("simstream_streams_opened_total", "Streams that were opened")
const delivered = counter("simstream_events_delivered_total", "Events that were written to a client")
const conflated = counter(
  "simstream_events_conflated_total",
  "Events that a client was not sent, because newer ones had replaced them when it could take more",
)

/** A counter for each value of a label. The values are few: no client can make one up. */
const labelled = <Value extends string>(name: string, description: string, label: string) => {
  const counters = new Map<Value, Metric.Counter<number>>()
  return (value: Value): Metric.Counter<number> => {
    const known = counters.get(value) ?? counter(name, description, { [label]: value })
    counters.set(value, known)
    return known
  }
}
const streamsEnded = labelled<EndReason>(
  "simstream_streams_ended_total",
  "Streams that are over, by the reason",
  "reason",
)
const requestsRefused = labelled<ProblemCode>(
  "simstream_requests_refused_total",
  "Requests that were answered with a problem, by its code",
  "code",
)

/** Counts in the metric registry of a context. */
export const serverMetrics = (context: Context.Context<never>): ServerMetrics => {
  let newlyDelivered = 0
  let newlyConflated = 0
  let flushing = false

  /** An event goes to thousands at once: that is one update of a metric, and not thousands. */
  const flush = () => {
    flushing = false
    delivered.updateUnsafe(newlyDelivered, context)
    conflated.updateUnsafe(newlyConflated, context)
    newlyDelivered = 0
    newlyConflated = 0
  }

  return {
    opened: () => {
      streamsOpened.updateUnsafe(1, context)
      streamsOpen.modifyUnsafe(1, context)
    },
    ended: (reason) => {
      streamsEnded(reason).updateUnsafe(1, context)
      streamsOpen.modifyUnsafe(-1, context)
    },
    sent: (newDelivered, newConflated) => {
      newlyDelivered += newDelivered
      newlyConflated += newConflated
      if (flushing) return
      flushing = true
      queueMicrotask(flush)
    },
    refused: (code) => requestsRefused(code).updateUnsafe(1, context),
  }
}
