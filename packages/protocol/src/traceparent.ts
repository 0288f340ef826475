/**
 * The header `traceparent`: which trace a request belongs to, and which of its spans made it.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */

/** The header that joins a request to a trace. */
export const TRACEPARENT_HEADER = "traceparent"

/** A span of another process. */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  /** Whether whoever began the trace records it. */
  readonly sampled: boolean
}

// Behind the flags a later version may have more; version ff, and ids of zeros, are invalid.
const FORM = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Reads a `traceparent`; `null` when it is none. */
export const parseTraceparent = (header: string | null | undefined): TraceParent | null => {
  const [, version, traceId, spanId, flags, rest] = FORM.exec(header ?? "") ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return null
  if (version === "00" && rest !== undefined) return null
  return { traceId, spanId, sampled: (parseInt(flags, 16) & 1) === 1 }
}

/** Writes a `traceparent`. */
export const formatTraceparent = ({ traceId, spanId, sampled }: TraceParent): string =>
  `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`
