/** Headers of answers. */

/**
 * What keeps an event stream flowing: no cache, no compression (`no-transform` is what compressing middlewares heed), no
 * buffering in nginx and those who copied it. No hop-by-hop header: `Connection` breaks HTTP/2.
 */
export const streamHeaders = (contentType: string): Record<string, string> => ({
  "content-type": contentType,
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
  "x-content-type-options": "nosniff",
})

/** A JSON answer. It is about one moment, so no cache may keep it. */
export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", ...headers },
  })

/** An answer without its body, which whoever asks by HEAD is not sent. */
export const headOf = (response: Response): Response => {
  // What is thrown where a body comes from is nobody's concern any more.
  response.body?.cancel().catch(() => undefined)
  return new Response(null, response)
}
