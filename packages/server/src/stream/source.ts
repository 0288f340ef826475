/** Where the bytes of a stream come from: asked whenever the client can take more, and calling when there is more. */

/** What travels. Its memory is never shared with another thread, which is what a response's body insists on. */
export type Bytes = Uint8Array<ArrayBuffer>

/** Bytes for one client. */
export interface ByteSource {
  /** What is ready to be sent now; `undefined` when there is nothing. */
  poll(): Bytes | undefined
  /** Whether all was polled, and there will never be more. */
  done(): boolean
  /** Lets go of everything. Called once, however the stream ends. */
  close(): void
}

/** Opens a source; `wake` is to be called when `poll` or `done` may have something new to say. */
export type OpenSource = (wake: () => void) => ByteSource

/** Joins chunks; one alone is not copied. */
export const concatBytes = (chunks: ReadonlyArray<Bytes>): Bytes | undefined => {
  if (chunks.length <= 1) return chunks[0]
  const joined = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    joined.set(chunk, at)
    at += chunk.length
  }
  return joined
}
