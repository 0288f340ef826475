/** A job's snapshot as the events that its stream would have told by now. */
import { PROTOCOL_VERSION, type JobSnapshot, type Outputs, type StreamEvent } from "@simstream/protocol"
import { HEARTBEAT_MS } from "./connection/policy.ts"

/**
 * The newest event of each kind. A snapshot that lacks what its status promises gives an event that lacks it too, which
 * no check lets pass.
 */
export const eventsOf = <O extends Outputs>({
  jobId,
  status,
  progress,
  partial,
  result,
  error,
}: JobSnapshot<O>): ReadonlyArray<StreamEvent<O>> => {
  const contents = {
    connected: { jobId, status, heartbeatMs: HEARTBEAT_MS, protocol: PROTOCOL_VERSION },
    progress,
    partial,
    complete: status === "completed" && { ...result },
    error: status === "failed" && { ...error },
    cancelled: status === "cancelled" && { ...partial },
  }
  return Object.entries(contents).flatMap(([type, content]) =>
    content ? [{ type, ...content } as StreamEvent<O>] : [],
  )
}
