// What every runtime serves: one bundle of this, so that none of them needs to read TypeScript.
import { createTestApp } from "../support/testApp.ts"

export { toNodeHandler } from "@simstream/server"

/** Often enough that a test can wait for a few, and for Bun's shortest idle time. */
const HEARTBEAT_MS = 500
/** Longer than any test: a client that has gone must be found otherwise. */
const WRITE_TIMEOUT_MS = 120_000

export const createApp = () =>
  createTestApp({ stream: { heartbeatMs: HEARTBEAT_MS, writeTimeoutMs: WRITE_TIMEOUT_MS } })
