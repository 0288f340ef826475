/** A request with one answer: starting, reading, listing, cancelling. It runs on the same machine as a job's events. */
import { createConnection } from "./connection/driver.ts"
import { readJson, unexpected } from "./connection/http.ts"
import { close } from "./connection/machine.ts"
import { settingsOf } from "./connection/policy.ts"
import { RequestFailed } from "./errors.ts"
import type { Abortable, ConnectionOptions } from "./options.ts"

/** Fewer than a stream's: somebody waits for the answer. */
const MAX_ATTEMPTS = 5

/** What is asked, beside where. */
interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * Asks until there is an answer that `guard` knows.
 *
 * @throws RequestFailed when the server refuses, or answers something else.
 * @throws ConnectionFailed when it can't be reached.
 */
export const request = <A>(
  options: ConnectionOptions,
  url: string,
  guard: (value: unknown) => value is A,
  { signal }: Abortable = {},
  init: Call = {},
): Promise<A> =>
  new Promise((resolve, reject) => {
    const settings = settingsOf(options)
    createConnection(
      {
        ...settings,
        maxAttempts: Math.min(MAX_ATTEMPTS, settings.maxAttempts),
        polls: true,
        canPoll: false,
        signal,
        request: (_state, headers) => {
          for (const [name, value] of Object.entries(init.headers ?? {})) headers.set(name, value)
          return [url, init]
        },
        read: async (response, { send, hear }) => {
          const value = await readJson(response, hear)
          if (!guard(value)) {
            const { status } = response
            throw new RequestFailed(unexpected(url), { status, problem: null, retryAfterMs: 0 })
          }
          resolve(value)
          send(close)
        },
      },
      // Without an error it was aborted, if it was not answered
      { end: (error) => reject(error ?? signal?.reason) },
    )
  })
