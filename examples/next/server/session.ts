/**
 * Tells visitors apart by a random cookie, so that each sees a list of their own jobs. It is no login: whoever has the
 * address of a job may look at it.
 */
const FORM = /^[0-9a-f]{32}$/

export const SESSION_COOKIE = "simstream_session"

/** Whether a cookie's value is one of ours. */
export const isSession = (value: string | undefined): value is string =>
  value !== undefined && FORM.test(value)

/** A session that can't be guessed. */
export const newSession = (): string => crypto.randomUUID().replaceAll("-", "")

/** The session of a request; `null` without one. */
export const sessionOf = (request: Request): string | null => {
  const cookies = request.headers.get("cookie") ?? ""
  const [, value] = new RegExp(`(?:^|; )${SESSION_COOKIE}=([^;]*)`).exec(cookies) ?? []
  return isSession(value) ? value : null
}
